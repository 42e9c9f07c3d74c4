from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from scoring.core.evaluation import (
    auc,
    calibration_error,
    calibration_table,
    ece_floor,
    evaluate,
    gain_over_base_rate,
    log_loss,
)


def bools(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_auc_by_hand_with_a_tie():
    # Pairs (1 above 0): .9>.2, .9>.5, .5>.2, .5=.5 counts half: 3.5 of 4.
    assert auc(np.array([0.9, 0.5, 0.5, 0.2]), bools(1, 1, 0, 0)) == 0.875
    assert auc(np.array([0.1, 0.2, 0.3]), bools(1, 0, 0)) == 0.0


def test_log_loss_by_hand():
    assert log_loss(np.array([0.8, 0.4]), bools(1, 0)) == pytest.approx(-(log(0.8) + log(0.6)) / 2)
    assert log_loss(np.array([0.0]), bools(1)) == pytest.approx(-log(1e-15))


def test_the_gain_over_the_base_rate_by_hand():
    # The base rate is 1/2, so each row gains log 2 less its own loss.
    gains = [log(2) + log(0.8), log(2) + log(0.6), log(2) + log(0.5), log(2) + log(0.9)]
    mean = sum(gains) / 4
    error = sqrt(sum((gain - mean) ** 2 for gain in gains) / 3 / 4)
    found = gain_over_base_rate(np.array([0.8, 0.4, 0.5, 0.1]), bools(1, 0, 1, 0))
    assert (found.mean, found.low, found.high) == (
        pytest.approx(mean),
        pytest.approx(mean - 1.96 * error),
        pytest.approx(mean + 1.96 * error),
    )
    constant = gain_over_base_rate(np.full(4, 0.5), bools(1, 0, 1, 0))
    assert (constant.mean, constant.low, constant.high) == (0.0, 0.0, 0.0)


def test_the_interval_of_the_gain_holds_what_is_true_19_times_in_20():
    rng, truth = np.random.default_rng(3), np.full(2_000, 0.3)
    held = 0
    for _ in range(400):
        said = rng.choice([0.2, 0.3, 0.4], 2_000)
        outcomes = rng.random(2_000) < truth
        found = gain_over_base_rate(said, outcomes)
        rate = outcomes.mean()
        base = -(0.3 * log(rate) + 0.7 * log(1 - rate))
        expected = base - np.mean(-(0.3 * np.log(said) + 0.7 * np.log1p(-said)))
        held += found.low <= expected <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_the_calibration_table_has_bins_of_equal_size():
    table = calibration_table(np.array([0.4, 0.1, 0.2, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]), bins=2)
    assert [(line.rows, line.predicted, line.observed) for line in table] == [
        (2, pytest.approx(0.15), 0.0),
        (2, pytest.approx(0.35), 0.5),
    ]
    assert calibration_error(np.array([0.4, 0.1, 0.2, 0.3]), np.array([1.0, 0.0, 0.0, 0.0]), bins=2) == pytest.approx(0.15)


def test_the_floor_is_what_a_perfect_model_shows():
    rng = np.random.default_rng(5)
    shown = []
    for _ in range(60):
        truth = rng.beta(1.2, 18, 1_000)
        shown.append(calibration_error(truth, (rng.random(1_000) < truth).astype(float)))
    assert ece_floor(np.full(1_000, 0.06)) == pytest.approx(0.8 * sqrt(0.06 * 0.94 * 15 / 1_000))
    assert np.mean(shown) == pytest.approx(ece_floor(truth), rel=0.15)


def test_all_figures_of_a_small_case():
    found = evaluate(np.array([0.8, 0.6, 0.4, 0.2]), bools(1, 0, 1, 0))
    assert (found.rows, found.positives, found.auc) == (4, 2, 0.75)
    assert found.brier == pytest.approx((0.04 + 0.36 + 0.36 + 0.04) / 4)
    assert found.oe == pytest.approx(1.0)
    assert found.oe_z == pytest.approx(0.0)
    assert found.skill == pytest.approx(1 - found.log_loss / log(2))
    assert 0.0 <= found.auc_low < 0.75 < found.auc_high <= 1.0


@pytest.mark.parametrize("outcomes", [bools(1, 1), bools(0, 0)])
def test_one_kind_of_outcome_is_refused(outcomes):
    with pytest.raises(ValueError, match="with and without the outcome"):
        evaluate(np.array([0.5, 0.5]), outcomes)
