"""Keep the level: an online intercept beside a frozen model, and the red alarm that says when the level has moved.

A model's ranking outlives its level: base rates go from 4 % to 50 % while the order of leads stays. So the logit gets one number
added that follows the newest labels, shrunk towards what it was; and observed against expected is watched, never the AUC.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import EDGE, logit

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINDOW = 400
PRIOR_STRENGTH = 300.0
STEP = 50
ALARM_BATCH = 150
ALARM_Z = 3.0
ALARM_RUN = 2
WORTH_EDGE = 1e-6


@dataclass(slots=True)
class Intercept:
    """The number added to a model's logits. `learn` takes labels as they arrive; every STEP of them it is fitted again.

    `strength` is worth that many labels which say that the level is still what it was at the last fit, so few labels move it
    little and a level that stays is reached in the end.
    """

    window: int = WINDOW
    strength: float = PRIOR_STRENGTH
    value: float = 0.0
    _recent: deque[tuple[float, bool]] = field(default_factory=deque)
    _new: int = 0

    def __call__(self, probabilities: Floats) -> Floats:
        """Move raw probabilities to the present level."""
        return moved(probabilities, self.value)

    def learn(self, probability: float, outcome: bool) -> None:
        """Take one label with the raw probability it was served with."""
        self._recent.append((probability, outcome))
        if len(self._recent) > self.window:
            self._recent.popleft()
        self._new += 1
        if self._new >= STEP:
            raw = np.array([p for p, _ in self._recent])
            self.value = fit_intercept(raw, np.array([y for _, y in self._recent]), prior=self.value, strength=self.strength)
            self._new = 0


def moved(probabilities: Floats, shift: float) -> Floats:
    """Add a shift to the logits of probabilities; the answers lie strictly between 0 and 1."""
    return np.clip(_sigmoid(logit(np.clip(probabilities, EDGE, 1 - EDGE)) + shift), EDGE, 1 - EDGE)


def _moved_one(probability: float, shift: float) -> float:
    return 1.0 / (1.0 + exp(-(log(probability) - log1p(-probability) + shift)))


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))


def fit_intercept(
    probabilities: Floats, outcomes: Bools, *, prior: float = 0.0, strength: float = PRIOR_STRENGTH, shares: Floats | None = None
) -> float:
    """Give the shift under which the labels and `strength` more rows at the level of `prior` are together as expected.

    Of a row that was read early only `shares` (n,) of its win's chance is expected, and it counts for that share of a label.
    """
    raw = logit(np.clip(probabilities, EDGE, 1 - EDGE))
    known = np.ones(len(raw)) if shares is None else shares
    more = strength / float(known.sum())
    wanted = (float(outcomes.sum()) + more * float(known @ _sigmoid(raw + prior))) / (1.0 + more)
    shift, low, high = prior, -20.0, 20.0
    for _ in range(50):
        chances = _sigmoid(raw + shift)
        gap = float(known @ chances) - wanted
        low, high = (low, shift) if gap > 0 else (shift, high)
        if abs(gap) < 1e-9 * len(raw):
            break
        # Newton's step where it stays between what is known to be too low and too high, else the middle.
        step = shift - gap / max(1e-12, float(known @ (chances * (1 - chances))))
        shift = step if low < step < high else (low + high) / 2
    return shift


def level_z(probabilities: Floats, outcomes: Bools) -> float:
    """Give z = (sum O - sum p) / sqrt(sum p (1 - p)): how far what happened is from what was said."""
    variance = float((probabilities * (1 - probabilities)).sum())
    return (float(outcomes.sum()) - float(probabilities.sum())) / sqrt(max(variance, 1e-12))


@dataclass(slots=True)
class RedAlarm:
    """Red when |z| > 3 on the same side in two batches of 150 labels one after the other.

    One such batch happens by chance once in 370, so over a year of batches it would ring for nothing; two on the same side once
    in 270,000. A level that moves is seen after 300 labels. Leads that were read early fill a batch by the share of a label they
    are worth.
    """

    batch: int = ALARM_BATCH
    _probabilities: list[float] = field(default_factory=list)
    _outcomes: list[bool] = field(default_factory=list)
    _worth: float = 0.0
    _run: int = 0

    @property
    def rows(self) -> int:
        """Count the rows of the batch that is being filled: 0 after the row that closed one."""
        return len(self._outcomes)

    def learn(self, probability: float, outcome: bool, share: float = 1.0) -> bool:
        """Take one row with the chance that was expected of it, worth `share` of a label; True when the alarm is red now."""
        self._probabilities.append(probability)
        self._outcomes.append(outcome)
        self._worth += share
        if self._worth < self.batch - WORTH_EDGE:
            return False
        z = level_z(np.array(self._probabilities), np.array(self._outcomes))
        self._probabilities.clear()
        self._outcomes.clear()
        self._worth = 0.0
        side = 1 if z > ALARM_Z else -1 if z < -ALARM_Z else 0
        self._run = self._run + side if side and self._run * side >= 0 else side
        return abs(self._run) >= ALARM_RUN


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream served by a frozen model and its intercept: answers, the intercept at each lead, and the leads that rang."""

    answers: Floats
    shifts: Floats
    red: tuple[int, ...]


def stream(probabilities: Floats, outcomes: Bools, *, late: int, follow: bool = True) -> Streamed:
    """Serve leads in order while labels arrive; a red place is the lead whose label rang.

    Before each step of STEP leads all labels are known up to `late` leads before the end of the step.

    The alarm watches the level that held at its last ring, not the one that follows: noise of following is no news.
    """
    intercept, alarm, watched = Intercept(), RedAlarm(), 0.0
    red: list[int] = []
    shifts = np.zeros(len(outcomes))
    for start in range(0, len(outcomes), STEP):
        # Between two fits the intercept stands still, so leads and labels go by in steps.
        stop = min(start + STEP, len(outcomes))
        for due in range(max(0, start - late), stop - late):
            raw, outcome = float(probabilities[due]), bool(outcomes[due])
            if follow:
                intercept.learn(raw, outcome)
            if alarm.learn(_moved_one(raw, watched), outcome):
                red.append(due)
                watched = intercept.value
        shifts[start:stop] = intercept.value
    answers = np.clip(_sigmoid(logit(np.clip(probabilities, EDGE, 1 - EDGE)) + shifts), EDGE, 1 - EDGE)
    return Streamed(answers, shifts, tuple(red))
