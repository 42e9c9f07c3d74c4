"""Training runs: asked for as rows, taken by a worker, followed on the page and the terminal while they go on.

The row is the work; a task only wakes the worker up, and a sweep finds what no task announced. A run that said nothing for a
quarter of an hour was interrupted and makes room.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from celery.exceptions import OperationalError
from django.db import transaction
from django.db.models import F

from accounts.core.clock import utc_now
from accounts.core.errors import Problem, not_found
from accounts.selectors import get_operator
from accounts.tenancy import act_as_exchange
from scoring import learning
from scoring.core.examples import Labelled, TooLittle
from scoring.core.learning.findings import Leaking
from scoring.core.learning.report import findings_json
from scoring.core.progress import Progress, silent
from scoring.models import Model, ModelVersion, TrainingRun
from scoring.outcomes import labelled
from scoring.services import record
from scoring.watching import FAILED, GROWN, RED_ALARM, REFUSED, VERDICT, note_answer

log = logging.getLogger(__name__)
TASK = "scoring.train_due"
SCHEDULE = "schedule"
SILENT = timedelta(minutes=15)
OPEN = ("queued", "running")
DETAIL_MAX = 1000

Examples = Callable[[str], Labelled]


class GivenUp(Exception):
    """The run was closed while its process said nothing: what it finds counts no more."""


def labelled_of(vertical: str) -> Labelled:
    """Read the labelled leads of a vertical from the example store, in the exchange's door."""
    with act_as_exchange("labels belong to the exchange"):
        return labelled(vertical)


def request_training(*, vertical: str, reason: str, at: datetime, organization_id: UUID, actor: str) -> UUID:
    """Ask for a training of a vertical; give the run that is open already, or a new one. Raises Problem not_found.

    A scheduled run that still waits goes on for who asks now: it may not end because there is little new.
    """
    with act_as_exchange("runs belong to the exchange"):
        if not Model.objects.select_for_update().filter(vertical=vertical).exists():
            raise not_found("model")
        _give_up_silent(at)
        known = TrainingRun.objects.filter(vertical=vertical, state__in=OPEN).first()
        if known is not None:
            open_id: UUID = known.id
            if reason != SCHEDULE and _take_over(open_id, reason=reason, actor=actor, organization_id=organization_id):
                record(vertical, "model.training_asked", organization_id, actor, reason=reason)
            return open_id
        run = TrainingRun.objects.create(
            vertical=vertical, reason=reason, actor=actor, organization_id=organization_id, asked_at=at, progressed_at=at
        )
        record(vertical, "model.training_asked", organization_id, actor, reason=reason)
        transaction.on_commit(_nudge)
        made: UUID = run.id
        return made


def _take_over(run_id: UUID, **asked: Any) -> int:
    """Let a run that waits for the schedule wait for somebody; 0 where it is asked for already, or a worker has it."""
    return TrainingRun.objects.filter(id=run_id, state="queued", reason=SCHEDULE).update(**asked)


def request_all(*, at: datetime) -> int:
    """Ask for the scheduled training of every vertical that has a champion; count the runs."""
    with act_as_exchange("who has models?"):
        verticals = list(Model.objects.filter(aliases__name="champion").values_list("vertical", flat=True))
    operator = get_operator()
    for vertical in verticals:
        request_training(vertical=vertical, reason=SCHEDULE, at=at, organization_id=operator.id, actor="system:schedule")
    return len(verticals)


def train_due(*, examples: Examples = labelled_of) -> int:
    """Train the vertical that waits longest, and wake the worker again where another waits; count the runs: 0 or 1.

    One run a task: levels, monitors and shadows have their turn between two trainings.
    """
    run_id = _take(utc_now())
    if run_id is None:
        return 0
    train(run_id, examples=examples)
    with act_as_exchange("runs belong to the exchange"):
        waits = TrainingRun.objects.filter(state="queued").exists()
    if waits:
        _nudge()
    return 1


def train(run_id: UUID, *, examples: Examples = labelled_of, shown: Progress = silent) -> None:
    """Carry a taken run out: train, challenge, and promote the challenger if it wins. Whatever happens stands in the row.

    Red alarms that wait for an answer are told each step.
    """
    with act_as_exchange("runs belong to the exchange"):
        run = TrainingRun.objects.get(id=run_id)
    try:
        known = examples(run.vertical)
        run.labels = int(known.mature.sum())
        _learn(run, known, shown)
    except TooLittle as refused:
        _end(run, "refused", str(refused))
    except Problem as problem:
        _end(run, "refused", problem.detail)
    except Leaking as leaking:
        run.findings = findings_json(leaking.findings)
        _end(run, "refused", "The leakage sentinel stopped it.")
    except GivenUp:
        log.warning("the training of %s was given up meanwhile", run.vertical)
    except Exception:
        log.exception("the training of %s failed", run.vertical)
        _end(run, "failed", "Something failed on our side; the worker's log says what.")


