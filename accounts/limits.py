"""Limits on requests, kept in the memory of each process: no round trip, and exact only as far as the workers share evenly.

A limit belongs to a pool. Each of its workers lets its own share pass, so one that is asked more than others refuses earlier.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from time import monotonic_ns
from typing import NamedTuple

from django.conf import settings

from accounts.core import rates
from accounts.core.rates import Rate

# Beyond so many owners all begin anew: an owner may be any text that a sender calls its source.
BUCKETS_MAX = 50_000


class Told(NamedTuple):
    """What limits say to a request, as headers in the words of the draft; `retry_seconds` is above 0 for a refusal."""

    policy: str
    left: str
    retry_seconds: int


class _Policy(NamedTuple):
    rate: Rate
    workers: int
    words: str


class Limit:
    """The buckets of one kind of limit, such as those of keys; `setting` names its default in requests a second."""

    def __init__(self, name: str, setting: str) -> None:
        """Keep what it is called."""
        self.name, self.setting = name, setting
        self._full_at: dict[int, int] = {}
        self._lock = threading.Lock()

    def take(self, owner: int, per_second: int | None = None) -> Told | None:
        """Count a request of an owner, by its own rate or by the default; None where there is no limit."""
        policy = _policy(self.name, self.setting, per_second)
        if policy is None:
            return None
        rate, workers, words = policy
        now = monotonic_ns()
        with self._lock:
            before = self._full_at.get(owner, 0)
            full_at = rates.take(rate, before, now)
            if full_at:
                self._keep(owner, full_at)
        if not full_at:
            retry = rates.seconds_until(rates.next_at(rate, before), now)
            return Told(words, f'"{self.name}";r=0;t={rates.seconds_until(before, now)}', retry)
        left, reset = rates.left(rate, full_at, now) * workers, rates.seconds_until(full_at, now)
        return Told(words, f'"{self.name}";r={left};t={reset}', 0)

    def _keep(self, owner: int, full_at: int) -> None:
        if len(self._full_at) >= BUCKETS_MAX:
            self._full_at = {}
        self._full_at[owner] = full_at

    def forget(self) -> None:
        """Fill all buckets, and read the settings again."""
        self._full_at = {}
        _policy.cache_clear()


KEYS, SOURCES = Limit("key", "RATE_PER_KEY"), Limit("source", "RATE_PER_SOURCE")


@lru_cache(maxsize=1024)
def _policy(name: str, setting: str, own: int | None) -> _Policy | None:
    """Give a worker's share of a limit, the number of workers, and the words for the whole of it."""
    per_second: int = getattr(settings, setting) if own is None else own
    if not per_second:
        return None
    seconds, workers = settings.RATE_BURST_SECONDS, settings.POOL_WORKERS
    burst = per_second * seconds
    return _Policy(rates.rate_of(per_second, burst, workers), workers, f'"{name}";q={burst};w={seconds}')
