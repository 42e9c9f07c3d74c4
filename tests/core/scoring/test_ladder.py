"""The hand-over ladder: exact shifts, partial pooling, the paired test, and that shrinking pays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.core.calibration import fit_platt
from scoring.core.columns import NUMBER, Feature
from scoring.core.evaluation import evaluate
from scoring.core.ladder import Layer, fit_layer, paired_test, pool_intercepts
from scoring.core.level import fit_intercept
from scoring.native import load_library

load_library()  # before anything imports LightGBM, as the workers do
import lightgbm  # noqa: E402

from scoring.core.learning.local import climb  # noqa: E402
from scoring.core.learning.table import Table  # noqa: E402


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def loss(answers, truth) -> float:
    """Give the expected log loss against a known truth, so that no noise of labels hides a difference."""
    return float(-np.mean(truth * np.log(answers) + (1 - truth) * np.log1p(-answers)))


def test_an_intercept_weighs_three_hundred_labels_of_the_prior():
    # All leads at .1; 100 labels, 40 of them won. With 300 labels at .1 that is (40 + 30) / 400 = .175.
    layer = fit_layer(np.full(100, 0.1), np.arange(100) < 40)
    assert (layer.phase, layer.a, layer.labels, layer.positives) == ("intercept", 1.0, 100, 40)
    assert layer(0.1) == pytest.approx(0.175, abs=1e-9)
    assert layer.b == pytest.approx(np.log(0.175 / 0.825) - np.log(0.1 / 0.9), abs=1e-8)


def test_under_thirty_labels_the_place_above_speaks():
    layer = fit_layer(np.full(29, 0.1), np.ones(29, dtype=bool), prior=0.5)
    assert (layer.phase, layer.a, layer.b) == ("prior", 1.0, 0.5)


def test_platt_keeps_what_is_right_and_leans_towards_what_is_wrong():
    rng = np.random.default_rng(3)
    served = sigmoid(rng.normal(-1.5, 1.0, 900))
    right = fit_layer(served, rng.random(900) < served)
    steep = fit_layer(served, rng.random(900) < sigmoid(2 * np.log(served / (1 - served)) + 1))
    assert right.phase == steep.phase == "platt"
    assert right.a == pytest.approx(1.0, abs=0.15)
    # Between the vertical's slope of 1 and the campaign's own of 2: 900 labels against 300 that speak for 1.
    assert 1.3 < steep.a < 1.9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 700))
def test_a_layer_keeps_the_order_of_leads_and_stays_inside_0_and_1(seed, count):
    rng = np.random.default_rng(seed)
    served = sigmoid(rng.normal(-2.0, 1.2, count))
    answers = fit_layer(served, rng.random(count) < rng.random()).all(np.linspace(0.001, 0.999, 80))
    assert (np.diff(answers) >= -1e-12).all()
    assert 0 < answers.min() <= answers.max() < 1


def test_pooled_intercepts_have_the_exact_numbers_of_the_formula():
    # 200 labels of one state at .1, 60 won; half of them of advertiser A, which won 50. Strength 300 at each place.
    served, outcomes = np.full(200, 0.1), np.zeros(200, dtype=bool)
    outcomes[:50] = outcomes[100:110] = True
    paths = [("TX", "A")] * 100 + [("TX", "B")] * 100
    effects = pool_intercepts(served, outcomes, paths)
    state = (60 + 300 * 0.1) / 500
    first, second = (50 + 300 * state) / 400, (10 + 300 * state) / 400
    for place, chance, labels in ((("TX",), state, 200), (("TX", "A"), first, 100), (("TX", "B"), second, 100)):
        assert sigmoid(np.log(1 / 9) + effects[place].total) == pytest.approx(chance, abs=1e-8)
        assert effects[place].labels == labels
    assert effects[("TX", "A")].own == pytest.approx(effects[("TX", "A")].total - effects[("TX",)].total, abs=1e-12)
    assert effects[("TX", "A")].own > 0 > effects[("TX", "B")].own


def test_places_of_different_depth_stand_beside_each_other():
    effects = pool_intercepts(np.full(3, 0.5), np.array([True, True, False]), [("a",), ("a", "b"), ("c",)], strength=2.0)
    assert sigmoid(effects[("a",)].total) == pytest.approx((2 + 2 * 0.5) / 4)
    assert sigmoid(effects[("a", "b")].total) == pytest.approx((1 + 2 * 0.75) / 3)
    assert sigmoid(effects[("c",)].total) == pytest.approx((0 + 2 * 0.5) / 3)
    assert pool_intercepts(np.empty(0), np.empty(0, dtype=bool), []) == {}


def simulated(labels: int, seed: int, spread: float = 0.5) -> tuple[float, float]:
    """Let 40 campaigns differ from their vertical; give the mean expected loss of shrunk and of unshrunk intercepts."""
    rng = np.random.default_rng(seed)
    shrunk, plain = [], []
    for own in rng.normal(0.0, spread, 40):
        served = sigmoid(rng.normal(-2.5, 1.0, labels))
        outcomes = rng.random(labels) < sigmoid(np.log(served / (1 - served)) + own)
        fresh = sigmoid(rng.normal(-2.5, 1.0, 2_000))
        truth = sigmoid(np.log(fresh / (1 - fresh)) + own)
        for found, strength in ((shrunk, 300.0), (plain, 1e-6)):
            shift = fit_intercept(served, outcomes, strength=strength)
            found.append(loss(np.clip(sigmoid(np.log(fresh / (1 - fresh)) + shift), 1e-9, 1 - 1e-9), truth))
    return float(np.mean(shrunk)), float(np.mean(plain))


@pytest.mark.simulation
def test_shrinking_wins_with_few_labels_and_costs_nothing_with_many():
    few, many = simulated(40, seed=1), simulated(20_000, seed=2)
    assert few[0] < few[1] - 0.003
    assert abs(many[0] - many[1]) < 0.0002


def test_the_paired_test_has_the_numbers_of_its_formula():
    outcomes = np.array([True, False, True, False])
    first, second = np.full(4, 0.5), np.array([0.8, 0.2, 0.8, 0.5])
    found = paired_test(first, second, outcomes)
    gains = np.array([np.log(1.6)] * 3 + [0.0])
    assert (found.rows, found.positives) == (4, 2)
    assert found.first_loss == pytest.approx(np.log(2))
    assert found.gain == pytest.approx(gains.mean())
    assert found.z == pytest.approx(gains.mean() / (gains.std() / 2))
    assert paired_test(first, first, outcomes).z == 0.0
    # A weight of 0 takes a row out.
    assert paired_test(first, second, outcomes, np.array([1.0, 1, 1, 0])).gain == pytest.approx(np.log(1.6))


def test_a_lead_that_was_sold_three_times_tells_its_story_once():
    rng = np.random.default_rng(3)
    outcomes, first, second = rng.random(200) < 0.3, rng.uniform(0.2, 0.4, 200), rng.uniform(0.2, 0.4, 200)
    once = paired_test(first, second, outcomes)
    thrice = [np.repeat(one, 3) for one in (first, second, outcomes)]
    groups = np.repeat(np.arange(200), 3)
    grouped = paired_test(*thrice, groups=groups)
    assert (grouped.gain, grouped.z) == (pytest.approx(once.gain), pytest.approx(once.z))
    assert paired_test(*thrice).z == pytest.approx(once.z * np.sqrt(3))


def test_under_the_null_hardly_a_challenger_wins():
    rng = np.random.default_rng(8)
    wins = 0
    for _ in range(400):
        truth = sigmoid(rng.normal(-2.5, 1.0, 600))
        # Two models that are wrong in the same measure.
        one, two = (sigmoid(np.log(truth / (1 - truth)) + rng.normal(0, 0.3, 600)) for _ in range(2))
        wins += paired_test(one, two, rng.random(600) < truth).z > 2
    assert wins <= 20


def campaign(seed: int, own: float, count: int = 2_500):
    """Give a campaign's labels in order of time: what the vertical says of x0, and an effect of x1 that only it has."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 4))
    served = sigmoid(features[:, 0] - 1.5)
    outcomes = rng.random(count) < sigmoid(features[:, 0] - 1.5 + own * np.sign(features[:, 1]))
    names = tuple(Feature(f"c{place}", NUMBER, "") for place in range(4))
    return Table(names, np.asfortranarray(features), outcomes, at=np.arange(count) * 60.0), served


