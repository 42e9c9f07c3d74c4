"""Labels, coverage, maturity and weights: the worked numbers of docs/algorithms/outcomes.md, and laws that hold for all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.features import FeatureSpec, FieldSpec
from scoring.core.labels import (
    COVERAGE_SALES_MIN,
    GRACE_DAYS,
    STAGES,
    WEIGHT_MAX,
    Coverage,
    due_at,
    label_of,
    late_reporters,
    maturity,
    selection_weights,
    standing,
)
from tests.scoring.watched import labelled_of

SOLD = datetime(2026, 3, 1, 12, tzinfo=UTC)
HORIZON = 30
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    sale_id: UUID
    report_id: UUID | None
    occurred_at: datetime | None
    stage: str = "open"


def label(stage: str, *, happened: float | None = 1, at: float = 2, high: bool = False) -> bool | None:
    occurred_at = None if happened is None else SOLD + happened * DAY
    return label_of(stage, occurred_at=occurred_at, sold_at=SOLD, horizon_days=HORIZON, at=SOLD + at * DAY, high_coverage=high)


@pytest.mark.parametrize(
    ("stage", "happened", "at", "high", "expected"),
    [
        ("won", 12, 12, False, True),
        ("won", 30, 200, False, True),  # within the horizon, told late
        ("won", 30.01, 31, False, False),  # won, but later than the score speaks of
        ("lost", 1, 1, False, False),
        ("invalid", 1, 1, False, False),
        ("open", 3, 59.9, False, None),
        ("open", 3, 60, False, False),
        ("open", 3, 59.9, True, None),
        ("silent", None, 400, False, None),  # silence is no answer
        ("silent", None, 59.9, True, None),
        ("silent", None, 60, True, False),  # unless the advertiser tells of nearly everything
    ],
)
def test_the_label_of_a_sale(stage, happened, at, high, expected):
    assert label(stage, happened=happened, at=at, high=high) is expected


def test_a_sale_is_due_after_its_horizon_and_the_grace():
    assert due_at(SOLD, 90) == SOLD + timedelta(days=120)
    assert GRACE_DAYS == 30


ids = st.integers(0, 2**128 - 1).map(lambda value: UUID(int=value))
reports = st.lists(
    st.builds(
        Told,
        sale_id=st.sampled_from([UUID(int=1), UUID(int=2)]),
        report_id=ids,
        occurred_at=st.integers(0, 5).map(lambda days: SOLD + days * DAY),
        stage=st.sampled_from(STAGES[1:]),
    ),
    max_size=8,
    unique_by=lambda one: one.report_id,
)


@given(reports, st.randoms())
def test_what_stands_does_not_depend_on_the_order_of_arrival(told, dice):
    shuffled = [*told, *told]
    dice.shuffle(shuffled)
    assert standing(shuffled) == standing(told)


@given(reports)
def test_of_what_happened_last_what_was_told_last_stands(told):
    for sale_id, found in standing(told).items():
        own = [one for one in told if one.sale_id == sale_id]
        assert found == max(own, key=lambda one: (one.occurred_at, one.report_id))


def test_any_report_stands_before_silence():
    silent = Told(UUID(int=1), None, None, "silent")
    told = Told(UUID(int=1), UUID(int=0), SOLD)
    assert standing([silent, told]) == standing([told, silent]) == {UUID(int=1): told}


@given(st.sampled_from(STAGES), st.floats(0, 200), st.floats(0, 300), st.floats(0, 300), st.booleans())
def test_a_label_once_known_does_not_change_by_waiting(stage, happened, at, later, high):
    first = label(stage, happened=happened, at=min(at, later), high=high)
    assert first is None or first is label(stage, happened=happened, at=max(at, later), high=high)


@given(st.sampled_from(STAGES), st.floats(0, 200), st.floats(0, 300), st.booleans())
def test_only_a_win_in_time_is_positive(stage, happened, at, high):
    assert label(stage, happened=happened, at=at, high=high) is not True or (stage == "won" and happened <= HORIZON)


def test_maturity_is_the_design_s_curve():
    assert [round(maturity(days), 3) for days in (0, 7, 16.2, 30, 60, 180)] == [0.0, 0.3, 0.5, 0.65, 0.793, 0.934]


@given(st.floats(-10, 5_000), st.floats(0, 1_000))
def test_maturity_grows_and_stays_a_share(age, more):
    assert 0.0 <= maturity(age) <= maturity(age + more) <= 1.0


@pytest.mark.parametrize(
    ("due", "reported", "share", "level"),
    [(29, 29, None, "unknown"), (30, 14, 14 / 30, "low"), (30, 15, 0.5, "fair"), (100, 89, 0.89, "fair"), (100, 90, 0.9, "high")],
)
def test_coverage_is_known_from_thirty_sales_that_are_due(due, reported, share, level):
    found = Coverage(sales=500, reported=400, due_sales=due, due_reported=reported, days_median=3.0)
    assert (found.share, found.level) == (share, level)


def test_late_reporters_take_twice_as_long_as_the_market():
    usual = Coverage(100, COVERAGE_SALES_MIN, 0, 0, 4.0)
    coverages = {UUID(int=1): usual, UUID(int=2): usual, UUID(int=3): replace(usual, days_median=8.0)}
    assert late_reporters(coverages) == frozenset()
    coverages[UUID(int=3)] = replace(usual, days_median=8.1)
    assert late_reporters(coverages) == {UUID(int=3)}
    coverages[UUID(int=3)] = replace(usual, days_median=8.1, reported=COVERAGE_SALES_MIN - 1)
    assert late_reporters(coverages) == frozenset()
    assert late_reporters({UUID(int=3): replace(usual, days_median=80.0)}) == frozenset()


EVENLY = np.arange(1_000) / 1_000 + 0.0005


def test_weights_undo_that_better_scores_are_sold_more_often():
    served = np.array([0.05] * 20 + [0.95] * 80)
    weights = selection_weights(served, EVENLY)
    # 100/20 and 100/80, divided by their mean of 2: the tenths weigh alike in the end.
    assert (weights[0], weights[-1], weights.mean()) == (2.5, 0.625, 1.0)
    assert weights[:20].sum() == pytest.approx(weights[20:].sum())


def test_weights_are_capped_and_harmless_where_nothing_is_known():
    served = np.array([0.05] + [0.95] * 99)
    weights = selection_weights(served, EVENLY)
    # 100 and 100/99, divided by their mean of 2.
    assert (weights[0], round(float(weights[1]), 4)) == (WEIGHT_MAX, 0.5051)
    assert selection_weights(np.array([0.2, 0.9]), np.zeros(0)).tolist() == [1.0, 1.0]
    assert selection_weights(np.zeros(0), EVENLY).tolist() == []


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=60))
def test_when_every_lead_is_labelled_all_weigh_the_same(scores):
    assert selection_weights(np.array(scores), np.array(scores)).tolist() == [1.0] * len(scores)


def test_what_may_still_change_is_left_out_of_every_column():
    labelled = labelled_of(FeatureSpec(vertical="home.test", label="Test", version=1, fields=(FieldSpec("zip", "zip"),)), 6)
    found = replace(labelled, mature=np.array([True, False, True, False, False, True])).matured()
    assert (len(found), found.mature.tolist(), found.vertical) == (3, [True] * 3, "home.test")
    assert found.ping_ids == (labelled.ping_ids[0], labelled.ping_ids[2], labelled.ping_ids[5])
    assert np.array_equal(found.features, labelled.features[[0, 2, 5]], equal_nan=True)
    assert found.states == (labelled.states[0], labelled.states[2], labelled.states[5])
