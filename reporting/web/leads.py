"""/o/<slug>/leads, /pings and /auctions: the lists, and one lead."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.core.menu import OPERATORS, PUBLISHERS
from accounts.portal.cursors import before_of, id_of, older_url
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns.selectors import get_source
from exchange.aftercare.web.dispositions import card_of
from exchange.auction.selectors import list_purchases
from exchange.delivery.selectors import attempts_by_delivery
from reporting import listings
from reporting.lead_timing import timing_of
from reporting.overview import label_of, place_of
from reporting.selectors import BoughtLead, PostedLead, get_lead
from reporting.web import lead_timing
from reporting.web.decisions import drawn


@page(reads="leads:read", kinds=PUBLISHERS)
def pings(request: PortalRequest) -> HttpResponse:
    """List own pings."""
    found = listings.list_pings(at=utc_now(), before=before_of(request, "ping"))
    rows = [(encode("ping", row.ping_id), row) for row in found.rows]
    return render(request, "reporting/pings.html", _list(request, rows, older_url("ping", found.older)))


@page(reads="leads:read", kinds=PUBLISHERS)
def source_pings(request: PortalRequest, source_id: str) -> HttpResponse:
    """Say whether a source's pings arrive: a fragment of its page, which asks again until one is there."""
    if not request.htmx:
        return to(request, "source", source_id=source_id)
    row = listings.newest_ping(get_source(source_id=id_of("source", source_id)).id, at=utc_now())
    if row is None and "again" in request.GET:
        return HttpResponse(status=204)
    shown = {"row": row, "ping_id": encode("ping", row.ping_id) if row else "", "source_id": source_id,
             "currency": request.caller.currency}  # fmt: skip
    return render(request, "reporting/source_pings.html", shown)


@page(reads="leads:read", kinds=OPERATORS)
def auctions(request: PortalRequest) -> HttpResponse:
    """List everybody's auctions."""
    found = listings.list_auctions(request.caller, at=utc_now(), before=before_of(request, "auction"))
    rows = [(encode("ping", row.ping_id), row) for row in found.rows]
    return render(request, "reporting/auctions.html", _list(request, rows, older_url("auction", found.older)))


@page(reads="leads:read")
def leads(request: PortalRequest) -> HttpResponse:
    """List what an advertiser bought, what a publisher posted; the operator sees everybody's posts."""
    kind = request.organization.kind
    if kind == "advertiser" or (kind == "both" and request.GET.get("side") == "advertiser"):
        return _bought(request)
    before = before_of(request, "lead")
    found = listings.list_all_posted(request.caller, before=before) if kind == "operator" else listings.list_posted(before=before)
    rows = [(encode("lead", row.lead_id), row) for row in found.rows]
    shown = _list(request, rows, older_url("lead", found.older)) | {"origin": "Publisher" if kind == "operator" else "Source"}
    return render(request, "reporting/leads_posted.html", shown)


def _bought(request: PortalRequest) -> HttpResponse:
    found = listings.list_bought(before=before_of(request, "sale"))
    rows = [(encode("lead", row.lead_id), row) for row in found.rows]
    return render(request, "reporting/leads_bought.html", _list(request, rows, older_url("sale", found.older)))


def _list(request: PortalRequest, rows: list[tuple[str, Any]], older: str) -> dict[str, Any]:
    first = "before" not in request.GET
    return {"rows": rows, "older": older, "newer": "" if first else "?", "currency": request.caller.currency,
            "shown": f"{len(rows)} {'newest' if first else 'older'}"}  # fmt: skip


@page(reads="leads:read")
def lead(request: PortalRequest, lead_id: str) -> HttpResponse:
    """Show one lead to who posted or bought it, and to the operator."""
    found = get_lead(request.caller, id_of("lead", lead_id))
    shown = {
        "lead": found, "lead_id": lead_id, "decision": drawn(request, found.decision),
        "vertical": label_of(found.vertical if isinstance(found, PostedLead) else found.sales[0].vertical),
    }  # fmt: skip
    of_side = _of_buyer(request, found) if isinstance(found, BoughtLead) else _of_poster(found)
    return render(request, "reporting/lead.html", shown | of_side)


def _of_buyer(request: PortalRequest, found: BoughtLead) -> dict[str, Any]:
    attempts = attempts_by_delivery([one.delivery_id for one in found.deliveries])
    now, sold_at = utc_now(), found.sales[0].created_at
    record = found.decision.record if found.decision else None
    fields = record.ping.lead if record else {}
    # The whole lead went to the buyer's own system; the page shows the region only.
    facts = {name: value for name, value in fields.items() if name != "zip"}
    return {
        "side": "advertiser", "at": sold_at, "place": place_of(fields), "fields": facts,
        "deliveries": [(encode("delivery", one.delivery_id), one, attempts[one.delivery_id]) for one in found.deliveries],
        "dispositions": [card_of(request, side) for side in list_purchases(lead_ids=[found.lead_id])],
        "may_resend": "campaigns:write" in request.member.scopes,
        "timing": lead_timing.card_of(timing_of(request.caller, found, at=now), sold_at=sold_at, at=now),
        "state": found.sales[0].status, "total": sum(sale.amount for sale in found.sales), "money_of": found.sales[0].currency,
    }  # fmt: skip


def _of_poster(found: PostedLead) -> dict[str, Any]:
    facts = {name: value for name, value in found.fields.items() if name != "zip"}
    return {"side": found.role, "at": found.received_at, "place": place_of(found.fields), "fields": facts, "state": found.status,
            "total": found.payout_amount, "money_of": found.currency}  # fmt: skip
