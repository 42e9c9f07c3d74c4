"""Reading leads before they are due: F(age) by hand, laws that hold for all, and how often the alarms ring for nothing by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.core.delays import OWN_WINS, READ_SHARE, STRENGTH, Delays, Rule, early_share, newest_worth, rule_of
from scoring.core.features import FeatureSpec, FieldSpec
from scoring.core.labels import DELAY_LOG_MEDIAN, DELAY_LOG_SPREAD, Coverage, maturity
from scoring.core.level import fit_intercept, moved
from scoring.core.monitors.alarms import LEVEL, Watched, watch_level
from tests.scoring.watched import labelled_of

Floats = NDArray[np.float64]
DUE_DAYS = 60
STREAMS, LEADS = 200, 5_000
SHOCK = 0.55


def delays(seed: int, count: int, factor: float = 1.0) -> Floats:
    """Draw delays of wins that take `factor` times as long as the documented curve says."""
    rng = np.random.default_rng(seed)
    return np.asarray(np.exp(DELAY_LOG_MEDIAN + np.log(factor) + DELAY_LOG_SPREAD * rng.normal(size=count)))


def market(seed: int, leads: int, *, base: float, shock_from: int | None = None) -> tuple[Floats, NDArray[np.bool_]]:
    """Give well-calibrated chances in order of sale and whether each is won in the end, from some lead on at a moved level."""
    rng = np.random.default_rng(seed)
    logit = np.log(base / (1 - base)) - 0.6 + rng.normal(0, 1.2, leads)
    late = np.arange(leads) >= (leads if shock_from is None else shock_from)
    return 1 / (1 + np.exp(-logit)), rng.random(leads) < 1 / (1 + np.exp(-logit - SHOCK * late))


def watched(chances: Floats, won: NDArray[np.bool_], told_after: Floats, rule: Rule) -> Watched:
    """Read every lead as the rule says and let the alarms watch."""
    if rule.day is None:
        return watch_level(chances, won)
    return watch_level(rule.share * chances, won & (told_after <= rule.day), np.full(len(won), rule.share))


def learned(seed: int, factor: float = 1.0) -> Rule:
    """Give the rule that rests on as few own wins as one may."""
    return rule_of(Delays(np.sort(delays(90_000 + seed, OWN_WINS, factor))), DUE_DAYS)


def quiet_rings(factor: float, base: float, rule: Rule | None = None) -> int:
    """Count the quiet streams that ring where wins take `factor` times as long as documented.

    Without a `rule` it rests on few wins of these delays, so it is right about them.
    """
    rung = 0
    for seed in range(STREAMS):
        chances, won = market(seed, LEADS, base=base)
        told_after = delays(50_000 + seed, LEADS, factor)
        rung += bool(watched(chances, won, told_after, learned(seed, factor) if rule is None else rule).rings)
    return rung


def test_a_curve_without_own_delays_is_the_documented_one() -> None:
    nobody = Delays(np.empty(0))
    assert [nobody.share(age) for age in (7, 30, 180)] == [pytest.approx(maturity(age)) for age in (7, 30, 180)]
    assert rule_of(nobody, DUE_DAYS) == Rule(None, 1.0, 0)


def test_own_delays_move_the_curve_by_hand() -> None:
    # 150 wins, all told on the third day, beside 50 that follow the documented curve with F(7) = .2998.
    known = Delays(np.full(150, 3.0))
    assert known.share(2.9) == pytest.approx(STRENGTH * maturity(2.9) / 200)
    assert known.share(7) == pytest.approx((150 + 50 * 0.2998) / 200, abs=1e-4)


def test_leads_are_read_on_the_first_day_by_which_most_wins_are_told() -> None:
    early, many = np.sort(delays(1, OWN_WINS)), np.full(OWN_WINS, 3.0)
    assert rule_of(Delays(many), DUE_DAYS) == Rule(3, Delays(many).share(3), OWN_WINS)
    assert rule_of(Delays(many[1:]), DUE_DAYS).day is None  # one win too few: the silence of young leads is not read
    found = rule_of(Delays(early), DUE_DAYS)
    assert found.day is not None
    assert 24 <= found.day <= 38  # the documented curve passes .65 on day 30
    assert Delays(early).share(found.day - 1) < READ_SHARE <= found.share
    # Told after the leads are due, as a win of the demo is: nothing to gain, everything is read as it is told.
    assert rule_of(Delays(np.full(OWN_WINS, 61.0)), DUE_DAYS) == Rule(None, 1.0, OWN_WINS)


@given(st.lists(st.floats(0.01, 300), max_size=60), st.floats(0, 300), st.floats(0, 300))
def test_a_curve_never_falls_and_stays_a_share(known: list[float], one: float, other: float) -> None:
    curve = Delays(np.sort(np.array(known)))
    low, high = sorted((one, other))
    assert 0.0 <= curve.share(low) <= curve.share(high) <= 1.0


def test_whose_silence_is_read_early() -> None:
    rule = Rule(20, 0.7, 500)

    def coverage(due: int, reported: int) -> Coverage:
        return Coverage(due, reported, due, reported, 5.0)

    assert early_share(rule, coverage(100, 95)) == 0.7  # silence counts as no win anyway
    assert early_share(rule, coverage(100, 80)) == pytest.approx(0.56)  # of a fair one's wins four in five are ever told
    assert early_share(rule, coverage(99, 80)) is None  # its coverage is not known well enough
    assert early_share(rule, coverage(100, 49)) is None
    assert early_share(rule, coverage(29, 29)) is None
    assert early_share(rule, None) is None
    assert early_share(Rule(None, 1.0, 500), coverage(100, 95)) is None


def test_a_level_of_shares_is_the_level_of_what_was_known_by_then() -> None:
    chances, outcomes = np.full(400, 0.2), np.arange(400) % 5 == 0
    assert fit_intercept(chances, outcomes) == pytest.approx(0.0)
    # Half of the wins are told: half as many are as expected, and as many are twice as expected.
    half = np.full(400, 0.5)
    assert fit_intercept(chances, np.arange(400) % 10 == 0, shares=half) == pytest.approx(0.0)
    up = fit_intercept(chances, outcomes, shares=half)
    # 80 wins and 300 more labels at .2, in 200 labels' worth: (80 + 60) / 500 = .28.
    assert moved(chances, up)[0] == pytest.approx(0.28)


def test_a_batch_closes_when_it_is_worth_150_labels() -> None:
    chances, outcomes, shares = np.full(700, 0.1), np.arange(700) % 10 == 0, np.repeat([1.0, 0.5], [200, 500])
    found = watch_level(chances * shares, outcomes, shares)
    assert [batch.last for batch in found.batches] == [149, 399, 699]  # 50 + 200 / 2 = 150
    won = watch_level(chances * shares, np.ones(700, dtype=np.bool_), shares)
    assert [(ring.place, ring.rows) for ring in won.rings if ring.kind == LEVEL] == [(399, 400), (699, 550)]


def test_the_newest_rows_are_taken_until_they_are_worth_enough() -> None:
    spec = FeatureSpec(vertical="home.test", label="Test", version=1, fields=(FieldSpec("zip", "zip"),))
    rows = labelled_of(spec, 6)
    halves = replace(rows, known_at_ms=np.array([6, 1, 2, 3, 4, 5]), shares=np.array([0.5, 1, 1, 1, 0.5, 0.5]))
    assert newest_worth(halves, 1).tolist() == [5, 0]
    assert newest_worth(halves, 2).tolist() == [3, 4, 5, 0]
    assert newest_worth(halves, 99).tolist() == [1, 2, 3, 4, 5, 0]
    assert newest_worth(replace(rows, shares=np.ones(6)), 3).tolist() == [3, 4, 5]


@pytest.mark.simulation
@pytest.mark.parametrize("factor", [1.0, 1.5, 1 / 1.5])
@pytest.mark.parametrize("base", [0.03, 0.07, 0.2])
def test_no_alarm_rings_in_200_quiet_streams_where_f_was_learned_from_these_delays(factor: float, base: float) -> None:
    assert quiet_rings(factor, base) == 0


@pytest.mark.simulation
@pytest.mark.parametrize(("base", "rung"), [(0.03, (0, 0, 0)), (0.07, (0, 6, 6)), (0.2, (9, 54, 31))])
def test_delays_that_change_after_f_was_learned_ring_where_many_win(base: float, rung: tuple[int, ...]) -> None:
    counts = []
    for factor in (1.25, 1.5, 1 / 1.5):
        count = 0
        for seed in range(STREAMS):
            chances, won = market(seed, LEADS, base=base)
            count += bool(watched(chances, won, delays(50_000 + seed, LEADS, factor), learned(seed)).rings)
        counts.append(count)
    assert tuple(counts) == rung


@pytest.mark.simulation
def test_why_the_documented_curve_alone_is_not_trusted() -> None:
    documented = Rule(31, maturity(31), 0)
    assert quiet_rings(1.0, 0.2, documented) <= 1
    assert quiet_rings(1.5, 0.2, documented) > 20  # delays of half as long again look like a level that fell


def days_to_ring(seed: int, rule: Rule, sales_a_day: int) -> float:
    """Give the days from a shock of SHOCK logits to the first alarm."""
    chances, won = market(seed, 9_000, base=0.07, shock_from=2_000)
    place = watched(chances, won, delays(50_000 + seed, 9_000), rule).rings[0].place
    return (place - 2_000) / sales_a_day + (rule.day or DUE_DAYS)


@pytest.mark.simulation
@pytest.mark.parametrize(("sales_a_day", "earlier"), [(25, 5), (100, 20), (400, 25)])
def test_a_shock_is_found_earlier(sales_a_day: int, earlier: float) -> None:
    gained = [
        days_to_ring(seed, Rule(None, 1.0, 0), sales_a_day) - days_to_ring(seed, learned(seed), sales_a_day) for seed in range(40)
    ]
    assert float(np.median(gained)) > earlier
