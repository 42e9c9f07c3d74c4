"""Monitors: figures by hand, how often they ring for nothing on 200 quiet streams, and that they see what they are for."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, Feature
from scoring.core.features import FEATURES
from scoring.core.level import moved
from scoring.core.monitors.alarms import CUSUM, LEVEL, Cusum, watch_level
from scoring.core.monitors.drift import compare_inputs, ks, moves_by_itself, psi, tell_apart
from scoring.core.monitors.importance import importance_of, is_enough, leaders_changed, to_prune, worth_of
from scoring.core.monitors.quality import bands_of, distribution, level_of, precision_recall, quality_of, windows_of
from scoring.core.monitors.segments import apart, segment_inputs, segments_of
from scoring.core.monitors.surprises import surprises_of

STREAMS, LABELS = 200, 5_000
COLUMNS = (
    Feature("pages", NUMBER, "pages"),
    Feature("paid", BOOLEAN, "paid"),
    Feature("kind", CATEGORY, "kind", tuple("abcdef")),
    *(Feature(f"n{place}", NUMBER, f"n{place}") for place in range(12)),
)


def stream_of(seed: int, *, base: float = 0.07, shift: float = 0.0, labels: int = LABELS) -> tuple[np.ndarray, np.ndarray]:
    """Give well-calibrated chances and their outcomes; `shift` moves the logit of the second half."""
    rng = np.random.default_rng(seed)
    logit = np.log(base / (1 - base)) - 0.6 + rng.normal(0, 1.2, labels)
    late = np.arange(labels) >= labels // 2
    return 1 / (1 + np.exp(-logit)), rng.random(labels) < 1 / (1 + np.exp(-logit - shift * late))


def rows_of(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    pages = np.where(rng.random(count) < 0.1, np.nan, rng.poisson(4, count))
    own = [pages, rng.random(count) < 0.3, rng.integers(0, 6, count)]
    return np.column_stack([*own, *(rng.lognormal(0, 1, count) for _ in range(12))])


@pytest.mark.simulation
@pytest.mark.parametrize("base", [0.03, 0.07, 0.2])
def test_neither_red_alarm_rings_in_200_quiet_streams(base: float) -> None:
    rung = [watch_level(*stream_of(seed, base=base)).rings for seed in range(STREAMS)]
    assert sum(bool(rings) for rings in rung) == 0


def test_a_leap_rings_within_two_batches_and_half_of_one_is_seen_too() -> None:
    for seed in range(20):
        found = watch_level(*stream_of(seed, shift=1.5))
        first = min(ring.place for ring in found.rings)
        assert LABELS // 2 <= first <= LABELS // 2 + 450
    slow = [watch_level(*stream_of(seed, shift=0.5)).rings for seed in range(20)]
    assert sum(any(ring.kind == CUSUM for ring in rings) for rings in slow) >= 15
    assert sum(any(ring.kind == LEVEL for ring in rings) for rings in slow) <= 5  # what the CUSUM is there for


def test_the_cusum_by_hand() -> None:
    chart = Cusum(odds=2.0, limit=1.0)
    # Each win at p = .5 adds ln 2 - ln 1.5 to the upper sum; the lower one adds -ln 2 - ln .75 < 0 and stays at 0.
    assert chart.learn(0.5, True) == 0
    assert (chart.higher, chart.lower) == (pytest.approx(log(2 / 1.5)), 0.0)
    assert [chart.learn(0.5, True) for _ in range(3)] == [0, 0, 4]
    assert (chart.higher, chart.lower) == (0.0, 0.0)
    # A loss takes ln 1.5 from the upper sum, which never falls below 0, and adds ln 4/3 to the lower.
    chart.learn(0.5, False)
    assert (chart.higher, chart.lower) == (0.0, pytest.approx(log(4 / 3)))


def test_batches_are_of_150_labels() -> None:
    chances, outcomes = stream_of(1, labels=470)
    found = watch_level(chances, outcomes)
    assert [batch.last for batch in found.batches] == [149, 299, 449]
    assert found.batches[0].z == pytest.approx(level_of(chances[:150], outcomes[:150]).z)


def test_the_level_by_hand() -> None:
    found = level_of(np.array([0.5, 0.5, 0.2, 0.2]), np.array([True, True, True, False]))
    assert (found.rows, found.observed, found.expected) == (4, 3, pytest.approx(1.4))
    assert found.z == pytest.approx(1.6 / (0.25 + 0.25 + 0.16 + 0.16) ** 0.5)
    assert level_of(np.empty(0), np.empty(0, dtype=bool)).z == 0.0


def test_quality_of_one_outcome_has_a_level_and_no_ranking() -> None:
    found = quality_of(np.array([0.1, 0.2]), np.array([False, False]))
    assert (found.metrics, found.lifts, found.curve) == (None, (), ())
    assert (found.level.expected, len(found.table)) == (pytest.approx(0.3), 2)


def test_precision_and_recall_by_hand() -> None:
    found = precision_recall(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, False]))
    assert [(point.threshold, point.recall, point.precision) for point in found] == [
        (0.9, 0.5, 1.0),
        (0.8, 1.0, pytest.approx(2 / 3)),
        (0.1, 1.0, 0.5),
    ]


def test_the_cost_of_an_outcome_by_band() -> None:
    chances, outcomes = np.array([0.01, 0.06, 0.07, 1.0]), np.array([False, True, True, False])
    found = bands_of(chances, outcomes, np.array([10.0, 20.0, 30.0, 40.0]))
    assert [(one.low, one.rows, one.positives, one.spend, one.cost) for one in found] == [
        (0.0, 1, 0, 10.0, None),
        (0.05, 2, 2, 50.0, 25.0),
        (0.4, 1, 0, 40.0, None),
    ]
    assert {one.cost for one in bands_of(chances, outcomes)} == {None}


def test_windows_are_full_and_the_newest_is_last() -> None:
    chances, outcomes = stream_of(3, labels=1_240)
    found = windows_of(chances, outcomes, np.arange(1_240), 500)
    assert [(one.from_ms, one.until_ms, one.level.rows) for one in found] == [(240, 739, 500), (740, 1_239, 500)]
    assert [one.level.rows for one in windows_of(chances, outcomes, np.arange(1_240), 400)] == [400, 400, 400]
    assert distribution(np.array([0.0, 0.04, 0.99, 1.0]))[:1] == (0.5,)


def test_psi_by_hand() -> None:
    before, after = np.array([0.0] * 60 + [1.0] * 40), np.array([0.0] * 40 + [1.0] * 60)
    index, bins = psi(before, after, category=True)
    old, new = 60.5 / 101, 40.5 / 101
    assert (index, bins) == (pytest.approx((new - old) * log(new / old) * 2, abs=1e-12), 2)
    assert psi(before, before) == (0.0, 2)


@pytest.mark.parametrize("category", [True, False])
def test_a_level_that_nobody_had_before_counts(category: bool) -> None:
    before, after = np.array([0.0] * 60 + [1.0] * 40), np.array([0.0] * 60 + [1.0] * 10 + [2.0] * 30)
    old, new = (np.array(counts) / 101.5 for counts in ((60.5, 40.5, 0.5), (60.5, 10.5, 30.5)))
    assert psi(before, after, category=category) == (pytest.approx(float(((new - old) * np.log(new / old)).sum())), 3)


def test_what_becomes_absent_counts() -> None:
    before, after = np.arange(400.0), np.where(np.arange(400) % 2 == 0, np.nan, np.arange(400.0))
    assert psi(before, after)[0] > 1
    assert ks(before, after)[0] == pytest.approx(0.5)


def test_ks_by_hand_and_against_its_table() -> None:
    assert ks(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0, 5.0, 6.0]))[0] == 0.5
    many = np.arange(1_000.0)
    distance, chance = ks(many, many + 60.7)
    # .061 (sqrt(500) + .12 + .11 / sqrt(500)) = 1.3716, a little beyond Kolmogorov's 95 % point of 1.358.
    assert (distance, chance) == (pytest.approx(0.061, abs=1e-9), pytest.approx(0.0464, abs=0.0001))
    assert ks(many, many) == (0.0, 1.0)


@pytest.mark.simulation
def test_unlabelled_monitors_are_amber_for_nothing_in_at_most_2_of_200_reports() -> None:
    found = [compare_inputs(COLUMNS, rows_of(seed, 600), rows_of(seed + 10_000, 200)) for seed in range(STREAMS)]
    assert sum(one.amber for one in found) <= 2
    assert sum(one.domain.amber for one in found) == 0
    spread = [one.domain.auc for one in found]
    assert abs(float(np.mean(spread)) - 0.5) < 0.01


def test_they_see_a_column_that_moves_and_one_that_only_spreads() -> None:
    before, after = rows_of(1, 4_000), rows_of(2, 1_000)
    after[:, 0] += 1
    found = compare_inputs(COLUMNS, before, after)
    assert [one.name for one in found.columns if one.amber] == ["pages"]
    assert found.domain.amber
    spread = rows_of(3, 1_000)
    spread[:, 4] = np.exp(2 * np.log(spread[:, 4]))
    assert compare_inputs(COLUMNS, before, spread).domain.auc > 0.6


def test_what_moves_by_itself_is_left_out() -> None:
    left_out = {feature.name for feature in FEATURES if moves_by_itself(feature)}
    assert {"time.hour", "time.weekday", "market.year_sin", "market.rate", "consent.age_minutes"} <= left_out
    assert {"source.lift", "source.sub_lift", "source.repeats", "source.sub_repeats", "source.leads"} <= left_out
    assert "behaviour.device" not in left_out
    columns = (*COLUMNS, Feature("time.hour", NUMBER, "hour", calendar=True))
    before, after = (np.column_stack([rows_of(seed, 800), np.full(800, seed)]) for seed in (1, 2))
    found = compare_inputs(columns, before, after)
    assert (found.amber, "time.hour" in {one.name for one in found.columns}) == (False, False)


def test_a_column_that_is_absent_or_constant_breaks_nothing() -> None:
    columns = (Feature("never", NUMBER, "never"), Feature("always", NUMBER, "always"), *COLUMNS)
    before, after = (np.column_stack([np.full(500, np.nan), np.ones(500), rows_of(seed, 500)]) for seed in (1, 2))
    assert compare_inputs(columns, before, after).amber is False
    assert tell_apart(columns, before, after) == tell_apart(columns, before, after)


def test_segments_are_judged_by_the_limit_of_all_of_them() -> None:
    chances, outcomes = np.full(1_200, 0.1), np.zeros(1_200, dtype=bool)
    outcomes[::10] = True
    states = ["TX"] * 600 + ["OK"] * 500 + ["AK"] * 40 + [""] * 60
    outcomes[:600] = False
    outcomes[:20] = True
    # As they come: shares of states and of outcomes are the same in any part of the rows.
    mixed = np.argsort(np.arange(1_200) * 7 % 1_200, kind="stable")
    found = segments_of(chances, outcomes[mixed], {"state": [states[place] for place in mixed]})
    assert [(one.key, one.level.rows, one.level.observed, one.amber) for one in found] == [
        ("TX", 600, 20, True),
        ("OK", 500, 50, False),
    ]
    assert found[0].level.z == pytest.approx((20 - 60) / 54**0.5)
    # All rows together have 80 of 1,200: beside that level TX has 20 where 40 are due.
    assert found[0].apart == pytest.approx(-((2 * (20 * log(20 / 40) + 580 * log(580 / 560))) ** 0.5), rel=0.05)
    assert found[0].limit == pytest.approx(3.4808, abs=1e-3)
    assert found[0].lift is not None


def test_a_move_of_the_whole_makes_no_segment_amber() -> None:
    chances, outcomes = stream_of(3, shift=1.5)
    names = [f"S{row % 10}" for row in range(LABELS)]
    found = segments_of(chances, outcomes, {"state": names})
    assert min(one.level.z for one in found) > 5
    assert [one.key for one in found if one.amber] == []


@pytest.mark.parametrize("shift", [1.0, -1.0])
def test_a_move_of_the_whole_amid_the_rows_makes_no_segment_amber(shift: float) -> None:
    rng = np.random.default_rng(4)
    chances = moved(rng.uniform(0.01, 0.15, 5_000), 0.0)
    outcomes = rng.random(5_000) < np.where(np.arange(5_000) < 2_500, chances, moved(chances, shift))
    groups = {"source": ["only one"] * 5_000, "device": [f"d{one}" for one in rng.choice(3, 5_000, p=[0.6, 0.3, 0.1])]}
    found = segments_of(chances, outcomes, groups)
    assert [(one.key, one.amber) for one in found] == [("only one", False), ("d0", False), ("d1", False), ("d2", False)]
    assert abs(found[0].level.z) > 3


def test_how_far_apart_a_segment_stands_by_hand_and_in_the_tails() -> None:
    assert apart(np.full(100, 0.1), np.arange(100) < 10) == pytest.approx(0.0, abs=1e-4)
    assert apart(np.full(100, 0.1), np.arange(100) < 22) == pytest.approx(
        (2 * (22 * log(2.2) + 78 * log(78 / 90))) ** 0.5, rel=1e-4
    )
    assert apart(np.full(60, 0.1), np.zeros(60, dtype=bool)) == pytest.approx(-((-120 * log(0.9)) ** 0.5), rel=1e-3)
    rng = np.random.default_rng(1)
    few = [apart(np.full(50, 0.04), rng.random(50) < 0.04) for _ in range(4_000)]
    assert max(few) < 4.06  # z reaches 6.5 where two outcomes are expected


def test_inputs_of_a_segment_that_change_are_seen_there_alone() -> None:
    rows, sources = rows_of(7, 4_000), [f"s{row % 4}" for row in range(4_000)]
    ours = np.array([source == "s1" for source in sources])
    rows[np.flatnonzero(ours)[700:], 3] *= 4
    found = segment_inputs(COLUMNS, rows, {"source": sources, "state": ["TX"] * 300 + [""] * 3_700})
    assert [(one.kind, one.key, one.inputs.before, one.inputs.after) for one in found] == [
        ("source", f"s{place}", 667, 333) for place in range(4)
    ]
    assert [one.key for one in found if one.inputs.amber] == ["s1"]
    assert [column.name for column in found[1].inputs.columns if column.amber] == ["n0"]
    assert found[0].inputs.domain.limit > compare_inputs(COLUMNS, rows[:667], rows[667:1_000]).domain.limit


@pytest.mark.simulation
def test_segments_ring_for_nothing_in_at_most_one_of_30_quiet_streams_and_find_a_source_that_moves() -> None:
    rang, found = 0, 0
    for seed in range(30):
        chances, outcomes = stream_of(seed)
        rng = np.random.default_rng(seed)
        sources = rng.choice(12, LABELS, p=1 / np.arange(2, 14) / (1 / np.arange(2, 14)).sum())
        groups = {"source": [f"s{one}" for one in sources], "state": [f"S{one}" for one in rng.integers(0, 40, LABELS)]}
        rang += any(one.amber for one in segments_of(chances, outcomes, groups))
        worse = outcomes & ~((sources == 0) & (rng.random(LABELS) < 0.7))
        found += [one.key for one in segments_of(chances, worse, groups) if one.amber] == ["s0"]
    assert rang <= 1
    assert found >= 28


def test_surprises_name_both_kinds_and_their_channels() -> None:
    chances = np.concatenate([np.full(10, 0.01), np.full(80, 0.1), np.full(10, 0.5)])
    outcomes = np.zeros(100, dtype=bool)
    outcomes[[3, 95]] = True
    channels = ["email"] * 10 + ["search"] * 80 + ["social"] * 10
    found = surprises_of(chances, outcomes, channels)
    assert [(one.place, one.probability) for one in found.low_that_won] == [(3, 0.01)]
    assert len(found.high_that_did_not) == 9
    by_channel = {one.channel: (one.rows, one.surprises, round(one.expected, 6)) for one in found.channels}
    assert by_channel == {"social": (10, 9, 5.0), "email": (10, 1, 0.1)}
    assert surprises_of(np.empty(0), np.empty(0, dtype=bool), []).channels == ()


def test_importance_by_hand_and_what_stopped_paying() -> None:
    rng = np.random.default_rng(5)
    useful, idle = rng.normal(0, 1, 4_000), rng.normal(0, 1, 4_000)
    outcomes = rng.random(4_000) < 1 / (1 + np.exp(2 - useful))
    contributions = np.column_stack([useful, 0.4 * idle, np.zeros(4_000)])
    found = importance_of(("useful", "idle", "unused"), contributions, worth_of(contributions, -2.0, outcomes))
    assert [one.name for one in found] == ["useful", "idle", "unused"]
    assert sum(one.share for one in found) == pytest.approx(1.0)
    worth = {one.name: one.worth for one in found}
    assert worth["useful"] > 0.05
    assert worth["idle"] < 0
    assert worth["unused"] == pytest.approx(0.0, abs=1e-12)
    assert to_prune([found, found]) == ("idle",)
    assert to_prune([found]) == ()
    assert [is_enough(rows) for rows in (outcomes, outcomes[:500], np.zeros(4_000, dtype=bool))] == [True, False, False]
    few = importance_of(("useful", "idle", "unused"), contributions[:500], None)
    assert {one.worth for one in few} == {None}
    assert to_prune([found, few]) == ()


def test_two_new_leaders_are_a_change_and_one_is_not() -> None:
    before = {"a": 0.3, "b": 0.2, "c": 0.2, "d": 0.1, "e": 0.1, "f": 0.05, "g": 0.05}
    assert leaders_changed(before, before | {"f": 0.4}) == ()
    assert leaders_changed(before, before | {"f": 0.4, "g": 0.3}) == ("f", "g")
    assert leaders_changed({}, before) == ()


@given(st.lists(st.tuples(st.floats(0.001, 0.999), st.booleans()), max_size=60))
def test_a_cusum_never_falls_below_zero_nor_stays_above_its_limit(labels: list[tuple[float, bool]]) -> None:
    chart = Cusum()
    for chance, outcome in labels:
        chart.learn(chance, outcome)
        assert 0 <= chart.higher <= chart.limit
        assert 0 <= chart.lower <= chart.limit
