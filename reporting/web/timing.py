"""/o/<slug>/timing: how soon leads are contacted and won, what goes with calling soon, and which hours reach people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.core.clock import utc_now
from accounts.core.display import NOTHING, kpi, share
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from campaigns.core.schedule import DAYS
from campaigns.selectors import list_campaigns
from reporting.core.timing import (
    LEADS_MIN,
    Band,
    LeftOut,
    Place,
    Watched,
    bands,
    calls_by_delay,
    calls_by_hour,
    contact_spans,
    followed,
    readable,
    watch,
    win_spans,
)
from reporting.overview import label_of
from reporting.timing import ROWS_MAX, Told, count_sales, lately, list_told
from reporting.web.timing_words import between, chance, hours_of_day, lasting
from scoring.core.calling import FEDERAL
from scoring.core.timing import (
    DOCUMENTED,
    OWN_CALLS,
    OWN_EACH,
    STEPS,
    Calls,
    Curve,
    Window,
    best_windows,
    chances_by_hour,
    curve_of,
    enough,
    wilson,
)

READERS = ADVERTISERS | OPERATORS
RANGES, RANGE = (7, 28, 90), 28
# The rows of a curve's table, in minutes.
FIRST, SOON, HOUR, DAY = 1 / 60, 5.0, 60.0, 1440.0
TIMES = (0.25, 1.0, 5.0, 15.0, 30.0, HOUR, 4 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 60 * DAY, 90 * DAY)
POINTS, TICKS_MAX = 120, 6
# Where fewer leads were followed so long, a curve says nothing.
FOLLOWED_MIN = 10
BEST = 3
HEATS = 5
PLACE_WORDS: Mapping[Place, str] = {
    "5 min": "Within 5 min", "30 min": "5 to 30 min", "1 h": "30 min to 1 h", "1 day": "1 h to 1 day", "later": "After a day",
    "untimed": "Contacted, time not told", "none": "No contact told so far",
}  # fmt: skip
LEFT_WORDS: Mapping[LeftOut, str] = {
    "silent": "nothing was told of them", "young": "they may still be told of", "low": "their buyer tells of too few leads",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks for, among what there is: verticals and campaigns with sales in these days."""

    days: int
    vertical: str
    campaign_id: UUID | None
    sales: Mapping[str, Mapping[UUID, int]]


@page(reads="leads:read", kinds=READERS)
def timing(request: PortalRequest) -> HttpResponse:
    """Show both curves, the bands of first contact, first calls by delay, and the hours of the week."""
    now = utc_now()
    choice = _asked(request, now)
    shown: dict[str, Any] = {"days": choice.days, "ranges": _ranges(choice), "empty": not choice.sales}
    if choice.sales:
        asked = lately(choice.vertical, at=now, days=choice.days, campaign_id=choice.campaign_id)
        shown |= _filters(request, choice) | _found(list_told(request.caller, asked))
    return render(request, "reporting/timing.html", shown)


def _asked(request: PortalRequest, now: datetime) -> Choice:
    """Read the address; what is not offered is the default: 28 days, the vertical with most sales, all campaigns."""
    text = request.GET.get("days", "")
    days = int(text) if text in {str(one) for one in RANGES} else RANGE
    sales = count_sales(request.caller, since=now - timedelta(days=days), until=now)
    vertical = request.GET.get("vertical", "")
    vertical = vertical if vertical in sales else next(iter(sales), "")
    own = () if request.caller.kind == "operator" else sales.get(vertical, {})
    chosen = request.GET.get("campaign", "")
    return Choice(days, vertical, next((one for one in own if encode("campaign", one) == chosen), None), sales)


def _query(choice: Choice, days: int) -> str:
    campaign = {} if choice.campaign_id is None else {"campaign": encode("campaign", choice.campaign_id)}
    vertical = {"vertical": choice.vertical} if choice.vertical else {}
    return "?" + urlencode({"days": str(days), **vertical, **campaign})


def _ranges(choice: Choice) -> list[tuple[int, str, bool]]:
    return [(one, _query(choice, one), one == choice.days) for one in RANGES]


