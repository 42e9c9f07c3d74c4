"""What people do with their history: bring a file of past leads, say what its columns mean, have it learned from, delete it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from celery import current_app
from celery.exceptions import OperationalError
from django.db import transaction
from django.db.models import F, QuerySet

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode, uuid7
from scoring.csv_rows import Unreadable, find_layout
from scoring.history import files
from scoring.history.learning import Wish, wish_of
from scoring.history.preview import Preview, preview
from scoring.history.runs import in_own_words
from scoring.history.scoring import NO_MODEL, absent_columns
from scoring.history.wishes import read_wish
from scoring.models import HistoryImport, HistoryModel

TASK = "scoring.tend_histories"
FILES_MAX, SCORINGS_SHOWN = 5, 20
OPEN = ("mapping", "refused")
log = logging.getLogger(__name__)


def history_rows() -> QuerySet[HistoryImport]:
    """Give the imports of the organization inside whose door we stand: of their reports `label`, `auc` and `verdict` only."""
    told = {"label": F("plan__label"), "auc": F("report__auc"), "verdict": F("report__verdict")}
    return HistoryImport.objects.filter(scored_with=None).annotate(**told).defer("report", "findings", "plan")


def scorings(row: HistoryImport) -> list[HistoryImport]:
    """Give the newest files that were scored by what an import taught."""
    return list(row.scorings.defer("report", "findings", "plan").order_by("-id")[:SCORINGS_SHOWN])


def columns_read(row: HistoryImport) -> tuple[str, ...]:
    """Name the columns that the model of an import reads; () where it keeps none."""
    found = HistoryModel.objects.filter(history_id=row.id).values_list("columns", flat=True).first()
    return tuple(found or ())


def get_history(*, history_id: UUID) -> HistoryImport:
    """Give one import; raises Problem not_found."""
    row = HistoryImport.objects.select_related("scored_with").filter(id=history_id).first()
    if row is None:
        raise not_found("history")
    return row


def is_whole(row: HistoryImport) -> bool:
    """Say whether the file of an import still lies there, with the test set that was brought with it."""
    return files.is_kept(row.id) and (not row.test_name or files.is_kept(row.id, files.TEST))


def look_into(row: HistoryImport) -> Preview:
    """Show the beginning of the file of an import; raises Problem not_found once the file is gone."""
    if not is_whole(row):
        raise not_found("file")
    return preview(files.path_of(row.id))


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that was streamed to disk: where it lies, and the name its owner gave it."""

    path: Path
    name: str


def upload(*, organization_id: UUID, file: Brought, test: Brought | None = None, actor: str, at: datetime) -> UUID:
    """Keep a file, and its official test set, and give the id of its import; raises Problem invalid_request at /file or /test."""
    _check_room()
    faults = [*_unreadable("/file", file), *([] if test is None else _unreadable("/test", test))]
    if faults:
        raise invalid(faults)
    history_id, size = uuid7(), file.path.stat().st_size
    test_name = "" if test is None else test.name
    HistoryImport.objects.create(
        id=history_id, organization_id=organization_id, file_name=file.name, test_name=test_name, bytes=size, actor=actor,
        created_at=at,
    )  # fmt: skip
    told = {"test": test_name} if test else {}
    _record("uploaded", history_id, organization_id, actor, file=file.name, bytes=size, **told)
    files.keep(file.path, history_id)
    if test is not None:
        files.keep(test.path, history_id, files.TEST)
    return history_id


def start(*, organization_id: UUID, history_id: UUID, asked: Mapping[str, Any], actor: str) -> None:
    """Queue a first run, asked for as {label, positive, time, drop, vertical, split, folds, seed, allow}; all texts but lists.

    `split` is (column, value) or nothing, `allow` a list of CHECK:COL; folds and seed that are not said are those of the command.
    Raises Problem not_found, conflict while it runs, or invalid_request with the fix at each field.
    """
    row = _open_row(history_id)
    _queue(row, read_wish(row, asked, look_into(row)), organization_id, actor)


