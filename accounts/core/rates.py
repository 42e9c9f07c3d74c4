"""How many requests may come: a bucket that holds `burst` of them and fills at a steady rate. Whole nanoseconds, so exact.

In any stretch of t seconds at most burst + rate x t requests pass. A bucket is one number: the instant at which it is full again.
"""

from __future__ import annotations

from typing import NamedTuple

SECOND_NS = 1_000_000_000


class Rate(NamedTuple):
    """One request each `interval_ns`, and `burst` (1 or more) at once."""

    interval_ns: int
    burst: int


def rate_of(per_second: int, burst: int, shares: int = 1) -> Rate:
    """Give the share of one process in a rate that `shares` processes serve together; never more than the whole."""
    return Rate(-(-SECOND_NS * shares // per_second), max(1, burst // shares))


def take(rate: Rate, full_at_ns: int, now_ns: int) -> int:
    """Let one request through and give the bucket's new instant, or 0 for one that is refused: the bucket stays as it was."""
    interval, burst = rate
    full_at_ns = (full_at_ns if full_at_ns > now_ns else now_ns) + interval
    return full_at_ns if full_at_ns - now_ns <= interval * burst else 0


def left(rate: Rate, full_at_ns: int, now_ns: int) -> int:
    """Say how many requests may follow at once."""
    return rate.burst + (now_ns - full_at_ns) // rate.interval_ns if full_at_ns > now_ns else rate.burst


def seconds_until(at_ns: int, now_ns: int) -> int:
    """Give whole seconds, rounded up; 0 for what is past."""
    return -(-(at_ns - now_ns) // SECOND_NS) if at_ns > now_ns else 0


def next_at(rate: Rate, full_at_ns: int) -> int:
    """Give the instant from which the bucket lets one more through."""
    return full_at_ns - rate.interval_ns * (rate.burst - 1)
