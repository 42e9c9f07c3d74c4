"""Training runs: who asks takes a waiting one over, one a task, and what alarms hear of one given up or failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.models import AuditEntry
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from scoring import runs, services
from scoring.core.examples import Labelled
from scoring.core.features import FeatureSpec
from scoring.models import ModelVersion, TrainingRun
from scoring.monitoring import AlertFacts, list_alerts
from tests.scoring.watched import Answers, labelled_of, look, part

pytestmark = [pytest.mark.services]
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def operator(committed: None, roof: FeatureSpec) -> Any:
    row = create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")
    services.train_missing_priors([roof], at=AT, organization_id=row.id, actor="system:test", rows=2_500)
    return row


def ask(operator: Any, reason: str = "red alarm", actor: str = "system:monitors", vertical: str = "home.test") -> Any:
    return runs.request_training(vertical=vertical, reason=reason, at=utc_now(), organization_id=operator.id, actor=actor)


def trainings(*fields: str) -> list[tuple[Any, ...]]:
    with act_as_exchange("a test looks"):
        return list(TrainingRun.objects.order_by("id").values_list(*fields))


def alert(operator: Any, roof: FeatureSpec) -> AlertFacts:
    """Let the level ring, with a training under way."""
    look(operator.id, labelled_of(roof, 1_500, shock=-2.0), roof, Answers(steps=()))
    return newest()


def newest() -> AlertFacts:
    with act_as_exchange("a test looks"):
        return list_alerts()[0]


def close() -> None:
    with act_as_exchange("a sweep gives the run up"):
        TrainingRun.objects.update(state="failed", detail="Interrupted: its process ended.", ended_at=AT)


def test_a_scheduled_run_that_waits_goes_on_for_who_asks(operator: Any) -> None:
    runs.request_all(at=utc_now())
    ask(operator)
    ask(operator, "by hand", "user:x")
    assert trainings("reason", "actor", "state") == [("red alarm", "system:monitors", "queued")]
    with act_as_exchange("a test looks"):
        asked = AuditEntry.objects.filter(verb="model.training_asked").order_by("id")
        assert [(one.actor, one.changes["reason"]) for one in asked] == [
            ("system:schedule", "schedule"), ("system:monitors", "red alarm"),
        ]  # fmt: skip


def test_a_run_that_is_under_way_or_asked_for_stays_as_it_is(operator: Any) -> None:
    runs.request_all(at=utc_now())
    with act_as_exchange("a test plays the worker"):
        TrainingRun.objects.update(state="running")
    ask(operator)
    assert trainings("reason", "state") == [("schedule", "running")]
    close()
    ask(operator, "by hand", "user:x")
    runs.request_all(at=utc_now())
    assert trainings("reason", "state") == [("schedule", "failed"), ("by hand", "queued")]


def test_an_alarm_that_took_a_scheduled_run_over_is_not_refused_as_little_new(operator: Any, roof: FeatureSpec) -> None:
    runs.request_all(at=utc_now())
    ask(operator)
    with act_as_exchange("a version has learned from 2,500 labels"):
        ModelVersion.objects.update(origin="outcomes")
    labelled = labelled_of(roof, 300)
    assert runs.train_due(examples=lambda vertical: labelled) == 1
    assert trainings("state", "detail") == [("refused", "300 rows; a model needs at least 500")]


def test_one_run_a_task_and_the_next_is_woken_for(operator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(runs, "train", lambda run_id, examples: finish(run_id))
    with act_as_exchange("two verticals wait"):
        for vertical in ("home.one", "home.two"):
            TrainingRun.objects.create(
                vertical=vertical, reason="schedule", actor="system:test", organization_id=operator.id, asked_at=utc_now(),
                progressed_at=utc_now(),
            )  # fmt: skip
    monkeypatch.setattr(runs, "_nudge", lambda: nudged.append("again"))
    assert (runs.train_due(), trainings("vertical", "state")) == (1, [("home.one", "done"), ("home.two", "queued")])
    assert nudged == ["again"]
    assert (runs.train_due(), trainings("vertical", "state")) == (1, [("home.one", "done"), ("home.two", "done")])
    assert (runs.train_due(), nudged) == (0, ["again"])


def finish(run_id: Any) -> None:
    with act_as_exchange("a test plays the training"):
        TrainingRun.objects.filter(id=run_id).update(state="done", ended_at=AT)


def test_a_run_that_was_given_up_writes_nothing_into_the_alarms(operator: Any, roof: FeatureSpec) -> None:
    before = alert(operator, roof)
    ask(operator)

    def late(vertical: str) -> Labelled:
        close()
        return part(labelled_of(roof, 400), slice(0, 300))

    assert runs.train_due(examples=late) == 1
    assert trainings("state", "detail", "labels") == [("failed", "Interrupted: its process ended.", None)]
    assert newest().responses == before.responses


def test_a_run_that_is_given_up_while_it_trains_ends_at_its_next_step(
    operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = alert(operator, roof)
    run_id, labelled = ask(operator), labelled_of(roof, 900)
    assert runs.take_now(run_id)
    stages: list[str] = []

    def shown(percent: int, stage: str) -> None:
        stages.append(stage)
        close()

    runs.train(run_id, examples=lambda vertical: labelled, shown=shown)
    assert stages == ["looking for leaks"]
    assert trainings("state", "detail", "version") == [("failed", "Interrupted: its process ended.", None)]
    assert newest().responses == before.responses


def test_a_training_that_failed_on_our_side_is_no_refusal_and_is_asked_for_by_the_next_look(
    operator: Any, roof: FeatureSpec
) -> None:
    alert(operator, roof)
    ask(operator)

    def broken(vertical: str) -> Labelled:
        raise RuntimeError("the disk is full")

    assert runs.train_due(examples=broken) == 1
    assert trainings("state") == [("failed",)]
    (_, step) = newest().responses
    assert (step["what"], step["why"]) == ("failed", "Something failed on our side; the worker's log says what.")
    again = Answers()
    later = utc_now() + timedelta(hours=1)
    look(operator.id, labelled_of(roof, 1_500, shock=-2.0), roof, again, at=later)
    assert again.asked == ["red alarm"]  # with not one label more; the level was set and holds
    assert [one["what"] for one in newest().responses] == ["level", "failed", "challenger", "verdict"]


def test_an_unknown_vertical_has_no_run(operator: Any) -> None:
    with pytest.raises(Problem, match="model"):
        ask(operator, vertical="home.none")
    assert trainings("id") == []
