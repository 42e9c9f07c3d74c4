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
from scoring.history import services as service
from scoring.history.files import BYTES_MAX, KEPT, SCORED, is_kept
from scoring.models import HistoryImport
from scoring.web.history_result import findings_of, result_of
from scoring.web.uploads import to_disk

READ, WRITE = "campaigns:read", "campaigns:write"
KINDS = ADVERTISERS | OPERATORS
ROWS = 50
MEGABYTES = BYTES_MAX // 1024 // 1024
CSV = ".csv,.tsv,.txt,text/csv,text/plain"
AT_WORK = ("queued", "running")


class UploadForm(PortalForm):
    """The file, and an official test set."""

    file = forms.FileField(
        label="File of past leads",
        max_length=200,
        allow_empty_file=True,
        help_text=f"CSV with a header line, up to {MEGABYTES} MB; encoding and separator are found out. "
        "For more: manage.py import_history on the exchange's machine.",
        widget=forms.FileInput(attrs={"accept": CSV}),
    )

    test = forms.FileField(
        label="Official test set",
        required=False,
        max_length=200,
        allow_empty_file=True,
        help_text="A second file with the same columns. Its rows train nothing: they alone judge. Rows of the first file "
        "can do so, too; the next page asks which.",
        widget=forms.FileInput(attrs={"accept": CSV}),
    )

    def clean_file(self) -> TemporaryUploadedFile:
        """Refuse what is too large."""
        return _not_too_large(self.cleaned_data["file"])

    def clean_test(self) -> TemporaryUploadedFile | None:
        """Refuse what is too large."""
        test = self.cleaned_data["test"]
        return _not_too_large(test) if test else None


class ScoreForm(PortalForm):
    """New leads."""

    file = forms.FileField(
        label="File of new leads",
        max_length=200,
        allow_empty_file=True,
        help_text=f"CSV with the columns that the model reads, in any order, up to {MEGABYTES} MB.",
        widget=forms.FileInput(attrs={"accept": CSV}),
    )

    def clean_file(self) -> TemporaryUploadedFile:
        """Refuse what is too large."""
        return _not_too_large(self.cleaned_data["file"])


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
    file, test = (brought(form.cleaned_data[name]) for name in ("file", "test"))
    assert file is not None, "the form wants one"
    try:
        history_id = service.upload(
            organization_id=request.organization.id,
            file=file,
            test=test,
            actor=request.member.actor,
            at=utc_now(),
        )
    except Problem as problem:
        form.take(problem)
        return _list(request, form, status=422)
    return to(request, "history_columns", history_id=encode("history", history_id))


@page(reads=READ, kinds=KINDS)
def history(request: PortalRequest, history_id: str) -> HttpResponse:
    """Show how far the run is, or what came of it. The part that ticks leads to the whole page once the run is over."""
    row = row_of(history_id)
    if request.htmx and row.state not in AT_WORK:
        return to(request, "history", history_id=history_id)
    return show(request, row, part=bool(request.htmx))


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_again(request: PortalRequest, history_id: str) -> HttpResponse:
    """Run again without the columns that were dropped and with the findings that were allowed."""
    row = row_of(history_id)
    if request.method != "POST":
        return to(request, "history", history_id=history_id)
    chosen = {name: request.POST.getlist(name) for name in ("drop", "allow")}
    try:
        service.start_again(organization_id=request.organization.id, history_id=row.id, actor=request.member.actor, **chosen)
    except Problem as problem:
        if not problem.errors:
            raise
        return show(request, row, wrong=problem.errors[0].detail, status=422)
    return to(request, "history", history_id=history_id)


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_delete(request: PortalRequest, history_id: str) -> HttpResponse:
    """Delete the import, its report and its file."""
    row = row_of(history_id)
    if request.method != "POST":
        return to(request, "history", history_id=history_id)
    service.delete(organization_id=request.organization.id, history_id=row.id, actor=request.member.actor)
    messages.success(request, "Deleted." if row.never_stored else "Deleted, the file with it.")
    return to(request, "histories")


@page(reads=READ, kinds=KINDS)
def history_report(request: PortalRequest, history_id: str) -> HttpResponse:
    """Give the figures as the command writes them."""
    row = row_of(history_id)
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


def show(
    request: PortalRequest,
    row: HistoryImport,
    *,
    part: bool = False,
    wrong: str = "",
    form: ScoreForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the page of an import, or of a file that is scored, or the part of it that ticks."""
    shown = {
        "row": row,
        "id": encode("history", row.id),
        "url": url_of(request, "history", history_id=encode("history", row.id)),
        "until": row.created_at + KEPT,
        "may_write": _may(request),
        "at_work": row.state in AT_WORK,
    }
    if part:
        return render(request, "scoring/history_progress.html", shown)
    if row.scored_with is not None:
        return render(request, "scoring/history_scored.html", shown | _scored(row))
    return render(request, "scoring/history.html", shown | _learned(request, row, wrong, form or ScoreForm()), status=status)


def _learned(request: PortalRequest, row: HistoryImport, wrong: str, form: ScoreForm) -> dict[str, Any]:
    kept, columns = service.is_whole(row), service.columns_read(row) if row.state == "done" else ()
    scorings = service.scorings(row) if columns else []
    return {
        "plan": row.plan,
        "kept": kept,
        "wrong": wrong,
        "findings": findings_of(row.findings),
        "result": result_of(row.report),
        "may_run": _may(request) and kept and row.state in service.OPEN,
        "reads": columns,
        "form": form,
        "scorings": [(encode("history", one.id), one, is_kept(one.id, SCORED)) for one in scorings],
    }


def _scored(row: HistoryImport) -> dict[str, Any]:
    taught = row.scored_with
    assert taught is not None, "the caller has looked"
    return {"taught": taught, "taught_id": encode("history", taught.id), "answers": is_kept(row.id, SCORED)}


def _not_too_large(file: TemporaryUploadedFile) -> TemporaryUploadedFile:
    if (file.size or 0) > BYTES_MAX:
        raise forms.ValidationError(f"A file has at most {MEGABYTES} MB here: leave out columns or old rows.")
    return file


def brought(file: TemporaryUploadedFile | None) -> service.Brought | None:
    """Give a file that arrived as the services take it."""
    if file is None:
        return None
    file.flush()
    return service.Brought(Path(file.temporary_file_path()), str(file.name))


def row_of(history_id: str) -> HistoryImport:
    """Give the import that an address names; raises Http404 or Problem not_found."""
    return service.get_history(history_id=_id_of(history_id))


def _id_of(text: str) -> UUID:
    try:
        return decode("history", text)
    except BadId as error:
        raise Http404 from error


def _may(request: PortalRequest) -> bool:
    return WRITE in request.member.scopes