def test_own_trees_must_beat_the_affine_layer():
    climbed = climb(*campaign(1, own=1.2))
    assert climbed.layer.phase in {"boosted", "local"}
    assert climbed.trees.startswith("tree")
    plain = climb(*campaign(2, own=0.0))
    assert (plain.layer.phase, plain.trees, plain.findings) == ("platt", "", ())
    few = climb(*(part.rows(np.arange(999)) if isinstance(part, Table) else part[:999] for part in campaign(1, own=1.2)))
    assert (few.layer.phase, few.trees) == ("platt", "")


def test_copies_grow_no_trees():
    table, served = campaign(1, own=1.2)
    twice = np.concatenate([np.arange(len(table)), np.arange(len(table) - 400, len(table))])
    climbed = climb(table.rows(twice), served[twice])
    assert (climbed.layer.phase, climbed.trees) == ("platt", "")
    assert [finding.check for finding in climbed.findings] == ["near_duplicates"]
    assert "400 such pairs 0 differ in the outcome" in climbed.findings[0].evidence


@pytest.mark.simulation
def test_own_trees_are_calibrated():
    """Without Platt on cross-fitted answers these slopes are 1.36, 1.45, 1.19 and 1.04, and the mean ECE is .030."""
    slopes, eces = [], []
    for seed in range(4):
        climbed = climb(*campaign(seed, own=1.2, count=1_200))
        layer = climbed.layer
        table, served = campaign(1_000 + seed, own=1.2, count=40_000)
        raw = lightgbm.Booster(model_str=climbed.trees).predict(table.values, raw_score=True)
        answers = sigmoid(layer.a * np.log(served / (1 - served)) + layer.b + raw)
        slopes.append(fit_platt(answers, table.outcomes).a)
        eces.append(evaluate(answers, table.outcomes).ece)
    assert np.abs(np.array(slopes) - 1).max() < 0.2
    assert np.mean(eces) < 0.02


def test_trees_add_their_logit():
    layer = Layer("boosted", 1.0, 0.5, trees=lambda row: 2.0 * row[0])
    assert layer(0.5, (0.25,)) == pytest.approx(sigmoid(1.0))
    assert layer(0.5, (-0.25,)) == pytest.approx(0.5)
