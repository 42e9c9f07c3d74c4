"""The part of a version's page that sets its shadow scores beside what was served."""

from __future__ import annotations

from typing import Any

from accounts.core.display import NOTHING, decimals, percent, signed
from scoring.core.shadows import Beside, Tenth


def shadows_shown(found: Beside) -> dict[str, Any]:
    """Give figures in words, a chart of both by tenths of what was served, and its table."""
    return {"figures": _figures(found), "chart": _chart(found), "leads": found.leads}


def _figures(found: Beside) -> tuple[tuple[str, str, str], ...]:
    """Name each figure with its value and what it stands beside."""
    paired = found.paired
    losses = (paired.first_loss, paired.second_loss) if paired else (None, None)
    known = f"{paired.rows:,} known outcomes, {paired.positives:,} positive" if paired else "no outcome of these leads is due"
    return (
        ("Mean chance", percent(found.shadow, 2), f"{percent(found.served, 2)} was served"),
        ("Moved by more than 10 percentiles", percent(found.moved), "of the leads"),
        ("Log loss", decimals(losses[1], 4), f"{decimals(losses[0], 4)} of who served"),
        ("z of the gain", signed(paired.z if paired else None), known),
    )


def _chart(found: Beside) -> dict[str, Any]:
    places = list(range(1, len(found.tenths) + 1))
    lines = [
        ("served", [one.served for one in found.tenths], "--c2", "lines+markers"),
        ("this version", [one.shadow for one in found.tenths], "--c1", "lines+markers"),
        ("came true", [_rate(one) for one in found.tenths], "--muted", "markers"),
    ]
    data = [
        {
            "type": "scatter", "mode": mode, "name": name, "x": places, "y": up, "line": {"color": colour, "width": 2},
            "marker": {"color": colour, "size": 7},
        }
        for name, up, colour, mode in lines
    ]  # fmt: skip
    layout = {
        "height": 300,
        "xaxis": {"dtick": 1, "title": {"text": "Tenth of the leads by the chance served"}},
        "yaxis": {"tickformat": ".0%", "rangemode": "tozero"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    top = found.tenths[-1]
    summary = (
        f"Of {found.leads:,} leads the best tenth was served with {percent(top.served)} on average, this version says "
        f"{percent(top.shadow)}; {percent(found.moved)} of all leads move by more than 10 percentiles."
    )
    columns = ("Tenth", "Leads", "Served", "This version", "Moved", "Known", "Came true")
    rows = [(place, *_row(one)) for place, one in zip(places, found.tenths, strict=True)]
    return {"figure": {"data": data, "layout": layout}, "summary": summary, "columns": columns, "rows": rows}


def _row(one: Tenth) -> tuple[str, ...]:
    rate = percent(_rate(one)) if one.known else NOTHING
    return f"{one.leads:,}", percent(one.served), percent(one.shadow), percent(one.moved), f"{one.known:,}", rate


def _rate(one: Tenth) -> float | None:
    return one.positives / one.known if one.known else None
