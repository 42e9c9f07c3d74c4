"""Measures pings and posts against a bare view and against an idiomatic DRF and ORM ping: `make bench`.

    make bench                                             # about eight minutes; writes benchmarks/results/latest.json
    .venv/bin/python -m supervise services --durable -- python benchmarks/run.py --quick --results FILE

The exit code is 1 for errors only, never for a bar that is missed. docs/benchmarks.md says how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import figures, market, meter, servers
from benchmarks.figures import Measured
from benchmarks.load import Ask, Result
from benchmarks.servers import BASELINE, CONSTANT, MARKET, Failed, Site
from supervise.home import REPOSITORY

PINGS, POSTS, BARE = "/api/v1/pings", "/api/v1/posts", "/constant"
LEADS = 500
POSTS_A_SECOND_MAX = 600
PREPARING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each row is measured, how often, how long it is warmed up before that; connections; three sizes of the market."""

    seconds: float = 6.0
    warm_seconds: float = 1.5
    rounds: int = 3
    connections: int = 16
    post_connections: int = 64
    sizes: tuple[int, int, int] = (100, 1_000, 10_000)

    def rows(self) -> dict[str, int]:
        """Give the campaigns of each row, in the order in which they are measured."""
        few, usual, many = self.sizes
        return {"bare": usual, "ping_1000": usual, "orm": usual, "ping_100": few, "ping_10000": many, "post": usual}


QUICK = Effort(seconds=0.8, warm_seconds=0.3, rounds=1, connections=4, post_connections=8, sizes=(20, 50, 100))


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: where, how long, the publisher's key and sources, and the pids of what is measured beside the pool."""

    place: Site
    folder: Path
    effort: Effort
    access: Mapping[str, str]
    journal: int
    stores: Sequence[int]
    people: Any = field(default_factory=count)

    def measure(self, row: str) -> Measured:
        """Measure one row on a server of its own."""
        self.place.resize(self.effort.rows()[row])
        application = {"bare": CONSTANT, "orm": BASELINE}.get(row, MARKET)
        with servers.pool(self.place, application, BARE if row == "bare" else PINGS) as (pid, port):
            warm, ask = self._posts(port) if row == "post" else self._requests(row, port)
            self._load(warm)
            measured = self._watched(ask, pid)
            self.place.drain()
        return measured

    def _requests(self, row: str, port: int) -> tuple[Ask, Ask]:
        """Give the same load twice: short, and measured."""
        if row == "bare":
            what: dict[str, Any] = {"method": "GET", "path": BARE, "bodies": [""], "wanted": "constant"}
        else:
            bodies = [json.dumps(market.ping(self.access["pings"], lead)) for lead in market.leads(LEADS)]
            what = {"method": "POST", "path": PINGS, "bodies": bodies, "wanted": '"status":"quoted"'}
        what |= {"port": port, "key": self.access["key"], "connections": self.effort.connections, "status": 200}
        return Ask(**what, seconds=self.effort.warm_seconds), Ask(**what, seconds=self.effort.seconds)

    def _posts(self, port: int) -> tuple[Ask, Ask]:
        """Ping for every post, outside of the measured time; give the first tenth for warming up, and the rest."""
        leads = market.leads(int(POSTS_A_SECOND_MAX * self.effort.seconds))
        people = [next(self.people) for _ in leads]
        pings = [
            json.dumps(market.ping_of(self.access["posts"], lead, number)) for lead, number in zip(leads, people, strict=True)
        ]
        common: dict[str, Any] = {"port": port, "key": self.access["key"], "method": "POST", "endless": False}
        quoted = self._load(
            Ask(**common, path=PINGS, bodies=pings, connections=self.effort.connections, seconds=PREPARING_SECONDS, status=200,
                wanted='"status":"quoted"', keep=True)
        )  # fmt: skip
        self.place.drain()
        posts = [json.dumps(market.post(answer["id"], number)) for answer, number in zip(quoted.answers, people, strict=True)]
        common |= {"path": POSTS, "connections": self.effort.post_connections, "status": 201, "wanted": '"status":"sold"'}
        tenth = len(posts) // 10
        return (
            Ask(**common, bodies=posts[:tenth], seconds=PREPARING_SECONDS),
            Ask(**common, bodies=posts[tenth:], seconds=self.effort.seconds),
        )

    def _load(self, ask: Ask) -> Result:
        """Let the load do what is asked in a process of its own; raises Failed when an answer was not what is wanted."""
        ask_file, answer_file = self.folder / "ask.json", self.folder / "answer.json"
        ask_file.write_text(json.dumps(asdict(ask)))
        subprocess.run([sys.executable, REPOSITORY / "benchmarks/load.py", ask_file, answer_file], check=True)
        result = Result(**json.loads(answer_file.read_text()))
        if result.errors or not result.requests:
            raise Failed(f"{result.errors} of {result.requests} answers of {ask.path} were wrong, first: {result.first_error}")
        return result

    def _watched(self, ask: Ask, pool: int) -> Measured:
        # The pool, the journal and the load are children of this process.
        trees = {"bench": [os.getpid()], "stores": self.stores, "pool": [pool], "journal": [self.journal]}
        before = meter.read(trees)
        result = self._load(ask)
        spent = meter.between(before, meter.read(trees), own=("bench", "stores"))
        each = 1_000_000 / result.requests
        return Measured(
            requests=result.requests,
            rate=result.requests / result.seconds,
            cpu_us=spent.trees["pool"] * each,
            stores_us=(spent.trees["stores"] + spent.trees["journal"]) * each,
            p50_ms=result.p50_ms,
            p99_ms=result.p99_ms,
            load_share=result.cpu_seconds / (result.seconds * (os.cpu_count() or 1)),
            others_share=spent.others_share,
        )


