"""/o/<slug>/evidence: what each model version has scored, as signed files that anybody can compute again."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.core.clock import utc_now
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.portal.pages import page, to, url_of
from accounts.portal.visits import PortalRequest
from accounts.signing import public_key
from reporting.evidence import WINDOW_DAYS, export_holdout, latest_window, list_held

READERS = ADVERTISERS | OPERATORS
RANGES = (28, WINDOW_DAYS, 365)


@page(reads="leads:read", kinds=READERS)
def evidence(request: PortalRequest) -> HttpResponse:
    """List the versions that scored leads of the reader's in a window, each with its file."""
    at, days, address = utc_now(), _days(request), url_of(request, "evidence_file")
    rows = [
        (f"{address}?{urlencode({'version': held.version, 'days': str(days)})}", held)
        for held in list_held(request.caller, latest_window(at, days), at=at)
    ]
    ranges = [(one, f"?days={one}", one == days) for one in RANGES]
    return render(request, "reporting/evidence.html", {"rows": rows, "key": public_key(), "days": days, "ranges": ranges})


@page(reads="leads:read", kinds=READERS)
def evidence_file(request: PortalRequest) -> HttpResponseBase:
    """Give the signed file of one version, piece by piece."""
    version, at = request.GET.get("version", ""), utc_now()
    if not version:
        return to(request, "evidence")
    made = export_holdout(request.caller, version, latest_window(at, _days(request)), at=at)
    return FileResponse(made.file, as_attachment=True, filename=made.name, content_type="application/x-ndjson")


def _days(request: PortalRequest) -> int:
    """Read the range of the address; what is not offered is the default."""
    text = request.GET.get("days", "")
    return int(text) if text in {str(one) for one in RANGES} else WINDOW_DAYS
