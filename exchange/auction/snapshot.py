"""The market as this process sees it: campaigns frozen into an index, sources, verticals; replaced whole when its version moves.

A thread asks PostgreSQL for the version twice a second: the ping path never waits for it, and no announcement can be lost.
Without PostgreSQL the last snapshot stays; holds and balances are checked in Valkey on every reservation anyway.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from accounts.core.errors import Problem, not_found, unavailable
from accounts.tenancy import act_as_exchange
from campaigns import selectors
from campaigns.core.fields import Vertical
from campaigns.core.matching import Index, build_index
from campaigns.core.supply import SourceFacts
from campaigns.verticals import load_verticals
from exchange.auction.offers import Offers
from exchange.auction.tested import Shelf, shelves_of

log = logging.getLogger(__name__)
MODES = ("live", "test")
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Market:
    """One mode's market at one version: `tested` are the campaigns whose bid rule is tried; with the offers made in it so far."""

    mode: str
    version: int
    index: Index
    sources: Mapping[UUID, SourceFacts]
    verticals: Mapping[str, Vertical]
    tested: Mapping[str, Shelf] = field(default_factory=dict, compare=False, repr=False)
    offers: Offers = field(default_factory=Offers, compare=False, repr=False)


_markets: dict[str, Market] = {}
_lock = threading.Lock()
_poller: threading.Thread | None = None


def current(mode: str) -> Market:
    """Give the market of a mode; the first call of a process builds it. Raises Problem unavailable when it cannot."""
    market = _markets.get(mode)
    if market is None:
        _start()
        market = _markets.get(mode)
    if market is None:
        raise unavailable("The list of campaigns")
    return market


def known(mode: str) -> Market | None:
    """Give the market of a mode if this process has built it; never waits."""
    return _markets.get(mode)


def _start() -> None:
    global _poller
    with _lock:
        if _poller is None or not _poller.is_alive():
            refresh()
            _poller = threading.Thread(target=_poll, name="snapshot", daemon=True)
            _poller.start()


def _poll() -> None:
    while True:
        time.sleep(POLL_SECONDS)
        try:
            refresh()
        except Exception as error:
            # PostgreSQL may be away for a while: keep the last snapshot and ask again.
            log.warning("the snapshot could not be refreshed: %s", error)
            connection.close()


def refresh() -> None:
    """Rebuild each market whose version moved."""
    with act_as_exchange("the market is made of everybody's campaigns"):
        for mode in MODES:
            known = _markets.get(mode)
            version = selectors.market_version(mode)
            if known is None or known.version != version:
                _markets[mode] = _build(mode, version)


def forget() -> None:
    """Drop this process' markets; the next call builds them anew."""
    _markets.clear()


def _build(mode: str, version: int) -> Market:
    terms = selectors.list_terms(mode)
    index = build_index(terms, version)
    sources = {source.source_id: source for source in selectors.list_sources(mode)}
    return Market(mode, version, index, sources, load_verticals(), shelves_of(mode, terms))


def find_source(market: Market, source_id: UUID, organization_id: UUID) -> SourceFacts:
    """Find a source of this publisher; raises Problem not_found for foreign and unknown ones, conflict for a paused one."""
    source = market.sources.get(source_id)
    if source is None or source.organization_id != organization_id:
        raise not_found("source")
    if not source.active:
        raise Problem("conflict", "This source is paused; resume it first.")
    return source
