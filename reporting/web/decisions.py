"""/o/<slug>/pings/<id>: how one auction was decided, as a page or in the drawer; and the operator's way there from any id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import from_ms
from accounts.core.display import money, percent
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.menu import OPERATORS
from accounts.core.money import micros_from_text
from accounts.portal.cursors import id_of
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from accounts.selectors import list_organizations
from campaigns.selectors import list_campaigns
from exchange.core.reasons import MEANINGS, Reason
from reporting.listings import ping_of
from reporting.overview import label_of, place_of
from reporting.selectors import Decision, get_ping
from reporting.shapes import ping_out
from reporting.web.scores import drawn_score


@page(reads="leads:read")
def decision(request: PortalRequest, ping_id: str) -> HttpResponse:
    """Show the decision; a fragment's request gets what goes into the drawer."""
    found = get_ping(request.caller, id_of("ping", ping_id))
    template = "reporting/decision_drawer.html" if request.htmx else "reporting/decision.html"
    return render(request, template, {"ping_id": ping_id, "decision": drawn(request, found)})


@page(reads="exchange:operate", kinds=OPERATORS)
def find(request: PortalRequest) -> HttpResponse:
    """Go from the id of a ping, lead, quote, sale or auction to its decision."""
    text = request.GET.get("id", "").strip()
    if not text:
        return render(request, "reporting/find.html")
    try:
        ping_id = ping_of(request.caller, text)
        get_ping(request.caller, ping_id)
    except Problem:
        return render(request, "reporting/find.html", {"missing": text[:60], "wanted": text[:60]}, status=404)
    return to(request, "decision", ping_id=encode("ping", ping_id))


def drawn(request: PortalRequest, found: Decision | None) -> dict[str, Any] | None:
    """Prepare a decision for the template: only what its reader may know, amounts in words."""
    if found is None:
        return None
    record = found.record
    seen = ping_out(found, request.organization.id)
    trace = seen["trace"]
    shown = {
        "role": found.role, "at": from_ms(record.ping.received_at_ms), "vertical": label_of(record.ping.vertical),
        "place": place_of(record.ping.lead), "kind": record.ping.kind, "stages": trace["stages"],
        "status": seen.get("status", ""),
        "total_ms": sum(one["ms"] for one in trace["stages"]), "quotes": [_quote(one) for one in seen.get("quotes", [])],
        "together": _amount(seen.get("payout")),
        "score": drawn_score(seen["score"]), "bids": [], "facts": [],
        "reasons": [_reason(one) for one in trace.get("reasons", seen.get("reasons", []))],
        "candidates": trace.get("candidates"), "lead_id": seen.get("lead_id"),
    }  # fmt: skip
    if found.role == "advertiser":
        names = {encode("campaign", id): name for id, name in list_campaigns().values_list("id", "name")}
        return shown | {"bids": [_bid(one, names) for one in seen["bids"]]}
    if found.role == "operator":
        names = {encode("organization", one.id): one.name for one in list_organizations(mode=record.mode)}
        bids = [_bid(one, names, "organization_id") for one in trace["bids"]]
        return shown | {"bids": bids, "facts": _facts(trace), "publisher": names.get(seen["publisher_id"], "")}
    return shown


def _facts(trace: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("Auction", trace["auction_id"]), ("Pricing", trace["pricing"].replace("_", " ")),
        ("Sales at most", str(trace["sales_max"])), ("Floor", _amount(trace["floor"])),
        ("Smallest payout", _amount(trace["floor_payout"])), ("Margin", _margin(trace["margin"], trace["floor"])),
        ("Model", trace["model_version"] or "none"), ("Snapshot", str(trace["snapshot_version"])), ("Seed", trace["seed"]),
    ]  # fmt: skip


def _margin(margin: Mapping[str, Any], beside: Mapping[str, str]) -> str:
    """Write a margin: a share of the price, or an amount in the currency of an amount `beside` it."""
    if margin["kind"] == "percent":
        return percent(float(margin["value"]))
    return money(int(margin["value"]), beside["currency"])


def _bid(bid: Mapping[str, Any], names: Mapping[str, str], of: str = "campaign_id") -> dict[str, Any]:
    return {
        "who": names.get(bid[of], bid[of]), "campaign_id": bid["campaign_id"], "status": bid.get("quote_status") or bid["status"],
        "bid": _amount(bid["bid"]), "price": _amount(bid["price"]), "reason": _reason(bid["reason"]) if bid["reason"] else None,
        "steps": [_step(one) for one in bid["arithmetic"]], "payout": _amount(bid.get("payout")),
        "margin": _amount(bid.get("margin")), "experiment": bid.get("experiment"),
    }  # fmt: skip


def _step(step: Mapping[str, Any]) -> tuple[str, str, str]:
    factor = step.get("factor")
    # A chance has some seventeen digits; multipliers have four decimals at most, and stand as they were written.
    shown = "" if factor is None else f"× {round(Decimal(factor), 4).normalize():f}"
    return str(step["step"]), shown, _amount(step.get("price"))


def _quote(quote: Mapping[str, Any]) -> dict[str, str]:
    return {"id": quote["id"], "status": quote["status"], "payout": _amount(quote["payout"])}


def _reason(reason: Mapping[str, Any]) -> dict[str, Any]:
    code = reason["code"]
    known: Iterable[str] = {one.value for one in Reason}
    sentence = MEANINGS[Reason(code)].sentence if code in known else ""
    return {"code": code, "sentence": sentence, "detail": reason.get("detail", ""), "count": reason.get("count", 1)}


def _amount(wire: Mapping[str, str] | None) -> str:
    return money(None if wire is None else micros_from_text(wire["amount"]), "" if wire is None else wire["currency"])
