"""Measures the live feed: many sockets of several organizations while leads are sold through the public API.

    .venv/bin/python benchmarks/live_sockets.py                  # starts an exchange of its own, and deletes it
    .venv/bin/python benchmarks/live_sockets.py --home var       # the exchange that runs there

What is measured, in milliseconds. An event's clock starts when its announcement on `auctions:live` reaches this process, which
listens as the hub does; it stops when the frame with the event has reached a socket of this process.
- quiet: pings so far apart, and without posts, that each event is the first after a quiet feed: announcement -> socket.
- late: at the full rate a frame gathers events for up to 250 ms, by design. Its lateness is what comes on top: from when it was
  due (its first event's announcement, or 250 ms after the feed's frame before reached its first socket) to the socket. A frame
  is due 250 ms after the one before left, a millisecond or two earlier than it was seen: by so much this is too small.
- age: announcement -> socket at the full rate, the gathering included.
- answer: HTTP answer of the ping -> socket at the full rate: the journal's way and the gathering included.
Sender, sockets and exchange share one machine, so all of it includes their competition for the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import redis.asyncio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import made_up
from benchmarks.market_client import ROOT, Demo, load_demo

RESULTS = ROOT / "benchmarks/results/live.json"
FRAME_SECONDS = 0.25
QUIET_SECONDS, QUIET_AUCTIONS = 0.6, 20
SETTLE_SECONDS = 1.5
BAR_MS, BAR_FRAMES = 50.0, 4.0
ZIPS = ("78701", "77002", "75201", "78205", "76102", "73102")


@dataclass(slots=True)
class Listener:
    """One socket: whose it is, and every frame as (when it came, text)."""

    who: str
    frames: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """What one run saw, all times of one clock."""

    listeners: list[Listener]
    announced: dict[tuple[str, str], float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    personal: list[str] = field(default_factory=list)
    sold: int = 0
    failed: int = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the results; 0 only when the bars hold."""
    options = _options(arguments)
    with _exchange(options.home) as home:
        demo, traffic = load_demo(home), json.loads((home / "demo.json").read_text(encoding="utf-8"))["traffic"]
        assert demo is not None
        if options.base_url and options.base_url.rstrip("/") != demo.base_url:
            print(f"live_sockets: {home} belongs to {demo.base_url}", file=sys.stderr)
            return 2
        before = os.getloadavg()
        quiet, busy = asyncio.run(_measure(options, home, demo, traffic))
    report = _report(options, quiet, busy, {"before": before, "after": os.getloadavg()})
    Path(options.json).parent.mkdir(parents=True, exist_ok=True)
    Path(options.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))
    return 0 if report["holds"] else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, help="folder of a running exchange; without it one is started and deleted")
    parser.add_argument("--base-url", help="checked against the home's own address")
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--rate", type=float, default=30.0, help="auctions a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the full rate lasts")
    parser.add_argument("--json", default=str(RESULTS), help="where the results go")
    return parser.parse_args(arguments)


