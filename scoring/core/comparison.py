"""What an experiment says at one moment: each arm's figure with its sequence, the differences to the control, the guardrails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.core.arms import COSTS, METRICS, RATES, Wish
from scoring.core.experiments import (
    ALPHA,
    Interval,
    Tally,
    mean_difference,
    mean_interval,
    rate_difference,
    rate_interval,
    verdict,
)

Tallies = Mapping[str, Mapping[str, Tally]]
"""Arm -> metric -> what its units brought so far."""


@dataclass(frozen=True, slots=True)
class ArmFigure:
    """One arm's metric: its units, the figure (None without units) and where the truth lies."""

    arm: str
    units: int
    figure: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Difference:
    """One arm less the control in one metric. `verdict` is better, worse or open; of a guardrail safe, harmed or open."""

    arm: str
    metric: str
    interval: Interval
    verdict: str
    harm_max: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that may be said of an experiment now."""

    arms: tuple[ArmFigure, ...]
    differences: tuple[Difference, ...]
    guardrails: tuple[Difference, ...]


def compare(wish: Wish, tallies: Tallies) -> Comparison:
    """Compare each arm with the first. Alpha is divided among all differences, so that the verdicts hold together.

    The interval of an arm's own figure stands for itself: it spends ALPHA alone, and no verdict comes from it.
    """
    control, *treatments = (arm.name for arm in wish.arms)
    alpha = ALPHA / (len(treatments) * (1 + len(wish.guardrails)))
    return Comparison(
        tuple(_figure(wish.metric, arm.name, tallies) for arm in wish.arms),
        tuple(_difference(wish.metric, control, arm, tallies, alpha) for arm in treatments),
        tuple(_guarded(one.metric, one.harm_max, control, arm, tallies, alpha) for one in wish.guardrails for arm in treatments),
    )


def tally_of(tallies: Tallies, arm: str, metric: str) -> Tally:
    """Give what an arm brought in a metric; an arm nobody has seen brought nothing."""
    return tallies.get(arm, {}).get(metric, Tally(0, 0.0))


def in_words(comparison: Comparison) -> str:
    """Say what may be concluded, in a sentence or two."""
    said = [f"{one.arm} is {_VERDICTS[one.verdict]}." for one in comparison.differences]
    for moved, metrics in (("fell", METRICS.keys() - COSTS), ("rose", COSTS)):
        broken = [one for one in comparison.guardrails if one.verdict == "harmed" and one.metric in metrics]
        if harmed := sorted({f"{METRICS[one.metric]} of {one.arm}" for one in broken}):
            said.append(f"A guardrail is broken: {', '.join(harmed)} {moved} by more than allowed. Stop the experiment.")
    return " ".join(said)


_VERDICTS = {
    "better": "better than the control",
    "worse": "worse than the control",
    "open": "not yet told apart from the control",
}


def _figure(metric: str, arm: str, tallies: Tallies) -> ArmFigure:
    tally = tally_of(tallies, arm, metric)
    interval = rate_interval(round(tally.total), tally.units) if metric in RATES else mean_interval(tally)
    return ArmFigure(arm, tally.units, tally.total / tally.units if tally.units else None, interval)


def _difference(metric: str, control: str, arm: str, tallies: Tallies, alpha: float) -> Difference:
    interval = _interval(metric, tally_of(tallies, control, metric), tally_of(tallies, arm, metric), alpha)
    return Difference(arm, metric, interval, verdict(_gain(metric, interval)))


def _guarded(metric: str, harm_max: float, control: str, arm: str, tallies: Tallies, alpha: float) -> Difference:
    interval = _interval(metric, tally_of(tallies, control, metric), tally_of(tallies, arm, metric), alpha)
    gain = _gain(metric, interval)
    if gain.low > -harm_max:
        return Difference(arm, metric, interval, "safe", harm_max)
    return Difference(arm, metric, interval, "harmed" if verdict(gain, harm_max) == "worse" else "open", harm_max)


def _gain(metric: str, difference: Interval) -> Interval:
    """Give a difference in the direction in which it is good."""
    return Interval(-difference.high, -difference.low) if metric in COSTS else difference


def _interval(metric: str, before: Tally, after: Tally, alpha: float) -> Interval:
    return rate_difference(before, after, alpha) if metric in RATES else mean_difference(before, after, alpha)
