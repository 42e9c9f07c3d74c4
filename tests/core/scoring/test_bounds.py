"""Venn-Abers bounds against their definition by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.core.bounds import STEPS_A_ONE, VennAbers, fit_venn_abers

STEP = 1 / STEPS_A_ONE
rows = st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(1, 4)), min_size=1, max_size=40)


def isotonic_at(scores: list[float], outcomes: list[float], weights: list[float], score: float, label: float) -> float:
    """Add a row of weight 1 and give its isotonic fit by the max-min formula over blocks of equal scores."""
    x, y, w = np.array([*scores, score]), np.array([*outcomes, label]), np.array([*weights, 1.0])
    values = np.unique(x)
    at = int(np.searchsorted(values, score))

    def mean(first: int, last: int) -> float:
        inside = (x >= values[first]) & (x <= values[last])
        return float(np.average(y[inside], weights=w[inside]))

    return max(min(mean(first, last) for last in range(at, len(values))) for first in range(at + 1))


@settings(max_examples=80, deadline=None)
@given(rows)
def test_at_each_score_the_bounds_are_those_of_the_definition(drawn):
    scores, outcomes, weights = ([float(one) for one in column] for column in zip(*drawn, strict=True))
    found = fit_venn_abers(np.array(scores), np.array(outcomes, dtype=bool), np.array(weights))
    for score in sorted(set(scores)):
        low, high = found(score)
        least, most = (isotonic_at(scores, outcomes, weights, score, label) for label in (0.0, 1.0))
        assert least - STEP - 1e-9 <= low <= least + 1e-9
        assert most - 1e-9 <= high <= most + STEP + 1e-9


@settings(max_examples=80, deadline=None)
@given(rows, st.lists(st.floats(-1, 13), min_size=1, max_size=20))
def test_between_scores_the_bounds_hold_the_definition_and_rise(drawn, asked):
    scores, outcomes, weights = ([float(one) for one in column] for column in zip(*drawn, strict=True))
    found = fit_venn_abers(np.array(scores), np.array(outcomes, dtype=bool), np.array(weights))
    answers = [found(score) for score in sorted(asked)]
    for score, (low, high) in zip(sorted(asked), answers, strict=True):
        assert 0 <= low <= high <= 1
        assert low <= isotonic_at(scores, outcomes, weights, score, 0.0) + 1e-9
        assert high >= isotonic_at(scores, outcomes, weights, score, 1.0) - 1e-9
    for column in zip(*answers, strict=True):
        assert list(column) == sorted(column)


def test_a_hand_made_table_reads_as_it_stands():
    table = VennAbers((0.1, 0.2, 0.4), (0.05, 0.1, 0.3), (0.15, 0.3, 0.5))
    asked = {0.05: (0.0, 0.15), 0.1: (0.05, 0.15), 0.15: (0.05, 0.3), 0.2: (0.1, 0.3), 0.4: (0.3, 0.5), 0.9: (0.3, 1.0)}
    assert {score: table(score) for score in asked} == asked
    low, high = table.all(np.array(list(asked)))
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == list(asked.values())


def test_thirteen_thousand_rows_make_a_table_of_some_hundred_steps():
    rng = np.random.default_rng(0)
    truth = 1 / (1 + np.exp(-rng.normal(-2.7, 0.8, 12_800)))
    found = fit_venn_abers(truth, rng.random(12_800) < truth)
    assert 200 < len(found.scores) < 1_000
    low, high = found.all(truth)
    assert float((high - low).mean()) == pytest.approx(0.0027, abs=0.001)
