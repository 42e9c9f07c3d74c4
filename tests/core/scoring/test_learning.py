"""Rules of learning: folds, calibration maps, intervals, level, the sentinel on leaks and on honest columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.core.calibration import FITS, allowed_fits, choose_calibration
from scoring.core.columns import CATEGORY, NUMBER, Feature
from scoring.core.evaluation import auc, evaluate, lift, top_hits
from scoring.core.level import Intercept, RedAlarm, fit_intercept, level_z, moved, stream
from scoring.native import load_library

load_library()  # before anything imports LightGBM, as the commands do
from scoring.core.bounds import fit_venn_abers  # noqa: E402
from scoring.core.learning.findings import ROWS, Finding, Leaking  # noqa: E402
from scoring.core.learning.folds import grouped, newest, stratified  # noqa: E402
from scoring.core.learning.learning import Options, learn, watch  # noqa: E402
from scoring.core.learning.report import engine_words, mean_name  # noqa: E402
from scoring.core.learning.sentinel import inspect  # noqa: E402
from scoring.core.learning.table import Table  # noqa: E402

DAY = 86_400.0
seeds = st.integers(0, 10_000)


def made(count: int = 1_500, seed: int = 0, columns: int = 8) -> tuple[Table, np.ndarray]:
    """Give an honest table of a known truth: numbers and a category, base rate about a quarter."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(count, columns))
    values[:, -1] = rng.integers(0, 4, count)
    truth = 1 / (1 + np.exp(1.3 - 0.6 * values[:, 0] - 0.5 * values[:, 1] - 0.3 * (values[:, -1] == 2)))
    features = tuple(Feature(f"c{place}", NUMBER, f"c{place}") for place in range(columns - 1))
    features += (Feature("kind", CATEGORY, "kind", ("a", "b", "c", "d")),)
    filled = {feature.name: np.ones(count, dtype=bool) for feature in features}
    return Table(features, np.asfortranarray(values), rng.random(count) < truth, filled=filled), truth


def with_column(table: Table, name: str, values: np.ndarray) -> Table:
    return replace(
        table,
        features=(*table.features, Feature(name, NUMBER, name)),
        values=np.asfortranarray(np.column_stack([table.values, values])),
        filled={**table.filled, name: ~np.isnan(values)},
    )


def stopped_by(table: Table, **options) -> set[tuple[str, str]]:
    with pytest.raises(Leaking) as leaking:
        watch(table, Options(**options))
    return {(finding.check, finding.column) for finding in leaking.value.findings}


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(sorted(FITS)))
def test_every_calibration_rises_and_stays_inside_0_and_1(seed, name):
    rng = np.random.default_rng(seed)
    raw = rng.beta(1, 4, 400)
    found = FITS[name](raw, rng.random(400) < raw**1.4, None).all(np.linspace(0, 1, 101))
    assert ((found > 0) & (found < 1)).all()
    assert (np.diff(found) >= -1e-12).all()


@pytest.mark.parametrize(
    ("rows", "positives", "fits"),
    [
        (1_000, 199, ("raw", "platt")),
        (1_000, 200, ("raw", "beta")),
        (4_999, 900, ("raw", "beta")),
        (5_000, 499, ("raw", "beta")),
        (5_000, 500, ("raw", "beta", "isotonic")),
    ],
)
def test_rows_and_positives_decide_which_calibrations_compete(rows, positives, fits):
    assert allowed_fits(np.arange(rows) < positives) == fits


def test_raw_is_kept_where_nothing_wins_and_mended_where_it_is_wrong():
    rng = np.random.default_rng(3)
    truth = rng.beta(2, 5, 4_000)
    outcomes, folds = rng.random(4_000) < truth, rng.integers(0, 5, 4_000)
    right, wrong = choose_calibration(truth, outcomes, folds), choose_calibration(truth**2, outcomes, folds)
    assert right.method == "raw"
    assert wrong.method == "beta"
    assert wrong.losses["beta"] < wrong.losses["raw"] - 0.02
    assert np.abs(wrong.calibration.all(truth**2) - truth).mean() < 0.015


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_venn_abers_brackets_itself_and_rises(seed):
    rng = np.random.default_rng(seed)
    scores = rng.random(300)
    low, high = fit_venn_abers(scores, rng.random(300) < scores).all(np.linspace(0, 1, 50))
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()


