"""The operator's pages of models: what stands there, the three moves with their confirmation, and who may not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import ProgrammingError, connection

from accounts.core.ids import encode
from accounts.tenancy import act_as, act_as_exchange
from campaigns.services.supply import create_source
from scoring import learning, runs, services
from scoring.models import Alias, ModelVersion, SourceSegments, TrainingRun
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.portal.people import state
from tests.scoring.conftest import spec_named
from tests.scoring.labels import labels_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SPEC = spec_named("home.test")
PAGES = ("models/", "models/home.test", "models/home.test/1", "models/home.test/1/card.md")
MOVES = ("models/home.test/train", "models/home.test/roll-back", "models/home.test/1/promote")


@pytest.fixture
def base(cast: Cast) -> str:
    """Give the operator's address, with a prior and a challenger that learned from 1,500 labels."""
    terms = {"organization_id": cast.operator.member.organization_id, "actor": "system:test"}
    services.train_missing_priors([SPEC], at=AT, **terms, rows=2_500)
    with act_as_exchange("a test makes labels"):
        labelled = labels_of(SPEC, learning.load_version("home.test/1"), count=1_500)
    learning.fit_level("home.test", labelled, at=AT, **terms)
    learning.train_challenger("home.test", labelled, **terms)
    return f"/o/{cast.operator.slug}/"


def champion() -> str:
    with act_as_exchange("a test looks"):
        return Alias.objects.values_list("version__name", flat=True).get(name="champion")


def trainings() -> list[TrainingRun]:
    with act_as_exchange("a test looks"):
        return list(TrainingRun.objects.order_by("id"))


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_pages_say_what_serves_and_how_well(cast: Cast, base: str) -> None:
    client = cast.boss.client
    listed, one, card = (text_of(client.get(base + path)) for path in ("models/", "models/home.test", "models/home.test/2"))
    assert "home.test version 1 synthetic prior, 0 real outcomes" in listed
    assert "learned from 1,500 real outcomes" in one
    assert "Not moved" not in one
    assert "1,500" in card
    assert "300 leads it has not seen" in card
    assert "nothing about real leads" not in card
    assert "nothing about real leads" in text_of(client.get(base + "models/home.test/1"))


def test_the_card_is_there_as_markdown(cast: Cast, base: str) -> None:
    answer = cast.boss.client.get(base + "models/home.test/2/card.md")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "text/markdown; charset=utf-8",
        'attachment; filename="home.test-2.md"',
    )
    lines = answer.content.decode().splitlines()
    assert lines[0] == "# home.test/2"
    assert "| Rows | 1,500 |" in lines
    assert "| Trained to replace | home.test/1 |" in lines
    assert [line for line in lines if line.startswith("## ")] == [
        "## Data", "## Figures", "## Calibration", "## Candidates", "## Segments", "## What counts most", "## Leakage sentinel",
    ]  # fmt: skip


def test_a_version_is_promoted_and_rolled_back_after_a_second_look(cast: Cast, base: str) -> None:
    client = cast.boss.client
    asked = client.post(base + "models/home.test/2/promote")
    assert (asked.status_code, champion()) == (200, "home.test/1")
    assert "Let home.test/2 serve?" in text_of(asked)
    done = client.post(base + "models/home.test/2/promote", {"confirmed": "yes"})
    assert (done.status_code, done["Location"], champion()) == (303, base + "models/home.test", "home.test/2")
    assert "Go back to home.test/1?" in text_of(client.post(base + "models/home.test/roll-back"))
    assert champion() == "home.test/2"
    assert client.post(base + "models/home.test/roll-back", {"confirmed": "yes"}).status_code == 303
    assert champion() == "home.test/1"
    before = state()
    assert client.post(base + "models/home.test/roll-back", {"confirmed": "yes"}).status_code == 409
    assert state() == before
    shown = text_of(client.get(base + "models/home.test"))
    assert shown.index("Champion rolled back") < shown.index("Champion promoted")


def test_going_back_is_offered_as_long_as_there_is_something_to_go_back_to(cast: Cast, base: str) -> None:
    client, page = cast.boss.client, base + "models/home.test"
    terms = {"at": AT, "organization_id": cast.operator.member.organization_id, "actor": "system:test"}
    assert client.get(page).context["may_roll_back"] is False
    services.promote(version="home.test/2", **terms)
    for _ in range(13):  # the page shows the newest twenty moves only
        services.promote(version="home.test/2", alias="challenger", **terms)
        services.promote(version="home.test/1", alias="challenger", **terms)
    assert client.get(page).context["may_roll_back"] is True
    with act_as_exchange("a test makes a version of features that nobody computes any more"):
        ModelVersion.objects.filter(name="home.test/1").update(features_version=1)
    assert client.get(page).context["may_roll_back"] is False
    assert "version 1, which this exchange does not compute: it cannot serve" in text_of(client.get(page + "/1"))


