from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from math import isnan
from uuid import UUID

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.models import AuditEntry, Organization
from accounts.services import create_organization
from accounts.tenancy import act_as, act_as_exchange
from scoring import champions as champions_module
from scoring import selectors, services
from scoring.champions import champions
from scoring.core import priors
from scoring.core.examples import ServedExample, unpack_features
from scoring.core.features import FEATURES_VERSION
from scoring.core.serving import Artifact, pack, unpack
from scoring.core.simulator import draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.following import score_shadows
from scoring.models import Alias, ModelVersion, TrainingExample
from tests.scoring.conftest import spec_named

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ACTOR = "system:test"
SOURCE = UUID(int=7)
PING = {"vertical": "home.test", "lead": {"zip": "78701", "state": "TX", "timeframe": "now"}, "behaviour": {"pages_viewed": 4}}


@pytest.fixture
def operator(committed) -> Organization:
    return create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor=ACTOR)


def train(operator, *verticals: str, seed: int = 1):
    """Train small priors: what is tested here is the registry."""
    return services.train_missing_priors(
        [spec_named(vertical) for vertical in verticals], at=AT, organization_id=operator.id, actor=ACTOR, rows=2_500, seed=seed
    )


def promote(operator, version: str, **options):
    return services.promote(version=version, at=AT, organization_id=operator.id, actor=ACTOR, **options)


def written() -> tuple[int, int, int, list[str]]:
    with act_as_exchange("a test counts rows"):
        verbs = list(AuditEntry.objects.filter(verb__startswith="model.").order_by("id").values_list("verb", flat=True))
        return ModelVersion.objects.count(), Alias.objects.count(), TrainingExample.objects.count(), verbs


def champion_names() -> dict[str, str]:
    with act_as_exchange("a test looks"):
        return dict(selectors.list_champions())


def served_until(version: str) -> int:
    """Score until the background has brought a version, at most five seconds; give how many scores that took."""
    deadline, calls = time.monotonic() + 5, 0
    while time.monotonic() < deadline:
        calls += 1
        if services.score("home.test", PING, AT).model_version == version:
            return calls
        time.sleep(0.02)
    raise AssertionError(f"{version} never served")


def test_missing_priors_are_trained_promoted_and_audited_once(operator):
    first = train(operator, "home.test", "legal.test")
    assert [(report.vertical, report.version, report.trained) for report in first] == [
        ("home.test", "home.test/1", True),
        ("legal.test", "legal.test/1", True),
    ]
    after = written()
    assert after == (2, 2, 0, ["model.trained", "model.promoted"] * 2)
    again = train(operator, "home.test", "legal.test")
    assert [report.trained for report in again] == [False, False]
    assert written() == after


def test_a_prior_says_what_it_is(operator):
    train(operator, "home.test")
    with act_as_exchange("a test looks"):
        found = selectors.get_version("home.test/1")
    assert (found.origin, found.badge, found.proven) == ("synthetic", "synthetic prior, 0 real outcomes", False)
    assert (found.rows, found.aliases, found.horizon_days, found.outcome) == (2_500, ("champion",), 30, "sale")
    assert found.metrics["rows"] == 500
    assert sum(line["rows"] for line in found.calibration["table"]) == 500
    assert found.created_at == AT


def test_a_new_recipe_makes_the_next_version_and_takes_over_from_a_prior(operator):
    train(operator, "home.test")
    report = train(operator, "home.test", seed=2)[0]
    assert (report.version, report.trained) == ("home.test/2", True)
    assert champion_names() == {"home.test": "home.test/2"}


def test_a_prior_never_takes_over_from_a_champion_that_learned(operator):
    train(operator, "home.test")
    with act_as_exchange("a test makes a learned version"):
        row = ModelVersion.objects.get(name="home.test/1")
        row.id, row.number, row.name, row.origin, row.proven = uuid7(), 2, "home.test/2", "outcomes", True
        row.save(force_insert=True)
    promote(operator, "home.test/2")
    report = train(operator, "home.test", seed=2)[0]
    assert (report.version, report.trained) == ("home.test/3", True)
    assert champion_names() == {"home.test": "home.test/2"}
    assert services.score("home.test", PING, AT).proven is True


