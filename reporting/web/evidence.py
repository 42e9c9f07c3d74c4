"""/o/<slug>/evidence: what each model version has scored, as signed files that anybody can compute again."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.portal.pages import page, to, url_of
from accounts.portal.visits import PortalRequest
from accounts.signing import public_key
from reporting.evidence import WINDOW_DAYS, export_holdout, held_lately, latest_window

READERS = ADVERTISERS | OPERATORS
RANGES = (28, WINDOW_DAYS, 365)
# A file is whole before its first byte leaves, because its figures and signature stand at its end.
LEADS_MAX = 200_000


@page(reads="leads:read", kinds=READERS)
def evidence(request: PortalRequest) -> HttpResponse:
    """List the versions that scored leads of the reader's in a window, each with its file."""
    return _listed(request)


@page(reads="leads:read", kinds=READERS)
def evidence_file(request: PortalRequest) -> HttpResponseBase:
    """Give the signed file of one version, piece by piece."""
    version, at = request.GET.get("version", ""), utc_now()
    if not version:
        return to(request, "evidence")
    try:
        made = export_holdout(request.caller, version, latest_window(at, _days(request)), at=at, leads_max=LEADS_MAX)
    except Problem as problem:
        if problem.code != "invalid_request":
            raise
        return _listed(request, fault=problem.errors[0].detail, status=422)
    return FileResponse(made.file, as_attachment=True, filename=made.name, content_type="application/x-ndjson")


def _listed(request: PortalRequest, *, fault: str = "", status: int = 200) -> HttpResponse:
    days, address, list_url = _days(request), url_of(request, "evidence_file"), url_of(request, "evidence")
    shown = {
        "rows": [
            (f"{address}?{urlencode({'version': held.version, 'days': str(days)})}", held)
            for held in held_lately(request.caller, days, at=utc_now())
        ],
        "ranges": [(one, f"{list_url}?days={one}", one == days) for one in RANGES],
        "key": public_key(), "days": days, "fault": fault,
    }  # fmt: skip
    return render(request, "reporting/evidence.html", shown, status=status)


def _days(request: PortalRequest) -> int:
    """Read the range of the address; what is not offered is the default."""
    text = request.GET.get("days", "")
    return int(text) if text in {str(one) for one in RANGES} else WINDOW_DAYS
