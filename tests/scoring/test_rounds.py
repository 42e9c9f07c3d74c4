"""The round: every vertical with a champion, only where something is new, with one mail to who operates the exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.core import mail

from accounts import services as accounts
from accounts.core.ids import uuid7
from accounts.tenancy import act_as_exchange
from scoring import rounds, runs, services, watching
from scoring.contributions import importance_by_model
from scoring.core.delays import as_told
from scoring.core.examples import ServedExample
from scoring.core.features import FEATURES_VERSION, FeatureSpec, extractor_of
from scoring.core.linear import Linear, Slope
from scoring.core.serving import pack, unpack
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.models import ModelVersion, TrainingRun
from scoring.monitoring import latest_reports, list_alerts, list_served
from scoring.tasks import watch_all
from tests.scoring.watched import labelled_of, part

pytestmark = [pytest.mark.services]
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def operator(committed: None, roof: FeatureSpec) -> Any:
    row = accounts.create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")
    services.train_missing_priors([roof], at=AT, organization_id=row.id, actor="system:test", rows=2_500)
    serve(roof, 700)
    return row


def serve(spec: FeatureSpec, count: int, *, days_ago: float = 9.0) -> None:
    """Store scored pings, as the journal does."""
    starts_at = AT - timedelta(days=days_ago)
    leads = Leads(draw(make_world(spec), count=count, seed=3, starts_at=starts_at, days=days_ago / 2))
    extract = extractor_of(spec)
    served = (0.1, 0.1, "home.test/1", UUID(int=7), "", "TX")
    rows = [
        ServedExample(uuid7(), "live", spec.vertical, extract(ping, leads.at(at)), *served, leads.at(at))
        for at, ping in enumerate(leads)
    ]
    services.store_examples(rows)


def give_weights(*, trees: bool) -> None:
    """Let a logistic regression answer in the champion, alone or beside its trees."""
    with act_as_exchange("a test changes what answers"):
        row = ModelVersion.objects.get(name="home.test/1")
        artifact = unpack(bytes(row.artifact))
        slopes = tuple(Slope(place, 0.0, 1.0, weight, 0.0, missing=-weight) for place, weight in ((2, 30.0), (5, 10.0)))
        row.artifact = pack(replace(artifact, booster=artifact.booster if trees else "", linear=Linear(-2.0, slopes, ())))
        row.artifact_sha256 = sha256(row.artifact).hexdigest()
        row.save()


def reports() -> Any:
    with act_as_exchange("a test looks"):
        return latest_reports("home.test", limit=9)


def test_a_round_looks_once_and_again_only_when_something_is_new(operator: Any, roof: FeatureSpec) -> None:
    assert [look.level for look in rounds.watch_all(at=AT)] == ["green"]
    (report,) = reports()
    assert (report.rows, report.model_version, report.figures["spread"]["rows"]) == (0, "home.test/1", 700)
    shares = [one["share"] for one in report.figures["importance"]]
    assert (len(shares), sum(shares)) == (len(extractor_of(roof).features), pytest.approx(1.0))
    assert (watch_all(), len(reports())) == (0, 1)
    serve(roof, 5, days_ago=1.5)
    assert (watch_all(), len(reports())) == (1, 2)


@pytest.mark.parametrize("trees", [False, True])
def test_a_champion_in_which_a_logistic_regression_answers_has_leading_features_too(
    operator: Any, roof: FeatureSpec, trees: bool
) -> None:
    give_weights(trees=trees)
    assert [look.level for look in rounds.watch_all(at=AT)] == ["green"]
    (report,) = reports()
    found = report.figures["importance"]
    names = [one.name for one in extractor_of(roof).features]
    assert {one["name"] for one in found[:2]} == {names[2], names[5]}
    assert (len(found), sum(one["share"] for one in found)) == (len(names), pytest.approx(1.0))
    assert (report.model_version, (sum(one["share"] for one in found[2:]) > 0.0)) == ("home.test/1", trees)


def test_leading_features_are_of_all_that_was_served_so_the_first_labels_change_none(operator: Any, roof: FeatureSpec) -> None:
    columns = extractor_of(roof).features
    with act_as_exchange("a test reads"):
        served, few = (list_served("home.test", version="home.test/1", columns=columns, limit=limit) for limit in (700, 199))
    nothing = rounds.nothing_known("home.test", len(columns))
    before = importance_by_model("home.test/1", nothing, served)
    assert (len(before), importance_by_model("home.test/1", labelled_of(roof, 30), served)) == (len(columns), before)
    assert importance_by_model("home.test/1", nothing, few) == ()


def test_a_ring_moves_the_level_says_why_nothing_was_trained_and_is_mailed_once(
    operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    for role in ("operator", "viewer"):
        user_id = accounts.ensure_user(email=f"{role}@house.example", name=role, password="a sentence nobody guesses")
        accounts.add_member(organization_id=operator.id, user_id=user_id, role=role, actor="system:test")
    labelled = labelled_of(roof, 2_000, shock=-2.0)
    monkeypatch.setattr(rounds, "labels_of", lambda vertical, width: labelled)
    monkeypatch.setattr(rounds, "readings_of", lambda vertical, width: as_told(labelled))
    (look,) = rounds.watch_all(at=AT)
    assert look.level == "red"
    with act_as_exchange("a test looks"):
        alert = list_alerts()[0]
    assert [step["what"] for step in alert.responses] == ["level"]
    with act_as_exchange("a test looks"):
        assert list(TrainingRun.objects.values_list("vertical", "reason", "state")) == [("home.test", "red alarm", "queued")]
    assert runs.train_due(examples=lambda vertical: part(labelled, slice(0, 300))) == 1
    with act_as_exchange("a test looks"):
        (_, step) = list_alerts()[0].responses
        assert list(TrainingRun.objects.values_list("state", "labels")) == [("refused", 300)]
    assert (step["what"], step["why"], step["mature"]) == ("refused", "300 rows; a model needs at least 500", 300)
    assert -2.0 < alert.watched_shift < -0.4
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["operator@house.example"], "Alarm: home.test")
    assert alert.words in letter.body
    assert f"/o/{operator.slug}/scoring/alerts" in letter.body
    serve(roof, 5, days_ago=1.5)
    rounds.watch_all(at=AT + timedelta(hours=1))
    assert len(mail.outbox) == 1


def ringing(operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Let the rounds find a level that moved, and one person to tell."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    user_id = accounts.ensure_user(email="operator@house.example", name="op", password="a sentence nobody guesses")
    accounts.add_member(organization_id=operator.id, user_id=user_id, role="operator", actor="system:test")
    labelled = labelled_of(roof, 2_000, shock=-2.0)
    monkeypatch.setattr(rounds, "labels_of", lambda vertical, width: labelled)
    monkeypatch.setattr(rounds, "readings_of", lambda vertical, width: as_told(labelled))


def steps() -> list[str]:
    with act_as_exchange("a test looks"):
        return [step["what"] for step in list_alerts()[0].responses]


def broken(*rest: Any, **terms: Any) -> Any:
    raise RuntimeError("the disk is full")


@pytest.mark.parametrize(("lost", "noted"), [("fit_level", ["failed"]), ("request_training", ["level", "failed"])])
def test_a_ring_is_mailed_though_its_answer_fails_and_the_next_round_answers(
    operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch, settings: Any, lost: str, noted: list[str]
) -> None:
    ringing(operator, roof, monkeypatch, settings)
    whole = rounds.RESPONSES
    monkeypatch.setattr(rounds, "RESPONSES", replace(whole, **{lost: broken}))
    for hour in range(3):  # a fault of hours is one line
        assert [look.vertical for look in rounds.watch_all(at=AT + timedelta(hours=hour))] == ["home.test"]
        assert (steps(), [letter.subject for letter in mail.outbox]) == (noted, ["Alarm: home.test"])
    with act_as_exchange("a test looks"):
        assert TrainingRun.objects.count() == 0
    monkeypatch.setattr(rounds, "RESPONSES", whole)
    # Nothing is new, and an alarm that waits is reason enough to look.
    rounds.watch_all(at=AT + timedelta(hours=3))
    assert steps() == ([*noted, "level"] if lost == "fit_level" else noted)
    with act_as_exchange("a test looks"):
        assert -2.0 < list_alerts()[0].watched_shift < -0.4
        assert list(TrainingRun.objects.values_list("reason", "state")) == [("red alarm", "queued")]
    assert len(mail.outbox) == 1


def test_a_mail_that_cannot_be_written_ends_no_round(
    operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    ringing(operator, roof, monkeypatch, settings)
    monkeypatch.setattr(rounds, "tell", broken)
    assert [(look.vertical, look.level) for look in rounds.watch_all(at=AT)] == [("home.test", "red")]


def test_a_quiet_vertical_asks_again_for_a_training_that_was_lost(
    operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    ringing(operator, roof, monkeypatch, settings)
    rounds.watch_all(at=AT)
    with act_as_exchange("the run dies with its process"):
        TrainingRun.objects.update(state="failed", ended_at=AT)
    assert len(rounds.watch_all(at=AT + timedelta(hours=1))) == 1
    with act_as_exchange("a test looks"):
        assert list(TrainingRun.objects.order_by("id").values_list("state", flat=True)) == ["failed", "queued"]
    watching.note_answer("home.test", {"what": "refused", "why": "too few", "mature": 2_000}, at=AT)
    # It was refused for too few labels: only more of them are worth a look.
    assert (rounds.watch_all(at=AT + timedelta(hours=2)), steps()) == ((), ["level", "refused"])


def test_a_round_judges_the_champion_of_now(operator: Any, roof: FeatureSpec) -> None:
    services.warm_up()
    terms = {"at": AT, "organization_id": operator.id, "actor": "system:test"}
    services.train_missing_priors([roof], rows=2_600, **terms)
    rounds.watch_all(at=AT)
    assert [report.model_version for report in reports()] == ["home.test/2"]


def test_a_look_that_fails_stops_no_other(operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(roof, vertical="home.abc")
    services.train_missing_priors([other], at=AT, organization_id=operator.id, actor="system:test", rows=2_500)
    watched = rounds.watch_vertical

    def watch(vertical: str, *rest: Any, **terms: Any) -> Any:
        if vertical == "home.abc":
            raise ValueError("broken")
        return watched(vertical, *rest, **terms)

    monkeypatch.setattr(rounds, "watch_vertical", watch)
    assert [look.vertical for look in rounds.watch_all(at=AT)] == ["home.test"]


def test_nothing_known_has_the_columns_of_the_features() -> None:
    found = rounds.nothing_known("home.test", 12)
    assert (len(found), found.features.shape, found.features_version) == (0, (0, 12), FEATURES_VERSION)
    assert found.outcomes.dtype == np.bool_
