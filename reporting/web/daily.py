"""/o/<slug>/earnings and /spend: money by the day of the sale, as a picture, by source or campaign, by day, and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.core.clock import utc_now
from accounts.core.display import SIGNS, change, kpi, money, share
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS, PUBLISHERS
from accounts.core.money import MICROS, text_from_micros
from accounts.portal.pages import page, url_of
from accounts.portal.visits import PortalRequest
from reporting.core.days import Cell, Part, Period, Sheet, period_until
from reporting.daily import Side, cells_of, days_of, names_of

RANGES = (7, 28, 90)
RANGE = 28
ZONES: Mapping[str, str] = {
    "UTC": "UTC", "America/New_York": "Eastern time", "America/Chicago": "Central time", "America/Denver": "Mountain time",
    "America/Los_Angeles": "Pacific time",
}  # fmt: skip
PATTERNS = ("", "/", ".", "x", "\\", "-")
COLUMNS = ("day", "time_zone", "{part}_id", "{part}", "leads", "amount", "currency")


@dataclass(frozen=True, slots=True)
class Words:
    """How a side speaks of its money."""

    side: Side
    title: str
    leads: str
    each: str
    part: str
    url_name: str
    cheaper: str  # the good direction of the amount of one lead


EARNINGS = Words("publisher", "Earnings", "Leads sold", "Earnings per lead", "source", "earnings", "up")
SPEND = Words("advertiser", "Spend", "Leads bought", "Price per lead", "campaign", "spend", "down")


@page(reads="ledger:read", kinds=PUBLISHERS)
def earnings(request: PortalRequest) -> HttpResponse:
    """Show a publisher what it earned by day and source."""
    return _draw(request, EARNINGS)


@page(reads="ledger:read", kinds=ADVERTISERS)
def spend(request: PortalRequest) -> HttpResponse:
    """Show an advertiser what it spent by day and campaign."""
    return _draw(request, SPEND)


@page(reads="ledger:read", kinds=PUBLISHERS)
def earnings_csv(request: PortalRequest) -> HttpResponseBase:
    """Give the earnings of the page as CSV."""
    return _export(request, EARNINGS)


@page(reads="ledger:read", kinds=ADVERTISERS)
def spend_csv(request: PortalRequest) -> HttpResponseBase:
    """Give the spend of the page as CSV."""
    return _export(request, SPEND)


def _asked(request: PortalRequest, at: datetime) -> tuple[Period, str]:
    """Read range and zone of the address; what is not offered is the default, and the page says what it shows."""
    days, zone = request.GET.get("days", ""), request.GET.get("zone", "")
    wanted = int(days) if days in {str(one) for one in RANGES} else RANGE
    chosen = zone if zone in ZONES else "UTC"
    return period_until(at, wanted, ZoneInfo(chosen)), chosen


def _draw(request: PortalRequest, words: Words) -> HttpResponse:
    period, zone = _asked(request, utc_now())
    sheet, currency = days_of(request.caller, words.side, period), request.caller.currency
    shown = {
        "words": words, "sheet": sheet, "currency": currency, "zone": zone, "zones": ZONES, **_said(words, period.days, zone),
        "ranges": [(one, _query(one, zone), one == period.days) for one in RANGES],
        "csv_url": url_of(request, f"{words.url_name}_csv") + _query(period.days, zone),
        "numbers": _numbers(sheet, words, currency), "chart": _chart(sheet, words, currency),
        "parts": [_part_row(part, sheet, currency) for part in sheet.parts], **_lived(sheet),
        "empty": not (sheet.leads or sheet.before_leads),
    }  # fmt: skip
    return render(request, "reporting/daily.html", shown)


def _query(days: int, zone: str) -> str:
    return "?" + urlencode({"days": str(days), "zone": zone})


def _said(words: Words, days: int, zone: str) -> dict[str, str]:
    compared = f"compared with the {days} days before, up to the same time"
    return {
        "about": f"The last {days} days by the day of the sale, {ZONES[zone]}; {compared}.",
        "chart_title": f"{words.title} by {words.part}",
        "basis": "Provisional: a lead that comes back leaves the day on which it was sold.",
        "next_verb": f"Your {words.part}s",
    }


def _lived(sheet: Sheet) -> dict[str, Any]:
    """Give the days to list, the newest first; those on which nothing was sold, then or before, are only counted."""
    listed = tuple(day for day in reversed(sheet.days) if day.leads or day.before_amount)
    return {"listed": listed, "silent": len(sheet.days) - len(listed), "today": sheet.days[-1].on}


def _numbers(sheet: Sheet, words: Words, currency: str) -> list[dict[str, Any]]:
    each, before = _each(sheet.amount, sheet.leads), _each(sheet.before_amount, sheet.before_leads)
    best = max(sheet.days, key=lambda day: day.amount)
    return [
        kpi(words.title, money(sheet.amount, currency), difference=change(sheet.amount, sheet.before_amount)),
        kpi(words.leads, f"{sheet.leads:,}", difference=change(sheet.leads, sheet.before_leads)),
        kpi(words.each, money(each, currency), difference=change(each or 0, before or 0), good=words.cheaper),
        kpi("Average day", money(sheet.amount // sheet.period.days, currency), f"of {sheet.period.days} days"),
        kpi("Best day", money(best.amount, currency), f"{best.on:%-d %b}" if best.amount else ""),
    ]


def _each(amount: int, leads: int) -> int | None:
    return amount // leads if leads else None


def _part_row(part: Part, sheet: Sheet, currency: str) -> dict[str, Any]:
    return {
        "name": part.name, "leads": part.leads, "amount": part.amount, "share": share(part.amount, sheet.amount),
        "each": _each(part.amount, part.leads), "change": change(part.amount, part.before_amount), "line": part.amounts,
        "said": f"{part.name}: from {money(part.amounts[0], currency)} to {money(part.amounts[-1], currency)} a day",
    }  # fmt: skip


def _chart(sheet: Sheet, words: Words, currency: str) -> dict[str, Any]:
    """Give the figure, its words and its numbers: a bar a day, stacked by part, and the period before as a line."""
    stack, days = sheet.stack, sheet.period.dates
    dates = [day.isoformat() for day in days]
    before = [day.before_amount / MICROS for day in sheet.days]
    data = [_bars(part, dates, place) for place, part in enumerate(stack)]
    if sheet.before_amount:
        name = f"{len(days)} days before (all)"
        data += [_line(dates, before, "--card", 5, "solid", name), _line(dates, before, "--fg", 2, "dot", name)]
    rows = [
        [f"{day.on:%-d %b %Y}", *(money(part.amounts[place], currency) for part in stack), money(day.amount, currency)]
        for place, day in enumerate(sheet.days)
    ]
    return {
        "figure": {"data": data, "layout": _layout(currency)}, "summary": _summary(sheet, words, currency), "rows": rows,
        "columns": ["Day", *(part.name for part in stack), "All"],
    }  # fmt: skip


def _bars(part: Part, dates: list[str], place: int) -> dict[str, Any]:
    pattern = {"shape": PATTERNS[place], "fillmode": "overlay", "size": 6, "fgopacity": 0.35}
    amounts = [amount / MICROS for amount in part.amounts]
    return {
        "type": "bar",
        "name": part.name,
        "x": dates,
        "y": amounts,
        "marker": {"color": f"--c{place + 1}", "pattern": pattern},
    }


def _line(dates: list[str], amounts: list[float], colour: str, width: int, dash: str, name: str) -> dict[str, Any]:
    # Drawn twice: a broad line in the card's colour below the dotted one, or it would vanish over the bars.
    line = {"color": colour, "width": width, "dash": dash}
    halo = width > 2
    return {
        "type": "scatter", "mode": "lines", "x": dates, "y": amounts, "name": name, "line": line, "showlegend": not halo,
        "hoverinfo": "skip" if halo else "all",
    }  # fmt: skip


def _layout(currency: str) -> dict[str, Any]:
    sign = {"tickprefix": SIGNS[currency]} if currency in SIGNS else {"ticksuffix": f" {currency}"}
    return {
        "barmode": "stack", "bargap": 0.25, "height": 340, "hovermode": "x unified",
        "xaxis": {"type": "date", "tickformat": "%-d %b", "hoverformat": "%a %-d %b %Y", "showgrid": False},
        "yaxis": {**sign, "rangemode": "tozero", "tickformat": ",~r", "hoverformat": ",.2f"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    }  # fmt: skip


def _summary(sheet: Sheet, words: Words, currency: str) -> str:
    total, before = money(sheet.amount, currency), money(sheet.before_amount, currency)
    first = f"{words.title} of {sheet.period.days} days: {total}, {before} in the {sheet.period.days} days before."
    if not sheet.amount:
        return first
    best, largest = max(sheet.days, key=lambda day: day.amount), sheet.parts[0]
    of_all = share(largest.amount, sheet.amount)
    return f"{first} The most on {best.on:%-d %b} with {money(best.amount, currency)}; {largest.name} made {of_all} of it all."


def _export(request: PortalRequest, words: Words) -> HttpResponseBase:
    period, zone = _asked(request, utc_now())
    # Read here, inside the door; only the writing streams.
    cells, names = cells_of(request.caller, words.side, period), names_of(words.side)
    rows = (_csv_row(cell, names, zone, words.part, request.caller.currency) for cell in cells)
    headings = [column.format(part=words.part) for column in COLUMNS]
    file = f"{words.url_name}-{period.first}-{period.days}-days.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return StreamingHttpResponse(lines(chain([headings], rows)), content_type="text/csv; charset=utf-8", headers=headers)


def _csv_row(cell: Cell, names: Mapping[UUID, str], zone: str, part: str, currency: str) -> list[Any]:
    part_id, name = (encode(part, cell.part_id), names.get(cell.part_id, "")) if cell.part_id else ("", "")
    return [cell.on.isoformat(), zone, part_id, inert(name), cell.leads, text_from_micros(cell.amount), currency]


def inert(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


class _Echo:
    """What csv.writer writes to: it gives each line back."""

    def write(self, line: str) -> str:
        """Give the line."""
        return line


def lines(rows: Iterable[list[Any]]) -> Iterator[str]:
    """Write rows as the lines of a CSV file."""
    writer = csv.writer(_Echo())
    return (writer.writerow(row) for row in rows)
