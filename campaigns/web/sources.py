"""Sources: the list, one source with its posting spec, and the form that creates and changes one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import money
from accounts.core.errors import FieldError, Problem
from accounts.core.ids import encode
from accounts.core.menu import PUBLISHERS
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns import selectors, services
from campaigns.core.sources import STATUSES, source_as_json
from campaigns.models import Source
from campaigns.verticals import load_verticals
from campaigns.web.campaigns import id_of
from campaigns.web.posting import fields_of, snippets_of
from campaigns.web.sheets import price_of, whole_of, words_of

READ, WRITE = "sources:read", "sources:write"
ROWS = 50
FLOOR = ("vertical", "sub_id", "price")
SIDES = ("allowed_advertisers", "blocked_advertisers")
TEXTS = ("name", "status", "sales_max", *SIDES)


@page(reads=READ, kinds=PUBLISHERS)
def sources(request: PortalRequest) -> HttpResponse:
    """List the sources, newest first."""
    rows = selectors.source_rows().order_by("-id")
    after = request.GET.get("after")
    if after:
        rows = rows.filter(id__lt=id_of("source", after))
    found = list(rows[: ROWS + 1])
    older = f"?after={encode('source', found[ROWS - 1].id)}" if len(found) > ROWS else ""
    lines = [_line(row, request.caller.currency) for row in found[:ROWS]]
    return render(request, "campaigns/sources.html", {"rows": lines, "older": older, "may_write": _may(request)})


@page(reads=READ, kinds=PUBLISHERS)
def source(request: PortalRequest, source_id: str) -> HttpResponse:
    """Show one source and how to post to it."""
    row = selectors.get_source(source_id=id_of("source", source_id))
    offered = [one for one in load_verticals().values() if not row.verticals or one.slug in row.verticals]
    vertical = next((one for one in offered if one.slug == request.GET.get("vertical")), offered[0])
    shown = {
        "row": row, "id": source_id, "line": _line(row, request.caller.currency), "may_write": _may(request), "offered": offered,
        "vertical": vertical, "fields": fields_of(vertical),
        "snippets": snippets_of(
            source_id, vertical, request.build_absolute_uri("/api/v1"), request.organization.mode, utc_now()
        ),
        "advertisers": {side: words_of(source_as_json(selectors.wish_of(row), "USD")[side]) for side in SIDES},
    }  # fmt: skip
    return render(request, "campaigns/source.html", shown)


@page(reads=WRITE, writes=WRITE, kinds=PUBLISHERS)
def source_new(request: PortalRequest) -> HttpResponse:
    """Create a source."""
    return _form(request, None)


@page(reads=WRITE, writes=WRITE, kinds=PUBLISHERS)
def source_edit(request: PortalRequest, source_id: str) -> HttpResponse:
    """Change a source."""
    return _form(request, selectors.get_source(source_id=id_of("source", source_id)))


@page(reads=WRITE, writes=WRITE, kinds=PUBLISHERS)
def source_archive(request: PortalRequest, source_id: str) -> HttpResponse:
    """Remove a source for good."""
    if request.method == "POST":
        services.archive_source(
            organization_id=request.organization.id, source_id=id_of("source", source_id), actor=request.member.actor
        )
        messages.success(request, "Removed: it sells nothing any more.")
        return to(request, "sources")
    return to(request, "source", source_id=source_id)


def _form(request: PortalRequest, row: Source | None) -> HttpResponse:
    if request.method != "POST":
        return _draw(request, row, _sheet_of(row, request.caller.currency))
    sheet, wish = _sheet_of_post(request.POST), request.POST.get("do", "save")
    if wish != "save":
        _change_rows(sheet["floors"], wish)
        return _draw(request, row, sheet)
    sheet["floors"] = [floor for floor in sheet["floors"] if any(floor.values())]
    try:
        saved = _save(request, row, _wire_of(sheet, request.caller.currency))
    except Problem as problem:
        if not problem.errors:
            raise
        _place(sheet, problem.errors)
        return _draw(request, row, sheet, status=422)
    messages.success(request, "Saved.")
    return to(request, "source", source_id=encode("source", saved.id))


def _save(request: PortalRequest, row: Source | None, data: dict[str, Any]) -> Source:
    owner, actor = request.organization.id, request.member.actor
    if row is None:
        return services.create_source(organization_id=owner, data=data, actor=actor)
    return services.update_source(organization_id=owner, source_id=row.id, changes=data, actor=actor)


def _draw(request: PortalRequest, row: Source | None, sheet: dict[str, Any], status: int = 200) -> HttpResponse:
    shown = {
        **sheet, "row": row, "id": encode("source", row.id) if row else "", "statuses": STATUSES,
        "known": load_verticals().values(), "currency": request.caller.currency,
    }  # fmt: skip
    return render(request, "campaigns/source_form.html" if request.htmx else "campaigns/source_edit.html", shown, status=status)


def _sheet_of(row: Source | None, currency: str) -> dict[str, Any]:
    if row is None:
        return {"texts": {"status": "active", "sales_max": "1"}, "verticals": [], "floors": [], "wrong": {}, "unplaced": []}
    wire = source_as_json(selectors.wish_of(row), currency)
    floors = [
        {"vertical": one["vertical"] or "", "sub_id": one["sub_id"] or "", "price": one["floor_price"]["amount"]}
        for one in wire["floors"]
    ]
    texts = {name: words_of(wire[name]) if name in SIDES else str(wire[name]) for name in TEXTS}
    return {"texts": texts, "verticals": wire["verticals"], "floors": floors, "wrong": {}, "unplaced": []}


def _sheet_of_post(data: QueryDict) -> dict[str, Any]:
    lists = [data.getlist(f"floor_{column}") for column in FLOOR]
    floors = [dict(zip(FLOOR, (text.strip() for text in texts), strict=True)) for texts in zip(*lists, strict=False)]
    texts = {name: data.get(name, "").strip() for name in TEXTS}
    return {"texts": texts, "verticals": data.getlist("verticals"), "floors": floors, "wrong": {}, "unplaced": []}


def _wire_of(sheet: dict[str, Any], currency: str) -> dict[str, Any]:
    texts = sheet["texts"]
    return {
        "name": texts["name"],
        "status": texts["status"] or "active",
        "sales_max": whole_of(texts["sales_max"]) if texts["sales_max"] else None,
        "verticals": sheet["verticals"],
        "floors": [
            {
                "vertical": one["vertical"] or None,
                "sub_id": one["sub_id"] or None,
                "floor_price": price_of(one["price"], currency),
            }
            for one in sheet["floors"]
        ],
        **{side: texts[side].replace(",", " ").split() for side in SIDES},
    }


def _place(sheet: dict[str, Any], errors: tuple[FieldError, ...]) -> None:
    for error in errors:
        parts = error.pointer.strip("/").split("/")
        if parts[0] == "floors" and len(parts) > 1:
            sheet["floors"][int(parts[1])]["wrong"] = error.detail
        if parts[0] in {*TEXTS, "verticals", "floors"}:
            sheet["wrong"][parts[0]] = error.detail
        else:
            sheet["unplaced"].append(error.detail)


def _change_rows(rows: list[dict[str, str]], wish: str) -> None:
    place = wish.removeprefix("remove-floor-")
    if wish == "add-floor":
        rows.append(dict.fromkeys(FLOOR, ""))
    elif place.isdecimal() and int(place) < len(rows):
        del rows[int(place)]


def _may(request: PortalRequest) -> bool:
    return WRITE in request.member.scopes


def _line(row: Source, currency: str) -> dict[str, Any]:
    wish, known = selectors.wish_of(row), load_verticals()
    floors = [
        f"{known[one.vertical].label if one.vertical else 'every kind'}"
        f"{f', sub-id {one.sub_id}' if one.sub_id else ''}: {money(one.floor_price, currency)}"
        for one in wish.floors
    ]
    labels = [known[slug].label for slug in wish.verticals if slug in known]
    verticals = ", ".join(labels) or "every kind of lead"
    return {
        "id": encode("source", row.id),
        "name": row.name,
        "status": row.status,
        "verticals": verticals,
        "floors": "; ".join(floors),
    }
