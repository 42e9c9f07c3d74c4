"""How long things take: time to first contact and to conversion, with what has not happened yet counted for what it says.

Kaplan and Meier's curve: a lead that is still open after three days says that three days were not enough, and nothing more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Span:
    """How long one lead was watched, in any one unit, and whether what was waited for happened at its end."""

    length: float
    happened: bool

    def __post_init__(self) -> None:
        if self.length < 0:
            raise ValueError("a span is never negative")


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of leads for which it has happened after each of `times` (ascending), and how many were watched until then."""

    times: tuple[float, ...]
    shares: tuple[float, ...]
    watched: tuple[int, ...]

    def share_by(self, time: float) -> float:
        """Give the share for which it has happened by a time."""
        place = bisect_right(self.times, time)
        return self.shares[place - 1] if place else 0.0

    def time_of(self, share: float) -> float | None:
        """Give the time by which it has happened for a share of the leads; None where the curve does not get there."""
        return next((time for time, reached in zip(self.times, self.shares, strict=True) if reached >= share), None)


def curve_of(spans: Iterable[Span]) -> Curve:
    """Make the curve; of equal lengths what happened comes before what merely ended being watched."""
    ordered = sorted(spans, key=lambda span: span.length)
    left, open_share = len(ordered), 1.0
    times: list[float] = []
    shares: list[float] = []
    watched: list[int] = []
    for length, group in groupby(ordered, key=lambda span: span.length):
        ended = list(group)
        happened = sum(span.happened for span in ended)
        if happened:
            open_share *= 1 - happened / left
            times.append(length)
            shares.append(1 - open_share)
            watched.append(left)
        left -= len(ended)
    return Curve(tuple(times), tuple(shares), tuple(watched))


@dataclass(frozen=True, slots=True)
class Window:
    """One hour of the week (0 is Monday, midnight, in the lead's zone): attempts made in it, and how many reached the person."""

    hour: int
    attempts: int
    reached: int


def best_windows(windows: Sequence[Window], *, after: int, count: int = 3, strength: float = 50.0) -> list[tuple[int, float]]:
    """Give the hours of the coming week with the best chance to reach a person, with that chance, the best first.

    Each hour's rate is drawn towards the rate of all hours as if `strength` attempts had said so: an hour with three attempts
    proves nothing. Of equal chances the one that comes first after `after` wins. Raises ValueError for an hour out of range.
    """
    if any(not 0 <= window.hour < 168 or not 0 <= window.reached <= window.attempts for window in windows):
        raise ValueError("hours run from 0 to 167, and nobody is reached more often than tried")
    attempts = sum(window.attempts for window in windows)
    overall = sum(window.reached for window in windows) / attempts if attempts else 0.0
    chances = {window.hour: (window.reached + strength * overall) / (window.attempts + strength) for window in windows}
    ranked = sorted(chances, key=lambda hour: (-chances[hour], (hour - after) % 168))
    return [(hour, chances[hour]) for hour in ranked[:count]]
