"""How long things take: time to first contact and to conversion, with what has not happened yet counted for what it says.

Kaplan and Meier's curve: a lead that is still open after three days says that three days were not enough, and nothing more.
Beside it: which hours reach people, and how fast the chance to reach one falls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, inf, log, sqrt

SURE = 1.96
"""Standard errors on either side of a 95 % interval."""


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
    """The share of leads for which it has happened after each of `times` (ascending), and how many were watched until then.

    `spreads` are Greenwood's sums of happened / (watched * (watched - happened)) up to each time.
    """

    times: tuple[float, ...]
    shares: tuple[float, ...]
    watched: tuple[int, ...]
    spreads: tuple[float, ...]

    def share_by(self, time: float) -> float:
        """Give the share for which it has happened by a time."""
        place = bisect_right(self.times, time)
        return self.shares[place - 1] if place else 0.0

    def time_of(self, share: float) -> float | None:
        """Give the time by which it has happened for a share of the leads; None where the curve does not get there."""
        return next((time for time, reached in zip(self.times, self.shares, strict=True) if reached >= share), None)

    def interval_by(self, time: float) -> tuple[float, float]:
        """Give the 95 % interval of the share by a time: Greenwood's variance on the scale of log(-log), inside [0, 1].

        Before anything happened, and once it has for all who were watched, there is no variance to say how far the truth may be:
        then it reaches from the share before to 1.
        """
        place, share = bisect_right(self.times, time), self.share_by(time)
        if not place or share >= 1.0:
            return (self.shares[place - 2] if place > 1 else 0.0, 1.0)
        still_open = 1.0 - share
        factor = exp(SURE * sqrt(self.spreads[place - 1]) / log(still_open))
        return 1.0 - still_open**factor, 1.0 - still_open ** (1.0 / factor)


def curve_of(spans: Iterable[Span]) -> Curve:
    """Make the curve; of equal lengths what happened comes before what merely ended being watched."""
    ordered = sorted(spans, key=lambda span: span.length)
    left, open_share, spread = len(ordered), 1.0, 0.0
    rows: list[tuple[float, float, int, float]] = []
    for length, group in groupby(ordered, key=lambda span: span.length):
        ended = list(group)
        happened = sum(span.happened for span in ended)
        if happened:
            open_share *= 1 - happened / left
            spread += happened / (left * (left - happened)) if left > happened else inf
            rows.append((length, 1 - open_share, left, spread))
        left -= len(ended)
    times, shares, watched, spreads = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Curve(times, shares, watched, spreads)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Give the 95 % interval of a share by Wilson (1927); of nothing it is (0, 1)."""
    if not whole:
        return 0.0, 1.0
    share, weight = part / whole, SURE**2 / whole
    middle = (share + weight / 2) / (1 + weight)
    half = SURE * sqrt(share * (1 - share) / whole + weight / (4 * whole)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Window:
    """One hour of the week (0 is Monday, midnight, in the lead's zone): attempts made in it, and how many reached the person."""

    hour: int
    attempts: int
    reached: int


HOURS = 168
STRENGTH = 50.0
"""Each hour's rate is drawn towards that of all hours, and each delay's towards the documented one, as by so many attempts."""


def best_windows(
    windows: Sequence[Window], *, after: int, count: int = 3, strength: float = STRENGTH, among: Collection[int] | None = None
) -> list[tuple[int, float]]:
    """Give the hours of the coming week with the best chance to reach a person, with that chance, the best first.

    Each hour's rate is drawn towards the rate of all hours as if `strength` attempts had said so: an hour with three attempts
    proves nothing. Of equal chances the one that comes first after `after` wins. `among` names the hours that may be chosen; one
    without attempts has the rate of all. Raises ValueError for an hour out of range.
    """
    chances = chances_by_hour(windows, strength=strength)
    overall = _overall(windows)
    wanted = chances if among is None else {hour: chances.get(hour, overall) for hour in among}
    ranked = sorted(wanted, key=lambda hour: (-wanted[hour], (hour - after) % HOURS))
    return [(hour, wanted[hour]) for hour in ranked[:count]]


def chances_by_hour(windows: Sequence[Window], *, strength: float = STRENGTH) -> dict[int, float]:
    """Give the shrunk chance to reach a person for each hour that is named."""
    if any(not 0 <= window.hour < HOURS or not 0 <= window.reached <= window.attempts for window in windows):
        raise ValueError("hours run from 0 to 167, and nobody is reached more often than tried")
    overall = _overall(windows)
    return {window.hour: (window.reached + strength * overall) / (window.attempts + strength) for window in windows}


def _overall(windows: Sequence[Window]) -> float:
    attempts = sum(window.attempts for window in windows)
    return sum(window.reached for window in windows) / attempts if attempts else 0.0


# By when a lead may first be called, in minutes, and the documented chance to reach it by a call so late: those of the simulator
# at its half-life of 18 minutes (docs/algorithms/simulator.md); the last one is for everything later.
STEPS = (1.0, 5.0, 30.0, 60.0, 1440.0)
DOCUMENTED: Mapping[float, float] = {1.0: 0.71, 5.0: 0.59, 30.0: 0.37, 60.0: 0.336, 1440.0: 0.18}
# A delay is still good while so much of the best chance is left.
GOOD_SHARE = 0.8
# Own calls count from so many on, with so many of them in vain and so many not: who reports only contacts reaches everybody.
OWN_CALLS, OWN_EACH = 200, 20


@dataclass(frozen=True, slots=True)
class Calls:
    """First calls to leads, and how many of them reached the person."""

    calls: int = 0
    reached: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.reached <= self.calls:
            raise ValueError("nobody is reached more often than called")


def enough(calls: Calls) -> bool:
    """Say whether own calls may speak: enough of them, and neither nearly all in vain nor nearly all successful."""
    return calls.calls >= OWN_CALLS and min(calls.reached, calls.calls - calls.reached) >= OWN_EACH


def chances_by_delay(own: Mapping[float, Calls]) -> dict[float, float]:
    """Give the chance to reach a lead by a first call within each of STEPS, `own` drawn towards the documented one.

    Too few own calls in all, and the documented ones stand as they are.
    """
    total = Calls(sum(one.calls for one in own.values()), sum(one.reached for one in own.values()))
    if not enough(total):
        return dict(DOCUMENTED)
    known = {step: own.get(step, Calls()) for step in STEPS}
    return {step: (one.reached + STRENGTH * DOCUMENTED[step]) / (one.calls + STRENGTH) for step, one in known.items()}


def call_within(chances: Mapping[float, float], *, hurry: int = 0) -> float:
    """Give in how many minutes a lead should be called: the last of STEPS before the chance falls below GOOD_SHARE of the best.

    `hurry` is 1 for a lead whose words are urgent (one step sooner), -1 for one that has time (one step later).
    """
    best = max(chances.values())
    good = 0
    while good + 1 < len(STEPS) and chances[STEPS[good + 1]] >= GOOD_SHARE * best:
        good += 1
    return STEPS[min(max(good - hurry, 0), len(STEPS) - 1)]