def _filters(request: PortalRequest, choice: Choice) -> dict[str, Any]:
    own = {} if request.caller.kind == "operator" else choice.sales.get(choice.vertical, {})
    names = dict(list_campaigns().filter(id__in=list(own)).values_list("id", "name")) if own else {}
    campaigns = [(encode("campaign", one), names.get(one, "archived campaign"), one == choice.campaign_id) for one in own]
    verticals = [(one, label_of(one), one == choice.vertical) for one in choice.sales]
    return {"campaigns": sorted(campaigns, key=lambda row: row[1]), "verticals": verticals}


def _found(told: Told) -> dict[str, Any]:
    watched, left = watch(told.leads, told.tellers)
    known = readable(told.leads, told.tellers)
    return {
        "sold": len(told.leads), "cut": told.cut, "most": ROWS_MAX, "counted": len(watched), "drawn": len(watched) >= LEADS_MIN,
        "left": [(count, LEFT_WORDS[why]) for why, count in sorted(left.items(), key=lambda one: -one[1])],
        "too_little": _too_little(len(watched), left),
        **(_drawn(watched) if len(watched) >= LEADS_MIN else {}), **_calls(calls_by_delay(known)), **_hours(calls_by_hour(known)),
    }  # fmt: skip


def _drawn(watched: Sequence[Watched]) -> dict[str, Any]:
    contacts, wins, lengths = curve_of(contact_spans(watched)), curve_of(win_spans(watched)), followed(watched)
    return {
        "numbers": _numbers(contacts, wins, lengths), "contact_chart": _chart(contacts, lengths, "contacted", "--c1"),
        "win_chart": _chart(wins, lengths, "won", "--c3"), "bands": [_band(one, len(watched)) for one in bands(watched)],
    }  # fmt: skip


def _too_little(counted: int, left: Mapping[LeftOut, int]) -> str:
    if left.get("low"):
        return "Of fewer than half of the leads that are due anything was told; what is told alone would say that all go well."
    return f"{counted} leads count so far, and a curve needs {LEADS_MIN}: report “contacted”, “attempted” and how each ended."


def _numbers(contacts: Curve, wins: Curve, lengths: Sequence[float]) -> list[dict[str, Any]]:
    half, end = contacts.time_of(0.5), _end(lengths)
    middle = NOTHING if half is None or half > end else lasting(half)
    return [
        _by("Contacted", contacts, SOON, end),
        _by("Contacted", contacts, HOUR, end),
        kpi("Half are contacted in", middle, f"of {len(lengths):,} leads"),
        _by("Won", wins, _named(end)[-1], end),
    ]


def _by(happened: str, curve: Curve, time: float, end: float) -> dict[str, Any]:
    label = f"{happened} in {lasting(time)}"
    if time > end:
        return kpi(label, NOTHING, f"under {FOLLOWED_MIN} leads were followed so long")
    return kpi(label, chance(curve.share_by(time)), f"{between(curve.interval_by(time))} (95 % interval)")


def _end(lengths: Sequence[float]) -> float:
    """Give the time up to which a curve speaks: so long FOLLOWED_MIN leads were followed, or all where there are fewer."""
    return lengths[min(FOLLOWED_MIN, len(lengths)) - 1]


def _named(end: float) -> list[float]:
    return [time for time in TIMES if time <= end] or [TIMES[0]]


def _chart(curve: Curve, lengths: Sequence[float], happened: str, colour: str) -> dict[str, Any]:
    """Draw a curve with its interval over a logarithm of the time; the table has the same at times people name."""
    end = _end(lengths)
    times, named = _drawn_times(curve, end), _named(end)
    bounds = [curve.interval_by(time) for time in times]
    faint = {"color": "--muted", "dash": "dot", "width": 1}
    lines = (
        ("95 % interval", [low for low, _ in bounds], faint),
        ("", [high for _, high in bounds], faint),
        (happened, [curve.share_by(time) for time in times], {"color": colour, "width": 2}),
    )
    data = [
        {"type": "scatter", "mode": "lines", "x": times, "y": shares, "name": name, "showlegend": bool(name),
         "line": {**line, "shape": "hv"}}
        for name, shares, line in lines
    ]  # fmt: skip
    rows = [
        (lasting(time), chance(curve.share_by(time)), between(curve.interval_by(time)), f"{_following(lengths, time):,}")
        for time in named
    ]
    columns = ("Within", happened.capitalize(), "95 % interval", "Followed")
    figure = {"data": data, "layout": _layout(named)}
    return {"figure": figure, "summary": _said(curve, happened, named), "columns": columns, "rows": rows}


