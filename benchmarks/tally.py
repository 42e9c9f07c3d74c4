"""Counts and latencies of a run, in memory that does not grow with its length."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

BUCKETS_PER_DECADE = 100  # each bucket is 2.3 % wide


class Latencies:
    """Milliseconds in logarithmic buckets: percentiles are right within 2.3 %."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0

    def add(self, milliseconds: float) -> None:
        """Count one request."""
        self._buckets[math.ceil(math.log10(max(milliseconds, 0.001)) * BUCKETS_PER_DECADE)] += 1
        self.count += 1

    def percentile(self, percent: float) -> float:
        """Give the milliseconds that `percent` of the requests did not pass; nan without requests."""
        wanted, seen = self.count * percent / 100, 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return float(10 ** (bucket / BUCKETS_PER_DECADE))
        return math.nan


class Tally:
    """What happened to every row, counted by status; safe to write from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.sent = 0
        self.answered = 0
        self.retries = 0
        self.made_up = 0
        self.payout_micros = 0
        self.statuses: Counter[str] = Counter()
        self.oddities: Counter[str] = Counter()
        self.latencies = {"ping": Latencies(), "post": Latencies()}

    def request(self, kind: str, milliseconds: float, tries: int) -> None:
        """Count one answered request."""
        with self._lock:
            self.latencies[kind].add(milliseconds)
            self.retries += tries - 1

    def row(self, status: str, *, answered: bool, payout_micros: int = 0, made_up: bool = False, oddity: str = "") -> None:
        """Count one finished row."""
        with self._lock:
            self.sent += 1
            self.answered += answered
            self.payout_micros += payout_micros
            self.made_up += made_up
            self.statuses[status] += 1
            if oddity:
                self.oddities[oddity] += 1

    def as_json(self, seconds: float, left_out: Mapping[str, int]) -> dict[str, Any]:
        """Give everything counted, with rates over the seconds the run took."""
        requests = sum(each.count for each in self.latencies.values())
        return {
            "rows_sent": self.sent,
            "rows_answered": self.answered,
            "statuses": dict(self.statuses.most_common()),
            "odd_rows": dict(self.oddities),
            "cells_left_out": dict(left_out),
            "contacts_made_up": self.made_up,
            "payout": f"{self.payout_micros / 1_000_000:.2f}",
            "seconds": round(seconds, 2),
            "rows_per_second": round(self.sent / seconds, 1) if seconds else 0.0,
            "requests_per_second": round(requests / seconds, 1) if seconds else 0.0,
            "retries": self.retries,
            "latency_ms": {
                kind: {f"p{percent}": round(each.percentile(percent), 1) for percent in (50, 95, 99)} | {"requests": each.count}
                for kind, each in self.latencies.items()
                if each.count
            },
        }
