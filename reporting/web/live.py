"""/o/<slug>/live: own pings or bids as they happen; /o/<slug>/live/market: everybody's, for the operator.

The server draws the newest rows, which is all there is without scripts; the script opens the socket and draws them anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from accounts.core.display import NOTHING, money
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS, OPERATORS, PUBLISHERS, TRADERS
from accounts.core.money import micros_from_text
from accounts.portal.pages import page, url_of
from accounts.portal.visits import PortalRequest
from accounts.selectors import list_organizations
from campaigns.selectors import list_campaigns, source_rows
from campaigns.verticals import load_verticals
from exchange.core.reasons import MEANINGS, Reason
from reporting.core.news import Event
from reporting.overview import label_of, place_of
from reporting.selectors import latest_of

ROWS = 50
QUOTED = ("quoted", "sold", "expired", "refused")
RESULTS: Mapping[str, tuple[str, ...]] = {
    "advertiser": (*QUOTED, "lost", "filtered"),
    "publisher": (*QUOTED, "no_bid"),
    "both": (*QUOTED, "lost", "filtered", "no_bid"),
    "operator": (*QUOTED, "no_bid"),
}
WHO: Mapping[str, str] = {
    "advertiser": "Campaign", "publisher": "Source", "both": "Campaign or source", "operator": "Publisher",
}  # fmt: skip
NUMBERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "advertiser": (("bid", "Bid"), ("amount", "Price")),
    "publisher": (("amount", "Payout"),),
    "both": (("bid", "Bid"), ("amount", "Price or payout")),
    "operator": (("bids", "Bids"), ("amount", "Price")),
}
SENTENCES = {reason.value: meaning.sentence for reason, meaning in MEANINGS.items()}

Names = dict[str, str]


@page(reads="leads:read", kinds=TRADERS)
def live(request: PortalRequest) -> HttpResponse:
    """Show an organization's own rows."""
    kind, groups = request.organization.kind, {}
    if kind in ADVERTISERS:
        groups["Campaigns"] = {encode("campaign", row_id): name for row_id, name in list_campaigns().values_list("id", "name")}
    if kind in PUBLISHERS:
        groups["Sources"] = {encode("source", row_id): name for row_id, name in source_rows().values_list("id", "name")}
    return _live(request, groups)


@page(reads="exchange:operate", kinds=OPERATORS)
def market(request: PortalRequest) -> HttpResponse:
    """Show the operator every auction of the market."""
    taking_part = [one for one in list_organizations(mode=request.organization.mode) if one.kind != "operator"]
    return _live(request, {"Organizations": {encode("organization", one.id): one.name for one in taking_part}})


def _live(request: PortalRequest, groups: Mapping[str, Names]) -> HttpResponse:
    kind, names = request.organization.kind, {row_id: name for group in groups.values() for row_id, name in group.items()}
    decisions = url_of(request, "overview") + "pings/"
    labels = {slug: one.label for slug, one in load_verticals().items()}
    shown = {
        "socket": "/ws/auctions?" + urlencode({"o": request.organization.slug}), "decisions": decisions, "results": RESULTS[kind],
        "who": WHO[kind], "numbers": NUMBERS[kind], "groups": {word: sorted(group.items(), key=lambda one: one[1].lower())
                                                               for word, group in groups.items()},
        "words": {"names": names, "labels": labels, "sentences": SENTENCES}, "whole": kind == "operator",
        "rows": [_row(event, names, decisions) for event in latest_of(request.caller, ROWS)],
    }  # fmt: skip
    return render(request, "reporting/live.html", shown)


def _row(event: Event, names: Names, decisions: str) -> dict[str, Any]:
    reason, lead = event["reason"] or "", {"state": event["state"], "zip": event["zip3"]}
    whose = {"bid": "campaign_id", "ping": "source_id", "auction": "publisher_id"}[event["kind"]]
    return {
        "key": event["key"], "at": parse_datetime(event["at"]), "status": event["status"],
        # A campaign that did not bid took no part, so there is no decision to open.
        "url": "" if event["status"] == "filtered" else decisions + event["ping_id"],
        "reason": _why(event), "sentence": SENTENCES.get(Reason(reason)) if reason else "",
        "who": names.get(event[whose], NOTHING), "lead": label_of(event["vertical"]), "place": place_of(lead),
        "winner": ", ".join(names.get(one, NOTHING) for one in event.get("winner_ids", ())) or NOTHING,
        "score": event["score"], "ms": event["ms"], "bids": event.get("bids"),
        "bid": _amount(event.get("bid")), "amount": _amount(event["payout"] if event["kind"] == "ping" else event["price"]),
    }  # fmt: skip


def _why(event: Event) -> str:
    """Say a reason in words: the clause alone where the result names the reason already."""
    parts = [event["reason"] if event["reason"] != event["status"] else None, event["detail"]]
    return ": ".join(part for part in parts if part).replace("_", " ")


def _amount(wire: Mapping[str, str] | None) -> str:
    return NOTHING if wire is None else money(micros_from_text(wire["amount"]), wire["currency"])
