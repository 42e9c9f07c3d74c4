from __future__ import annotations

import gc
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import nan

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.examples import pack_features, unpack_features
from scoring.core.priors import simulated_rows
from scoring.core.serving import Champion, FastBooster, Unservable, pack, percentile_of, score_of, unpack
from scoring.native import load_library


def fast(prior) -> FastBooster:
    return FastBooster(load_library(), prior.trained.booster, len(unpack(prior.artifact).names))


@pytest.fixture(scope="module")
def vectors(roof):
    return simulated_rows(roof, rows=3_000, seed=9).features


@pytest.fixture(scope="module")
def expected(prior, vectors):
    return lightgbm.Booster(model_str=prior.trained.booster).predict(vectors, num_threads=1).tolist()


def test_the_single_row_call_equals_the_batch_bit_by_bit(prior, vectors, expected):
    booster = fast(prior)
    assert [booster.predict(row) for row in vectors.tolist()] == expected


def test_four_threads_share_one_booster_and_get_the_same_bits(prior, vectors, expected):
    booster = fast(prior)
    rows = vectors.tolist()

    def work(_thread: int) -> list[float]:
        return [booster.predict(row) for row in rows]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(work, range(4)))
    assert answers == [expected] * 4


def test_a_row_of_another_width_is_refused(prior):
    with pytest.raises(ValueError, match="a row of 2 values for a model of"):
        fast(prior).predict([1.0, 2.0])


def test_a_model_of_another_width_or_broken_text_is_refused(prior):
    with pytest.raises(Unservable, match="columns, its feature list 3"):
        FastBooster(load_library(), prior.trained.booster, 3)
    with pytest.raises(Unservable):
        FastBooster(load_library(), "no model", 3)


def test_boosters_come_and_go_without_a_trace(prior, vectors, expected):
    for _ in range(20):
        assert fast(prior).predict(vectors[0].tolist()) == expected[0]
        gc.collect()


def test_an_artifact_is_json_and_comes_back_equal(prior):
    artifact = unpack(prior.artifact)
    assert zlib.decompress(prior.artifact).startswith(b'{"format":2,"features_version":')
    assert pack(artifact) == prior.artifact
    assert artifact.spec == prior.spec
    assert artifact.calibration == prior.trained.calibration
    assert artifact.percentiles == prior.trained.percentiles


@pytest.mark.parametrize("data", [b"", b"garbage", zlib.compress(b"{}"), zlib.compress(b"[1]")])
def test_garbage_is_no_artifact(data):
    with pytest.raises(Unservable, match="cannot be read"):
        unpack(data)


def test_a_model_of_other_features_is_refused(prior):
    artifact = unpack(prior.artifact)
    for other, words in (
        (replace(artifact, features_version=99), "was made for features 99"),
        (replace(artifact, names=("x", *artifact.names[1:])), "other columns"),
    ):
        with pytest.raises(Unservable, match=words):
            Champion(load_library(), other, version="home.test/1", badge="b", proven=False)


@pytest.mark.parametrize(("probability", "score"), [(0.29, 29), (0.2899, 28), (0.8, 80), (1e-9, 0), (0.999999, 99), (0.57, 57)])
def test_the_score_is_the_floor_of_a_hundred_p(probability, score):
    assert score_of(probability) == score


def test_the_percentile_counts_who_scores_lower_or_equal():
    table = [0.1, 0.2, 0.2, 0.4]
    assert [percentile_of(p, table) for p in (0.05, 0.1, 0.2, 0.3, 0.9)] == [0.0, 20.0, 60.0, 60.0, 80.0]


@given(st.lists(st.floats(1e-6, 0.999), min_size=2, max_size=30))
def test_higher_probabilities_never_have_a_lower_score_or_percentile(probabilities):
    ranked, table = sorted(probabilities), [0.01, 0.02, 0.05, 0.3]
    assert [score_of(p) for p in ranked] == sorted(score_of(p) for p in ranked)
    percentiles = [percentile_of(p, table) for p in ranked]
    assert percentiles == sorted(percentiles)
    assert all(0.0 <= p <= 100.0 for p in percentiles)


def test_vectors_are_stored_exactly():
    row = (1.0, -0.1, nan, 1e300, 1 / 3)
    assert pack_features(row) == pack_features([1.0, -0.1, None, 1e300, 1 / 3])
    assert np.array_equal(unpack_features(pack_features(row)), row, equal_nan=True)
    assert len(pack_features(row)) == 40