def test_venn_abers_narrows_with_rows_and_holds_the_truth():
    rng = np.random.default_rng(1)
    widths = []
    for count in (300, 10_000):
        scores = rng.random(count)
        low, high = fit_venn_abers(scores, rng.random(count) < scores).all(np.linspace(0.1, 0.9, 9))
        widths.append(float((high - low).mean()))
    assert widths[1] < widths[0] / 2
    assert np.abs((low + high) / 2 - np.linspace(0.1, 0.9, 9)).max() < 0.08


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(2, 7))
def test_folds_share_rows_and_positives_out_evenly_and_groups_stay_whole(seed, folds):
    rng = np.random.default_rng(seed)
    outcomes = rng.random(500) < 0.2
    dealt = stratified(outcomes, folds, seed)
    assert np.ptp(np.bincount(dealt, minlength=folds)) <= 1
    assert np.ptp(np.bincount(dealt[outcomes], minlength=folds)) <= 1
    groups = rng.integers(0, 200, 500)
    whole = grouped(groups, outcomes, folds, seed)
    assert all(len(set(whole[groups == group])) == 1 for group in set(groups))
    assert np.ptp(np.bincount(whole, minlength=folds)) <= 12


def test_the_newest_fifth_judges():
    assert newest(10).tolist() == [False] * 8 + [True] * 2


def test_lift_and_hits():
    chances, outcomes = (
        np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]),
        np.array([1, 1, 0, 1, 0, 0, 0, 0, 1, 0], bool),
    )
    assert lift(chances, outcomes, 0.1) == pytest.approx(2.5)
    assert lift(chances, outcomes, 0.5) == pytest.approx(1.5)
    assert lift(np.full(10, 0.5), outcomes, 0.3) == pytest.approx(1.0)
    assert top_hits(chances, outcomes, 0.2) == (2, 2)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_the_interval_of_the_auc_holds_it(seed):
    rng = np.random.default_rng(seed)
    chances = rng.random(300)
    found = evaluate(chances, rng.random(300) < chances)
    assert 0 <= found.auc_low < found.auc < found.auc_high <= 1


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(-3, 3), st.floats(0, 1_000))
def test_an_intercept_keeps_the_order_and_lies_between_prior_and_labels(seed, prior, strength):
    rng = np.random.default_rng(seed)
    chances = rng.beta(1, 5, 200)
    outcomes = rng.random(200) < 0.4
    free, shrunk = (
        fit_intercept(chances, outcomes, strength=0.0),
        fit_intercept(chances, outcomes, prior=prior, strength=strength),
    )
    assert moved(chances, free).sum() == pytest.approx(outcomes.sum(), abs=1e-3)
    assert min(free, prior) - 1e-6 <= shrunk <= max(free, prior) + 1e-6
    assert (np.argsort(moved(chances, shrunk), kind="stable") == np.argsort(chances, kind="stable")).all()


def test_few_labels_move_the_level_little_and_many_reach_it():
    intercept = Intercept()
    for _ in range(50):
        intercept.learn(0.05, True)
    assert 0 < intercept.value < 2.2  # fifty sales in a row, and still below a chance of one in three
    for place in range(3_000):
        intercept.learn(0.05, place % 2 == 0)
    assert moved(np.array([0.05]), intercept.value)[0] == pytest.approx(0.5, abs=0.01)


def test_the_alarm_needs_two_batches_on_one_side():
    alarm = RedAlarm(batch=100)
    assert not any(alarm.learn(0.05, place % 5 == 0) for place in range(100))
    assert not any(alarm.learn(0.05, place % 20 == 0) for place in range(100))
    rung = [alarm.learn(0.05, place % 5 == 0) for place in range(200)]
    assert [place for place, red in enumerate(rung) if red] == [199]
    assert level_z(np.full(100, 0.05), np.arange(100) % 5 == 0) == pytest.approx(6.88, abs=0.01)


