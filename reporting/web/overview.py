"""/o/<slug>/: the first page of each role."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import change, kpi, money, share
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from accounts.tenancy import act_as_exchange
from reporting import overview as reads
from reporting.health import current_health
from scoring.monitoring import list_alerts


@page(reads="leads:read")
def overview(request: PortalRequest) -> HttpResponse:
    """Show today: to a publisher what it earned, to an advertiser what it bought, to the operator the market."""
    kind = request.organization.kind
    if kind == "operator":
        return _operator(request)
    side = "advertiser" if kind == "advertiser" else "publisher"
    if kind == "both" and request.GET.get("side") == "advertiser":
        side = "advertiser"
    return _advertiser(request) if side == "advertiser" else _publisher(request)


def _publisher(request: PortalRequest) -> HttpResponse:
    currency = request.caller.currency
    seen = reads.publisher_overview(at=utc_now(), currency=currency)
    today, before = seen.today, seen.yesterday
    wanted, sold = change(today.wanted, before.wanted), change(today.sold, before.sold)
    numbers = [
        kpi("Pings", f"{today.came:,}", difference=change(today.came, before.came)),
        kpi("Quoted", f"{today.wanted:,}", f"{share(today.wanted, today.came)} of pings", difference=wanted),
        kpi("Sold", f"{today.sold:,}", f"{share(today.sold, today.wanted)} of quotes", difference=sold),
        kpi("Earnings", money(today.amount, currency), difference=change(today.amount, before.amount)),
        kpi("Earnings per ping", _each(today.amount, today.came, currency), "sold or not"),
    ]
    shown = {
        "numbers": numbers,
        "rows": seen.rows,
        "currency": currency,
        "bars": _bars(seen.hours, currency),
        "side": "publisher",
    }
    return render(request, "reporting/overview_publisher.html", shown)


def _advertiser(request: PortalRequest) -> HttpResponse:
    currency = request.caller.currency
    seen = reads.advertiser_overview(at=utc_now(), currency=currency)
    today, before, wallet = seen.today, seen.yesterday, seen.balance
    wanted, sold = change(today.wanted, before.wanted), change(today.sold, before.sold)
    numbers = [
        kpi("Bids", f"{today.came:,}", difference=change(today.came, before.came)),
        kpi("Quotes won", f"{today.wanted:,}", f"{share(today.wanted, today.came)} of bids", difference=wanted),
        kpi("Leads bought", f"{today.sold:,}", f"{share(today.sold, today.wanted)} of quotes", difference=sold),
        kpi("Spend", money(today.amount, currency), _price(today, currency), difference=change(today.amount, before.amount)),
        kpi("Wallet", money(wallet.balance_amount if wallet else None, currency), "balance now"),
    ]
    shown = {
        "numbers": numbers,
        "rows": seen.rows,
        "currency": currency,
        "bars": _bars(seen.hours, currency),
        "side": "advertiser",
    }
    return render(request, "reporting/overview_advertiser.html", shown)


def _operator(request: PortalRequest) -> HttpResponse:
    currency, mode = request.caller.currency, request.organization.mode
    seen, health = reads.market_overview(at=utc_now(), mode=mode, currency=currency), current_health()
    today, before, rates = seen.today, seen.yesterday, health.body["rates"].get(mode, {})
    wanted, sold = change(today.wanted, before.wanted), change(today.sold, before.sold)
    numbers = [
        kpi(
            "Pings",
            f"{today.came:,}",
            f"{rates.get('pings_per_minute', 0)} in the last minute",
            difference=change(today.came, before.came),
        ),
        kpi("Quoted", f"{today.wanted:,}", f"{share(today.wanted, today.came)} of pings", difference=wanted),
        kpi("Sold", f"{today.sold:,}", f"{share(today.sold, today.wanted)} of quotes", difference=sold),
        kpi("Turnover", money(today.amount, currency), difference=change(today.amount, before.amount)),
        kpi("Margin", money(seen.margin_amount, currency), f"{share(seen.margin_amount, today.amount)} of turnover"),
    ]
    with act_as_exchange("the operator looks at what rang"):
        alerts = list_alerts(open_only=True)
    shown = {"numbers": numbers, "market": seen, "currency": currency, "health": health, "alerts": alerts}
    return render(request, "reporting/overview_operator.html", shown)


def _each(amount: int, number: int, currency: str) -> str:
    return money(amount // number if number else None, currency)


def _price(today: reads.Tally, currency: str) -> str:
    return f"{_each(today.amount, today.sold, currency)} a lead" if today.sold else ""


def _bars(hours: tuple[reads.HourSum, ...], currency: str) -> list[tuple[str, int, str]]:
    return [(f"{one.hour:%-d %b %H:%M}", one.amount, money(one.amount, currency)) for one in hours]
