"""Leads that did what their score spoke against, with their channels: where to look for what a model does not know."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LISTED = 10
SHARE = 0.10


@dataclass(frozen=True, slots=True)
class Surprise:
    """One row: its place among the rows given, what was said and what came of it, and its channel."""

    place: int
    probability: float
    outcome: bool
    channel: str


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How many surprises a channel has beside how many were to be expected of its rows by their own probabilities."""

    channel: str
    rows: int
    surprises: int
    expected: float


@dataclass(frozen=True, slots=True)
class Surprises:
    """The most surprising rows of both kinds, and the channels of all of them, the largest excess first."""

    low_that_won: tuple[Surprise, ...]
    high_that_did_not: tuple[Surprise, ...]
    channels: tuple[ChannelCount, ...]


def surprises_of(probabilities: Floats, outcomes: Bools, channels: Sequence[str], listed: int = LISTED) -> Surprises:
    """Look at the lowest and the highest tenth: rows of the one that had the outcome, of the other that had not."""
    if not len(outcomes):
        return Surprises((), (), ())
    low, high = np.quantile(probabilities, [SHARE, 1 - SHARE])
    in_low, in_high = probabilities <= low, (probabilities >= high) & (probabilities > low)
    won = np.flatnonzero(in_low & outcomes)
    missed = np.flatnonzero(in_high & ~outcomes)

    def rows(places: NDArray[np.intp]) -> tuple[Surprise, ...]:
        return tuple(Surprise(int(at), float(probabilities[at]), bool(outcomes[at]), channels[at]) for at in places[:listed])

    return Surprises(
        low_that_won=rows(won[np.argsort(probabilities[won], kind="stable")]),
        high_that_did_not=rows(missed[np.argsort(-probabilities[missed], kind="stable")]),
        channels=_channels(probabilities, in_low, in_high, np.union1d(won, missed), channels),
    )


def _channels(
    probabilities: Floats, in_low: Bools, in_high: Bools, places: NDArray[np.intp], channels: Sequence[str]
) -> tuple[ChannelCount, ...]:
    looked_at = np.flatnonzero(in_low | in_high).tolist()
    rows, found = Counter(channels[at] for at in looked_at), Counter(channels[at] for at in places.tolist())
    expected: defaultdict[str, float] = defaultdict(float)
    for at in looked_at:
        expected[channels[at]] += float(probabilities[at] if in_low[at] else 1 - probabilities[at])
    counts = [ChannelCount(name, rows[name], found[name], expected[name]) for name in rows]
    return tuple(sorted(counts, key=lambda one: (one.expected - one.surprises, one.channel)))