def _layout(named: Sequence[float]) -> dict[str, Any]:
    ticks = named[:: max(1, -(-len(named) // TICKS_MAX))]
    words = [lasting(time) for time in ticks]
    return {
        "height": 280,
        "xaxis": {"type": "log", "tickvals": ticks, "ticktext": words, "title": {"text": "after the sale"}},
        "yaxis": {"rangemode": "tozero", "tickformat": ".0%"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }


def _drawn_times(curve: Curve, end: float) -> list[float]:
    """Give at most some POINTS times at which the curve is drawn, up to its end; a logarithm knows no zero."""
    changes = [time for time in curve.times if time <= end]
    chosen = {*changes[:: max(1, -(-len(changes) // POINTS))], *changes[-1:], end}
    return sorted({max(time, FIRST) for time in chosen})


def _following(lengths: Sequence[float], time: float) -> int:
    return sum(length >= time for length in lengths)


def _said(curve: Curve, happened: str, named: Sequence[float]) -> str:
    last, half = named[-1], curve.time_of(0.5)
    middle = f"; half of all within {lasting(half)}" if half is not None and half <= last else ""
    return f"{chance(curve.share_by(last))} of the leads are {happened} within {lasting(last)}{middle}."


def _band(band: Band, leads: int) -> dict[str, Any]:
    return {
        "words": PLACE_WORDS[band.place], "leads": band.leads, "share": share(band.leads, leads), "known": band.known,
        "won": band.won, "rate": share(band.won, band.known),
        "between": between(wilson(band.won, band.known)) if band.known else NOTHING,
    }  # fmt: skip


def _calls(found: Mapping[float, Calls]) -> dict[str, Any]:
    total = Calls(sum(one.calls for one in found.values()), sum(one.reached for one in found.values()))
    rows = [_step(since, step, found.get(step, Calls())) for since, step in pairwise((0.0, *STEPS))]
    return {"steps": rows, "calls": total.calls, "calls_needed": OWN_CALLS, "calls_speak": enough(total)}


def _step(since: float, step: float, found: Calls) -> dict[str, Any]:
    return {
        "words": f"{lasting(since)} to {lasting(step)}" if since else f"Within {lasting(step)}",
        "calls": found.calls, "reached": found.reached, "rate": share(found.reached, found.calls),
        "between": between(wilson(found.reached, found.calls)) if found.calls else NOTHING,
        "documented": chance(DOCUMENTED[step]),
    }  # fmt: skip


def _hours(windows: Sequence[Window]) -> dict[str, Any]:
    total = Calls(sum(one.attempts for one in windows), sum(one.reached for one in windows))
    too_few = f"{total.calls} calls are known; it takes {OWN_CALLS}, {OWN_EACH} in vain among them: report “attempted” too."
    shown: dict[str, Any] = {"hours_calls": total.calls, "week": [], "best": [], "too_few_calls": too_few}
    if not enough(total):
        return shown
    chances, by_hour = chances_by_hour(windows), {one.hour: one for one in windows}
    low, high = min(chances.values()), max(chances.values())
    rows = sorted({one.hour % 24 for one in windows})
    shown["week"] = [
        (hours_of_day(hour), [_cell(by_hour.get(24 * day + hour), chances, low, high) for day in range(len(DAYS))])
        for hour in rows
    ]
    shown["best"] = [
        f"{DAYS[hour // 24].capitalize()} {hours_of_day(hour % 24)} ({chance(rate)})"
        for hour, rate in best_windows(windows, after=0, count=BEST, among=[one for one in by_hour if _legal(one)])
    ]
    return shown | {"week_days": [day.capitalize() for day in DAYS], "overall": share(total.reached, total.calls)}


def _legal(hour: int) -> bool:
    """Say whether an hour of the week may be praised: federal law allows calls in it."""
    begins, ends = FEDERAL
    return begins <= hour % 24 < ends


def _cell(found: Window | None, chances: Mapping[int, float], low: float, high: float) -> dict[str, Any] | None:
    if found is None:
        return None
    rate = chances[found.hour]
    heat = int((rate - low) / (high - low) * (HEATS - 1) + 0.5) if high > low else 0
    return {"rate": chance(rate), "calls": found.attempts, "heat": heat}