def test_a_stream_that_moves_rings_once_and_is_followed_and_a_quiet_one_never_rings():
    rng = np.random.default_rng(5)
    chances = rng.beta(1, 12, 6_000)
    quiet = rng.random(6_000) < chances
    assert stream(chances, quiet, late=200).red == ()
    moving = np.where(np.arange(6_000) < 3_000, quiet, rng.random(6_000) < moved(chances, 2.0))
    followed, frozen = stream(chances, moving, late=200), stream(chances, moving, late=200, follow=False)
    assert 3_000 < followed.red[0] < 3_450
    assert (
        evaluate(followed.answers[3_000:], moving[3_000:]).log_loss
        < evaluate(frozen.answers[3_000:], moving[3_000:]).log_loss - 0.03
    )


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_honest_columns_are_not_refused(seed):
    assert [finding for finding in inspect(made(seed=seed)[0]) if finding.stops] == []


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(0.0, 0.04))
def test_a_noisy_copy_of_the_label_is_found_whatever_the_noise(seed, noise):
    table, _ = made(seed=seed)
    rng = np.random.default_rng(seed)
    copy = np.where(rng.random(len(table)) < noise, ~table.outcomes, table.outcomes).astype(float)
    found = [finding for finding in inspect(with_column(table, "z", copy)) if finding.stops]
    assert [finding.column for finding in found] == ["z"]
    assert found[0].check in {"label_copy", "single_feature"}


def test_each_kind_of_leak_is_named():
    table, _ = made(3_000)
    rng = np.random.default_rng(2)
    won, count = table.outcomes, len(table)
    filled_late = np.where(won | (rng.random(count) < 0.3), rng.random(count), np.nan)
    assert ("missingness", "z") in stopped_by(with_column(table, "z", filled_late))
    duration = np.where(won, rng.gamma(6, 60, count), rng.gamma(3, 60, count))
    assert ("named_after_contact", "Call duration") in stopped_by(with_column(table, "Call duration", duration))
    at = 1.7e9 + np.arange(count) * 977.0
    timed = replace(table, at=at, clock=True)
    closed = replace(timed, moments={"closed": np.where(won, at + 9 * DAY, np.nan)})
    assert ("after_the_ping", "closed") in stopped_by(closed)
    midnight = replace(timed, moments={"made": np.where(won, np.floor(at / DAY) * DAY, at - 60)})
    assert stopped_by(midnight) == {("midnight", "made")}


def test_a_column_that_carries_too_good_a_result_is_named():
    table, _ = made(3_000)
    rng = np.random.default_rng(4)
    seconds = table.outcomes * 1.95 + rng.normal(size=len(table))
    assert ("carries_the_model", "s") in stopped_by(with_column(table, "s", seconds))


def test_learning_is_calibrated_against_a_known_truth_and_bit_equal():
    table, truth = made(6_000)
    table = replace(table, judge=np.arange(6_000) >= 4_000)
    options = Options(candidates=("lightgbm", "logistic"), folds=3)
    learned, again = learn(table, "y", options), learn(table, "y", options)
    assert learned.report == again.report
    answers = learned.predict(table.values[table.judge])
    assert np.abs(answers - truth[4_000:]).mean() < 0.03
    assert learned.report.judged.metrics.rows == 2_000
    assert learned.report.model in {"logistic", "mean of lightgbm, logistic"}
    assert learned.report.reason.endswith(".")
    assert auc(answers, table.outcomes[4_000:]) == learned.report.judged.metrics.auc


@pytest.mark.parametrize(
    ("column", "switch"),
    [
        ("tags", '--drop "tags", or --allow "single:tags"'),
        (ROWS, '--allow "single:(rows)"'),
        ("(time)", 'no --time, or --allow "single:(time)"'),
        ("made (hour)", 'no --time, or --allow "single:made (hour)"'),
        ("made (weekday)", 'no --time, or --allow "single:made (weekday)"'),
    ],
)
def test_the_switch_of_a_finding_is_one_that_the_command_takes(column: str, switch: str) -> None:
    assert Finding("single", column, "").switch == switch


def test_a_kind_of_model_has_one_spelling_in_words():
    names = ("lightgbm", "logistic", "mean of lightgbm, logistic", mean_name(["lightgbm", "forest", "network"]))
    assert [engine_words(name) for name in names] == [
        "LightGBM",
        "logistic regression",
        "mean of LightGBM and logistic regression",
        "mean of LightGBM, forest and neural network",
    ]
