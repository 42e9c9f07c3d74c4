"""Attribution: which channels a conversion is owed to, by seven models over the same journeys.

Every model shares out exactly what was converted. docs/algorithms/attribution.md states each rule with a worked journey.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shares = Sequence[float]

ENDS_SHARE = 0.4  # position: the first and the last touch get so much each
HALF_LIFE_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Journey:
    """One sequence of touches: how often it converted, what that was worth, and how often it led nowhere.

    `ages_days`: how long before the end each touch was, in the order of `channels`; without it each touch is a day apart.
    Raises ValueError for a journey that makes no sense.
    """

    channels: tuple[str, ...]
    conversions: float = 0.0
    value: float = 0.0
    nulls: float = 0.0
    ages_days: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.channels:
            raise ValueError("a journey has one touch at least")
        if min(self.conversions, self.value, self.nulls) < 0:
            raise ValueError("conversions, value and nulls are never negative")
        if self.value and not self.conversions:
            raise ValueError("what did not convert has no value")
        if self.ages_days and (len(self.ages_days) != len(self.channels) or min(self.ages_days) < 0):
            raise ValueError("each touch has one age, in days before the end")


@dataclass(frozen=True, slots=True)
class Credit:
    """What one channel is owed."""

    conversions: float
    value: float


def attribute(journeys: Iterable[Journey], model: str) -> dict[str, Credit]:
    """Share conversions and value out among channels, in the order of their names. Raises KeyError for an unknown model."""
    known = tuple(journeys)
    found = _markov(known) if model == MARKOV else _shared(known, _RULES[model])
    return {channel: Credit(*found[channel]) for channel in sorted(found)}


def _shared(journeys: Sequence[Journey], rule: Callable[[Journey], Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    conversions: dict[str, float] = defaultdict(float)
    values: dict[str, float] = defaultdict(float)
    for journey in journeys:
        for channel in journey.channels:
            conversions[channel] += 0.0
        for channel, share in rule(journey).items():
            conversions[channel] += share * journey.conversions
            values[channel] += share * journey.value
    return {channel: (conversions[channel], values[channel]) for channel in conversions}


def _by_touch(journey: Journey, weights: Shares) -> dict[str, float]:
    shares: dict[str, float] = defaultdict(float)
    whole = sum(weights)
    for channel, weight in zip(journey.channels, weights, strict=True):
        shares[channel] += weight / whole
    return shares


def _first(journey: Journey) -> dict[str, float]:
    return {journey.channels[0]: 1.0}


def _last(journey: Journey) -> dict[str, float]:
    return {journey.channels[-1]: 1.0}


def _linear(journey: Journey) -> dict[str, float]:
    """Give every touch the same."""
    return _by_touch(journey, [1.0] * len(journey.channels))


def _time_decay(journey: Journey) -> dict[str, float]:
    """Halve a touch's weight with each half-life between it and the last one."""
    ages = journey.ages_days or tuple(float(age) for age in range(len(journey.channels) - 1, -1, -1))
    youngest = min(ages)
    return _by_touch(journey, [0.5 ** ((age - youngest) / HALF_LIFE_DAYS) for age in ages])


def _position(journey: Journey) -> dict[str, float]:
    """Give the ends their share and the touches between them the rest; two touches share alike."""
    between = len(journey.channels) - 2
    if between < 1:
        return _linear(journey)
    middle = (1 - 2 * ENDS_SHARE) / between
    return _by_touch(journey, [ENDS_SHARE, *[middle] * between, ENDS_SHARE])


def _shapley(journey: Journey) -> dict[str, float]:
    """Give every different channel the same.

    Where a set of channels is worth the conversions of the journeys that need no other, this is Shapley's value: a journey is a
    game in which all its channels are needed, and the value of a sum of games is the sum of their values.
    """
    channels = dict.fromkeys(journey.channels)
    return {channel: 1 / len(channels) for channel in channels}


def _markov(journeys: Sequence[Journey]) -> dict[str, tuple[float, float]]:
    """Share out by removal effect: what part of all conversions a first-order chain of touches loses without the channel."""
    channels = sorted({channel for journey in journeys for channel in journey.channels})
    steps = _steps(journeys, channels)
    whole = _chance(steps)
    effects = np.array([_without(steps, place, whole) for place in range(len(channels))])
    shares = effects / effects.sum() if effects.sum() > 0 else np.zeros(len(channels))
    conversions, value = (sum(getattr(journey, name) for journey in journeys) for name in ("conversions", "value"))
    return {channel: (float(share * conversions), float(share * value)) for channel, share in zip(channels, shares, strict=True)}


def _steps(journeys: Sequence[Journey], channels: Sequence[str]) -> Floats:
    """Give the chances of each step: rows are the channels and the start, columns the channels and the conversion."""
    place = {channel: number for number, channel in enumerate(channels)}
    counts = np.zeros((len(channels) + 1, len(channels) + 2))
    for journey in journeys:
        path = [len(channels), *(place[channel] for channel in journey.channels)]
        for here, there in pairwise(path):
            counts[here, there] += journey.conversions + journey.nulls
        counts[path[-1], -2:] += (journey.conversions, journey.nulls)
    whole = counts.sum(axis=1, keepdims=True)
    steps: Floats = np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0)
    return steps[:, :-1]


def conversion_chance(journeys: Sequence[Journey]) -> float:
    """Give the chance that a journey of the chain converts: by construction the share of journeys that did."""
    channels = sorted({channel for journey in journeys for channel in journey.channels})
    return _chance(_steps(journeys, channels))


def _without(steps: Floats, removed: int, whole: float) -> float:
    """Give the part of the whole chance to convert that is lost when every step to a channel leads nowhere."""
    kept = steps.copy()
    kept[:, removed] = 0.0
    return 1 - _chance(kept) / whole if whole > 0 else 0.0


def _chance(steps: Floats) -> float:
    between, ends = steps[:-1, :-1], steps[:-1, -1]
    # Every journey ends, so nothing goes round for ever and this has one solution.
    reached = np.linalg.solve(np.eye(len(between)) - between, ends)
    return float(steps[-1, :-1] @ reached + steps[-1, -1])


MARKOV = "markov"
_RULES: Mapping[str, Callable[[Journey], Mapping[str, float]]] = {
    "first": _first,
    "last": _last,
    "linear": _linear,
    "time_decay": _time_decay,
    "position": _position,
    "shapley": _shapley,
}
MODELS = (*_RULES, MARKOV)