@contextmanager
def _exchange(home: Path | None) -> Iterator[Path]:
    """Give the folder of a running exchange: the one named, or a new one without traffic of its own."""
    if home is not None:
        yield home
        return
    folder = Path(tempfile.mkdtemp(prefix="leadwright-live-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {**os.environ, "LEADWRIGHT_HOME": str(folder / "home"), "PORT": port, "DEMO_RATE": "0"}
    try:
        subprocess.run(["make", "--no-print-directory", "run"], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
        yield folder / "home"
    finally:
        subprocess.run(["make", "--no-print-directory", "reset"], cwd=ROOT, env=environment, check=False, stdout=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)


def _valkey_of(home: Path) -> str:
    """Read where an exchange announces: its own Valkey's port and password, or the one the user brought."""
    if os.environ.get("VALKEY_VOLATILE_URL"):
        return os.environ["VALKEY_VOLATILE_URL"]
    pairs = dict(line.split("=", 1) for line in (home / "secrets").read_text(encoding="utf-8").splitlines() if "=" in line)
    port = json.loads((home / "ports.json").read_text(encoding="utf-8"))["volatile"]
    return f"redis://default:{pairs['VALKEY_VOLATILE_PASSWORD']}@127.0.0.1:{port}/0"


async def _measure(options: argparse.Namespace, home: Path, demo: Demo, traffic: Mapping[str, Any]) -> tuple[Run, Run]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, redis.asyncio.Redis.from_url(_valkey_of(home)) as valkey:
        quiet = await _phase(options, session, valkey, demo, traffic, rate=1 / QUIET_SECONDS, count=QUIET_AUCTIONS, posts=False)
        count = int(options.rate * options.seconds)
        busy = await _phase(options, session, valkey, demo, traffic, rate=options.rate, count=count, posts=True)
    return quiet, busy


async def _phase(
    options: argparse.Namespace,
    session: aiohttp.ClientSession,
    valkey: redis.asyncio.Redis,
    demo: Demo,
    traffic: Mapping[str, Any],
    *,
    rate: float,
    count: int,
    posts: bool,
) -> Run:
    """Open the sockets, ping and perhaps post `count` leads at a rate, wait until the last frame is there."""
    keys = {who: key for who, key in traffic["keys"].items() if who != "house"} | {"operator": demo.operator_key}
    names = [list(keys)[number % len(keys)] for number in range(options.sockets)]
    run = Run([Listener(who) for who in names])
    ready = asyncio.Event()
    watching = [asyncio.create_task(_announcements(valkey, run, ready))]
    await ready.wait()
    url = demo.base_url + "/ws/auctions"
    opened = []
    for listener in run.listeners:
        opened.append(await session.ws_connect(url, headers={"Authorization": f"Bearer {keys[listener.who]}"}))
        await opened[-1].receive_str(timeout=20)
    watching += [asyncio.create_task(_read(one, listener)) for one, listener in zip(opened, run.listeners, strict=True)]
    await asyncio.sleep(SETTLE_SECONDS)
    started, sellers = time.perf_counter(), []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        sellers.append(asyncio.create_task(_sell(session, demo, traffic, run, number, posts=posts)))
    await asyncio.gather(*sellers)
    await asyncio.sleep(SETTLE_SECONDS)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    await asyncio.gather(*(one.close() for one in opened))
    return run


async def _announcements(valkey: redis.asyncio.Redis, run: Run, ready: asyncio.Event) -> None:
    async with valkey.pubsub() as subscription:
        await subscription.subscribe("auctions:live")
        async for message in subscription.listen():
            at = time.perf_counter()
            if message["type"] == "subscribe":
                ready.set()
                continue
            for news in json.loads(message["data"]):
                run.announced.setdefault((news["news"], news["ping_id"].replace("-", "")), at)


async def _read(opened: aiohttp.ClientWebSocketResponse, listener: Listener) -> None:
    """Note when each frame came; it is read after the run, so that reading delays no other socket."""
    while True:
        message = await opened.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return
        listener.frames.append((time.perf_counter(), message.data))


async def _sell(
    session: aiohttp.ClientSession, demo: Demo, traffic: Mapping[str, Any], run: Run, number: int, *, posts: bool
) -> None:
    """Ping and, if it is quoted and wanted, post one roofing lead of a person who does not exist."""
    publishers = list(traffic["sources"])
    who = publishers[number % len(publishers)]
    sources = [source for name, source in traffic["sources"][who].items() if name != "Course finder"]
    seed = time.time_ns()
    contact = made_up.contact(seed)
    run.personal += [f"{contact['first_name']} {contact['last_name']}", contact["phone"], contact["phone"][2:], contact["email"]]
    lead = {**demo.sample_ping["lead"], "zip": ZIPS[number % len(ZIPS)]}
    headers = {"Authorization": f"Bearer {traffic['keys'][who]}"}
    ping = {**demo.sample_ping, "source": sources[number % len(sources)], "lead": lead}
    async with session.post(f"{demo.base_url}/api/v1/pings", json=ping, headers=headers) as answer:
        found = await answer.json()
    if answer.status != 200:
        run.failed += 1
        return
    run.answered[found["id"]] = time.perf_counter()
    if posts and found["status"] == "quoted":
        post = {"ping_id": found["id"], "contact": contact, "consent": made_up.consent(demo.sample_post["consent"], ())}
        async with session.post(f"{demo.base_url}/api/v1/posts", json=post, headers=headers) as answer:
            posted = await answer.json()
        run.sold += answer.status == 201 and posted["status"] == "sold"
        run.failed += answer.status != 201


def _report(options: argparse.Namespace, quiet: Run, busy: Run, load: Mapping[str, Any]) -> dict[str, Any]:
    first, full = _delays(quiet), _delays(busy)
    frames = [_frames_a_second(listener) for listener in busy.listeners if listener.frames]
    leaks = sum(_personal_in(run) for run in (quiet, busy))
    measured = {
        "quiet_ms": _percentiles(first["age"]), "late_ms": _percentiles(full["late"]), "age_ms": _percentiles(full["age"]),
        "answer_ms": _percentiles(full["answer"]),
    }  # fmt: skip
    holds = {
        "quiet_p99": measured["quiet_ms"]["p99"] <= BAR_MS, "late_p99": measured["late_ms"]["p99"] <= BAR_MS,
        "frames": max(frames) <= BAR_FRAMES, "no_personal_data": leaks == 0, "nothing_failed": quiet.failed + busy.failed == 0,
    }  # fmt: skip
    return {
        "sockets": options.sockets, "auctions_a_second": options.rate, "seconds": options.seconds,
        "auctions": len(busy.answered), "sold": busy.sold, "failed": quiet.failed + busy.failed, **measured,
        "frames_a_second_of_the_busiest_socket": round(max(frames), 2), "frames": sum(len(one.frames) for one in busy.listeners),
        "personal_data_found": leaks, "texts_looked_for": len(quiet.personal) + len(busy.personal),
        "load_average": load, "cores": os.cpu_count(), "python": platform.python_version(), "bars": holds,
        "holds": all(holds.values()), "what": " ".join((__doc__ or "").partition("there\n\n")[2].split()),
    }  # fmt: skip


def _delays(run: Run) -> dict[str, list[float]]:
    """Give the delays of every frame at every socket, in milliseconds."""
    found: dict[str, list[float]] = defaultdict(list)
    arrivals: dict[tuple[str, int], float] = {}
    read = [(listener.who, at, json.loads(text)) for listener in run.listeners for at, text in listener.frames]
    for who, at, frame in read:
        if "events" in frame:
            arrivals[who, frame["seq"]] = min(at, arrivals.get((who, frame["seq"]), at))
    for who, at, frame in read:
        began = [start for event in frame.get("events", ()) if (start := run.announced.get(_news_of(event))) is not None]
        if not began:
            continue
        found["age"] += [(at - start) * 1000 for start in began]
        due = max(min(began), arrivals.get((who, frame["seq"] - 1), 0.0) + FRAME_SECONDS)
        found["late"].append((at - due) * 1000)
        pinged = [run.answered.get(event["key"].partition("/")[0]) for event in frame["events"] if "at" in event]
        found["answer"] += [(at - start) * 1000 for start in pinged if start is not None]
    return found


def _news_of(event: Mapping[str, Any]) -> tuple[str, str]:
    """Name the announcement an event came with: a row with its auction, a part of a row with its ending."""
    return ("auction" if "at" in event else "ending", _hex_of(event["key"].partition("/")[0]))


def _hex_of(ping_id: str) -> str:
    """Give the UUID behind an id, as 32 hexadecimal digits."""
    number = 0
    for letter in ping_id.removeprefix("png_"):
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    return f"{number:032x}"


def _frames_a_second(listener: Listener) -> float:
    """Give the frames of a socket by the time from its first to its last."""
    times = [at for at, _ in listener.frames]
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0


def _personal_in(run: Run) -> int:
    """Count the sent names, phones and e-mails that stand in any frame."""
    everything = "\n".join({text for listener in run.listeners for _, text in listener.frames}).lower()
    return sum(text.lower() in everything for text in run.personal)


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {"n": 0, "p50": float("inf"), "p99": float("inf"), "max": float("inf")}
    at = {"p50": ordered[len(ordered) // 2], "p99": ordered[int(len(ordered) * 0.99)], "max": ordered[-1]}
    return {"n": len(ordered), **{name: round(value, 1) for name, value in at.items()}}


if __name__ == "__main__":
    raise SystemExit(main())
