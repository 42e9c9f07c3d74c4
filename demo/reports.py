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
# The first call comes within the buyer's minutes; who is not reached is called again, after so many real seconds each.
FIRST_REACHED = {True: 0.8, False: 0.55}
AGAIN_SECONDS, AGAIN_SPREAD, AGAIN_REACHED = (90.0, 600.0, 2_400.0), 0.5, 0.4
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
    calls = _plan_calls(visitor, dice)
    if dice.random() > ENDED_SHARE:
        return calls
    waited = _delay(visitor.label_days * SECONDS_A_DAY)
    if not visitor.outcome:
        # Who gives up does not wait for another call.
        ended = calls[0].after_seconds + waited
        status = LOSSES[int(dice.integers(len(LOSSES)))]
        return (*(one for one in calls if one.after_seconds <= ended), Planned(ended, status))
    vertical = visitor.stream.vertical
    won = Planned(calls[-1].after_seconds + waited, load_verticals()[vertical].outcome, _revenue(vertical, dice))
    return *calls, won


def _plan_calls(visitor: Visitor, dice: Generator) -> tuple[Planned, ...]:
    """Plan calls up to the one that reaches the person; of who is won the last one does."""
    at = _delay(visitor.contact_minutes * SECONDS_A_MINUTE)
    calls, chance = [at], FIRST_REACHED[visitor.outcome]
    for pause in AGAIN_SECONDS:
        if dice.random() < chance:
            break
        at += pause * float(dice.lognormal(0.0, AGAIN_SPREAD))
        calls.append(at)
        chance = AGAIN_REACHED
    reached = visitor.outcome or len(calls) <= len(AGAIN_SECONDS) or dice.random() < chance
    last = "contacted" if reached else "attempted"
    return (*(Planned(one, "attempted") for one in calls[:-1]), Planned(calls[-1], last))


def _delay(seconds: float) -> float:
    return min(max(seconds, 1.0), DELAY_SECONDS_MAX)


def _revenue(vertical: str, dice: Generator) -> int:
    median, spread = REVENUES[vertical]
    return max(1, round(median * float(dice.lognormal(0.0, spread))))
