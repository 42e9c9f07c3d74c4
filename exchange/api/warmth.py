"""Loads campaigns and models when a market process starts, so that its first ping is no slower than the others."""

from __future__ import annotations

import logging

from exchange.auction import snapshot
from exchange.auction.store import counters
from scoring import services as scoring

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Load what pings need; a store that is away now is asked again by the first ping."""
    try:
        for mode in snapshot.MODES:
            snapshot.current(mode)
            counters(mode).load()
        scoring.warm_up()
    except Exception as error:
        log.warning("this process starts cold: %s", error)
