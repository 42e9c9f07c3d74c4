"""/o/<slug>/scoring/drift: whether the level moved and what was done, whether leads look otherwise, what carries the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import from_ms
from accounts.core.display import decimals, percent, signed
from accounts.core.menu import OPERATORS
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from accounts.tenancy import act_as_exchange
from scoring.core.features import FEATURES
from scoring.core.labels import GRACE_DAYS
from scoring.core.level import ALARM_BATCH, ALARM_RUN, ALARM_Z
from scoring.core.wording import title_of
from scoring.monitoring import AlertFacts, list_alerts, watched_batches
from scoring.registry import LevelFit, Served, list_level_fits, list_served
from scoring.web.alerts import lines_of
from scoring.web.reading import WHY, Reading, read

LISTED = 20
ALERTS, FITS = 100, 200


@page(reads="exchange:operate", kinds=OPERATORS)
def drift(request: PortalRequest) -> HttpResponse:
    """Show the level's timeline with its alarms, the inputs column by column, and the leading features."""
    with act_as_exchange(WHY):
        reading = read(request)
        vertical = reading.report.vertical if reading.report else ""
        alerts, batches = list_alerts(vertical=vertical, limit=ALERTS), watched_batches(vertical)
        fits = list_level_fits(vertical, limit=FITS)
        ringing = lines_of([one for one in alerts if one.closed_at is None])
        served = next((one for one in list_served() if one.vertical == vertical), None)
    shown = {
        "reading": reading,
        "alerts": ringing,
        "timeline": _timeline(batches, alerts, fits, served) if batches or fits else None,
        "level_note": (
            f"observed against expected in batches worth {ALARM_BATCH} labels; red beyond {ALARM_Z:g}, {ALARM_RUN} times in a row"
            " on the same side"
        ),
        "rule": _rule(reading.figures.get("rule")),
        **(_inputs(reading) if reading.report else {}),
    }
    return render(request, "scoring/drift.html", shown)


def _rule(rule: Mapping[str, Any] | None) -> str:
    """Say when leads are read for the level."""
    if not rule or rule["day"] is None:
        return f"a lead is read {GRACE_DAYS} days after its horizon, or when its outcome is told, whichever comes later"
    told = f"when {percent(rule['share'], 0)} of the wins are told, by {rule['wins']:,} known delays"
    return f"a lead is read on day {rule['day']} after its sale, {told}"


