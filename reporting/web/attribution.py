"""/o/<slug>/attribution: which channels wins are owed to, which combinations sell, and which sales surprised their score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import kpi, money, share
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.core.money import text_from_micros
from accounts.portal.pages import page, url_of
from accounts.portal.visits import PortalRequest
from reporting.core.attribution import MODELS
from reporting.core.channels import ROWS_MAX, Combination, Owed, SoldLead, owed, pairs, sequences, surprises
from reporting.journeys import ROWS_MAX as SALES_MAX
from reporting.journeys import list_sold
from reporting.web.daily import inert, lines

READERS = ADVERTISERS | OPERATORS
RANGES, RANGE = (7, 28, 90), 28
NOTES = (
    "Which channels your wins are owed to: the same sales, seven ways to share them out.",
    "Which channels the wins are owed to, seven ways: everybody's sales, whether their outcomes are shared with models or not.",
)
MODEL_WORDS = {
    "first": "First", "last": "Last", "linear": "Linear", "time_decay": "Time decay", "position": "Position",
    "shapley": "Shapley", "markov": "Markov",
}  # fmt: skip


@page(reads="leads:read", kinds=READERS)
def attribution(request: PortalRequest) -> HttpResponse:
    """Show channels by seven models, their combinations, and the surprises."""
    days, sales = _asked(request, utc_now())
    rows, currency = owed(sales), request.caller.currency
    low, high = surprises(sales)
    known = [sale for sale in sales if sale.won is not None]
    shown = {
        "attribution_note": NOTES[request.organization.kind == "operator"],
        "days": days, "ranges": [(one, f"?days={one}", one == days) for one in RANGES],
        "csv_url": f"{url_of(request, 'attribution_csv')}?days={days}", "models": MODEL_WORDS.values(),
        "numbers": _numbers(sales, known, currency), "rows": [_row(row, currency) for row in rows],
        "chart": _chart(rows) if any(sale.won and sale.channels for sale in known) else None,
        "pairs": _combinations(pairs(sales), currency), "sequences": _combinations(sequences(sales), currency),
        "low": _surprises(low, currency), "high": _surprises(high, currency),
        "empty": not sales, "known": known, "cut": len(sales) == SALES_MAX,
        "untouched": sum(not sale.channels for sale in sales),
        "untouched_won": sum(sale.won is True and not sale.channels for sale in sales),
    }  # fmt: skip
    return render(request, "reporting/attribution.html", shown)


@page(reads="leads:read", kinds=READERS)
def attribution_csv(request: PortalRequest) -> HttpResponseBase:
    """Give the channels and what each model owes them as CSV."""
    days, sales = _asked(request, utc_now())
    headings = ["channel", *MODELS, "spend_end_known", "currency"]
    rows = [
        [inert(row.channel), *(f"{row.wins[model]:.4f}" for model in MODELS), text_from_micros(round(row.spend)),
         request.caller.currency]
        for row in owed(sales)
    ]  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="attribution-{days}-days.csv"'}
    return StreamingHttpResponse(lines([headings, *rows]), content_type="text/csv; charset=utf-8", headers=headers)


def _asked(request: PortalRequest, at: datetime) -> tuple[int, tuple[SoldLead, ...]]:
    """Read the range of the address and its sales; what is not offered is the default."""
    text = request.GET.get("days", "")
    days = int(text) if text in {str(one) for one in RANGES} else RANGE
    return days, list_sold(request.caller, since=at - timedelta(days=days), until=at)


def _numbers(sales: Sequence[SoldLead], known: Sequence[SoldLead], currency: str) -> list[dict[str, Any]]:
    won, spent = sum(sale.won is True for sale in known), sum(sale.price for sale in sales)
    return [
        kpi("Sales", f"{len(sales):,}", money(spent, currency)),
        kpi("Outcome known", share(len(known), len(sales)), f"of {len(known):,}; the others are left out"),
        kpi("Won", f"{won:,}", share(won, len(known)) + " of the known"),
        kpi(
            "Spend a win", money(sum(sale.price for sale in known) // won, currency) if won else "—", "on sales with a known end"
        ),
    ]


def _row(row: Owed, currency: str) -> dict[str, Any]:
    wins = [(MODEL_WORDS[model], f"{row.wins[model]:,.1f}") for model in MODELS]
    return {"channel": row.channel, "wins": wins, "spend": money(round(row.spend), currency)}


def _chart(rows: Sequence[Owed]) -> dict[str, Any]:
    """Draw a group of bars a channel, one for each of the models that differ most; the table has all of them."""
    drawn = ("first", "last", "shapley", "markov")
    channels = [row.channel for row in rows[:12]]
    data = [
        {"type": "bar", "name": MODEL_WORDS[model], "x": channels, "y": [round(row.wins[model], 2) for row in rows[:12]],
         "marker": {"color": f"--c{place + 1}"}}
        for place, model in enumerate(drawn)
    ]  # fmt: skip
    layout = {
        "barmode": "group", "height": 300, "bargap": 0.3, "xaxis": {"type": "category", "showgrid": False},
        "yaxis": {"rangemode": "tozero", "title": {"text": "Wins"}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }  # fmt: skip
    best = max(rows, key=lambda row: row.wins["markov"])
    summary = f"Wins by channel: {rows[0].channel} had the last touch of most, and by removal effect {best.channel} is owed most."
    shown = [[row.channel, *(f"{row.wins[model]:.2f}" for model in drawn)] for row in rows]
    columns = ["Channel", *(MODEL_WORDS[model] for model in drawn)]
    return {"figure": {"data": data, "layout": layout}, "summary": summary, "columns": columns, "rows": shown}


def _combinations(found: Sequence[Combination], currency: str) -> list[dict[str, Any]]:
    return [
        {"channels": one.channels, "band": one.band, "sales": one.sales, "won": one.won, "lost": one.lost,
         "rate": share(one.won, one.won + one.lost), "spend": money(one.spend, currency), "cost": money(one.cost, currency)}
        for one in found[:ROWS_MAX]
    ]  # fmt: skip


def _surprises(sales: Sequence[SoldLead], currency: str) -> list[dict[str, Any]]:
    return [
        {"id": encode("lead", sale.lead_id), "percentile": f"{sale.percentile:.1f}", "channels": " › ".join(sale.channels),
         "price": money(sale.price, currency)}
        for sale in sales
    ]  # fmt: skip
