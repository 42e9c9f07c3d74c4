"""What features know beside the ping: the market's rates, how leads of a source turned out and how many persons it repeats.

Immutable tables: a process loads them beside its champions, the extractor gets them as an argument and stays a pure function.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log, nan
from typing import Any
from uuid import UUID

SOURCE_STRENGTH = 50.0
"""How many leads of its vertical a source starts with, and how many of its source a sub-id: so many of its own weigh as much."""
RATE_MAX_AGE_DAYS = 60.0
REPEAT_DAYS = 90
"""A lead is a repeat where anybody brought its person to the exchange in so many days before; leads of as many days count."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Series:
    """A rate over time: `at` Unix seconds, ascending, and the value from each moment on."""

    at: Sequence[float]
    values: Sequence[float]

    def value(self, at: float) -> float:
        """Give the rate that was known at a moment; NaN before the first, and once the last is two months old."""
        place = bisect_right(self.at, at) - 1
        return self.values[place] if place >= 0 and at - self.at[place] <= RATE_MAX_AGE_DAYS * DAY else nan


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a source or a sub-id: `lift` in log odds against its vertical, from `leads` mature leads."""

    lift: float
    leads: float


UNKNOWN = Standing(nan, nan)


@dataclass(frozen=True, slots=True)
class RepeatCount:
    """How many leads of a sub-id a source posted in the last 90 days, and how many of them were repeats; "" is all the others."""

    vertical: str
    source_id: UUID
    sub_id: str
    leads: int
    repeats: int


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """Standings by (vertical, source) and by (vertical, source, sub-id); sources are compared as text."""

    sources: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    subs: Mapping[tuple[str, str, str], Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything beside the ping; empty tables give NaN. `quality` is made of outcomes, `repeats` of who came before."""

    rates: Mapping[str, Series] = field(default_factory=dict)
    quality: SourceQuality = field(default_factory=SourceQuality)
    repeats: SourceQuality = field(default_factory=SourceQuality)


NOTHING = Context()


def shrunk_rate(wins: float, leads: float, prior: float, strength: float = SOURCE_STRENGTH) -> float:
    """Give the mean of a beta posterior whose prior has the mean `prior` and weighs `strength` leads."""
    return (wins + strength * prior) / (leads + strength)


def quality_of(counts: Iterable[tuple[str, Any, str, int, int]]) -> SourceQuality:
    """Make standings of (vertical, source, sub-id, leads, wins), the sub-id "" for none; repeats may stand in the place of wins.

    A vertical's rate is the prior of its sources, a source's shrunk rate that of its sub-ids. A vertical without both outcomes
    gives none: there is nothing yet to compare with.
    """
    rows = [(vertical, str(source), sub, leads, wins) for vertical, source, sub, leads, wins in counts]
    verticals = _summed((vertical, leads, wins) for vertical, _, _, leads, wins in rows)
    sources = _summed(((vertical, source), leads, wins) for vertical, source, _, leads, wins in rows)
    base = {vertical: wins / leads for vertical, (leads, wins) in verticals.items() if 0 < wins < leads}
    rates = {key: shrunk_rate(wins, leads, base[key[0]]) for key, (leads, wins) in sources.items() if key[0] in base}
    return SourceQuality(
        {key: Standing(_odds(rate) - _odds(base[key[0]]), float(sources[key][0])) for key, rate in rates.items()},
        {
            (vertical, source, sub): Standing(
                _odds(shrunk_rate(wins, leads, rates[vertical, source])) - _odds(base[vertical]), float(leads)
            )
            for (vertical, source, sub), (leads, wins) in _summed(
                ((vertical, source, sub), leads, wins) for vertical, source, sub, leads, wins in rows if sub
            ).items()
            if vertical in base
        },
    )


def _summed(rows: Iterable[tuple[Any, int, int]]) -> dict[Any, tuple[int, int]]:
    sums: dict[Any, tuple[int, int]] = {}
    for key, leads, wins in rows:
        before = sums.get(key, (0, 0))
        sums[key] = (before[0] + leads, before[1] + wins)
    return sums


def _odds(rate: float) -> float:
    return log(rate / (1 - rate))