def test_figures_by_source_stand_on_the_operators_card_and_in_no_row_that_others_may_read(cast: Cast, base: str) -> None:
    segment = {
        "kind": "source",
        "name": "src_0001",
        "rows": 120,
        "auc": 0.7,
        "ece": 0.01,
        "ece_floor": 0.01,
        "oe": 1.1,
        "oe_z": 0.5,
    }
    client, page = cast.boss.client, base + "models/home.test/2"
    migration = import_module("scoring.migrations.0010_sources_apart")
    with act_as_exchange("a test plays a home of before"):
        SourceSegments.objects.all().delete()
        version = ModelVersion.objects.get(name="home.test/2")
        others = [one for one in version.card["segments"] if one["kind"] != "source"]
        before = {**version.card, "segments": [*others, segment]}
        ModelVersion.objects.filter(name="home.test/2").update(card=before)
    run_sql(migration.APART)
    with act_as_exchange("a test looks"):
        assert SourceSegments.objects.values_list("version__name", "segments").get() == ("home.test/2", [segment])
        assert ModelVersion.objects.get(name="home.test/2").card == {**before, "segments": others}
    for path in (page, page + "/card.md"):
        assert b"src_0001" in client.get(path).content
    for model in (SourceSegments, TrainingRun):
        with pytest.raises(ProgrammingError, match="permission denied"), act_as(cast.operator.member.organization_id):
            model.objects.count()
    run_sql(migration.TOGETHER)
    with act_as_exchange("a test looks"):
        assert (ModelVersion.objects.get(name="home.test/2").card, SourceSegments.objects.count()) == (before, 0)


def test_a_card_names_the_sources_that_people_know(cast: Cast, base: str) -> None:
    source = create_source(organization_id=cast.publisher.member.organization_id, data={"name": "Roofs"}, actor="system:test")
    with act_as_exchange("a test gives a figure a source that exists"):
        row = SourceSegments.objects.get()
        row.segments[0]["name"] = encode("source", source.id)
        row.save()
    client, page = cast.boss.client, base + "models/home.test/2"
    assert "Source Roofs 100 " in text_of(client.get(page))
    assert "| Source Roofs | 100 |" in client.get(page + "/card.md").content.decode()


def run_sql(statements: str) -> None:
    with act_as_exchange("a test plays the migration"), connection.cursor() as cursor:
        cursor.execute(statements)


def test_a_training_is_asked_for_once_and_followed_on_the_page(cast: Cast, base: str) -> None:
    client = cast.boss.client
    assert client.post(base + "models/home.test/train").status_code == 200
    assert trainings() == []
    for _ in range(2):
        assert client.post(base + "models/home.test/train", {"confirmed": "yes"}).status_code == 303
    (run,) = trainings()
    assert (run.state, run.reason, run.actor) == ("queued", "by hand", f"user:{encode('user', cast.boss.user_id)}")
    with act_as_exchange("a test plays the worker"):
        TrainingRun.objects.update(state="running", percent=40, stage="cross-fitting: logistic")
    fragment = client.get(base + "models/home.test", headers={"hx-request": "true"})
    assert "40 % cross-fitting: logistic" in text_of(fragment)
    assert "HX-Refresh" not in fragment
    with act_as_exchange("a test plays the worker"):
        TrainingRun.objects.update(state="done", percent=100, detail="The champion stays.", ended_at=AT)
    assert client.get(base + "models/home.test", headers={"hx-request": "true"})["HX-Refresh"] == "true"
    assert "The champion stays." in text_of(client.get(base + "models/home.test"))


@pytest.mark.parametrize("who", ["owner", "buyer", "stranger"])
def test_nobody_else_sees_or_moves_a_model(cast: Cast, base: str, who: str) -> None:
    client, before = getattr(cast, who).client, (state(), champion())
    homes = (base, "/o/alice/", "/o/bob/")
    for home in homes:
        for path in PAGES:
            assert (home, path, client.get(home + path).status_code) == (home, path, 404)
        for path in MOVES:
            assert (home, path, client.post(home + path, {"confirmed": "yes"}).status_code) == (home, path, 404)
    assert (state(), champion(), trainings()) == (*before, [])


def test_what_is_not_there_is_not_found(cast: Cast, base: str) -> None:
    client, before = cast.boss.client, state()
    for path in ("models/home.none", "models/home.test/9", "models/home.test/9/card.md"):
        assert (path, client.get(base + path).status_code) == (path, 404)
    for path in ("models/home.none/train", "models/home.none/roll-back", "models/home.test/9/promote"):
        assert (path, client.post(base + path, {"confirmed": "yes"}).status_code) == (path, 404)
    assert state() == before


def test_a_run_that_cannot_train_says_why(cast: Cast, base: str) -> None:
    terms = {"at": AT, "organization_id": cast.operator.member.organization_id, "actor": "system:test"}
    with act_as_exchange("a test makes labels"):
        few = labels_of(SPEC, learning.load_version("home.test/1"), count=120)
    run_id = runs.request_training(vertical="home.test", reason="by hand", **terms)
    assert runs.train_due(examples=lambda vertical: few) == 1
    (run,) = trainings()
    assert (run.id, run.state, run.detail) == (run_id, "refused", "120 rows; a model needs at least 500")
    assert "120 rows; a model needs at least 500" in text_of(cast.boss.client.get(base + "models/home.test"))
