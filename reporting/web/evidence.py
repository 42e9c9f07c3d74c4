"""/o/<slug>/evidence: what each model version has scored, as signed files that anybody can compute again."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.core.clock import utc_now
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.portal.pages import page, to, url_of
from accounts.portal.visits import PortalRequest
from accounts.signing import public_key
from reporting.evidence import export_holdout, list_held

READERS = ADVERTISERS | OPERATORS


@page(reads="leads:read", kinds=READERS)
def evidence(request: PortalRequest) -> HttpResponse:
    """List the versions that scored leads of the reader's, each with its file."""
    address = url_of(request, "evidence_file")
    rows = [(f"{address}?{urlencode({'version': held.version})}", held) for held in list_held(request.caller)]
    return render(request, "reporting/evidence.html", {"rows": rows, "key": public_key()})


@page(reads="leads:read", kinds=READERS)
def evidence_file(request: PortalRequest) -> HttpResponse:
    """Give the signed file of one version."""
    version = request.GET.get("version", "")
    if not version:
        return to(request, "evidence")
    made = export_holdout(request.caller, version, at=utc_now())
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return HttpResponse(made.content, content_type="application/x-ndjson", headers=headers)
