"""Dispositions: the reports on one purchase with the form of the next, and reports as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.errors import FieldError, Problem
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS
from accounts.portal.cursors import cut, id_of
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns.verticals import load_verticals
from exchange.aftercare import selectors, services
from exchange.aftercare.services import Told
from exchange.aftercare.web.forms import FileForm, ReportForm
from exchange.auction.selectors import SideFacts, list_purchases
from exchange.core.dispositions import ENTRIES_MAX, latest, rows_of_csv, statuses_of

READ, WRITE = "leads:read", "dispositions:write"
HISTORY_MAX = 50
# The file's line that names the columns.
HEADER = 1


@page(reads=READ, writes=WRITE, kinds=ADVERTISERS)
def sale_dispositions(request: PortalRequest, sale_id: str) -> HttpResponse:
    """Show what was reported on a purchase, and take the next report; goes back to the lead."""
    side = next(iter(list_purchases(sale_ids=[id_of("sale", sale_id)])), None)
    if side is None:
        raise Http404
    if request.method != "POST":
        return _draw(request, side, None)
    form = _form(side, request.POST)
    if form.is_valid():
        try:
            told = services.record_disposition(**_who(request), data=form.wire(side))
        except Problem as problem:
            form.take(problem)
        else:
            messages.success(request, "Recorded." if told.result == "recorded" else "That was known already.")
            return to(request, "lead", lead_id=encode("lead", side.lead_id))
    return _draw(request, side, form)


@page(reads=READ, writes=WRITE, kinds=ADVERTISERS)
def dispositions(request: PortalRequest) -> HttpResponse:
    """List what was reported, newest first, and take a file of reports."""
    if request.method != "POST":
        return _list(request, FileForm())
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            entries = rows_of_csv(form.cleaned_data["file"], currency=request.caller.currency)
            return _list(request, FileForm(), services.record_dispositions(**_who(request), entries=entries))
        except Problem as problem:
            for error in problem.errors:
                form.add_error("file", _placed(error, HEADER))
    return _list(request, form, status=422)


def card_of(request: PortalRequest, side: SideFacts, form: ReportForm | None = None) -> dict[str, Any]:
    """Give what templates/aftercare/card.html draws: the reports on a purchase, the one that counts, and the form."""
    rows = selectors.disposition_rows(sale_id=side.sale_id).order_by("-occurred_at", "-id")[:HISTORY_MAX]
    reports = [selectors.disposition_facts(row) for row in rows]
    return {
        "sale_id": encode("sale", side.sale_id), "reports": reports, "current": latest(reports), "form": form or _form(side),
        "may_report": WRITE in request.member.scopes,
    }  # fmt: skip


def _draw(request: PortalRequest, side: SideFacts, form: ReportForm | None) -> HttpResponse:
    shown = {"dispositions": card_of(request, side, form), "lead_id": encode("lead", side.lead_id)}
    template = "aftercare/card.html" if request.htmx else "aftercare/sale.html"
    return render(request, template, shown, status=200 if form is None else 422)


def _list(request: PortalRequest, form: FileForm, told: Sequence[Told] = (), status: int = 200) -> HttpResponse:
    rows, pages = cut(request, selectors.disposition_rows(), "disposition")
    refused = [_placed(error, HEADER + 1) for one in told for error in one.errors]
    results = ("recorded", "repeated", "refused") if told else ()
    counts = {result: sum(one.result == result for one in told) for result in results}
    shown = {
        "rows": [(encode("lead", row.lead_id), selectors.disposition_facts(row)) for row in rows], **pages, "form": form,
        "counts": counts, "refused": refused, "may_report": WRITE in request.member.scopes, "most": ENTRIES_MAX,
    }  # fmt: skip
    return render(request, "aftercare/dispositions.html", shown, status=status)


def _placed(error: FieldError, first: int) -> str:
    """Say where something is wrong, by the file's line; `first` is the line of place 0."""
    place, _, name = error.pointer.strip("/").partition("/")
    return f"Line {int(place) + first}{f', {name}' if name else ''}: {error.detail}" if place.isdecimal() else error.detail


def _form(side: SideFacts, data: Any = None) -> ReportForm:
    statuses, initial = statuses_of(load_verticals()[side.vertical]), {"occurred_at": utc_now()}
    return ReportForm(data, initial=initial, statuses=statuses, currency=side.currency)


def _who(request: PortalRequest) -> dict[str, Any]:
    return {
        "organization_id": request.organization.id, "currency": request.caller.currency, "actor": request.member.actor,
        "at": utc_now(),
    }  # fmt: skip