def test_a_prior_takes_over_from_a_learned_champion_that_no_process_can_load(operator):
    train(operator, "home.test")
    with act_as_exchange("a test makes a version of features that nobody computes any more"):
        row = ModelVersion.objects.get(name="home.test/1")
        row.id, row.number, row.name, row.origin, row.features_version = uuid7(), 2, "home.test/2", "outcomes", 1
        row.save(force_insert=True)
        Alias.objects.update(version=row)
    train(operator, "home.test")
    assert champion_names() == {"home.test": "home.test/1"}
    assert services.score("home.test", PING, AT).model_version == "home.test/1"
    with act_as_exchange("a test looks"):
        entry = AuditEntry.objects.filter(verb="model.promoted").order_by("-id").first()
    reason = f"the champion was made for features 1, not {FEATURES_VERSION}"
    assert entry.changes == {"alias": "champion", "previous": "home.test/2", "to": "home.test/1", "reason": reason}


def test_a_home_whose_champion_and_challenger_are_of_features_2_heals_itself(operator, caplog):
    train(operator, "home.test", "legal.test")
    older = {name: unpacked(name) for name in ("home.test/1", "legal.test/1")}
    names = tuple(name for name in older["home.test/1"].names if name not in {"source.repeats", "source.sub_repeats"})
    assert len(names) == len(older["home.test/1"].names) - 2
    with act_as_exchange("a test makes the registry of a home before repeats were counted"):
        for version, artifact in older.items():
            stored = pack(replace(artifact, features_version=2, names=names))
            digest = sha256(stored).hexdigest()
            ModelVersion.objects.filter(name=version).update(
                features_version=2, recipe="2", origin="outcomes", artifact=stored, artifact_sha256=digest
            )
        alias = Alias.objects.get(name="champion", version__name="home.test/1")
        Alias.objects.create(model_id=alias.model_id, name="challenger", version_id=alias.version_id, moved_at=AT)
    champions.close()
    assert services.score("home.test", PING, AT) is None
    assert "home.test/1 was made for features 2, this code computes 3" in caplog.text
    assert score_shadows() == 0
    made = train(operator, "home.test", "legal.test")
    assert [(report.version, report.trained) for report in made] == [("home.test/2", True), ("legal.test/2", True)]
    assert champion_names() == {"home.test": "home.test/2", "legal.test": "legal.test/2"}
    champions.refresh()
    assert services.score("home.test", PING, AT).model_version == "home.test/2"
    assert [report.trained for report in train(operator, "home.test", "legal.test")] == [False, False]


def unpacked(version: str) -> Artifact:
    with act_as_exchange("a test reads a model"):
        return unpack(selectors.get_stored_model(version).artifact)


def test_what_no_process_could_serve_is_neither_promoted_nor_rolled_back_to(operator):
    train(operator, "home.test")
    train(operator, "home.test", seed=2)
    with act_as_exchange("a test makes a version of features that nobody computes any more"):
        ModelVersion.objects.filter(name="home.test/1").update(features_version=1)
    before = written()
    for alias in ("champion", "challenger"):
        with pytest.raises(Problem, match=r"home\.test/1 was made for features 1") as refused:
            promote(operator, "home.test/1", alias=alias)
        assert refused.value.code == "conflict"
    with pytest.raises(Problem, match="nothing could serve it") as refused:
        services.roll_back(vertical="home.test", at=AT, organization_id=operator.id, actor=ACTOR)
    assert refused.value.code == "conflict"
    assert (written(), champion_names()) == (before, {"home.test": "home.test/2"})


