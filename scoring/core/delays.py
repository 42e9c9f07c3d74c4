"""How late wins are told, and what a lead says that is not due yet: F(age), and the day on which leads are read for the level.

A lead of age a whose win has the chance p has told of it with the chance p F(a), so observed against expected needs no waiting
until everything is known. docs/algorithms/monitoring.md has the measurements behind the numbers here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.core.examples import Floats, Labelled
from scoring.core.labels import Coverage, maturity
from scoring.core.level import WORTH_EDGE

# A wrong F is a wrong level: below so many wins of the vertical's own with a known delay, leads are read once they are due.
OWN_WINS = 800
# So many more wins, told as the documented curve says, hold the curve of few wins near it.
STRENGTH = 50.0
# A lead is read on the first day by which this share of the wins is told: earlier ones ring for nothing when F is a little wrong.
READ_SHARE = 0.65
# What an advertiser of fair coverage keeps to itself has to be known well: its share enters the expectation.
EARLY_SALES_MIN = 100


@dataclass(frozen=True, slots=True)
class Delays:
    """The delays of a vertical's wins in days from sale to report, ascending, of leads that are due."""

    days: Floats

    def share(self, age_days: float) -> float:
        """Give F(age): the share of the wins told by then, of those that are known once leads are due, shrunk to `maturity`."""
        told = int(np.searchsorted(self.days, age_days, side="right"))
        return (told + STRENGTH * maturity(age_days)) / (len(self.days) + STRENGTH)


@dataclass(frozen=True, slots=True)
class Rule:
    """When the leads of a vertical are read: on `day`, when `share` of their wins is told; `day` None: once they are due.

    `wins` is the number of own delays that it rests on.
    """

    day: int | None
    share: float
    wins: int


@dataclass(frozen=True, slots=True)
class Readings:
    """Every lead read once, in the order of reading: a row is final, and its win is expected with `rows.shares` of its chance."""

    rows: Labelled
    rule: Rule


def rule_of(delays: Delays, due_days: int) -> Rule:
    """Choose the first day by which READ_SHARE of the wins is told; none without enough own delays or where it comes too late."""
    days = () if len(delays.days) < OWN_WINS else range(1, due_days)
    day = next((one for one in days if delays.share(one) >= READ_SHARE), None)
    return Rule(day, 1.0 if day is None else delays.share(day), len(delays.days))


def early_share(rule: Rule, coverage: Coverage | None) -> float | None:
    """Give what share of an advertiser's wins is told on the rule's day; None where its leads are read once they are due.

    The silence of one that tells of nearly all its sales counts as no win; of a fair one, its coverage is the chance to be told.
    """
    if rule.day is None or coverage is None or coverage.share is None:
        return None
    if coverage.level == "high":
        return rule.share
    fair = coverage.level == "fair" and coverage.due_sales >= EARLY_SALES_MIN
    return rule.share * coverage.share if fair else None


def as_told(labelled: Labelled) -> Readings:
    """Take labels as they are for readings: each is final, and expected with its whole chance."""
    return Readings(labelled, Rule(None, 1.0, 0))


def newest_worth(rows: Labelled, labels: int) -> NDArray[np.intp]:
    """Name the newest rows, oldest first, that are together worth so many labels; all where they are not."""
    order = np.argsort(rows.known_at_ms, kind="stable")
    worth = rows.shares[order][::-1].cumsum()
    return order[::-1][: int(np.searchsorted(worth, labels - WORTH_EDGE)) + 1][::-1]
