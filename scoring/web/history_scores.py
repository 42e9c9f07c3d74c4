"""/o/<slug>/scoring/history/<id>/score: new leads scored by what an import taught, and the file of answers.

Answers hold the rows that were brought, so they are given to those only who may bring files.
"""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from scoring.history import services as service
from scoring.history.files import SCORED, is_kept, path_of
from scoring.web.histories import KINDS, WRITE, ScoreForm, brought, row_of, show
from scoring.web.uploads import to_disk


@to_disk
@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_score(request: PortalRequest, history_id: str) -> HttpResponse:
    """Take a file of new leads and go to the page of its scoring."""
    row = row_of(history_id)
    if request.method != "POST":
        return to(request, "history", history_id=history_id)
    form = ScoreForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, row, form=form, status=422)
    file = brought(form.cleaned_data["file"])
    assert file is not None, "the form wants one"
    try:
        scoring_id = service.score(
            organization_id=request.organization.id, history_id=row.id, file=file, actor=request.member.actor, at=utc_now()
        )
    except Problem as problem:
        if not problem.errors:
            raise
        form.take(problem)
        return show(request, row, form=form, status=422)
    return to(request, "history", history_id=encode("history", scoring_id))


@page(reads=WRITE, kinds=KINDS)
def history_scored(request: PortalRequest, history_id: str) -> HttpResponseBase:
    """Give the rows of a file with what was said of each."""
    row = row_of(history_id)
    if not is_kept(row.id, SCORED):
        raise Http404
    name = f"scored-{row.file_name.rpartition('.')[0] or row.file_name}.csv"
    answers = path_of(row.id, SCORED).open("rb")
    return FileResponse(answers, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