def test_rollbacks_go_down_through_the_champions_and_end(operator):
    train(operator, "home.test")
    train(operator, "home.test", seed=2)
    promote(operator, "home.test/1")  # 1, 2 and 1 again, by hand
    gone_to = []
    for _ in range(2):
        facts = services.roll_back(vertical="home.test", at=AT, organization_id=operator.id, actor=ACTOR)
        gone_to.append(facts.name)
    assert gone_to == ["home.test/2", "home.test/1"]
    with pytest.raises(Problem, match="No other version has been champion"):
        services.roll_back(vertical="home.test", at=AT, organization_id=operator.id, actor=ACTOR)
    promote(operator, "home.test/2")
    assert services.roll_back(vertical="home.test", at=AT, organization_id=operator.id, actor=ACTOR).name == "home.test/1"


def test_train_prior_stores_without_promoting(operator):
    facts = services.train_prior(spec_named("home.test"), at=AT, organization_id=operator.id, actor=ACTOR)
    assert (facts.name, facts.aliases) == ("home.test/1", ())
    assert services.train_prior(spec_named("home.test"), at=AT, organization_id=operator.id, actor=ACTOR) == facts
    assert written() == (1, 0, 0, ["model.trained"])


def test_promotion_and_rollback_are_audited_and_repeating_one_changes_nothing(operator):
    train(operator, "home.test")
    train(operator, "home.test", seed=2)
    assert promote(operator, "home.test/1").aliases == ("champion",)
    before = written()
    promote(operator, "home.test/1")
    assert written() == before
    assert promote(operator, "home.test/2", alias="challenger").aliases == ("challenger",)
    with act_as_exchange("a test looks"):
        entry = AuditEntry.objects.filter(verb="model.promoted").order_by("-id").first()
        rollback = AuditEntry.objects.filter(verb="model.promoted").order_by("-id")[1]
    assert (entry.subject, entry.changes) == ("model:home.test", {"alias": "challenger", "previous": None, "to": "home.test/2"})
    assert rollback.changes == {"alias": "champion", "previous": "home.test/2", "to": "home.test/1"}


@pytest.mark.parametrize(
    ("version", "alias", "code"), [("home.test/9", "champion", "not_found"), ("home.test/1", "king", "invalid_request")]
)
def test_a_refused_promotion_changes_nothing(operator, version, alias, code):
    train(operator, "home.test")
    before = written()
    with pytest.raises(Problem) as refused:
        promote(operator, version, alias=alias)
    assert refused.value.code == code
    assert written() == before
    assert champion_names() == {"home.test": "home.test/1"}


def test_a_synthetic_version_can_never_be_proven(operator):
    train(operator, "home.test")
    with pytest.raises(IntegrityError, match="model_version_honest"), act_as_exchange("a test cheats"):
        ModelVersion.objects.update(proven=True)
    with act_as_exchange("a test looks"):
        assert selectors.get_version("home.test/1").proven is False


def test_organizations_read_the_registry_and_write_nothing(operator):
    train(operator, "home.test")
    before = written()
    with act_as(operator.id):
        assert selectors.list_champions() == {"home.test": "home.test/1"}
    with pytest.raises(ProgrammingError, match="permission denied"), act_as(operator.id):
        Alias.objects.all().delete()
    with pytest.raises(ProgrammingError, match="permission denied"), act_as(operator.id):
        TrainingExample.objects.count()
    assert written() == before


def test_a_score_has_everything_and_a_vertical_without_a_model_has_none(operator):
    train(operator, "home.test")
    champions.close()
    found = services.score("home.test", PING, AT)
    assert (found.model_version, found.badge, found.proven) == ("home.test/1", priors.BADGE, False)
    assert 0 < found.probability < 1
    assert found.score == int(100 * found.probability)
    assert 0 <= found.percentile <= 100
    assert found.features[:4] == (0.6, 7.0, 787.0, 43.0)
    assert services.score("no.such", PING, AT) is None


def test_the_ping_path_asks_no_database_once_loaded(operator):
    train(operator, "home.test")
    services.warm_up()
    leads = Leads(draw(make_world(spec_named("home.test")), count=50, seed=3, starts_at=AT))
    with CaptureQueriesContext(connection) as queries:
        for place, ping in enumerate(leads):
            services.score("home.test", ping, leads.at(place))
    assert len(queries) == 0


