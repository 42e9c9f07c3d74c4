"""manage.py demo_traffic: send leads through the public API until SIGTERM, DEMO_RATE a minute."""

from __future__ import annotations

import json
import logging
import signal
import time
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from demo.access import demo_file
from demo.cast import read_plans, read_streams
from demo.crowd import Crowd
from demo.first_sale import Api, NotSold
from demo.recharge import EACH_SECONDS, recharge
from demo.traffic import TELL_EACH_SECONDS, Memory, Traffic, access_of

log = logging.getLogger(__name__)
OPENING_SECONDS = 3.0


class Command(BaseCommand):
    """Keep the demo market busy."""

    help = "Send leads of the simulator through the public API of the running exchange until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait for the exchange, then send."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: _ask(stop, number, frame))
        if settings.DEMO_RATE <= 0 or not _open(stop):
            return
        memory = Memory.load(Path(settings.LEADWRIGHT_HOME) / "traffic.json")
        memory.runs += 1
        streams = read_streams()
        crowd = Crowd(streams, first_person=memory.next_person, seed=memory.runs * 1_000)
        access = access_of(json.loads(demo_file().read_text()), lambda key: Api(settings.BASE_URL, key))
        first = memory.runs == 1
        traffic = Traffic(access, streams, crowd, rate=settings.DEMO_RATE, now=time.monotonic(), first=first, seed=memory.runs)
        _run(traffic, memory, stop)


def _ask(stop: Event, number: int, frame: FrameType | None) -> None:
    stop.set()


def _open(stop: Event) -> bool:
    """Wait until the exchange has sold its first lead and answers; False when told to stop before."""
    while not stop.wait(OPENING_SECONDS):
        try:
            if Api(settings.BASE_URL, "").call("GET", "/status.json")[0] == 200:
                return True
        except (NotSold, ValueError):
            log.info("the demo's traffic waits for the exchange")
    return False


def _run(traffic: Traffic, memory: Memory, stop: Event) -> None:
    told_at = paid_at = time.monotonic()
    memory.save(traffic.crowd)
    while not stop.wait(max(0.0, traffic.next_due() - time.monotonic())):
        traffic.work(time.monotonic(), utc_now())
        if time.monotonic() - told_at >= TELL_EACH_SECONDS:
            log.info("the demo's traffic: %s", ", ".join(f"{name} {count}" for name, count in sorted(traffic.counts.items())))
            memory.save(traffic.crowd)
            told_at = time.monotonic()
        if time.monotonic() - paid_at >= EACH_SECONDS:
            _recharge()
            paid_at = time.monotonic()
    memory.save(traffic.crowd)


def _recharge() -> None:
    try:
        if paid := recharge(read_plans(demo=True), at=utc_now()):
            log.info("%d advertisers of the demo paid in again", paid)
    except (DatabaseError, InterfaceError, Problem) as error:
        log.info("the demo's recharge waits: %s", error)
        connection.close()
