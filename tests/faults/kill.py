"""Kills processes of an exchange with SIGKILL while leads are being sold, then checks every promise it made.

    .venv/bin/python tests/faults/kill.py --kills 30 --seed 1

It takes the running exchange of LEADWRIGHT_HOME or var/; with --own it starts one of its own and deletes it afterwards.
`--empty-valkey` ends with the loss of the durable Valkey's disk: stopped, emptied, started, rebuilt from PostgreSQL.
Exit code 0 only when every 201 is in the database, nothing was sold twice and the books are clean.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults.empty_valkey import lose_valkey
from tests.faults.load import Load
from tests.faults.own_exchange import SUPERVISOR, OwnExchange, fresh_exchange, running_exchange
from tests.faults.promises import broken_promises
from tests.races.own_market import open_market

VICTIMS = ("market", "journal", "worker", "durable", "volatile", "postgres", SUPERVISOR)
RECOVERY_SECONDS_MAX = 90


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.own:
        with tempfile.TemporaryDirectory(prefix="leadwright-kill-") as folder:
            exchange = fresh_exchange(Path(folder) / "home")
            try:
                exchange.start()
                return _run(exchange, options)
            finally:
                exchange.reset()
    running = running_exchange()
    if running is None:
        print("kill: no exchange is running; `make run` first, or give --own", file=sys.stderr)
        return 2
    return _run(running, options)


def _run(exchange: OwnExchange, options: argparse.Namespace) -> int:
    load = own_load(exchange, threads=options.threads, pause_seconds=options.pause)
    faults = kill_under_load(exchange, load, kills=options.kills, seed=options.seed)
    report(load, faults)
    if options.empty_valkey:
        forgotten = lose_valkey(exchange)
        print("the durable Valkey was emptied: " + ("; ".join(forgotten) or "everything came back"))
        faults += forgotten
    return 1 if faults else 0


def own_load(exchange: OwnExchange, *, threads: int, pause_seconds: float) -> Load:
    """Make a load that sells to a campaign of its own, so that no budget of the demo ends the run early."""
    demo = exchange.demo()
    ping = open_market(demo, dedupe_days=30)
    return Load(demo, threads=threads, pause_seconds=pause_seconds, ping=ping)


def kill_under_load(exchange: OwnExchange, load: Load, *, kills: int, seed: int) -> list[str]:
    """Kill `kills` processes one after another under load; gives everything that was not as promised."""
    draw = random.Random(seed)
    faults: list[str] = []
    load.start()
    for number, name in enumerate(victims(kills, draw), start=1):
        time.sleep(draw.uniform(0.5, 3.0))
        started = time.monotonic()
        pid = exchange.kill(name)
        before = len(load.promises)
        if name == SUPERVISOR:
            faults += exchange.start_again()
        recovered = _recovered(exchange, name, pid, faults)
        seconds = time.monotonic() - started
        print(f"{number:>3} kill -9 {name} ({pid}): ready again after {seconds:.1f} s, {before} answered", flush=True)
        if not recovered:
            load.stop()
            return [*faults, *load.faults]
    time.sleep(2)
    load.stop()
    return faults + broken_promises(exchange, load)


def victims(kills: int, draw: random.Random) -> list[str]:
    """Draw the processes to kill: each kind in turn, in random order, so that no kind is forgotten."""
    names: list[str] = []
    while len(names) < kills:
        names += draw.sample(VICTIMS, len(VICTIMS))
    return names[:kills]


def report(load: Load, faults: Sequence[str]) -> None:
    """Print what happened and what was broken."""
    for what, count in load.counts.most_common():
        print(f"  {what:<40} {count:>8,}")
    print(f"{len(load.promises)} posts were answered 201; {len(load.unanswered)} had no answer at first")
    for fault in faults[:50]:
        print(f"BROKEN  {fault}")
    print(f"{len(faults)} broken promises")


def _recovered(exchange: OwnExchange, name: str, killed: int, faults: list[str]) -> bool:
    deadline = time.monotonic() + RECOVERY_SECONDS_MAX
    while time.monotonic() < deadline:
        if exchange.processes().get(name) not in (None, killed):
            try:
                exchange.wait_ready(max(1.0, deadline - time.monotonic()))
            except AssertionError as error:
                faults.append(f"after kill -9 of {name}: {error}")
                return False
            return True
        time.sleep(0.2)
    faults.append(f"{name} was not started again within {RECOVERY_SECONDS_MAX} s")
    return False


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.3, help="seconds each thread rests between two leads")
    parser.add_argument("--own", action="store_true", help="start an exchange for this run and stop it afterwards")
    parser.add_argument("--empty-valkey", action="store_true", help="at the end, lose the durable Valkey's disk")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