def test_a_promoted_version_is_swapped_in_without_a_pause(operator):
    train(operator, "home.test")
    services.warm_up()
    assert services.score("home.test", PING, AT).model_version == "home.test/1"
    train(operator, "home.test", seed=2)
    with CaptureQueriesContext(connection) as queries:
        assert served_until("home.test/2") > 1
    assert len(queries) == 0
    promote(operator, "home.test/1")
    served_until("home.test/1")


def test_a_database_that_goes_away_leaves_the_loaded_champions_serving(operator, monkeypatch, caplog):
    train(operator, "home.test")
    services.warm_up()
    looked = []

    def away():
        looked.append(1)
        raise OperationalError("gone")

    monkeypatch.setattr(champions_module, "list_champions", away)
    monkeypatch.setattr(champions_module, "REFRESH_SECONDS", 0.01)
    deadline = time.monotonic() + 5
    while not looked and time.monotonic() < deadline:
        assert services.score("home.test", PING, AT).model_version == "home.test/1"
        time.sleep(0.02)
    champions.close()
    assert looked
    assert "could not be refreshed" in caplog.text


def test_nothing_loaded_and_no_database_is_said_as_unavailable_without_hammering_it(committed, monkeypatch):
    looked = []

    def away():
        looked.append(1)
        raise OperationalError("gone")

    monkeypatch.setattr(champions_module, "list_champions", away)
    for _ in range(5):
        with pytest.raises(Problem) as refused:
            services.score("home.test", PING, AT)
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")
    assert len(looked) == 1


def test_a_damaged_version_is_passed_over_and_the_old_one_serves_on(operator, monkeypatch, caplog):
    train(operator, "home.test")
    services.warm_up()
    train(operator, "home.test", seed=2)
    with act_as_exchange("a test damages a model"):
        ModelVersion.objects.filter(name="home.test/2").update(artifact=b"damaged")
    champions.refresh()
    champions.refresh()
    assert services.score("home.test", PING, AT).model_version == "home.test/1"
    assert caplog.text.count("home.test/2 cannot be served") == 1


def example(ping_id: UUID, **changes) -> ServedExample:
    served = ServedExample(ping_id, "live", "home.test", (1.0, None, -0.5), 0.25, 0.2, "home.test/1", SOURCE, "sub-7", "TX", AT)
    return replace(served, **changes)


def test_examples_are_stored_as_served_and_only_once(committed):
    one, two = uuid7(), uuid7()
    assert services.store_examples([]) == 0
    assert services.store_examples([example(one)]) == 1
    assert services.store_examples([example(one, probability=0.9), example(two, mode="test")]) == 1
    with act_as_exchange("a test looks"):
        row, other = (TrainingExample.objects.get(ping_id=ping_id) for ping_id in (one, two))
    assert (row.probability, row.base_probability, row.model_version, row.served_at) == (0.25, 0.2, "home.test/1", AT)
    assert (row.source_id, row.sub_id, row.state, row.mode, other.mode) == (SOURCE, "sub-7", "TX", "live", "test")
    first, absent, last = unpack_features(bytes(row.features))
    assert (first, isnan(absent), last) == (1.0, True, -0.5)


def test_a_thousand_examples_come_in_one_statement(committed):
    rows = [example(uuid7(), features=(1.0,) * 60) for _ in range(1_000)]
    with CaptureQueriesContext(connection) as queries:
        assert services.store_examples(rows) == 1_000
    assert sum("INSERT INTO scoring_trainingexample" in query["sql"] for query in queries) == 1


@pytest.mark.parametrize("changes", [{"probability": 1.5}, {"mode": "play"}])
def test_an_impossible_example_is_refused_with_its_whole_batch(committed, changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        services.store_examples([example(uuid7()), example(uuid7(), **changes)])
    assert written()[2] == 0
