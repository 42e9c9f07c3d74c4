"""/o/<slug>/scoring/history/<id>/columns: what the columns of a file mean, and how it shall be learned from."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.display import percent
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from scoring.core.learning.preview import guess_label, guess_positive
from scoring.history import services as service
from scoring.history.files import KEPT
from scoring.history.learning import FOLDS, RANGES, SEED, verticals
from scoring.history.preview import Preview
from scoring.history.wishes import label_values_of, values_of
from scoring.models import HistoryImport
from scoring.web.histories import KINDS, WRITE, row_of

FIELDS = ("label", "positive", "time", "vertical")
ADVANCED = {"split_column": "", "split_value": "", "folds": str(FOLDS), "seed": str(SEED), "allow": ""}
"""The fields that most people leave alone, and what they say then."""
Asked = dict[str, Any]


@page(reads=WRITE, writes=WRITE, kinds=KINDS)
def history_columns(request: PortalRequest, history_id: str) -> HttpResponse:
    """Show the file and ask what its columns mean; a POST starts the run, or shows the values of another label or split."""
    row = row_of(history_id)
    if row.scored_with_id is not None or row.state not in service.OPEN or not service.is_whole(row):
        return to(request, "history", history_id=history_id)
    seen = service.look_into(row)
    if request.method != "POST":
        return _columns(request, row, seen, _asked_before(row, seen))
    asked: Asked = {name: request.POST.get(name, "") for name in (*FIELDS, *ADVANCED)} | {"drop": request.POST.getlist("drop")}
    if request.POST.get("do") == "values":
        return _columns(request, row, seen, asked)
    try:
        service.start(
            organization_id=request.organization.id, history_id=row.id, asked=_as_service(asked), actor=request.member.actor
        )
    except Problem as problem:
        if not problem.errors:
            raise
        wrong = {error.pointer.strip("/"): error.detail for error in reversed(problem.errors)}
        return _columns(request, row, seen, asked, wrong=wrong, status=422)
    return to(request, "history", history_id=history_id)


def _as_service(asked: Asked) -> Asked:
    """Join the two fields of a split, and take the switches line by line."""
    split = (asked["split_column"], asked["split_value"]) if asked["split_column"] else None
    switches = [line.strip() for line in asked["allow"].splitlines() if line.strip()]
    return asked | {"split": split, "allow": list(dict.fromkeys(switches))}


def _columns(
    request: PortalRequest,
    row: HistoryImport,
    seen: Preview,
    asked: Asked,
    *,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    label, split = (asked[name] if asked[name] in seen.layout.columns else "" for name in ("label", "split_column"))
    values = label_values_of(row, seen, label) if label else {}
    split_values = values_of(row, seen, split) if split else {}
    positive = asked["positive"] or guess_positive(list(values or {}))
    told = wrong or {}
    shown = {
        "row": row,
        "id": encode("history", row.id),
        "seen": seen,
        "layout": seen.layout,
        "asked": asked | {"positive": positive},
        "columns": [(column, percent(column.filled, 0)) for column in seen.columns],
        "values": (values or {}).items(),
        "many": values is None,
        "labelled": sum((values or {}).values()),
        "split_values": (split_values or {}).items(),
        "split_many": split_values is None,
        "advanced": row.test_name
        or any(asked[name] != said for name, said in ADVANCED.items())
        or {*ADVANCED, "test"} & set(told),
        "ranges": RANGES,
        "wrong": told,
        "verticals": [(slug, spec.label) for slug, spec in sorted(verticals().items())],
        "until": row.created_at + KEPT,
    }
    template = "scoring/history_mapping.html" if request.htmx else "scoring/history_columns.html"
    return render(request, template, shown, status=status)


def _asked_before(row: HistoryImport, seen: Preview) -> Asked:
    """Start from what was asked for the last run, or from a guess."""
    plan = row.plan or {"label": guess_label(seen.columns)}
    column, value = plan.get("split") or ("", "")
    advanced = ADVANCED | {name: str(plan[name]) for name in ("folds", "seed") if name in plan}
    asked = {name: plan.get(name) or "" for name in FIELDS} | {"drop": plan.get("drop", [])}
    return asked | advanced | {"split_column": column, "split_value": value, "allow": "\n".join(plan.get("allow", []))}
