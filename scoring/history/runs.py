"""Runs over files of past leads: take one, learn in a process of its own, keep what came of it, end what died.

Beat calls `tend` every ten seconds: it is the guarantee that a queued run begins, that a dead one ends, and that files go.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import traceback
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.core.clock import utc_now
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as, act_as_exchange
from scoring.core.learning.table import Refused
from scoring.history import files
from scoring.history.learning import Kept, Leaks, Lesson, Wish, learn_history, wish_of
from scoring.history.scoring import Scored, score_with, stored_model
from scoring.models import HistoryImport, HistoryModel
from scoring.models.history import COMMAND

Found = Lesson | Leaks | Scored | str
WHY = "runs over histories take turns on the whole exchange"
LEASE = timedelta(seconds=60)
RUN_MAX = timedelta(minutes=60)
PROGRESS_SECONDS = 1.0
DIED = "The process that learned from it ended before its time. Bring the file again; if it happens twice, tell the operator."
TOO_LONG = f"It took longer than {RUN_MAX // timedelta(minutes=1)} minutes. Drop columns or bring fewer rows."
BROKE = "Something failed on our side while learning from it. Bring the file again, or tell the operator."
GONE = "The file is gone, as a file is after a day: bring it again."
ANYHOW = Q()
log = logging.getLogger(__name__)
_children: list[subprocess.Popen[bytes]] = []


class Abandoned(Exception):
    """The run is no longer ours: somebody deleted it, or it was given up."""


def in_own_words(error: Exception, path: Path, file_name: str = "", test_name: str = "") -> str:
    """Say what is wrong with a file, or its test set, by the names that their owner gave them, not by where they lie here."""
    name = file_name or path.name
    words = str(error).replace(f"{path}{files.TEST}", test_name).replace(f"{path.name}{files.TEST}", test_name)
    return words.replace(str(path), name).replace(path.name, name)


def tend(*, at: datetime) -> UUID | None:
    """End dead runs, delete old files, start the next run in a process of its own; gives its id."""
    _children[:] = [child for child in _children if child.poll() is None]
    for dead in _dead(at):
        end(dead, at=at, still=Q(lease_until__lt=at), state="failed", refusal=DIED)
    files.remove_old(at=at)
    history_id = take_next(at=at)
    if history_id is not None:
        _children.append(spawn(history_id))
    return history_id


def take_next(*, at: datetime) -> UUID | None:
    """Make the oldest queued import the running one; None while another runs or nothing waits."""
    with act_as_exchange(WHY):
        if HistoryImport.objects.filter(state="running").exists():
            return None
        row = HistoryImport.objects.filter(state="queued").order_by("id").select_for_update(skip_locked=True).first()
        if row is None:
            return None
        row.state, row.lease_until, row.stage = "running", at + LEASE, "starting"
        try:
            with transaction.atomic():
                row.save(update_fields=["state", "lease_until", "stage"])
        except IntegrityError:  # another worker was faster with another import
            return None
        taken: UUID = row.id
    return taken


def spawn(history_id: UUID) -> subprocess.Popen[bytes]:
    """Start the process that learns: with one thread and, once it runs, low priority, so that deliveries feel nothing."""
    command = [sys.executable, "manage.py", "run_history", str(history_id)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LEADWRIGHT_PROCESS": "history"}
    return subprocess.Popen(command, cwd=settings.ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def run(history_id: UUID) -> None:
    """Learn from the file of the running import and keep what came of it. Raises Abandoned when it is ours no longer."""
    with act_as_exchange(WHY):
        row = _running(history_id).first()
    if row is None:
        raise Abandoned
    path = files.path_of(history_id)
    test = files.path_of(history_id, files.TEST) if row.test_name else None
    if not path.is_file() or (test is not None and not test.is_file()):
        end(history_id, at=utc_now(), state="failed", refusal=GONE)
        return
    model: Kept | None = None
    try:
        found: Found = _made_of(row, path, test)
        if isinstance(found, Lesson):
            model = found.model()
    except Refused as refused:
        found = in_own_words(refused, path, row.file_name, row.test_name)
    except Abandoned:
        raise
    except Exception as error:
        # The words of an error may quote a cell of the file: the log gets its kind and its place only.
        log.error("history %s: %s\n%s", history_id, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        end(history_id, at=utc_now(), state="failed", refusal=BROKE)
        return
    end(history_id, at=utc_now(), model=model, **_kept(found))
    if row.scored_with_id is not None:
        files.remove_brought(history_id)  # a refused one, too: nothing can be chosen anew for it


def _made_of(row: HistoryImport, path: Path, test: Path | None) -> Found:
    """Learn from the file, or score it; raises Refused, or Abandoned when the run is ours no longer."""
    progress = _Progress(row.id)
    if row.scored_with_id is None:
        return learn_history(path, wish_of(row.plan, test=test), progress=progress)
    target, lines = files.path_of(row.id, files.SCORED), files.count_lines(path)
    scored = score_with(
        stored_model(row.scored_with_id),
        path,
        target,
        progress=lambda rows: progress(min(99, 100 * rows // max(1, lines)), f"{rows:,} rows scored"),
    )
    target.chmod(0o600)
    return scored


def renew(history_id: UUID, *, at: datetime) -> bool:
    """Say that the run is alive; False when it is ours no longer."""
    with act_as_exchange(WHY):
        return bool(_running(history_id).update(lease_until=at + LEASE))


def end(history_id: UUID, *, at: datetime, still: Q = ANYHOW, model: Kept | None = None, **columns: Any) -> None:
    """End a run that goes on, if it is `still` as it was found, and keep what it learned.

    Its file goes at once, unless it was refused: then other columns may be chosen until its day is over.
    """
    with act_as_exchange(WHY), transaction.atomic():
        rows = _running(history_id).filter(still)
        ended = rows.update(lease_until=None, finished_at=at, percent=100, stage="", **columns)
        if ended and model is not None:
            _keep_model(HistoryImport.objects.only("organization_id").get(id=history_id), model)
    if ended and columns["state"] != "refused":
        files.remove_brought(history_id)


def keep_run(organization_id: UUID, path: Path, wish: Wish, found: Lesson | Leaks | str, *, began: datetime) -> UUID:
    """Keep what the command found out for an organization, whose page shows it; `found` may be the words of a refusal."""
    model = found.model() if isinstance(found, Lesson) else None
    history_id = uuid7()
    with act_as(organization_id):
        row = HistoryImport.objects.create(
            id=history_id,
            organization_id=organization_id,
            file_name=path.name[:200],
            test_name="" if wish.test is None else wish.test.name[:200],
            bytes=path.stat().st_size if path.is_file() else 0,
            plan=wish.as_json(),
            actor=COMMAND,
            created_at=began,
            finished_at=utc_now(),
            percent=100,
            **_kept(found),
        )
        if model is not None:
            _keep_model(row, model)
        told = {"file": row.file_name, "label": wish.plan.label}
        subject = encode("history", history_id)
        audit.record(organization_id=organization_id, actor=row.actor, verb="history.started", subject=subject, changes=told)
    return history_id


def _keep_model(row: HistoryImport, model: Kept) -> None:
    digest = sha256(model.artifact).hexdigest()
    HistoryModel.objects.create(
        history_id=row.id, organization_id=row.organization_id, artifact=model.artifact, artifact_sha256=digest,
        columns=list(model.columns),
    )  # fmt: skip


def _kept(found: Found) -> dict[str, Any]:
    """Give the columns of what came of a run."""
    if isinstance(found, str):
        return {"state": "refused", "refusal": found}
    if isinstance(found, Scored):
        return {"state": "done", "report": asdict(found)}
    told = found if isinstance(found, Leaks) else found.report
    findings = [asdict(one) for one in (*told.findings, *told.suspicions)]
    if isinstance(found, Leaks):
        return {"state": "refused", "refusal": str(found), "findings": findings, "report": found.as_json()}
    return {"state": "done", "findings": findings, "report": found.as_json()}


def _dead(at: datetime) -> list[UUID]:
    with act_as_exchange(WHY):
        return list(HistoryImport.objects.filter(state="running", lease_until__lt=at).values_list("id", flat=True))


def _running(history_id: UUID) -> QuerySet[HistoryImport]:
    return HistoryImport.objects.filter(id=history_id, state="running")


class _Progress:
    """Writes percent and stage down, once a second and for each new stage."""

    def __init__(self, history_id: UUID) -> None:
        self._history_id, self._stage, self._at = history_id, "", 0.0

    def __call__(self, percent: int, stage: str) -> None:
        stage = stage.replace(f"{self._history_id}{files.TEST}", "the test set").replace(str(self._history_id), "the file")
        if stage == self._stage and time.monotonic() - self._at < PROGRESS_SECONDS:
            return
        self._stage, self._at = stage, time.monotonic()
        with act_as_exchange(WHY):
            if not _running(self._history_id).update(percent=percent, stage=stage[:120]):
                raise Abandoned
