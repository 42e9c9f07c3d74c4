"""/o/<slug>/scoring/segments: a vertical's scores by source, state, campaign and device, with the names people know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from accounts.core.display import NOTHING, decimals, signed
from accounts.core.ids import encode
from accounts.core.menu import OPERATORS
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from accounts.tenancy import act_as_exchange
from campaigns.selectors import list_campaigns, source_rows
from scoring.monitoring import ReportFacts, segments_of_report
from scoring.web.reading import WHY, metrics_words, read

KINDS: Mapping[str, str] = {"source": "Sources", "state": "States", "campaign": "Campaigns", "device": "Devices"}
SORTS: Mapping[str, str] = {"rows": "Labels", "apart": "Apart", "auc": "AUC", "ece": "ECE", "oe": "Observed / expected"}
LAST = 2.0  # segments of one outcome have neither AUC nor ECE: they stand behind every AUC and every error


@page(reads="exchange:operate", kinds=OPERATORS)
def segments(request: PortalRequest) -> HttpResponse:
    """Show each segment's level and figures, sorted as asked."""
    kind = request.GET.get("by", "")
    kind, sort = kind if kind in KINDS else "source", request.GET.get("sort", "")
    sort = sort if sort in SORTS else "rows"
    with act_as_exchange(WHY):
        reading = read(request)
        found = segments_of_report(reading.report) if reading.report else ()
        chosen = [one for one in found if one.kind == kind]
        names = _names(kind)
    vertical = reading.report.vertical if reading.report else ""
    chosen.sort(key=lambda one: _rank(one, sort))
    shown = {
        "reading": reading,
        "rows": [_line(one, names) for one in chosen],
        "kinds": [(label, _query(vertical, one, sort), one == kind) for one, label in KINDS.items()],
        "kept": (("by", kind), ("sort", sort)),
        "sorts": {one: _query(vertical, kind, one) for one in SORTS},
        "sort": sort,
        "noun": KINDS[kind].lower(),
        "total": len(found),
    }
    return render(request, "reporting/segments.html", shown)


def _query(vertical: str, kind: str, sort: str) -> str:
    return "?" + urlencode({"vertical": vertical, "by": kind, "sort": sort})


def _names(kind: str) -> dict[str, str]:
    rows = source_rows() if kind == "source" else list_campaigns() if kind == "campaign" else None
    return {} if rows is None else {str(identifier): name for identifier, name in rows.values_list("id", "name")}


def _rank(one: ReportFacts, sort: str) -> tuple[float, str]:
    level, metrics = one.figures["level"], one.figures["metrics"]
    if sort == "rows" or level is None:
        return -one.rows, one.key
    if sort == "apart":
        return -abs(one.figures.get("apart", level["z"])), one.key
    if sort == "oe":
        return -_ratio(level), one.key
    if metrics is None:
        return LAST, one.key
    # The worst first: a low AUC, a large calibration error.
    return (metrics["auc"] if sort == "auc" else -metrics["ece"]), one.key


def _ratio(level: Mapping[str, float]) -> float:
    return level["observed"] / level["expected"] if level["expected"] else 0.0


def _line(one: ReportFacts, names: Mapping[str, str]) -> dict[str, Any]:
    level, known = one.figures["level"], one.kind in {"source", "campaign"}
    return {
        "name": names.get(one.key) or (encode(one.kind, UUID(one.key)) if known else one.key),
        "rows": one.rows,
        "observed": NOTHING if level is None else f"{level['observed']:,}",
        "expected": NOTHING if level is None else f"{level['expected']:,.1f}",
        "oe": NOTHING if level is None else f"{_ratio(level):.2f}",
        # Reports of before `apart` was kept say z, which compares with what was served.
        "apart": signed(None if level is None else one.figures.get("apart", level["z"])),
        "lift": decimals(one.figures.get("lift"), 2),
        "inputs": _inputs(one.figures.get("inputs")),
        "level": one.level,
        **metrics_words(one.figures["metrics"]),
    }


def _inputs(found: Mapping[str, Any] | None) -> str:
    """Say how well the newest leads are told from those before, and which columns moved."""
    if found is None:
        return NOTHING
    moved = ", ".join(column["words"] for column in found["columns"][:2])
    return f"AUC {found['domain']['auc']:.2f}" + (f": {moved}" if moved else "")
