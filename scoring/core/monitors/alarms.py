"""The two red alarms on the level of a stream of labels: O/E z in batches, for leaps, and CUSUM, for slow change."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from scoring.core.level import ALARM_RUN, RedAlarm, level_z

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEVEL, CUSUM = "level", "cusum"
CUSUM_ODDS = 1.5
CUSUM_LIMIT = 12.0


@dataclass(slots=True)
class Cusum:
    """Two sums of log likelihood ratios: "the odds are `odds` times what was said", and "they are that much lower".

    A sum never falls below 0 and the alarm rings above `limit`; after a ring both begin again at 0, and `reached` is the sum that
    rang, below 0 for "lower". The risk-adjusted chart of Steiner, Cook, Farewell and Treasure (2000), "Monitoring surgical
    performance using risk-adjusted cumulative sum charts".
    """

    odds: float = CUSUM_ODDS
    limit: float = CUSUM_LIMIT
    higher: float = 0.0
    lower: float = 0.0
    reached: float = 0.0
    _run: list[int] = field(default_factory=lambda: [0, 0])

    def learn(self, probability: float, outcome: bool) -> int:
        """Take one label with the probability it was served with; gives how many labels made it ring now, 0 for no ring."""
        gain = log(self.odds) if outcome else 0.0
        self.higher = max(0.0, self.higher + gain - log1p((self.odds - 1) * probability))
        self.lower = max(0.0, self.lower - gain - log1p((1 / self.odds - 1) * probability))
        self._run = [run + 1 if total > 0 else 0 for run, total in zip(self._run, (self.higher, self.lower), strict=True)]
        if max(self.higher, self.lower) <= self.limit:
            return 0
        rows = self._run[0 if self.higher > self.lower else 1]
        self.reached = self.higher if self.higher > self.lower else -self.lower
        self.higher = self.lower = 0.0
        self._run = [0, 0]
        return rows


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of labels in order: the place of its last one, z, and both sums of the CUSUM there."""

    last: int
    z: float
    higher: float
    lower: float


@dataclass(frozen=True, slots=True)
class Ring:
    """An alarm that rang: which, the place of the label that made it ring, of how many labels up to there it speaks, its figure.

    `value` is the z of the batch that rang, or the sum of the CUSUM, both below 0 where less came than was said.
    """

    kind: str
    place: int
    rows: int
    value: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A stream of labels as both alarms saw it."""

    batches: tuple[Batch, ...]
    rings: tuple[Ring, ...]


def watch_level(probabilities: Floats, outcomes: Bools, shares: Floats | None = None) -> Watched:
    """Let rows in the order in which they were read pass both alarms.

    `probabilities` is what was expected of each by then, `shares` the part of a label that each is worth: 1 where not given.
    """
    red, cusum = RedAlarm(), Cusum()
    worth = np.ones(len(outcomes)) if shares is None else shares
    batches: list[Batch] = []
    rings: list[Ring] = []
    starts = [0]
    for place, row in enumerate(zip(probabilities.tolist(), outcomes.tolist(), worth.tolist(), strict=True)):
        rang = red.learn(*row)
        rows = cusum.learn(*row[:2])
        if not red.rows:
            part = slice(starts[-1], place + 1)
            batches.append(Batch(place, level_z(probabilities[part], outcomes[part]), cusum.higher, cusum.lower))
            starts.append(place + 1)
        if rang:
            rings.append(Ring(LEVEL, place, place + 1 - starts[-1 - ALARM_RUN], batches[-1].z))
        if rows:
            rings.append(Ring(CUSUM, place, rows, cusum.reached))
    return Watched(tuple(batches), tuple(rings))
