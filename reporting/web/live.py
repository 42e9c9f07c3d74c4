"""/o/<slug>/live: own pings or bids as they happen; the script opens the socket and draws the rows."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.menu import ADVERTISERS, PUBLISHERS
from accounts.portal.pages import page, url_of
from accounts.portal.visits import PortalRequest

STATES = ("quoted", "no_bid", "sold", "expired", "won", "lost", "filtered")


@page(reads="leads:read", kinds=PUBLISHERS | ADVERTISERS)
def live(request: PortalRequest) -> HttpResponse:
    """Show the page; its socket starts with a snapshot."""
    shown = {
        "socket": "/ws/auctions?" + urlencode({"o": request.organization.slug}),
        "base": url_of(request, "overview") + "pings/",
        "states": STATES,
        "amount": "Bid" if request.organization.kind == "advertiser" else "Payout",
    }
    return render(request, "reporting/live.html", shown)
