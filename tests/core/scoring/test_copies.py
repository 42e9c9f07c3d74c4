"""Copies of a lead: found whatever few columns differ, never found where rows are alike by coincidence, kept in one fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.core.columns import NUMBER, Feature
from scoring.core.learning.columns import ColumnBuilder
from scoring.native import load_library

load_library()  # before anything imports LightGBM, as the commands do
from scoring.core.learning.building import table_of  # noqa: E402
from scoring.core.learning.carrier import find_carrier  # noqa: E402
from scoring.core.learning.findings import ROWS  # noqa: E402
from scoring.core.learning.learning import Options, persons_of, split_of, watch  # noqa: E402
from scoring.core.learning.likeness import pairs_of  # noqa: E402
from scoring.core.learning.table import Plan, Table  # noqa: E402
from scoring.core.learning.twins import find_twins  # noqa: E402
from tests.core.scoring.test_learning import learn, made, stopped_by, with_column  # noqa: E402

COPIES = {("near_duplicates", ROWS)}


def noise(count: int, columns: int, *, seed: int = 1) -> Table:
    rng = np.random.default_rng(seed)
    features = tuple(Feature(f"c{place}", NUMBER, "") for place in range(columns))
    return Table(features, np.asfortranarray(rng.normal(size=(count, columns)).round(3)), rng.random(count) < 0.3)


def doubled(table: Table, share: float, redraw: tuple[int, ...] | int, *, seed: int = 3) -> Table:
    """Append copies of some rows, with some columns (given, or so many of each row by chance) taken from other rows; shuffle."""
    rng = np.random.default_rng(seed)
    count = len(table)
    source = rng.permutation(count)[: round(count * share)]
    with_copies = table.rows(np.concatenate([np.arange(count), source]))
    values = with_copies.values.copy()
    for row in range(count, len(values)):
        chosen = rng.permutation(values.shape[1])[:redraw] if isinstance(redraw, int) else redraw
        for place in chosen:
            values[row, place] = table.values[rng.integers(count), place]
    return replace(with_copies, values=np.asfortranarray(values)).rows(rng.permutation(len(values)))


@pytest.mark.parametrize(
    ("columns", "redraw"),
    [(2, ()), (5, ()), (5, (0,)), (7, (0,)), (7, 3), (12, (0, 1)), (12, (3, 8)), (12, 5), (20, (3, 8, 11)), (20, 8)],
    ids=str,
)
def test_copies_of_noise_are_found_whatever_columns_differ(columns, redraw):
    assert stopped_by(doubled(noise(900, columns), 1.0, redraw)) >= COPIES


@pytest.mark.parametrize("redraw", [0, 1, 2, 3], ids=str)
def test_a_fifth_of_copies_is_found_in_rows_that_mean_something(redraw):
    table, _ = made(3_000)
    assert stopped_by(doubled(table, 0.2, redraw)) == COPIES


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(2, 6))
def test_honest_rows_that_are_alike_are_no_copies(seed, columns, levels):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, levels, (2_000, columns)).astype(float)
    truth = 1 / (1 + np.exp(1.5 - 0.5 * values[:, 0]))
    features = tuple(Feature(f"c{place}", NUMBER, "") for place in range(columns))
    twins = find_twins(Table(features, np.asfortranarray(values), rng.random(2_000) < truth))
    assert twins.finding is None or not twins.finding.stops


def test_copies_among_many_rows_that_are_alike_are_a_suspicion():
    rng = np.random.default_rng(8)
    values = rng.integers(0, 3, (12_000, 16)).astype(float)
    values[:, 8:] = np.where(rng.random((12_000, 8)) < 0.95, values[:, :8], values[:, 8:])
    features = tuple(Feature(f"c{place}", NUMBER, "") for place in range(16))
    table = doubled(Table(features, np.asfortranarray(values), rng.random(12_000) < 0.3), 0.2, 2)
    found = watch(table, Options()).suspicions
    assert [(finding.check, finding.column, finding.stops) for finding in found] == [("near_duplicates", ROWS, False)]
    assert "copies hide among" in found[0].evidence


def test_pairs_name_the_columns_in_which_they_differ():
    table = noise(200, 6)
    values = np.asfortranarray(np.vstack([table.values, table.values[:3]]))
    values[201, 2] += 5
    values[202, 2:4] += 5
    pairs = pairs_of(replace(table, values=values, outcomes=np.append(table.outcomes, table.outcomes[:3])))
    known = dict(zip(map(tuple, pairs.rows.tolist()), zip(pairs.size.tolist(), pairs.differ.tolist(), strict=True), strict=True))
    assert [known[pair] for pair in [(0, 200), (1, 201), (2, 202)]] == [(2, 0), (0, 1), (0, 2)]


def test_a_result_beyond_all_reason_stops_even_where_no_column_carries_it():
    table, _ = made(2_000)
    rng = np.random.default_rng(4)
    leaks = [table.outcomes * 3 + rng.normal(size=2_000) for _ in range(3)]
    several = table
    for place, leak in enumerate(leaks):
        several = with_column(several, f"z{place}", leak)
    (finding,) = find_carrier(several)
    assert (finding.check, finding.column, finding.stops) == ("too_good", ROWS, True)
    assert finding.switch == '--allow "too_good:(rows)"'
    for place, leak in enumerate(leaks):
        several = with_column(several.without([f"z{place}"]), f"w{place}", leak * 0.4 + rng.normal(size=2_000))
    assert [(finding.check, finding.stops) for finding in find_carrier(several)] == [("too_good", False)]


def test_two_columns_that_tell_the_outcome_only_together_are_both_named_and_noise_is_not():
    rng = np.random.default_rng(6)
    outcomes = rng.random(1_500) < 0.3
    first = rng.normal(0, 5, 1_500)
    second = np.where(outcomes, 1, -1) + rng.normal(0, 0.1, 1_500) - first
    features = tuple(Feature(name, NUMBER, "") for name in ("p", "q", "noise"))
    table = Table(features, np.asfortranarray(np.column_stack([first, second, rng.normal(size=1_500)])), outcomes)
    assert {(finding.check, finding.column) for finding in find_carrier(table)} == {("carries_the_model", name) for name in "pq"}


def columns_of(**cells: list[str]) -> list:
    built = []
    for name, texts in cells.items():
        builder = ColumnBuilder(name, words=name == "y")
        builder.add(texts)
        built.append(builder.finish())
    return built


@pytest.mark.parametrize(
    ("name", "cell"),
    [("customer_id", "{}"), ("clientID", "c-{}"), ("email", "p{}@example.com"), ("phone_hash", "{:032x}"), ("Member No", "{}")],
)
def test_rows_of_one_person_stay_in_one_fold_and_the_column_is_no_feature(name, cell):
    rng = np.random.default_rng(5)
    people = rng.permutation(np.repeat(np.arange(300), 3))
    table = table_of(
        columns_of(**{"y": [str(int(person % 3 == 0)) for person in people], name: [cell.format(person) for person in people]},
                   n=[f"{value:.3f}" for value in rng.normal(size=900)]),
        Plan("y"),
    )  # fmt: skip
    assert [feature.name for feature in table.features] == ["n"]
    assert f"{name}: names the same person in several rows, left out; rows of one person stay in one fold" in table.notes
    groups = persons_of(table)
    assert len(np.unique(groups)) == 300
    folds = split_of(table, "y", watch(table, Options()), Options(folds=4)).folds
    assert all(len(np.unique(folds[groups == group])) == 1 for group in range(300))
    assert np.bincount(folds).tolist() == [225, 225, 225, 225]


@pytest.mark.parametrize(
    ("name", "different"),
    [("source_id", 300), ("customer_id", 40), ("customer_id", 900), ("do_not_email", 2), ("mobile", 2), ("contact", 3)],
)
def test_what_names_no_person_or_never_twice_or_too_often_is_a_column_like_others(name, different):
    rng = np.random.default_rng(5)
    cells = {"y": [str(int(rng.random() < 0.3)) for _ in range(900)], name: [f"v{row % different}" for row in range(900)]}
    table = table_of(columns_of(**cells, n=[str(value) for value in rng.random(900)]), Plan("y"))
    assert table.persons == {}
    assert len(np.unique(persons_of(table))) == 900


def test_copies_of_one_person_are_no_finding_because_no_fold_parts_them():
    table = doubled(noise(900, 6), 1.0, ())
    assert stopped_by(table) >= COPIES
    same = np.unique(table.values[:, 0] * 1e6 + table.values[:, 1], return_inverse=True)[1].astype(float)
    assert watch(replace(table, persons={"customer_id": same}), Options()).allowed == ()
    at = 1.7e9 + np.arange(len(table)) * 977.0
    assert stopped_by(replace(table, persons={"customer_id": same}, at=at, clock=True)) >= COPIES


def test_rows_of_several_names_are_joined_through_any_of_them():
    persons = {"email": np.array([1, 1, 2, np.nan, np.nan]), "phone": np.array([np.nan, 7, 7, 8, np.nan])}
    table = replace(noise(5, 2), persons=persons)
    assert persons_of(table).tolist() == [0, 0, 0, 1, 2]


def test_rows_that_are_equal_by_coincidence_are_no_copies():
    rng = np.random.default_rng(6)
    values = rng.integers(0, 3, (4_000, 3)).astype(float)
    truth = 1 / (1 + np.exp(2 - 0.5 * values[:, 0]))
    table = Table(tuple(Feature(f"c{n}", NUMBER, "") for n in range(3)), np.asfortranarray(values), rng.random(4_000) < truth)
    assert watch(table, Options()).allowed == ()


@pytest.mark.simulation
def test_copies_allowed_knowingly_never_judge_each_other():
    table, _ = made(2_000)
    doubled = table.rows(np.concatenate([np.arange(2_000), np.arange(1_000)]))
    options = Options(candidates=("forest",), folds=3, allow=("near_duplicates:(rows)",))
    honest = learn(table, "y", replace(options, allow=())).report.judged.metrics.auc
    blind = learn(doubled, "y", replace(options, sentinel=False)).report.judged.metrics.auc
    allowed = learn(doubled, "y", options).report
    assert allowed.findings[0].check == "near_duplicates"
    assert blind > honest + 0.03
    assert abs(allowed.judged.metrics.auc - honest) < 0.03
