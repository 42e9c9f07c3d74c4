"""From outcomes to the champion: level, challenger, verdict, promotion, the way back; each stored, audited and served."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.models import AuditEntry, Organization
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from scoring import learning, selectors, services
from scoring.champions import champions
from scoring.core.examples import Labelled, TooLittle
from scoring.core.features import features_of
from scoring.core.learning.findings import Leaking
from scoring.models import Alias, AliasMove, Challenge, Level, ModelVersion
from tests.scoring.conftest import spec_named
from tests.scoring.labels import labels_of

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ACTOR = "system:test"
SPEC = spec_named("home.test")
PING = {"vertical": "home.test", "lead": {"zip": "78701", "state": "TX", "timeframe": "now"}, "behaviour": {"pages_viewed": 4}}


@pytest.fixture
def operator(committed) -> Organization:
    row = create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor=ACTOR)
    services.train_missing_priors([SPEC], at=AT, organization_id=row.id, actor=ACTOR, rows=2_500)
    return row


def terms(operator) -> dict:
    return {"at": AT, **caller(operator)}


def caller(operator) -> dict:
    return {"organization_id": operator.id, "actor": ACTOR}


def labels(count: int, **options) -> Labelled:
    return labels_of(SPEC, learning.load_version("home.test/1"), count=count, **options)


def part(labelled: Labelled, rows) -> Labelled:
    """Give some rows of labels."""
    return labelled.rows(np.arange(len(labelled))[rows])


def verbs() -> list[str]:
    with act_as_exchange("a test looks"):
        return list(AuditEntry.objects.filter(verb__startswith="model.").order_by("id").values_list("verb", flat=True))


def served_until(shift: float):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = services.score("home.test", PING, AT)
        if champions.get("home.test").shift == shift:
            return found
        time.sleep(0.02)
    raise AssertionError("the level was never served")


def aliases() -> dict[str, str]:
    with act_as_exchange("a test looks"):
        return dict(Alias.objects.values_list("name", "version__name"))


def test_from_labels_to_a_promoted_challenger_and_back(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(6_000)
    seen: list[tuple[int, str]] = []
    facts = learning.train_challenger(
        "home.test", labelled, **caller(operator), progress=lambda percent, stage: seen.append((percent, stage))
    )
    assert (facts.name, facts.origin, facts.parent, facts.aliases) == ("home.test/2", "outcomes", "home.test/1", ("challenger",))
    assert (facts.rows, facts.positives, facts.badge) == (6_000, int(labelled.outcomes.sum()), "learned from 6,000 real outcomes")
    assert facts.metrics["rows"] == 1_200
    assert [one["name"] for one in facts.card["candidates"]][:2] == ["lightgbm", "logistic"]
    assert {one["kind"] for one in facts.card["segments"]} <= {"state", "device"}
    assert [(one["kind"], one["rows"]) for one in selectors.list_source_segments(facts.name)] == [("source", 400)] * 3
    assert [percent for percent, _ in seen] == sorted(percent for percent, _ in seen)
    assert seen[0] == (2, "looking for leaks")
    verdict = learning.challenge("home.test", labelled, **caller(operator))
    assert (verdict.champion, verdict.challenger, verdict.promoted) == ("home.test/1", "home.test/2", True)
    assert verdict.figures.rows == 1_200
    assert verdict.figures.gain > 0
    assert verdict.figures.z > 2
    assert aliases() == {"champion": "home.test/2"}
    with act_as_exchange("a test looks"):
        stored = Challenge.objects.get()
        assert (stored.won, stored.rows, stored.z) == (True, 1_200, verdict.figures.z)
    champions.refresh()
    assert services.score("home.test", PING, AT).model_version == "home.test/2"
    back = services.roll_back(vertical="home.test", **terms(operator), reason="a look back")
    assert (back.name, aliases()) == ("home.test/1", {"champion": "home.test/1"})
    assert verbs() == [
        "model.trained", "model.promoted", "model.trained", "model.promoted", "model.challenged", "model.promoted",
        "model.rolled_back",
    ]  # fmt: skip
    with act_as_exchange("a test looks"):
        moves = AliasMove.objects.filter(name="champion").order_by("id").values_list("kind", "version__name", "previous__name")
        assert list(moves) == [
            ("promoted", "home.test/1", None),
            ("promoted", "home.test/2", "home.test/1"),
            ("rolled_back", "home.test/1", "home.test/2"),
        ]
    with pytest.raises(Problem, match="No other version") as refused:
        services.roll_back(vertical="home.test", **terms(operator))
    assert refused.value.code == "conflict"
    assert aliases() == {"champion": "home.test/1"}


def test_a_verdict_moves_nothing_where_somebody_moved_a_version_meanwhile(operator, monkeypatch):
    with act_as_exchange("a test makes labels"):
        labelled = labels(3_000)
    learning.train_challenger("home.test", labelled, **caller(operator))
    judged = learning._judged

    def slowly(figures):
        services.promote(version="home.test/2", **terms(operator), reason="by hand")
        services.roll_back(vertical="home.test", **terms(operator), reason="by hand, too")
        return judged(figures)

    monkeypatch.setattr(learning, "_judged", slowly)
    verdict = learning.challenge("home.test", labelled, **caller(operator))
    assert (verdict.figures.z > 2, verdict.promoted) == (True, False)
    assert verdict.reason.endswith("Nothing moves: other versions stand there now.")
    assert aliases() == {"champion": "home.test/1"}
    with act_as_exchange("a test looks"):
        assert Challenge.objects.get().won is False
    assert verbs()[-3:] == ["model.promoted", "model.rolled_back", "model.challenged"]


def test_a_challenger_that_is_only_as_good_is_not_promoted(operator):
    with act_as_exchange("a test makes labels"):
        # The world that the prior knows already, and fewer leads than it has seen.
        labelled = labels(1_500, world=1)
    learning.train_challenger("home.test", labelled, **caller(operator))
    verdict = learning.challenge("home.test", labelled, **caller(operator))
    assert (verdict.promoted, verdict.figures.z < 2) == (False, True)
    assert verdict.reason.startswith("The champion stays: log loss ")
    assert aliases() == {"champion": "home.test/1", "challenger": "home.test/2"}
    assert verbs()[-1] == "model.challenged"


def test_the_level_follows_the_newest_labels_and_is_served_by_rank(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(900)
    # Every outcome came true among the newest 400: the level must go far up, held back by 300 labels' worth of the prior.
    outcomes = labelled.outcomes.copy()
    outcomes[-400:] = np.arange(400) % 2 == 0
    labelled = replace(labelled, outcomes=outcomes)
    services.warm_up()
    before = services.score("home.test", PING, AT)
    shift = learning.fit_level("home.test", labelled, **terms(operator))
    raw = labelled.base[-400:]
    wanted = (200 + 300 * raw.mean()) / (1 + 300 / 400) / 400
    moved = 1 / (1 + np.exp(-(np.log(raw) - np.log1p(-raw) + shift)))
    assert moved.mean() == pytest.approx((200 + 300 * raw.mean()) / 700, abs=1e-6), wanted
    after = served_until(shift)
    assert after.base_probability == before.probability == before.base_probability
    assert after.probability == pytest.approx(
        1 / (1 + np.exp(-(np.log(before.probability) - np.log1p(-before.probability) + shift)))
    )
    assert (after.percentile, after.score) == (before.percentile, int(100 * after.probability))
    again = learning.fit_level("home.test", labelled, **terms(operator))
    assert again > shift
    with act_as_exchange("a test looks"):
        rows = list(Level.objects.order_by("id").values_list("version__name", "before", "shift", "labels", "positives"))
    assert rows == [("home.test/1", 0.0, shift, 400, 200), ("home.test/1", shift, again, 400, 200)]
    assert verbs()[-2:] == ["model.level_fitted"] * 2


def test_only_the_labels_that_count_are_answered_and_no_lock_waits_for_them(operator, monkeypatch):
    with act_as_exchange("a test makes labels"):
        labelled = labels(3_000)
    learning.train_challenger("home.test", labelled, **caller(operator))
    answered, answers_of = [], learning.answers_of

    def watched(version, rows):
        answered.append((version.version, len(rows), connection.in_atomic_block))
        return answers_of(version, rows)

    monkeypatch.setattr(learning, "answers_of", watched)
    learning.fit_level("home.test", labelled, **terms(operator))
    learning.challenge("home.test", labelled, **caller(operator))
    assert answered == [("home.test/1", 400, False), ("home.test/1", 600, False), ("home.test/2", 600, False)]


def test_rows_bear_the_time_at_which_they_are_written(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(3_000)
    seen = []
    learning.train_challenger(
        "home.test", labelled, **caller(operator), progress=lambda percent, stage: seen.append(utc_now())
    )  # fmt: skip
    trained = utc_now()
    learning.challenge("home.test", labelled, **caller(operator))
    with act_as_exchange("a test looks"):
        version = ModelVersion.objects.get(name="home.test/2")
        named = AliasMove.objects.get(version=version, name="challenger")
        judged = Challenge.objects.get()
    assert max(seen) <= version.created_at == named.moved_at <= trained <= judged.judged_at <= utc_now()


@pytest.mark.parametrize(
    ("rows", "words"),
    [(slice(0, 0), "0 rows"), (slice(0, 499), "499 rows; a model needs at least 500"), (slice(0, 520), "at least 20 of each")],
)
def test_too_few_labels_are_refused_and_nothing_is_stored(operator, rows, words):
    with act_as_exchange("a test makes labels"):
        labelled = part(labels(600), rows)
    before = verbs()
    with pytest.raises(TooLittle, match=words):
        learning.train_challenger("home.test", labelled, **caller(operator))
    assert (verbs(), aliases()) == (before, {"champion": "home.test/1"})


def test_immature_labels_train_nothing(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(800)
    labelled = replace(labelled, mature=np.arange(800) < 400)
    with pytest.raises(TooLittle, match="400 rows"):
        learning.train_challenger("home.test", labelled, **caller(operator))


def test_a_level_without_labels_and_a_challenge_without_challenger_are_refused(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(300)
    before = verbs()
    with pytest.raises(TooLittle, match="no outcome yet"):
        learning.fit_level("home.test", part(labelled, slice(0, 0)), **terms(operator))
    with pytest.raises(Problem, match=r"challenger of home\.test"):
        learning.challenge("home.test", labelled, **caller(operator))
    with act_as_exchange("a test looks"):
        assert (verbs(), Level.objects.count(), Challenge.objects.count()) == (before, 0, 0)


def test_a_leak_stops_training_and_is_named(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(1_000)
    leaking = labelled.features.copy()
    names = [feature.name for feature in features_of(SPEC)]
    leaking[:, names.index("lead.owner")] = labelled.outcomes
    with pytest.raises(Leaking) as stopped:
        learning.train_challenger("home.test", replace(labelled, features=leaking), **caller(operator))
    assert "lead.owner" in {finding.column for finding in stopped.value.findings}
    assert aliases() == {"champion": "home.test/1"}


def test_who_serves_has_its_own_level_and_a_rollback_finds_the_old_one(operator):
    with act_as_exchange("a test makes labels"):
        labelled = labels(3_000)
    shift = learning.fit_level("home.test", labelled, **terms(operator))
    learning.train_challenger("home.test", labelled, **caller(operator))
    services.promote(version="home.test/2", **terms(operator))
    champions.refresh()
    assert champions.get("home.test").shift == 0.0
    services.roll_back(vertical="home.test", **terms(operator))
    champions.refresh()
    assert champions.get("home.test").shift == shift
    with act_as_exchange("a test looks"):
        assert selectors.list_levels({"home.test/1", "home.test/2"}) == {"home.test/1": shift}
