"""Runs the journal and the sweeper until SIGTERM or SIGINT; rebuilds counters that Valkey has lost."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from threading import Event, Thread
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from exchange.auction.counters import Counters, connect
from exchange.auction.journal import Journal, Keep, publisher
from exchange.auction.rebuild import rebuild_if_lost
from exchange.auction.sweeper import Sweeper
from exchange.core.record import AuctionRecord

MODES = ("live", "test")
STOP_SECONDS = 10.0


class Command(BaseCommand):
    """Carry the markets' records into PostgreSQL and end the quotes whose time has passed."""

    help = "Run the journal and the sweeper until SIGTERM."

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Run both; the journal in this thread, the sweeper beside it."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: _ask(stop, number, frame))
        beside = Thread(target=_make_sweeper().run, args=(stop,), name="sweeper")
        beside.start()
        try:
            _run_journal(stop)
        finally:
            stop.set()
            beside.join(STOP_SECONDS)


def _ask(stop: Event, number: int, frame: FrameType | None) -> None:
    stop.set()


def _make_sweeper() -> Sweeper:
    client = connect(settings.VALKEY_URL)
    return Sweeper([Counters(client, mode) for mode in MODES])


def _keepers() -> Keep:
    """Join those who keep something of the records: settings name them, because they stand above this stage."""
    keepers: list[Keep] = [import_string(name) for name in settings.JOURNAL_KEEPERS]

    def keep(records: Sequence[AuctionRecord]) -> None:
        for one in keepers:
            one(records)

    return keep


def _run_journal(stop: Event) -> None:
    client = connect(settings.VALKEY_URL, repeats=0)
    markets = [Counters(client, mode) for mode in MODES]
    announce = publisher(connect(settings.VALKEY_VOLATILE_URL, repeats=0))
    journal = Journal(markets, keep=_keepers(), announce=announce)

    def heal() -> None:
        if not all(market.ready() for market in markets):
            journal.drain()
            for market in markets:
                rebuild_if_lost(market)

    journal.run(stop, between=heal)
