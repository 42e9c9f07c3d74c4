from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from skops.io import dumps

from scoring.core.evaluation import auc, calibration_error
from scoring.core.features import extractor_of
from scoring.core.learning.portable import Untrusted, from_skops
from scoring.core.priors import artifact_of, make_prior, recipe_of, seen, simulated_rows
from scoring.core.serving import Champion, unpack
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.core.training import Rows, TooLittle, train
from scoring.native import load_library


def champion(prior):
    return Champion(load_library(), unpack(prior.artifact), version="home.test/1", badge="b", proven=False)


def test_a_prior_is_calibrated_against_the_known_truth(prior, roof):
    fresh = Leads(draw(make_world(roof), count=10_000, seed=77, starts_at=datetime(2030, 1, 7, tzinfo=UTC), days=364))
    served = champion(prior)
    predicted = np.array([served.score(ping, fresh.at(place)).probability for place, ping in enumerate(fresh)])
    truth = fresh.draw.p_true
    assert calibration_error(predicted, truth) <= 0.02
    assert abs(predicted.sum() / truth.sum() - 1) <= 0.05
    # It ranks far better than chance and cannot beat the oracle.
    assert 0.64 <= auc(predicted, fresh.draw.outcome) < auc(truth, fresh.draw.outcome)


def test_a_ping_that_says_little_is_not_taken_for_a_bad_one(prior, roof):
    fresh = Leads(draw(make_world(roof), count=400, seed=78, starts_at=datetime(2030, 1, 7, tzinfo=UTC), days=364))
    served = champion(prior)
    bare = [served.score({"lead": ping["lead"]}, fresh.at(place)).percentile for place, ping in enumerate(fresh)]
    assert 40 <= np.median(bare) <= 65


def test_its_figures_are_those_of_rows_it_has_not_seen(prior, roof):
    rows = simulated_rows(roof, rows=10_000)
    holdout = rows.part(8_000, 10_000)
    assert (prior.trained.rows, prior.trained.metrics.rows) == (10_000, 2_000)
    assert prior.trained.metrics.positives == int(holdout.outcomes.sum())
    assert (prior.trained.from_ms, prior.trained.until_ms) == (int(rows.at_ms[0]), int(rows.at_ms[-1]))
    assert prior.trained.metrics.skill > 0.03
    assert prior.trained.metrics.auc_low < prior.trained.metrics.auc < prior.trained.metrics.auc_high
    assert sum(line.rows for line in prior.trained.table) == 2_000


def test_equal_seeds_give_equal_bytes_and_other_seeds_others(roof):
    one, same, other = (make_prior(roof, rows=2_500, seed=seed) for seed in (5, 5, 6))
    assert one.artifact == same.artifact
    assert one.artifact != other.artifact


def test_the_recipe_names_everything_a_prior_depends_on(roof):
    assert recipe_of(roof) == recipe_of(replace(roof))
    others = {recipe_of(roof, rows=9), recipe_of(roof, seed=2), recipe_of(replace(roof, version=2)), recipe_of(roof)}
    assert len(others) == 4


def test_serving_computes_the_very_features_of_training(prior, roof):
    rows = simulated_rows(roof, rows=10_000)
    leads = Leads(draw(make_world(roof), count=10_000, seed=1, starts_at=datetime(2025, 1, 6, tzinfo=UTC), days=5 * 364.0))
    served = champion(prior)
    for place, (facts, at, context) in enumerate(seen(leads)):
        if place % 50 in {0, 1}:  # with and without a known source
            assert np.array_equal(served.score(facts, at, context).features, rows.features[place], equal_nan=True)


def test_the_percentile_table_is_sorted_and_has_a_step_of_a_tenth(prior):
    assert len(prior.trained.percentiles) == 999
    assert all(low <= high for low, high in pairwise(prior.trained.percentiles))


def test_categories_are_native_ones(prior):
    kinds = {feature.name: feature.kind for feature in extractor_of(prior.spec).features}
    assert kinds["lead.timeframe"] == "category"
    assert "\ncat_threshold=" in prior.trained.booster  # a tree splits on a set of levels


def made(count: int, share: float, columns: int, seed: int = 1) -> Rows:
    rng = np.random.default_rng(seed)
    return Rows(rng.normal(size=(count, columns)), rng.random(count) < share, np.arange(count, dtype=np.int64))


def test_too_little_is_refused_with_the_figures(roof):
    features = extractor_of(roof).features
    with pytest.raises(TooLittle, match="499 rows; a model needs at least 500"):
        train(made(499, 0.5, len(features)), features)
    with pytest.raises(TooLittle, match=r"the older 80 % of the rows hold \d+ outcomes in 480 rows"):
        train(made(600, 0.01, len(features)), features)


def test_rows_out_of_order_or_of_another_width_are_refused(roof):
    features = extractor_of(roof).features
    rows = made(600, 0.5, len(features))
    with pytest.raises(ValueError, match="order of time"):
        train(replace(rows, at_ms=rows.at_ms[::-1]), features)
    with pytest.raises(ValueError, match="columns"):
        train(made(600, 0.5, 3), features)


def test_a_ping_sold_on_both_sides_of_the_border_trains_nothing(roof, monkeypatch):
    features, trained_on = extractor_of(roof).features, []
    rows = replace(made(600, 0.5, len(features)), groups=np.arange(600) // 7)  # rows 476 to 482 are one ping, the border is 480

    def told(table, folds, *_):
        trained_on.append((len(table.outcomes), len(folds)))
        raise TooLittle("enough seen")

    monkeypatch.setattr("scoring.core.training.entries_of", told)
    for groups in (rows.groups, None):
        with pytest.raises(TooLittle, match="enough seen"):
            train(replace(rows, groups=groups), features)
    assert trained_on == [(476, 476), (480, 480)]


@pytest.mark.parametrize("candidates", [("logistic",), ("lightgbm",)])
def test_what_serves_says_what_was_trained(roof, candidates):
    rows, features = simulated_rows(roof, rows=2_000), extractor_of(roof).features
    trained = train(rows, features, candidates=candidates)
    served = Champion(load_library(), artifact_of(roof, trained), version="home.test/2", badge="b", proven=False)
    answers = np.array([served.base(row) for row in rows.features[1_600:].tolist()])
    assert trained.engine == candidates[0]
    assert np.abs(answers - trained.answers).max() < 1e-12


def test_a_logistic_regression_is_kept_as_a_pipeline_that_says_the_same(roof):
    rows = simulated_rows(roof, rows=2_000)
    trained = train(rows, extractor_of(roof).features, candidates=("logistic",))
    pipeline = from_skops(trained.pipeline)
    assert np.abs(pipeline.predict_proba(rows.features)[:, 1] - trained.linear.all(rows.features)).max() < 1e-12
    with pytest.raises(Untrusted, match="which no model of ours does"):
        from_skops(dumps(Strange()))


class Strange:
    """A type that no model of ours has."""
