"""The counters of each market in this process: one client of the durable Valkey for both."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from exchange.auction.counters import Counters, connect


@lru_cache(maxsize=2)
def counters(mode: str) -> Counters:
    """Give the counters of a mode, "live" or "test"."""
    return Counters(connect(settings.VALKEY_URL), mode)