def _timeline(
    batches: Sequence[Mapping[str, Any]], alerts: Sequence[AlertFacts], fits: Sequence[LevelFit], served: Served | None
) -> dict[str, Any]:
    """Draw z by batch between the limits of the alarm, the intercept as it was fitted, and a mark where something rang."""
    times = [_iso(one["until_ms"]) for one in batches]
    red = [one for one in alerts if one.level == "red"]
    limits = [
        _line(times[:1] + times[-1:], [z, z], "--bad", "limit", dash="dot", width=1, legend=z > 0) for z in (ALARM_Z, -ALARM_Z)
    ]
    level = _intercepts(fits)
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": "alarm",
        "x": [one.rang_at.isoformat() for one in red],
        "y": [0.0] * len(red),
        "marker": {"color": "--bad", "symbol": "x", "size": 11},
        "text": [one.words for one in red],
    }
    data = [
        *(limits if batches else []),
        _line(times, [one["z"] for one in batches], "--c1", "O/E z", mode="lines+markers"),
        *([level] if fits else []),
        marks,
    ]
    layout = {
        "height": 340,
        "hovermode": "x unified",
        "xaxis": {"type": "date"},
        "yaxis": {"title": {"text": "z; intercept in logits"}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    beyond = sum(abs(one["z"]) > ALARM_Z for one in batches)
    present = f"; {served.champion} serves {served.level_words}" if served and served.champion else ""
    alarms, fitted = _counted(len(red), len(alerts) == ALERTS), _counted(len(fits), len(fits) == FITS)
    summary = (
        f"{len(batches)} batches worth {ALARM_BATCH} labels, {beyond} beyond {ALARM_Z:g}; {alarms} red alarms, the level was"
        f" fitted {fitted} times{present}."
    )
    columns = ("Time (UTC)", "z", "CUSUM up", "CUSUM down", "Intercept", "Version")
    return {"figure": {"data": data, "layout": layout}, "summary": summary, "columns": columns, "rows": _events(batches, fits)}


def _counted(count: int, more: bool) -> str:
    """Write how many were read; there may be more where the reading stopped at its limit."""
    return f"at least {count}" if more else str(count)


def _intercepts(fits: Sequence[LevelFit]) -> dict[str, Any]:
    """Draw the intercept in steps; every version has its own, so the line breaks where another one serves."""
    steps: list[tuple[str, float | None, str]] = []
    version = ""
    for one in reversed(fits):
        if version not in ("", one.version):
            steps.append((one.fitted_at.isoformat(), None, ""))
        steps.append((one.fitted_at.isoformat(), one.shift, f"{one.version}, {one.labels:,} leads"))
        version = one.version
    line = _line([at for at, _, _ in steps], [], "--c2", "intercept", mode="lines+markers", shape="hv")
    return line | {"y": [shift for _, shift, _ in steps], "text": [words for _, _, words in steps]}


def _events(batches: Sequence[Mapping[str, Any]], fits: Sequence[LevelFit]) -> list[tuple[str, ...]]:
    """List batches and fits by time, newest first."""
    rows = [
        (from_ms(one["until_ms"]), signed(one["z"]), decimals(one["higher"], 1), decimals(one["lower"], 1), "", "")
        for one in batches
    ]
    rows += [(one.fitted_at, "", "", "", signed(one.shift, 3), one.version) for one in fits]
    return [(f"{at:%-d %b %Y %H:%M}", *rest) for at, *rest in sorted(rows, key=lambda row: row[0], reverse=True)]


def _iso(milliseconds: int) -> str:
    return from_ms(milliseconds).isoformat()


def _line(
    across: Sequence[Any],
    up: Sequence[float],
    colour: str,
    name: str,
    *,
    dash: str = "solid",
    width: int = 2,
    mode: str = "lines",
    shape: str = "linear",
    legend: bool = True,
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": mode,
        "x": list(across),
        "y": list(up),
        "name": name,
        "showlegend": legend,
        "line": {"color": colour, "dash": dash, "width": width, "shape": shape},
        "marker": {"color": colour, "size": 6},
    }


def _inputs(reading: Reading) -> dict[str, Any]:
    inputs, found = reading.figures["inputs"], reading.figures
    columns = [] if inputs is None else inputs["columns"]
    words = {one["name"]: one["words"] for one in columns} | {one.name: title_of(one) for one in FEATURES}
    return {
        "inputs": inputs,
        "columns": [_column(one) for one in columns[:LISTED]],
        "more": max(0, len(columns) - LISTED),
        "domain": None if inputs is None else _domain(inputs["domain"]),
        "spread": _spread(found["spread"]),
        "importance": [_importance(one, place, found["prune"], words) for place, one in enumerate(found["importance"][:LISTED])],
        "prune": found["prune"],
    }


def _domain(one: Mapping[str, float]) -> dict[str, str]:
    state = "amber" if one["auc"] > one["limit"] else "green"
    return {"auc": decimals(one["auc"]), "limit": decimals(one["limit"]), "state": state}


def _column(one: Mapping[str, Any]) -> dict[str, Any]:
    chance = decimals(one["chance"]) if one["chance"] >= 0.001 else "< 0.001"
    return {
        "words": one["words"],
        "name": one["name"],
        "psi": decimals(one["psi"]),
        "psi_limit": decimals(one["psi_limit"]),
        "ks": decimals(one["ks"]),
        "chance": chance,
        "absent": f"{percent(one['absent_before'])} → {percent(one['absent_after'])}",
        "state": "amber" if one["amber"] else "green",
    }


def _importance(one: Mapping[str, Any], place: int, prune: Sequence[str], words: Mapping[str, str]) -> dict[str, Any]:
    worth = None if one["worth"] is None else 1000 * one["worth"]
    return {
        "place": place + 1,
        "words": words.get(one["name"], ""),
        "name": one["name"],
        "share": percent(one["share"]),
        "worth": signed(worth, 2),
        "prune": one["name"] in prune,
    }


def _spread(spread: Mapping[str, Any]) -> dict[str, Any] | None:
    """Draw how the newest scores lie beside those before; None where nothing was served."""
    if not spread["after"]:
        return None
    sides = [(name, spread[side], colour) for name, side, colour in (("before", "before", "--c2"), ("newest", "after", "--c1"))]
    last = max(place for _, shares, _ in sides for place, one in enumerate(shares) if one > 0) + 1
    step = 100 // len(spread["after"])
    labels = [f"{step * place}–{step * (place + 1)}" for place in range(last)]
    data = [
        {"type": "bar", "name": name, "x": labels, "y": shares[:last], "marker": {"color": colour}}
        for name, shares, colour in sides
        if shares
    ]
    layout = {
        "height": 300,
        "barmode": "group",
        "xaxis": {"type": "category", "title": {"text": "Chance, %"}},
        "yaxis": {"tickformat": ".0%"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    rows = [(label, *(percent(shares[place]) if shares else "—" for _, shares, _ in sides)) for place, label in enumerate(labels)]
    summary = f"{spread['rows']:,} served scores; {percent(spread['after'][0])} of the newest are below {step} %."
    return {
        "figure": {"data": data, "layout": layout},
        "summary": summary,
        "columns": ("Chance, %", "Before", "Newest"),
        "rows": rows,
    }
