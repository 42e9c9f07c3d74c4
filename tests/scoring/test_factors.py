"""What moved a score: contributions add up, factors multiply up, and every column of every vertical can be said."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, nan, prod

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.verticals import load_verticals
from scoring.core.calibration import Beta
from scoring.core.columns import BOOLEAN, CATEGORY, Feature
from scoring.core.factors import FELT, TOGETHER, TOP, Contributions, Explainer, chance, gathered, logit_of, stretched
from scoring.core.features import FEATURES, features_of, spec_of
from scoring.core.parts import PARTS, completeness_of, part_of, sent_parts
from scoring.core.priors import simulated_rows
from scoring.core.serving import Champion, Unservable, unpack
from scoring.core.training import train
from scoring.core.wording import said, title_of
from scoring.native import load_library

SPECS = {slug: spec_of(vertical) for slug, vertical in load_verticals().items()}
ALL = [pytest.param(feature, id=f"{slug} {feature.name}") for slug, spec in SPECS.items() for feature in features_of(spec)]


@pytest.fixture(scope="module")
def rows(roof):
    return simulated_rows(roof, rows=1_000, seed=9)


@pytest.fixture(scope="module")
def linear(roof, rows):
    return train(rows, features_of(roof), candidates=("logistic",)).linear


def models(prior, linear):
    trees = unpack(prior.artifact)
    return {"trees": trees, "linear": replace(trees, booster="", linear=linear), "mean": replace(trees, linear=linear)}


@pytest.mark.parametrize("kind", ["trees", "linear", "mean"])
def test_contributions_add_up_to_the_raw_logit_and_factors_to_the_served_odds(prior, linear, rows, kind):
    artifact = models(prior, linear)[kind]
    explainer = Explainer(load_library(), artifact, "home.test/1")
    served = Champion(load_library(), artifact, version="home.test/1", badge="b", proven=False)
    for row in rows.features[:200].tolist():
        answer = served.base(row)
        # The calibration rises, so equal calibrated answers are equal raw logits.
        assert artifact.calibration(chance(explainer.raw(row).logit)) == pytest.approx(answer, rel=1e-9)
        found = explainer.factors(row, answer)
        odds = found.typical / (1 - found.typical) * prod(one.odds for one in found.strongest) * found.others
        assert odds == pytest.approx(answer / (1 - answer), rel=1e-9)
        moves = [abs(log(one.odds)) for one in found.strongest]
        assert len(moves) <= TOP
        assert moves == sorted(moves, reverse=True)


def test_the_contributions_of_trees_are_lightgbm_s_own(prior, rows):
    explainer = Explainer(load_library(), unpack(prior.artifact), "home.test/1")
    expected = lightgbm.Booster(model_str=prior.trained.booster).predict(rows.features[:50], pred_contrib=True, num_threads=1)
    found = [explainer.raw(row) for row in rows.features[:50].tolist()]
    assert np.abs(np.array([[*one.adds, one.base] for one in found]) - expected).max() < 1e-12


def test_the_contributions_of_a_regression_are_zero_on_average(prior, linear, roof, rows):
    explainer = Explainer(load_library(), models(prior, linear)["linear"], "home.test/1")
    adds = np.array([explainer.raw(row).adds for row in rows.part(0, 800).features.tolist()])
    assert np.abs(adds.mean(axis=0)).max() < 1e-9
    assert np.abs(adds).max() > 0.1


def test_a_regression_stored_without_means_explains_itself_against_its_intercept(prior, linear, rows):
    bare = replace(models(prior, linear)["linear"], linear=replace(linear, means=()))
    row = rows.features[0].tolist()
    assert Explainer(load_library(), bare, "home.test/1").raw(row).base == linear.intercept
    assert chance(Explainer(load_library(), bare, "home.test/1").raw(row).logit) == pytest.approx(linear(row), rel=1e-9)


def test_a_model_of_other_features_is_refused(prior):
    with pytest.raises(Unservable, match="was made for features 99"):
        Explainer(load_library(), replace(unpack(prior.artifact), features_version=99), "home.test/1")


@settings(deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=1, max_size=30),
    st.floats(-4, 1),
    st.tuples(st.floats(0.1, 3), st.floats(0.1, 3), st.floats(-2, 2)),
)
def test_stretching_keeps_order_and_signs_and_ends_at_the_answer(adds, base, bent):
    raw, calibration = Contributions(base, tuple(adds)), Beta(*bent)
    answer = calibration(chance(raw.logit))
    served = stretched(raw, calibration, answer)
    if abs(raw.logit - raw.base) > 1e-6:
        assert served.logit == pytest.approx(logit_of(answer), abs=1e-6)
    assert served.base == pytest.approx(logit_of(calibration(chance(base))), abs=1e-9)
    assert all(one * other >= 0 for one, other in zip(adds, served.adds, strict=True))


@pytest.mark.parametrize("feature", ALL)
def test_every_column_can_be_said_absent_and_present(feature):
    values = (
        range(len(feature.levels)) if feature.kind == CATEGORY else (0, 1) if feature.kind == BOOLEAN else (0, 1, 2.5, 1234.5)
    )
    phrases = [said(feature, float(value), frozenset(PARTS)) for value in values]
    phrases += [said(feature, nan, frozenset(PARTS)), said(feature, nan, frozenset()), title_of(feature)]
    for phrase in phrases:
        assert phrase[0].isupper() or phrase[0].isdigit()
        assert phrase == phrase.strip()
        assert not any(odd in phrase for odd in (": nan", "_", "  ", ": :", ": None"))
        assert phrase.count(": ") <= 1
        assert not phrase.endswith((":", ",", "."))
    if feature.kind == CATEGORY:
        assert len(set(phrases[: len(feature.levels)])) == len(feature.levels)


def test_columns_that_are_told_together_exist_once():
    names = [name for group in TOGETHER for name in group]
    assert len(names) == len(set(names))
    assert set(names) <= {feature.name for feature in FEATURES}


def feature(name: str, words: str = "", needs: str = "arrival") -> Feature:
    return Feature(name, "number", words or name, needs=needs)


def test_columns_of_one_thing_are_named_once_by_the_one_that_moved_it_most():
    columns = (
        feature("behaviour.pages_viewed", "pages viewed", "behaviour.pages_viewed"),
        feature("velocity.pages_per_session", "pages a session", "behaviour.pages_viewed, .session_count"),
        feature("behaviour.device", "device", "behaviour.device"),
        feature("time.hour", "hour"),
    )
    found = gathered(columns, (12.0, 4.0, 1.0, 9.0), (0.2, 0.3, -0.1, FELT / 2))
    assert [(one.feature, one.words, one.beside) for one in found] == [
        ("velocity.pages_per_session", "Pages a session: 4", ("Pages viewed: 12",)),
        ("behaviour.device", "Device: 1", ()),
    ]
    assert [one.odds for one in found] == pytest.approx([exp(0.5), exp(-0.1)])
    named = gathered(columns, (12.0, 4.0, 1.0, 9.0), (0.2, 0.3, -0.1, FELT / 2), told=())
    assert [(one.words, one.beside) for one in named] == [("Pages a session", ("Pages viewed",)), ("Device", ())]


def test_values_are_said_of_the_parts_that_may_be_told_only():
    columns = (
        feature("lead.roof_age_years", "roof age years", "lead.roof_age_years"),
        feature("contact.area_code_here", "area code of the zip", "contact_hints.area_code, lead.zip"),
        feature("behaviour.device", "device", "behaviour.device"),
        feature("market.rate", "rate", "rates"),
    )
    found = gathered(columns, (12.0, 4.0, 1.0, 9.0), (0.4, 0.3, 0.2, 0.1), told={"lead"})
    assert [one.words for one in found] == ["Roof age years: 12", "Area code of the zip", "Device", "Rate"]


def test_a_count_of_zero_and_a_product_name_a_thing_only_where_nothing_else_does():
    columns = (
        feature("text.calm", "words of no hurry", "behaviour.comments"),
        feature("text.urgent", "urgent words", "behaviour.comments"),
        feature("interaction.urgent_detail", "urgent words, less the longer the comment", "text.urgent, text.words"),
    )
    (one,) = gathered(columns, (0.0, 2.0, 0.3), (0.3, 0.1, 0.2))
    assert (one.words, one.beside, one.odds) == ("Urgent words: 2", ("Words of no hurry: 0",), pytest.approx(exp(0.6)))
    (other,) = gathered(columns, (0.0, 2.0, 0.3), (-0.3, 0.1, 0.4))
    assert (other.words, other.odds) == ("Urgent words: 2", pytest.approx(exp(0.2)))
    (made,) = gathered(columns, (0.0, 2.0, 0.3), (-0.1, -0.1, 0.4))
    assert (made.words, made.beside) == ("Urgent words, less the longer the comment: 0.3", ())


def test_what_is_missing_is_said_as_exactly_as_it_is_known():
    columns = {one.name: one for one in features_of(SPECS["home.roofing"])}
    everything = frozenset(PARTS)
    missing = {name: said(columns[name], nan, everything) for name in columns}
    assert missing["behaviour.form_seconds"] == "Seconds in the form: not sent"
    assert missing["lead.roof_age_years"] == "Roof age years: not answered"
    assert missing["sequence.minutes_to_intent"] == "Minutes to the first form, demonstration or contact: not known"
    assert missing["source.lift"] == "How leads of the source have turned out: not known"
    assert said(columns["consent.method"], nan, everything - {"consent"}) == "No consent sent"
    shown = {"time.weekday": 3.0, "intent.depth": 6.0, "source.lift": 0.7, "lead.answered": 0.75, "touchpoints.pair": 1.0}
    assert [said(columns[name], value, everything) for name, value in shown.items()] == [
        "Day of the week where the lead lives: Thursday", "Furthest step: prices", "How leads of the source have turned out",
        "Share of questions answered: 75 %", "Groups of the last two channels in order: search, then social",
    ]  # fmt: skip


def test_a_part_that_was_not_sent_is_one_factor():
    columns = (
        feature("intent.pricing", "looks at prices", "behaviour.events[].action"),
        feature("events.count", "events", "behaviour.events[]"),
        feature("interaction.fresh_intent", "fresh", "intent.depth, time.recency_hours"),
        feature("text.words", "words in the comment", "behaviour.comments"),
    )
    (one, other) = gathered(columns, (nan, nan, nan, 12.0), (-0.2, -0.1, -0.1, 0.3))
    assert (one.words, one.odds) == ("No events sent", pytest.approx(exp(-0.4)))
    assert (other.words, other.odds) == ("Words in the comment: 12", pytest.approx(exp(0.3)))


def test_completeness_names_what_was_not_sent():
    spec = SPECS["home.roofing"]
    features = features_of(spec)
    place = {one.name: number for number, one in enumerate(features)}
    row = [nan] * len(features)
    for name in ("lead.answered", "lead.state", "lead.project", "text.words", "time.hour", "market.year_sin"):
        row[place[name]] = 1.0
    for name in ("contact.phone", "contact.email", "behaviour.referrer", "offer.kind"):
        row[place[name]] = 0.0
    found = completeness_of(features, row)
    assert sent_parts(features, row) == {"lead", "behaviour.comments"}
    assert found.parts - len(found.absent) == 2
    assert found.words == (
        "2 of 8 parts of a ping were sent; no figures of the visit, no events, no touchpoints, no consent, no contact hashes,"
        " no contact hints. Not answered: zip, scope, home ownership, property type and 10 more."
    )
    assert found.share == pytest.approx(4 / sum(bool(part_of(one)) for one in features))


def test_everything_sent_is_complete():
    features = features_of(SPECS["home.roofing"])
    found = completeness_of(features, [1.0] * len(features))
    assert (found.share, found.absent, found.unanswered, found.words) == (1.0, (), (), "8 of 8 parts of a ping were sent.")
