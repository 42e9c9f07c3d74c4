"""Experiments: the draw is even and for ever, and the intervals hold however often somebody looks."""

from __future__ import annotations

from collections import Counter
from math import inf, isfinite, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.experiments import (
    ALPHA,
    Interval,
    Tally,
    arm_of,
    mean_difference,
    mean_interval,
    rate_difference,
    rate_interval,
    verdict,
)

RUNS, UNITS = 400, 1_500


def test_an_arm_is_for_ever() -> None:
    assert [arm_of(unit, "floors-1", {"a": 1, "b": 1}) for unit in ("png_1", "png_2", "png_3", "png_4")] == ["b", "a", "a", "a"]


def test_arms_come_as_often_as_their_weights_say() -> None:
    drawn = Counter(arm_of(f"png_{number}", "models", {"control": 90, "new": 10, "off": 0}) for number in range(20_000))
    assert set(drawn) == {"control", "new"}
    # Five standard deviations of a fair draw of one in ten.
    assert abs(drawn["new"] - 2_000) < 5 * (20_000 * 0.1 * 0.9) ** 0.5


def test_another_salt_is_another_draw() -> None:
    weights = {"a": 1, "b": 1}
    both = Counter((arm_of(str(number), "one", weights), arm_of(str(number), "two", weights)) for number in range(20_000))
    assert all(abs(count - 5_000) < 5 * (20_000 * 0.25 * 0.75) ** 0.5 for count in both.values())
    assert len(both) == 4


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": -1, "b": 2}])
def test_weights_that_name_no_arm_are_refused(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        arm_of("png_1", "s", weights)


def test_a_rate_by_hand() -> None:
    # Without a success in 10 units a rate p is excluded where 1/11 / (1 - p)^10 reaches 20: p = 1 - (1 / 220)^(1/10).
    found = rate_interval(0, 10)
    assert (found.low, round(found.high, 9)) == (0.0, round(1 - (1 / 220) ** 0.1, 9))
    assert rate_interval(0, 0) == Interval(0.0, 1.0)


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_rate_lies_around_what_was_seen_and_both_ways_alike(successes: int, failures: int) -> None:
    units = successes + failures
    found, mirrored = rate_interval(successes, units), rate_interval(failures, units)
    if units:
        assert found.low <= successes / units <= found.high
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)
    wider = rate_interval(successes, units, alpha=ALPHA / 5)
    assert wider.low <= found.low <= found.high <= wider.high


@pytest.mark.parametrize("rate", [0.05, 0.4])
def test_a_true_rate_is_hardly_ever_left_however_often_one_looks(rate: float) -> None:
    draws = np.random.default_rng(7).random((RUNS, UNITS)) < rate
    successes, units = draws.cumsum(axis=1), np.arange(1, UNITS + 1)
    steps = np.concatenate([[0.0], np.log(units)]).cumsum()  # log of factorials
    evidence = steps[successes] + steps[units - successes] - (steps[units] + np.log(units + 1))
    likelihood = successes * log(rate) + (units - successes) * log(1 - rate)
    ever = ((evidence - likelihood) >= -log(ALPHA)).any(axis=1)
    assert ever.mean() <= ALPHA
    # The same statement through the function that pages read, at one moment of one run.
    found = rate_interval(int(successes[0, 999]), 1_000)
    assert (found.low <= rate <= found.high) == bool((evidence - likelihood)[0, 999] < -log(ALPHA))


def test_a_true_mean_is_hardly_ever_left_however_often_one_looks() -> None:
    values = np.random.default_rng(11).exponential(40.0, (RUNS, UNITS))
    totals, squares, looks = values.cumsum(axis=1), (values**2).cumsum(axis=1), range(200, UNITS, 25)
    left = 0
    for run in range(RUNS):
        intervals = (mean_interval(Tally(n, totals[run, n - 1], squares[run, n - 1], n)) for n in looks)
        left += any(not found.low <= 40.0 <= found.high for found in intervals)
    assert left / RUNS <= ALPHA


@pytest.mark.parametrize(
    ("skewed", "rate", "left"),
    [
        (False, 0.005, 0), (False, 0.01, 2), (False, 0.02, 6), (False, 0.05, 11), (False, 1.0, 0),
        (True, 0.005, 0), (True, 0.01, 4), (True, 0.02, 13), (True, 0.05, 10), (True, 1.0, 18),
    ],
)  # fmt: skip
def test_a_mean_of_mostly_nothing_is_hardly_ever_left(skewed: bool, rate: float, left: int) -> None:
    """Most pings bring 0: prices of 50, or as skewed as an exponential, are paid for a share of the units only."""
    generator, units, found = np.random.default_rng(11), 10_000, 0
    for _ in range(RUNS):
        sold = generator.random(units) < rate
        values = sold * (generator.exponential(50.0, units) if skewed else 50.0)
        totals, squares, valued = values.cumsum(), (values**2).cumsum(), sold.cumsum()
        told = (mean_interval(Tally(n, totals[n - 1], squares[n - 1], int(valued[n - 1]))) for n in range(200, units + 1, 100))
        found += any(not one.low - 1e-9 <= 50 * rate <= one.high + 1e-9 for one in told)
    assert found == left
    assert left <= ALPHA * RUNS


@pytest.mark.parametrize(("units", "valued", "told"), [(200, 0, False), (199, 199, False), (2_000, 59, False), (200, 60, True)])
def test_a_mean_needs_units_and_values(units: int, valued: int, told: bool) -> None:
    found = mean_interval(Tally(units, 50.0 * valued, 2_500.0 * valued, valued))
    assert isfinite(found.low) == isfinite(found.high) == told
    assert told or found == Interval(-inf, inf)


def test_differences_and_verdicts() -> None:
    control, treatment = Tally(4_000, 200), Tally(4_000, 420)
    found = rate_difference(control, treatment)
    assert found.low < 0.055 < found.high
    assert (verdict(found), verdict(rate_difference(treatment, control)), verdict(Interval(-0.1, 0.1))) == (
        "better",
        "worse",
        "open",
    )
    assert verdict(Interval(-0.04, -0.01), harm_max=0.02) == "open"
    assert mean_difference(Tally(1, 5), Tally(1, 5)) == Interval(-inf, inf)
    same = Tally(1_000, 5_000, 30_000, 1_000)
    assert mean_difference(same, same).low == pytest.approx(-mean_difference(same, same).high)


@pytest.mark.parametrize("wrong", [lambda: Interval(1, 0), lambda: Tally(-1, 0), lambda: rate_interval(3, 2)])
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"interval|units"):
        wrong()
