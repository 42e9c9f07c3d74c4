"""/o/<slug>/scoring/calibration: do the served chances come true, by bin, window and band; what that costs; surprises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import from_ms
from accounts.core.display import decimals, money, percent, share, signed
from accounts.core.menu import OPERATORS
from accounts.core.money import MICROS
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from accounts.tenancy import act_as_exchange
from scoring.core.monitors.look import verdict_of
from scoring.web.bins import axes, bins_chart
from scoring.web.reading import WHY, Reading, metrics_words, read


@page(reads="exchange:operate", kinds=OPERATORS)
def calibration(request: PortalRequest) -> HttpResponse:
    """Show how good the served chances were on leads whose outcome is known."""
    with act_as_exchange(WHY):
        reading = read(request)
    figures = reading.figures
    labelled = bool(figures and figures["level"]["rows"])
    shown = {"reading": reading, "labelled": labelled, **(_shown(reading) if labelled else {})}
    return render(request, "scoring/calibration.html", shown)


def _shown(reading: Reading) -> dict[str, Any]:
    figures = reading.figures
    return {
        "numbers": _numbers(figures),
        "chart": bins_chart(figures["table"]),
        "curve": _curve(figures["curve"]),
        "lifts": "; ".join(
            f"the best {100 * one['share']:.0f} % reach {one['lift']:.1f} times the base rate" for one in figures["lifts"]
        ),
        "windows": [_window(one) for one in reversed(figures["windows"])],
        "bands": [_band(one) for one in figures["bands"]],
        "paid": any(one["spend"] is not None for one in figures["bands"]),
        "surprises": _surprises(figures["surprises"]),
    }


def _numbers(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    level, metrics = figures["level"], metrics_words(figures["metrics"])
    ratio = level["observed"] / level["expected"] if level["expected"] else None
    return [
        {
            "label": "Outcomes known",
            "value": f"{level['rows']:,}",
            "note": f"{share(figures['mature'], level['rows'])} of them final",
        },
        {
            "label": "Observed / expected",
            "value": decimals(ratio, 2),
            "note": f"z {signed(level['z'])}, of all these as they were served",
        },
        {"label": "ECE", "value": metrics["ece"], "note": f"a perfect model shows {metrics['ece_floor']}"},
        {"label": "AUC", "value": metrics["auc"], "note": metrics["auc_between"]},
        {"label": "Log loss", "value": metrics["log_loss"], "note": f"skill {metrics['skill']}, Brier {metrics['brier']}"},
    ]


def _curve(curve: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if not curve:
        return None
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [one["recall"] for one in curve],
        "y": [one["precision"] for one in curve],
        "name": "precision",
        "line": {"color": "--c1", "width": 2, "shape": "linear"},
    }
    half = next(one for one in curve if one["recall"] >= 0.5)
    converts = percent(half["precision"])
    summary = f"Half of all outcomes are among the leads from {percent(half['threshold'])} on; {converts} of those convert."
    rows = [(percent(one["threshold"]), percent(one["recall"]), percent(one["precision"])) for one in curve]
    layout = {
        "height": 320,
        **axes("Share of all outcomes found (recall)", "Share that converts (precision)"),
        "showlegend": False,
    }
    return {
        "figure": {"data": [line], "layout": layout},
        "summary": summary,
        "columns": ("From", "Recall", "Precision"),
        "rows": rows,
    }


def _window(one: Mapping[str, Any]) -> dict[str, Any]:
    level = one["level"]
    return {
        "from_at": from_ms(one["from_ms"]),
        "until_at": from_ms(one["until_ms"]),
        "rows": level["rows"],
        "observed": level["observed"],
        "expected": f"{level['expected']:,.1f}",
        "z": signed(level["z"]),
        "state": verdict_of(level["z"]),
        **metrics_words(one["metrics"]),
    }


def _band(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "words": f"{100 * one['low']:.0f} to {100 * one['high']:.0f} %",
        "rows": one["rows"],
        "positives": one["positives"],
        "expected": f"{one['expected']:,.1f}",
        "rate": percent(one["positives"] / one["rows"]),
        "spend": _amount(one["spend"]),
        "cost": _amount(one["cost"]),
    }


def _amount(units: float | None) -> str:
    """Write an amount; monitors watch the live market only."""
    return money(None if units is None else round(MICROS * units), "USD")


def _surprises(found: Mapping[str, Any]) -> dict[str, Any]:
    lists = [
        ("Low scores that converted", "the lowest tenth", found["low"]),
        ("High scores that did not", "the highest tenth", found["high"]),
    ]
    channels = [
        one | {"expected": f"{one['expected']:,.1f}", "excess": signed(one["surprises"] - one["expected"])}
        for one in found["channels"]
    ]
    return {
        "lists": [(title, note, [one | {"chance": percent(one["probability"])} for one in rows]) for title, note, rows in lists],
        "channels": channels,
    }
