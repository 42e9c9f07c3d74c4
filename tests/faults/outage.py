"""A buyer's system is down for minutes while its leads are sold and the worker is killed, twice; then it comes back.

    .venv/bin/python tests/faults/outage.py --minutes 4

It starts an exchange of its own and deletes it afterwards. Nothing is helped along: the retry schedule and the breaker alone
decide when a lead is tried again, which takes up to their five minutes after the outage.
Exit code 0 only when every sold lead arrived, and every copy of one lead came with the same id and the same body.
"""

from __future__ import annotations

import argparse
import dataclasses
import socket
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.market_client import MarketClient
from tests.delivery.receiver import Receiver, Reply, running
from tests.faults.load import Load
from tests.faults.own_exchange import OwnExchange, fresh_exchange
from tests.faults.promises import list_all
from tests.races.own_market import open_market

# The third attempt comes 300 s after the second, with up to a tenth of noise; the breaker never holds longer than 300 s.
CATCH_UP_SECONDS_MAX = 900
ARRIVED_BEFORE_SECOND_KILL = 5


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="leadwright-outage-") as folder:
        exchange = fresh_exchange(Path(folder) / "home")
        origins = f"http://127.0.0.1:{exchange.port},http://127.0.0.1:{port}"
        exchange = dataclasses.replace(exchange, environment={"WIRE_TRUSTED_ORIGINS": origins})
        try:
            exchange.start()
            faults = outage(exchange, port=port, minutes=options.minutes)
        finally:
            exchange.reset()
    for fault in faults:
        print(f"BROKEN  {fault}")
    return 1 if faults else 0


def outage(exchange: OwnExchange, *, port: int, minutes: float) -> list[str]:
    """Sell to a destination nobody serves, serve it after some minutes, and wait; gives everything that was not as promised."""
    demo = exchange.demo()
    ping = open_market(demo, destination={"kind": "http", "url": f"http://127.0.0.1:{port}/leads"})
    load = Load(demo, threads=2, pause_seconds=1.0, ping=ping)
    load.start()
    time.sleep(minutes * 30)
    _say(f"worker killed in the outage: {exchange.kill('worker')}")
    time.sleep(minutes * 30)
    load.stop()
    _say(f"{len(_sold(load))} leads sold in {minutes} minutes; states {_states(exchange, _sold(load))}")
    with running(port) as receiver:
        receiver.replies = [Reply(wait_seconds=0.3)]
        _wait(lambda: len(receiver.seen) >= ARRIVED_BEFORE_SECOND_KILL)
        _say(f"worker killed while it catches up: {exchange.kill('worker')}, {len(receiver.seen)} had arrived")
        _wait(lambda: set(_states(exchange, _sold(load))) == {"accepted"})
        _say(f"states {_states(exchange, _sold(load))}")
        return load.faults + _broken(exchange, _sold(load), receiver)


def _sold(load: Load) -> set[str]:
    return {promise.lead_id for promise in load.promises if promise.answer["status"] == "sold"}


def _deliveries(exchange: OwnExchange, leads: set[str]) -> dict[str, str]:
    """Give the state of each delivery of these leads, by its id."""
    demo = exchange.demo()
    with MarketClient(base_url=demo.base_url, key=demo.advertiser_key) as client:
        return {row["id"]: row["state"] for row in list_all(client, "/api/v1/deliveries") if row["lead_id"] in leads}


def _states(exchange: OwnExchange, leads: set[str]) -> Counter[str]:
    return Counter(_deliveries(exchange, leads).values())


def _broken(exchange: OwnExchange, leads: set[str], receiver: Receiver) -> list[str]:
    bodies: dict[str, list[bytes]] = defaultdict(list)
    for seen in list(receiver.seen):
        bodies[seen.headers["webhook-id"]].append(seen.body)
    expected = set(_deliveries(exchange, leads))
    copies = sum(len(sent) > 1 for sent in bodies.values())
    _say(f"{len(leads)} sold, {len(expected)} deliveries, {len(bodies)} ids arrived, {copies} of them more than once")
    faults = [] if len(expected) == len(leads) > 0 else [f"{len(leads)} sold leads have {len(expected)} deliveries"]
    faults += [f"delivery {one} never arrived" for one in expected - set(bodies)]
    faults += [f"{one} arrived, but is no delivery of a sold lead" for one in set(bodies) - expected]
    return faults + [f"copies of {one} differ" for one, sent in bodies.items() if len(set(sent)) > 1]


def _wait(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
    while not what():
        assert time.monotonic() < deadline, "the deliveries did not catch up"
        time.sleep(0.5)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=4.0, help="how long nobody serves the destination")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
