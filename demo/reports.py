"""What a buyer of the demo reports of a lead, and when: the simulator's outcome with its days pressed into seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.random import Generator

from campaigns.verticals import load_verticals
from demo.crowd import Visitor

SECONDS_A_MINUTE = 0.5  # of a buyer's calling
SECONDS_A_DAY = 6.0  # of waiting for the outcome
DELAY_SECONDS_MAX = 900.0
# A lead of which nobody reports anything is no loss: training must know the difference. How it ended is told of wins and losses
# alike, or the level of the reported would not be that of the leads.
REPORTED_SHARE, ENDED_SHARE = 0.8, 0.9
REACHED_SHARE = 0.72
LOSSES = ("lost", "not_interested", "not_qualified", "unreachable")
REVENUES: Mapping[str, tuple[int, float]] = {
    "home.roofing": (8_400, 0.4),
    "insurance.auto": (1_150, 0.3),
    "mortgage.refinance": (2_900, 0.3),
    "legal.personal_injury": (6_500, 0.6),
    "education": (3_200, 0.2),
}
"""Median dollars of a win, and the spread of their logarithm."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A report to come, so many seconds after the sale; `revenue` in whole dollars."""

    after_seconds: float
    status: str
    revenue: int | None = None


def plan_reports(visitor: Visitor, dice: Generator) -> tuple[Planned, ...]:
    """Say what the buyer of a lead will report: nothing, a contact or none, and for some what came of it."""
    if dice.random() > REPORTED_SHARE:
        return ()
    called = _delay(visitor.contact_minutes * SECONDS_A_MINUTE)
    first = Planned(called, "contacted" if visitor.outcome or dice.random() < REACHED_SHARE else "attempted")
    if dice.random() > ENDED_SHARE:
        return (first,)
    ended = called + _delay(visitor.label_days * SECONDS_A_DAY)
    if not visitor.outcome:
        return first, Planned(ended, LOSSES[int(dice.integers(len(LOSSES)))])
    vertical = visitor.stream.vertical
    return first, Planned(ended, load_verticals()[vertical].outcome, _revenue(vertical, dice))


def _delay(seconds: float) -> float:
    return min(max(seconds, 1.0), DELAY_SECONDS_MAX)


def _revenue(vertical: str, dice: Generator) -> int:
    median, spread = REVENUES[vertical]
    return max(1, round(median * float(dice.lognormal(0.0, spread))))