def start_again(*, organization_id: UUID, history_id: UUID, drop: list[str], allow: list[str], actor: str) -> None:
    """Queue another run without some columns of the last one, and with findings of it allowed knowingly; raises as start."""
    row = _open_row(history_id)
    wish = wish_of(row.plan)
    known = {one["column"] for one in row.findings}, {f"{one['check']}:{one['column']}" for one in row.findings}
    if not (drop or allow) or not set(drop) <= known[0] or not set(allow) <= known[1]:
        raise _wrong("/findings", "Drop a column or allow a finding first: the same run would be stopped again.")
    plan = replace(wish.plan, drop=tuple(dict.fromkeys([*wish.plan.drop, *drop])))
    _queue(row, replace(wish, plan=plan, allow=tuple(dict.fromkeys([*wish.allow, *allow]))), organization_id, actor)


def score(*, organization_id: UUID, history_id: UUID, file: Brought, actor: str, at: datetime) -> UUID:
    """Keep a file and queue its scoring by what an import taught; gives the id under which it stands.

    Raises Problem not_found, conflict where the import keeps no model, or invalid_request at /file.
    """
    row = get_history(history_id=history_id)
    needed = columns_read(row)
    if not needed:
        raise Problem("conflict", NO_MODEL)
    _check_room()
    faults = _unreadable("/file", file)
    if not faults and (absent := absent_columns(needed, find_layout(file.path).columns)):
        faults = [FieldError("/file", "absent", f"{file.name} lacks {absent}")]
    if faults:
        raise invalid(faults)
    scoring_id, size = uuid7(), file.path.stat().st_size
    HistoryImport.objects.create(
        id=scoring_id, organization_id=organization_id, scored_with_id=row.id, file_name=file.name, bytes=size, state="queued",
        actor=actor, created_at=at,
    )  # fmt: skip
    _record("scored", scoring_id, organization_id, actor, file=file.name, bytes=size, by=row.file_name)
    files.keep(file.path, scoring_id)
    transaction.on_commit(_nudge)
    return scoring_id


def _check_room() -> None:
    if HistoryImport.objects.filter(id__in=files.ids()).count() >= FILES_MAX:
        raise _wrong("/file", f"{FILES_MAX} files of yours lie here already: delete one first.")


def _unreadable(pointer: str, file: Brought) -> list[FieldError]:
    try:
        preview(file.path)
    except Unreadable as error:
        return [FieldError(pointer, "refused", f"{in_own_words(error, file.path, file.name)}.")]
    return []


def delete(*, organization_id: UUID, history_id: UUID, actor: str) -> None:
    """Delete an import, its report, its model, and at once its files, those that it scored too; a run of it ends within seconds.

    Raises Problem not_found.
    """
    row = get_history(history_id=history_id)
    ids = [row.id, *row.scorings.values_list("id", flat=True)]
    _record("deleted", row.id, organization_id, actor, file=row.file_name)
    row.delete()
    transaction.on_commit(lambda: _remove_files(ids))


def _remove_files(ids: list[UUID]) -> None:
    for history_id in ids:
        files.remove(history_id)


def _open_row(history_id: UUID) -> HistoryImport:
    row = HistoryImport.objects.select_for_update().filter(id=history_id, scored_with=None).first()
    if row is None:
        raise not_found("history")
    if row.state not in OPEN:
        raise Problem("conflict", "This file is being learned from, or has been; bring it again for another run.")
    if not is_whole(row):
        raise Problem("conflict", "The file is gone, as a file is after a day: bring it again.")
    return row


def _queue(row: HistoryImport, wish: Wish, organization_id: UUID, actor: str) -> None:
    row.plan, row.state, row.actor = wish.as_json(), "queued", actor
    row.percent, row.stage, row.findings, row.report, row.refusal, row.finished_at = 0, "", [], None, "", None
    row.save()
    told = {"label": wish.plan.label, "dropped": list(wish.plan.drop), "allowed": list(wish.allow)}
    judges = {"split": "=".join(wish.plan.split)} if wish.plan.split else {}
    _record("started", row.id, organization_id, actor, file=row.file_name, **told, **judges, folds=wish.folds, seed=wish.seed)
    transaction.on_commit(_nudge)


def _nudge() -> None:
    try:
        current_app.send_task(TASK, ignore_result=True, retry=False, expires=10)
    except (OperationalError, OSError) as error:
        log.info("the worker was not nudged, its sweep will find the history: %s", error)


def _wrong(pointer: str, words: str) -> Problem:
    return invalid([FieldError(pointer, "refused", words)])


def _record(verb: str, history_id: UUID, organization_id: UUID, actor: str, **changes: Any) -> None:
    subject = encode("history", history_id)
    audit.record(organization_id=organization_id, actor=actor, verb=f"history.{verb}", subject=subject, changes=changes)
