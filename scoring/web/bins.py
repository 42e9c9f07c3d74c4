"""The calibration plot of served scores and of a version's card: what was said against what came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from accounts.core.display import percent, signed

SURE = 1.96
COLUMNS = ("Said", "Came true", "Leads", "Difference, points")


def bins_chart(table: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw a point for each bin {rows, predicted, observed}, with what 95 % of chance would do to it."""
    said, came = [one["predicted"] for one in table], [one["observed"] for one in table]
    top = max([*said, *came, 0.01]) * 1.05
    perfect = {
        "type": "scatter", "mode": "lines", "x": [0, top], "y": [0, top], "name": "as said", "hoverinfo": "skip",
        "line": {"color": "--muted", "dash": "dot", "width": 1},
    }  # fmt: skip
    points = {
        "type": "scatter", "mode": "lines+markers", "x": said, "y": came, "name": "what came, with 95 % of chance",
        "line": {"color": "--c1", "width": 2}, "marker": {"color": "--c1", "size": 7}, "error_y": _doubt(table),
    }  # fmt: skip
    layout = {"height": 320, **axes("Said", "Came true"), "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}}
    return {
        "figure": {"data": [perfect, points], "layout": layout}, "summary": _summary(table), "columns": COLUMNS,
        "rows": bins_rows(table),
    }  # fmt: skip


def bins_rows(table: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Write the bins as a table under COLUMNS."""
    return [
        (
            percent(one["predicted"], 2), percent(one["observed"], 2), f"{one['rows']:,}",
            signed(100 * (one["observed"] - one["predicted"]), 2),
        )
        for one in table
    ]  # fmt: skip


def axes(across: str, up: str) -> dict[str, Any]:
    """Give both axes of a chart of shares."""
    shared = {"tickformat": ".0%", "rangemode": "tozero"}
    return {"xaxis": {**shared, "title": {"text": across}}, "yaxis": {**shared, "title": {"text": up}}}


def _doubt(table: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    spread = [SURE * sqrt(one["predicted"] * (1 - one["predicted"]) / one["rows"]) for one in table]
    # No share is below 0, nor above 1.
    up = [min(width, 1 - one["observed"]) for width, one in zip(spread, table, strict=True)]
    down = [min(width, one["observed"]) for width, one in zip(spread, table, strict=True)]
    return {"array": up, "arrayminus": down, "symmetric": False, "color": "--c1", "thickness": 1, "width": 3}


def _summary(table: Sequence[Mapping[str, Any]]) -> str:
    worst = max(table, key=lambda one: abs(one["observed"] - one["predicted"]))
    return (
        f"{len(table)} bins of about {table[0]['rows']:,} leads; the largest gap is {percent(worst['observed'])} observed "
        f"where {percent(worst['predicted'])} was said."
    )
