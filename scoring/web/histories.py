"""/o/<slug>/scoring/history: bring a file of past leads, say what its columns mean, see what a model makes of it.

The rows of a file are shown to those only who may start its run; the figures to everybody who reads campaigns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import BadId, decode, encode
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.portal.forms import PortalForm
from accounts.portal.pages import page, to, url_of
from accounts.portal.visits import PortalRequest
from scoring import histories as service
from scoring.core.learning.preview import guess_label, guess_positive
from scoring.history_files import BYTES_MAX, KEPT, is_kept
from scoring.history_learning import verticals
from scoring.history_preview import Preview
from scoring.models import HistoryImport
from scoring.web.history_result import findings_of, result_of
from scoring.web.reading import percent
from scoring.web.uploads import to_disk

READ, WRITE = "campaigns:read", "campaigns:write"
KINDS = ADVERTISERS | OPERATORS
ROWS = 50
MEGABYTES = BYTES_MAX // 1024 // 1024
AT_WORK = ("queued", "running")
FIELDS = ("label", "positive", "time", "vertical")


class UploadForm(PortalForm):
    """The file."""

    file = forms.FileField(
        label="File of past leads",
        max_length=200,
        allow_empty_file=True,
        help_text=f"CSV with a header line, up to {MEGABYTES} MB; encoding and separator are found out. "
        "For more: manage.py import_history on the exchange's machine.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
    )

    def clean_file(self) -> TemporaryUploadedFile:
        """Refuse what is too large."""
        file: TemporaryUploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > BYTES_MAX:
            raise forms.ValidationError(f"A file has at most {MEGABYTES} MB here: leave out columns or old rows.")
        return file


@page(reads=READ, kinds=KINDS)
def histories(request: PortalRequest) -> HttpResponse:
    """List the files that were brought, newest first."""
    return _list(request, UploadForm())


@to_disk
@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_upload(request: PortalRequest) -> HttpResponse:
    """Take a file and go on to its columns."""
    if request.method != "POST":
        return to(request, "histories")
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    file = form.cleaned_data["file"]
    file.file.flush()
    try:
        history_id = service.upload(
            organization_id=request.organization.id,
            upload=Path(file.temporary_file_path()),
            file_name=file.name,
            actor=request.member.actor,
            at=utc_now(),
        )
    except Problem as problem:
        form.take(problem)
        return _list(request, form, status=422)
    return to(request, "history_columns", history_id=encode("history", history_id))


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_columns(request: PortalRequest, history_id: str) -> HttpResponse:
    """Show the file and ask what its columns mean; a POST starts the run, or shows the values of another label."""
    row = _row(history_id)
    if row.state not in service.OPEN or not is_kept(row.id):
        return to(request, "history", history_id=history_id)
    seen = service.look_into(row)
    if request.method != "POST":
        return _columns(request, row, seen, _asked_before(row, seen))
    asked: dict[str, Any] = {name: request.POST.get(name, "") for name in FIELDS} | {"drop": request.POST.getlist("drop")}
    if request.POST.get("do") == "values":
        return _columns(request, row, seen, asked)
    try:
        service.start(organization_id=request.organization.id, history_id=row.id, asked=asked, actor=request.member.actor)
    except Problem as problem:
        if not problem.errors:
            raise
        wrong = {error.pointer.strip("/"): error.detail for error in reversed(problem.errors)}
        return _columns(request, row, seen, asked, wrong=wrong, status=422)
    return to(request, "history", history_id=history_id)


@page(reads=READ, kinds=KINDS)
def history(request: PortalRequest, history_id: str) -> HttpResponse:
    """Show how far the run is, or what came of it. The part that ticks leads to the whole page once the run is over."""
    row = _row(history_id)
    if request.htmx and row.state not in AT_WORK:
        return to(request, "history", history_id=history_id)
    return _result(request, row, part=bool(request.htmx))


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_again(request: PortalRequest, history_id: str) -> HttpResponse:
    """Run again without the columns that were dropped and with the findings that were allowed."""
    row = _row(history_id)
    if request.method != "POST":
        return to(request, "history", history_id=history_id)
    chosen = {name: request.POST.getlist(name) for name in ("drop", "allow")}
    try:
        service.start_again(organization_id=request.organization.id, history_id=row.id, actor=request.member.actor, **chosen)
    except Problem as problem:
        if not problem.errors:
            raise
        return _result(request, row, wrong=problem.errors[0].detail, status=422)
    return to(request, "history", history_id=history_id)


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_delete(request: PortalRequest, history_id: str) -> HttpResponse:
    """Delete the import, its report and its file."""
    row = _row(history_id)
    if request.method != "POST":
        return to(request, "history", history_id=history_id)
    service.delete(organization_id=request.organization.id, history_id=row.id, actor=request.member.actor)
    messages.success(request, "Deleted, the file with it.")
    return to(request, "histories")


@page(reads=READ, kinds=KINDS)
def history_report(request: PortalRequest, history_id: str) -> HttpResponse:
    """Give the figures as the command writes them."""
    row = _row(history_id)
    if row.report is None:
        raise Http404
    name = f"history-{history_id}.json"
    return JsonResponse(
        row.report, json_dumps_params={"indent": 1}, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _list(request: PortalRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    rows = service.history_rows().order_by("-id")
    after = request.GET.get("after")
    if after:
        rows = rows.filter(id__lt=_id_of(after))
    found = list(rows[: ROWS + 1])
    shown = {
        "rows": [(encode("history", row.id), row, is_kept(row.id)) for row in found[:ROWS]],
        "form": form,
        "may_write": _may(request),
        "older": f"?after={encode('history', found[ROWS - 1].id)}" if len(found) > ROWS else "",
        "hours": KEPT.total_seconds() / 3600,
    }
    return render(request, "scoring/histories.html", shown, status=status)


def _columns(
    request: PortalRequest,
    row: HistoryImport,
    seen: Preview,
    asked: dict[str, Any],
    *,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    label = asked["label"]
    values = service.values_of(row, seen, label) if label in seen.layout.columns else {}
    positive = asked["positive"] or guess_positive(list(values or {}))
    shown = {
        "row": row,
        "id": encode("history", row.id),
        "seen": seen,
        "layout": seen.layout,
        "asked": asked | {"positive": positive},
        "columns": [(column, percent(column.filled, 0)) for column in seen.columns],
        "values": (values or {}).items(),
        "many": values is None,
        "labelled": sum((values or {}).values()),
        "wrong": wrong or {},
        "verticals": [(slug, spec.label) for slug, spec in sorted(verticals().items())],
        "until": row.created_at + KEPT,
    }
    template = "scoring/history_mapping.html" if request.htmx else "scoring/history_columns.html"
    return render(request, template, shown, status=status)


def _asked_before(row: HistoryImport, seen: Preview) -> dict[str, Any]:
    """Start from the columns of the last run, or from a guess."""
    plan = row.plan or {"label": guess_label(seen.columns)}
    return {name: plan.get(name) or "" for name in FIELDS} | {"drop": plan.get("drop", [])}


def _result(
    request: PortalRequest, row: HistoryImport, *, part: bool = False, wrong: str = "", status: int = 200
) -> HttpResponse:
    kept = is_kept(row.id)
    shown = {
        "row": row,
        "id": encode("history", row.id),
        "url": url_of(request, "history", history_id=encode("history", row.id)),
        "plan": row.plan,
        "kept": kept,
        "until": row.created_at + KEPT,
        "wrong": wrong,
        "may_write": _may(request),
        "at_work": row.state in AT_WORK,
        "findings": findings_of(row.findings),
        "result": result_of(row.report),
        "may_run": _may(request) and kept and row.state in service.OPEN,
    }
    return render(request, "scoring/history_progress.html" if part else "scoring/history.html", shown, status=status)


def _row(history_id: str) -> HistoryImport:
    return service.get_history(history_id=_id_of(history_id))


def _id_of(text: str) -> UUID:
    try:
        return decode("history", text)
    except BadId as error:
        raise Http404 from error


def _may(request: PortalRequest) -> bool:
    return WRITE in request.member.scopes