def run(effort: Effort, folder: Path) -> dict[str, Any]:
    """Make the market twice, measure all rows in turn, round by round; gives the report. Raises Failed."""
    with servers.site(folder) as place:
        largest = max(effort.sizes)
        print(f"making the market: {largest} campaigns, in the exchange and in the baseline", flush=True)
        access = place.call("benchmarks.seeding:seed", campaigns=largest)
        known = {"key": access["key"], "source": access["pings"]}
        place.call("benchmarks.baseline.seeding:seed", "benchmarks.baseline.settings", campaigns=largest, **known)
        with servers.journal(place) as journal:
            bench = Bench(place, folder, effort, access, journal, servers.store_pids())
            rounds = [_round(bench, number) for number in range(effort.rounds)]
        return {
            **figures.figures(rounds),
            "rows": figures.medians(rounds),
            "rounds": [{row: asdict(one) for row, one in measured.items()} for measured in rounds],
            "effort": asdict(effort),
            "market": {"matching_1000": market.matching(1_000)},
            "stores": place.durability(),
            "machine": figures.machine(),
        }


def _round(bench: Bench, number: int) -> dict[str, Measured]:
    measured = {}
    for row in bench.effort.rows():
        measured[row] = bench.measure(row)
        print(f"round {number + 1}, {row}: {measured[row].rate:.0f}/s, {measured[row].cpu_us:.0f} us CPU", flush=True)
    return measured


def main(arguments: Sequence[str]) -> int:
    """Run the bench; gives the exit code."""
    parser = argparse.ArgumentParser(description="Measure pings and posts; see docs/benchmarks.md.")
    parser.add_argument("--quick", action="store_true", help="a smoke run: its figures mean nothing")
    parser.add_argument("--rounds", type=int, default=Effort().rounds)
    parser.add_argument("--results", type=Path, default=figures.FOLDER / "latest.json")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="leadwright-bench-") as folder:
        try:
            report = run(QUICK if asked.quick else Effort(rounds=asked.rounds), Path(folder))
        except Failed as failed:
            print(f"the bench failed: {failed}", file=sys.stderr)
            print("\n".join(_last_lines(Path(folder) / "bench.log")), file=sys.stderr)
            return 1
    asked.results.parent.mkdir(exist_ok=True)
    asked.results.write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{figures.table(report)}\nwritten to {asked.results}")
    return 0


def _last_lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-40:] if log.is_file() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
