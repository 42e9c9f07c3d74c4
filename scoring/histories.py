"""What people do with their history: bring a file of past leads, say what its columns mean, have it learned from, delete it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from celery import current_app
from celery.exceptions import OperationalError
from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode, uuid7
from scoring import history_files
from scoring.core.learning.preview import DATE, NUMBER
from scoring.core.learning.table import Plan, Refused, check_labels
from scoring.csv_rows import Unreadable
from scoring.history_learning import Wish, verticals, wish_of
from scoring.history_preview import LABEL_VALUES_MAX, Preview, count_values, preview
from scoring.history_runs import in_own_words
from scoring.models import HistoryImport

TASK = "scoring.tend_histories"
FILES_MAX = 5
OPEN = ("mapping", "refused")
log = logging.getLogger(__name__)


def history_rows() -> QuerySet[HistoryImport]:
    """Give the imports of the organization inside whose door we stand, without their reports."""
    return HistoryImport.objects.defer("report", "findings", "plan")


def get_history(*, history_id: UUID) -> HistoryImport:
    """Give one import; raises Problem not_found."""
    row = HistoryImport.objects.filter(id=history_id).first()
    if row is None:
        raise not_found("history")
    return row


def look_into(row: HistoryImport) -> Preview:
    """Show the beginning of the file of an import; raises Problem not_found once the file is gone."""
    if not history_files.is_kept(row.id):
        raise not_found("file")
    return preview(history_files.path_of(row.id))


def values_of(row: HistoryImport, seen: Preview, label: str) -> Mapping[str, int] | None:
    """Count the values of a label over the whole file, the most frequent first; None where they are too many for a label."""
    counted = count_values(history_files.path_of(row.id), seen.layout, label)
    return None if counted is None else dict(counted.most_common())


def upload(*, organization_id: UUID, upload: Path, file_name: str, actor: str, at: datetime) -> UUID:
    """Keep a file that was streamed to disk and give the id of its import; raises Problem invalid_request at /file."""
    kept = [row for row in HistoryImport.objects.order_by("-id").only("id")[:50] if history_files.is_kept(row.id)]
    if len(kept) >= FILES_MAX:
        raise _wrong("/file", f"{FILES_MAX} files of yours wait already: delete one first.")
    try:
        preview(upload)
    except Unreadable as error:
        raise _wrong("/file", f"{in_own_words(error, upload, file_name)}.") from error
    history_id, size = uuid7(), upload.stat().st_size
    HistoryImport.objects.create(
        id=history_id, organization_id=organization_id, file_name=file_name, bytes=size, actor=actor, created_at=at
    )
    _record("uploaded", history_id, organization_id, actor, file=file_name, bytes=size)
    history_files.keep(upload, history_id)
    return history_id


def start(*, organization_id: UUID, history_id: UUID, asked: Mapping[str, Any], actor: str) -> None:
    """Queue a first run, with columns as {label, positive, time, drop, vertical}.

    Raises Problem not_found, conflict while it runs, or invalid_request with the fix at each field.
    """
    row = _open_row(history_id)
    _queue(row, _checked(row, asked, look_into(row)), organization_id, actor)


def start_again(*, organization_id: UUID, history_id: UUID, drop: list[str], allow: list[str], actor: str) -> None:
    """Queue another run without some columns of the last one, and with findings of it allowed knowingly; raises as start."""
    row = _open_row(history_id)
    wish = wish_of(row.plan)
    known = {one["column"] for one in row.findings}, {f"{one['check']}:{one['column']}" for one in row.findings}
    if not (drop or allow) or not set(drop) <= known[0] or not set(allow) <= known[1]:
        raise _wrong("/findings", "Drop a column or allow a finding first: the same run would be stopped again.")
    plan = replace(wish.plan, drop=tuple(dict.fromkeys([*wish.plan.drop, *drop])))
    _queue(row, replace(wish, plan=plan, allow=tuple(dict.fromkeys([*wish.allow, *allow]))), organization_id, actor)


def delete(*, organization_id: UUID, history_id: UUID, actor: str) -> None:
    """Delete an import, its report and at once its file; a run of it ends within seconds. Raises Problem not_found."""
    row = get_history(history_id=history_id)
    _record("deleted", row.id, organization_id, actor, file=row.file_name)
    row.delete()
    transaction.on_commit(lambda: history_files.remove(history_id))


def _open_row(history_id: UUID) -> HistoryImport:
    row = HistoryImport.objects.select_for_update().filter(id=history_id).first()
    if row is None:
        raise not_found("history")
    if row.state not in OPEN:
        raise Problem("conflict", "This file is being learned from, or has been; bring it again for another run.")
    if not history_files.is_kept(row.id):
        raise Problem("conflict", "The file is gone, as a file is after a day: bring it again.")
    return row


def _queue(row: HistoryImport, wish: Wish, organization_id: UUID, actor: str) -> None:
    row.plan, row.state, row.actor = wish.as_json(), "queued", actor
    row.percent, row.stage, row.findings, row.report, row.refusal, row.finished_at = 0, "", [], None, "", None
    row.save()
    told = {"label": wish.plan.label, "dropped": list(wish.plan.drop), "allowed": list(wish.allow)}
    _record("started", row.id, organization_id, actor, file=row.file_name, **told)
    transaction.on_commit(_nudge)


def _nudge() -> None:
    try:
        current_app.send_task(TASK, ignore_result=True, retry=False, expires=10)
    except (OperationalError, OSError) as error:
        log.info("the worker was not nudged, its sweep will find the history: %s", error)


def _checked(row: HistoryImport, asked: Mapping[str, Any], seen: Preview) -> Wish:
    """Read what was asked against the file, each fault at its field."""
    label, time, drop = asked.get("label", ""), asked.get("time", ""), tuple(asked.get("drop", ()))
    errors = [*_wrong_label(row, asked, seen), *_wrong_others(label, time, drop, seen)]
    vertical = asked.get("vertical", "")
    if vertical and vertical not in verticals():
        errors.append(FieldError("/vertical", "unknown", "There is no such kind of lead."))
    if errors:
        raise invalid(errors)
    return Wish(Plan(label, asked["positive"], time or None, drop), vertical=vertical or None)


def _wrong_label(row: HistoryImport, asked: Mapping[str, Any], seen: Preview) -> list[FieldError]:
    label, positive = asked.get("label", ""), asked.get("positive", "")
    if label not in seen.layout.columns:
        return [FieldError("/label", "required", "Choose the column that says how the lead ended.")]
    if label in seen.layout.repeated:
        return [FieldError("/label", "repeated", "More than one column has this name: rename one in the file.")]
    values = values_of(row, seen, label)
    if values is None:
        return [FieldError("/label", "too_many", f"It holds more than {LABEL_VALUES_MAX} different values; a label has few.")]
    if not values:
        return [FieldError("/label", "empty", "It is empty in every row.")]
    if len(values) == 1:
        return [FieldError("/label", "single", f'It holds one value only, "{next(iter(values))}": nothing to tell apart.')]
    if positive not in values:
        return [FieldError("/positive", "required", "Choose the value that counts as a yes.")]
    counts = values[positive], sum(values.values()) - values[positive]
    try:
        check_labels(np.repeat([True, False], counts), label, positive)
    except Refused as refused:
        return [FieldError("/positive", "too_few", str(refused))]
    return []


def _wrong_others(label: str, time: str, drop: tuple[str, ...], seen: Preview) -> list[FieldError]:
    columns, errors = {column.name: column for column in seen.columns}, []
    if time and (time not in columns or time in seen.layout.repeated):
        errors.append(FieldError("/time", "unknown", "The file has no such column, or more than one."))
    elif time and time == label:
        errors.append(FieldError("/time", "is_label", "One column cannot be label and time at once."))
    elif time and columns[time].kind not in {DATE, NUMBER}:
        errors.append(FieldError("/time", "no_dates", "It holds no dates that can be read; use 2026-05-31 14:05:00."))
    if {label, time} & set(drop):
        errors.append(FieldError("/drop", "needed", "Label and time cannot be dropped."))
    if not set(drop) <= set(columns):
        errors.append(FieldError("/drop", "unknown", "The file has no such column."))
    elif set(columns) <= {label, *drop}:
        errors.append(FieldError("/drop", "everything", "Keep at least one column to learn from."))
    return errors


def _wrong(pointer: str, words: str) -> Problem:
    return invalid([FieldError(pointer, "refused", words)])


def _record(verb: str, history_id: UUID, organization_id: UUID, actor: str, **changes: Any) -> None:
    subject = encode("history", history_id)
    audit.record(organization_id=organization_id, actor=actor, verb=f"history.{verb}", subject=subject, changes=changes)