def _learn(run: TrainingRun, known: Labelled, shown: Progress) -> None:
    terms: dict[str, Any] = {"organization_id": run.organization_id, "actor": run.actor}
    _check_worth(run)
    facts = learning.train_challenger(run.vertical, known, **terms, progress=partial(_progress, run, shown))
    _progress(run, shown, 95, "challenging the champion")
    note_answer(run.vertical, {"what": "challenger", "version": facts.name}, at=utc_now())
    with act_as_exchange("runs belong to the exchange"):
        run.version = ModelVersion.objects.only("id").get(name=facts.name)
    try:
        verdict = learning.challenge(run.vertical, known, **terms)
    except TooLittle as early:
        _end(run, "done", f"{facts.name} is the challenger: {early}")
    else:
        _end(run, "done", verdict.reason, {"what": VERDICT, "version": facts.name, "promoted": verdict.promoted})
    shown(100, "done")


def _check_worth(run: TrainingRun) -> None:
    """Let a scheduled run end where there is little new to learn."""
    if run.reason != SCHEDULE:
        return
    with act_as_exchange("what is known already"):
        versions = ModelVersion.objects.filter(model__vertical=run.vertical, origin="outcomes")
        newest = versions.order_by("-id").values_list("name", "rows").first()
    mature = run.labels or 0
    if newest is not None and mature < GROWN * newest[1]:
        raise TooLittle(f"{mature:,} mature labels; {newest[0]} has learned from {newest[1]:,}, and a tenth more is worth a run.")


def _take(at: datetime) -> UUID | None:
    """Take the run that waits longest."""
    with act_as_exchange("runs belong to the exchange"):
        _give_up_silent(at)
        run = TrainingRun.objects.select_for_update(skip_locked=True).filter(state="queued").order_by("id").first()
        if run is None:
            return None
        run.state, run.stage, run.progressed_at = "running", "reading the labels", at
        run.save(update_fields=("state", "stage", "progressed_at"))
        taken: UUID = run.id
        return taken


def take_now(run_id: UUID) -> bool:
    """Take a waiting run for this process; False where a worker has it already."""
    with act_as_exchange("runs belong to the exchange"):
        waiting = TrainingRun.objects.filter(id=run_id, state="queued")
        return waiting.update(state="running", stage="reading the labels", progressed_at=utc_now()) == 1


def _progress(run: TrainingRun, shown: Progress, percent: int, stage: str) -> None:
    """Write how far a run is; raises GivenUp where its row was closed meanwhile."""
    shown(percent, stage)
    with act_as_exchange("runs belong to the exchange"):
        running = TrainingRun.objects.filter(id=run.id, state="running")
        if not running.update(percent=percent, stage=stage[:80], progressed_at=utc_now()):
            raise GivenUp(run.vertical)


def _end(run: TrainingRun, state: str, detail: str, step: Mapping[str, Any] | None = None) -> None:
    """Close a run and tell the alarms that wait for it; one that was given up meanwhile stays as it is and tells nobody."""
    at, detail = utc_now(), detail[:DETAIL_MAX]
    with act_as_exchange("runs belong to the exchange"):
        open_still = TrainingRun.objects.filter(id=run.id, state="running").update(
            state=state, percent=100 if state == "done" else F("percent"), stage="", detail=detail, labels=run.labels,
            findings=run.findings, version=run.version, ended_at=at, progressed_at=at,
        )  # fmt: skip
        if not open_still:
            return
        if state != "done":
            record(run.vertical, f"model.training_{state}", run.organization_id, run.actor, detail=detail)
    if step is None and run.reason == RED_ALARM:
        failed = {"what": FAILED, "why": detail}
        step = failed if state == "failed" else {"what": REFUSED, "why": detail, "mature": run.labels or 0}
    if step is not None:
        note_answer(run.vertical, step, at=at)


def _give_up_silent(at: datetime) -> None:
    silent = TrainingRun.objects.filter(state="running", progressed_at__lt=at - SILENT)
    silent.update(state="failed", detail="Interrupted: its process ended.", ended_at=at, stage="")


def _nudge() -> None:
    try:
        current_app.send_task(TASK, ignore_result=True, retry=False)
    except (OperationalError, OSError) as error:
        log.info("the worker was not nudged, its sweep will find the run: %s", error)
