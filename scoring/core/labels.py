"""From what an advertiser reported on one sale to the label a model learns from. docs/algorithms/outcomes.md gives the reasons.

The label answers one question: was the lead won within the vertical's horizon of its sale? Silence is no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import erf, log, sqrt
from statistics import median
from typing import Literal, Protocol, TypeVar
from uuid import UUID

import numpy as np

from scoring.core.examples import Floats

SILENT, OPEN, WON, LOST, INVALID = "silent", "open", "won", "lost", "invalid"
STAGES = (SILENT, OPEN, WON, LOST, INVALID)
# After the horizon a win that fell inside it may still be on its way to us: half of the reports take longer than 16 days.
GRACE_DAYS = 30
# The delay of a win's report: log-normal in days, as in the simulator: 30 % by day 7, 65 % by day 30, 93 % by day 180.
DELAY_LOG_MEDIAN, DELAY_LOG_SPREAD = 2.785, 1.6

COVERAGE_SALES_MIN = 30
COVERAGE_LOW, COVERAGE_HIGH = 0.5, 0.9
LATE_FACTOR = 2.0

TENTHS = tuple(n / 10 for n in range(1, 10))
WEIGHT_MAX = 5.0

Level = Literal["unknown", "low", "fair", "high"]


class Dated(Protocol):
    """A report on a sale: when it happened, and an id that sorts by when it was told."""

    @property
    def sale_id(self) -> UUID:
        """The sale."""

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened; None for a sale of which nothing was told."""

    @property
    def report_id(self) -> UUID | None:
        """Its id, a UUIDv7; None for a sale of which nothing was told."""


Reported = TypeVar("Reported", bound=Dated)


def standing(reports: Iterable[Reported]) -> dict[UUID, Reported]:
    """Give for each sale the report that counts: of what happened last, what was told last; a told one before silence."""
    found: dict[UUID, Reported] = {}
    for one in reports:
        known = found.get(one.sale_id)
        if known is None or _key(one) > _key(known):
            found[one.sale_id] = one
    return found


def _key(one: Dated) -> tuple[float, int]:
    return (
        float("-inf") if one.occurred_at is None else one.occurred_at.timestamp(),
        0 if one.report_id is None else one.report_id.int,
    )


def due_at(sold_at: datetime, horizon_days: int) -> datetime:
    """Give when a sale's silence may be read: its horizon and the grace have passed."""
    return sold_at + timedelta(days=horizon_days + GRACE_DAYS)


def told_label(stage: str, *, occurred_at: datetime | None, sold_at: datetime, horizon_days: int) -> bool | None:
    """Give the label that a report alone decides; None while it does not.

    A win after the horizon is no win within it. Invalid (nobody to win) is no win either: the lead was offered and paid for as it
    was, and a model that never learned from bots and wrong numbers would price them as if somebody were there.
    """
    if stage == WON:
        return occurred_at is not None and occurred_at <= sold_at + timedelta(days=horizon_days)
    return False if stage in (LOST, INVALID) else None


def due_label(stage: str, *, high_coverage: bool) -> bool | None:
    """Give the label of a sale that is due and that no report decided.

    Somebody worked the lead and never told of a win: no win. Of a silent one nothing is known, unless its advertiser tells of
    nearly all its sales.
    """
    if stage == OPEN:
        return False
    return False if stage == SILENT and high_coverage else None


def label_of(
    stage: str, *, occurred_at: datetime | None, sold_at: datetime, horizon_days: int, at: datetime, high_coverage: bool = False
) -> bool | None:
    """Give the label of a sale as it stands `at`: True (won within the horizon), False, or None while it is not known."""
    told = told_label(stage, occurred_at=occurred_at, sold_at=sold_at, horizon_days=horizon_days)
    if told is not None or at < due_at(sold_at, horizon_days):
        return told
    return due_label(stage, high_coverage=high_coverage)


def maturity(age_days: float) -> float:
    """Give F(age): the share of all wins that are reported so many days after the sale."""
    if age_days <= 0:
        return 0.0
    return 0.5 * (1.0 + erf((log(age_days) - DELAY_LOG_MEDIAN) / (DELAY_LOG_SPREAD * sqrt(2.0))))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much an advertiser tells, of all its sales and of those that are due; `days_median` from a sale to the first report."""

    sales: int
    reported: int
    due_sales: int
    due_reported: int
    days_median: float | None

    @property
    def share(self) -> float | None:
        """Share of the sales that are due of which anything was reported; None while too few are due to say."""
        return self.due_reported / self.due_sales if self.due_sales >= COVERAGE_SALES_MIN else None

    @property
    def level(self) -> Level:
        """Say how far the labels may be trusted: low leaves the advertiser out, high lets its silence count as no win."""
        if self.share is None:
            return "unknown"
        return "low" if self.share < COVERAGE_LOW else "high" if self.share >= COVERAGE_HIGH else "fair"


def late_reporters(coverages: Mapping[UUID, Coverage]) -> frozenset[UUID]:
    """Name the advertisers whose first report takes more than twice as many days as the market's median advertiser's."""
    days = {
        who: one.days_median
        for who, one in coverages.items()
        if one.days_median is not None and one.reported >= COVERAGE_SALES_MIN
    }
    if len(days) < 2:
        return frozenset()
    usual = median(days.values())
    return frozenset(who for who, own in days.items() if own > LATE_FACTOR * usual)


def selection_weights(served: Floats, scored: Floats) -> Floats:
    """Weigh labelled leads so that their scores are spread as those of all scored leads; mean 1 before the cap of WEIGHT_MAX.

    `served` (n,) are the probabilities of the labelled ones, `scored` (m,) those of all, they among them. A lead's weight is the
    inverse of the share of its tenth of the scores that has a label (Horvitz and Thompson 1952).
    """
    if not len(served) or not len(scored):
        return np.ones(len(served))
    edges = np.quantile(scored, TENTHS)
    place = np.searchsorted(edges, served, side="left")
    labelled = np.bincount(place, minlength=len(edges) + 1)
    everybody = np.bincount(np.searchsorted(edges, scored, side="left"), minlength=len(edges) + 1)
    raw: Floats = (np.maximum(everybody, labelled) / np.maximum(labelled, 1))[place]
    weights: Floats = np.minimum(raw / raw.mean(), WEIGHT_MAX)
    return weights
