from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.calibration import Beta, fit_beta
from scoring.core.evaluation import calibration_error


def sample(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(-rng.normal(-2.0, 1.0, count)))
    return truth, rng.random(count) < truth


def test_without_a_fit_nothing_changes():
    assert [Beta()(p) for p in (0.1, 0.5, 0.9)] == pytest.approx([0.1, 0.5, 0.9], abs=1e-12)


def test_a_known_distortion_is_found_and_undone():
    rng = np.random.default_rng(1)
    logit = rng.normal(0.0, 2.0, 60_000)
    truth = 1 / (1 + np.exp(-logit))
    outcomes = rng.random(60_000) < truth
    distorted = 1 / (1 + np.exp(-(0.5 * logit - 0.8)))  # under-confident and too low
    beta = fit_beta(distorted, outcomes)
    assert (beta.a, beta.b, beta.c) == pytest.approx((2.0, 2.0, 1.6), abs=0.25)
    assert calibration_error(beta.all(distorted), truth) < 0.004
    assert calibration_error(distorted, truth) > 0.05


def test_probabilities_that_are_true_stay_as_they_are():
    truth, outcomes = sample(20_000, 2)
    beta = fit_beta(truth, outcomes)
    assert np.abs(beta.all(truth) - truth).max() < 0.05
    assert calibration_error(beta.all(truth), truth) < 0.006


def test_few_outcomes_keep_the_raw_probabilities():
    truth, _ = sample(1_000, 3)
    outcomes = np.zeros(1_000, dtype=bool)
    outcomes[:19] = True
    assert fit_beta(truth, outcomes) == Beta(1.0, 1.0, 0.0)


def test_reversed_probabilities_become_the_base_rate_and_never_turn_round():
    truth, outcomes = sample(20_000, 4)
    beta = fit_beta(1 - truth, outcomes)
    assert (beta.a, beta.b) == (0.0, 0.0)
    assert beta(0.3) == pytest.approx(outcomes.mean(), abs=1e-6)


@given(
    st.floats(0, 5), st.floats(0, 5), st.floats(-10, 10), st.floats(0, 1), st.floats(0, 1)
)  # the map keeps order and stays strictly inside (0, 1), whatever was fitted
def test_any_fitted_map_is_monotone_and_inside(a, b, c, one, other):
    beta = Beta(a, b, c)
    low, high = beta(min(one, other)), beta(max(one, other))
    assert 0.0 < low <= high < 1.0


def test_one_probability_and_many_give_the_same_bits():
    beta = Beta(1.3, 0.2, -0.4)
    many = np.linspace(0, 1, 101)
    assert beta.all(many).tolist() == [beta(p) for p in many.tolist()]
