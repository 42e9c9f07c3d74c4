"""The form of a campaign's rules: rows come and go with or without scripts, faults stand beside what they are about."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from campaigns import selectors, services
from campaigns.core.bids import HOUR_OF_WEEK
from campaigns.core.drafts import POLICIES
from campaigns.core.fields import Wrong, wanted
from campaigns.core.filters import OPS, WITHOUT_VALUE, field_of, filterable
from campaigns.core.limits import WINDOWS
from campaigns.core.schedule import DAYS, HOURS_OF_DAY
from campaigns.core.schema import Vertical
from campaigns.core.told import POLICY_WORDS
from campaigns.models import Campaign
from campaigns.verticals import load_verticals
from campaigns.web.campaigns import WRITE, id_of
from campaigns.web.sheets import (
    COLUMNS,
    Row,
    Sheet,
    changes_of_sheet,
    destination_of_sheet,
    place_faults,
    sheet_of_draft,
    sheet_of_post,
    without_empty_rows,
)

OP_WORDS = {
    "eq": "is", "ne": "is not", "in": "is any of", "not_in": "is none of", "gte": "is at least", "lte": "is at most",
    "between": "is between", "is_true": "is yes", "is_false": "is no", "exists": "is given", "missing": "is not given",
    "starts_with": "starts with",
}  # fmt: skip
PRICING_WORDS = {
    "first_price": "first price: a lead costs what you bid for it",
    "second_price": "second price: a lead costs what the next bid would have paid, never more than yours",
}
WINDOW_WORDS = [(window, f"a {window}") if window != "hour" else (window, "an hour") for window in WINDOWS]


@page(reads=WRITE, writes=WRITE, kinds=ADVERTISERS)
def campaign_edit(request: PortalRequest, campaign_id: str) -> HttpResponse:
    """Show and save the draft of a campaign; a button that adds or removes a row only draws the form again."""
    row = selectors.get_campaign(campaign_id=id_of("campaign", campaign_id))
    if request.method != "POST":
        return _draw(request, row, sheet_of_draft(row.name, row.draft, _url(row)))
    sheet, wish = sheet_of_post(request.POST), request.POST.get("do", "save")
    if wish != "save":
        _change_rows(sheet, wish)
        return _draw(request, row, sheet)
    without_empty_rows(sheet)
    try:
        _save(request, row, sheet)
    except Problem as problem:
        if not problem.errors:
            raise
        place_faults(sheet, problem.errors)
        return _draw(request, row, sheet, status=422)
    messages.success(request, "Saved in the draft. Nothing changes in the market before you publish.")
    return to(request, "campaign", campaign_id=campaign_id)


def _save(request: PortalRequest, row: Campaign, sheet: Sheet) -> None:
    headers = selectors.get_destination(campaign_id=row.id).headers if _url(row) else {}
    services.update_draft(
        organization_id=request.organization.id,
        campaign_id=row.id,
        changes=changes_of_sheet(sheet, load_verticals()[row.vertical], request.caller.currency),
        name=sheet.texts["name"],
        destination=destination_of_sheet(sheet, _url(row), headers),
        actor=request.member.actor,
    )


def _url(row: Campaign) -> str:
    known = getattr(row, "destination", None)
    return "" if known is None else str(known.url)


def _change_rows(sheet: Sheet, wish: str) -> None:
    verb, _, rest = wish.partition("-")
    section, _, place = rest.partition("-")
    if section not in COLUMNS:
        return
    rows = sheet.rows[section]
    if verb == "add":
        rows.append(dict.fromkeys(COLUMNS[section], ""))
    elif verb == "remove" and place.isdecimal() and int(place) < len(rows):
        del rows[int(place)]


def _draw(request: PortalRequest, row: Campaign, sheet: Sheet, status: int = 200) -> HttpResponse:
    vertical = load_verticals()[row.vertical]
    for section in ("rule", "group", "multiplier"):
        sheet.rows[section] = [_offered(one, vertical) for one in sheet.rows[section]]
    fields = _fields(vertical)
    shown = {
        "row": row, "id": encode("campaign", row.id), "sheet": sheet, "texts": sheet.texts, "wrong": sheet.wrong,
        "vertical": vertical, "fields": fields, "pricing_words": PRICING_WORDS[vertical.pricing],
        "shared_words": _shared_words(vertical),
        "bid_fields": [*fields, ("source", "Source"), (HOUR_OF_WEEK, "Hour of week")],
        "windows": WINDOW_WORDS, "policies": [(policy, POLICY_WORDS[policy]) for policy in POLICIES],
        "band_kinds": [("factor", "multiply by"), ("price", "pay")], "days": _grid(sheet.hours), "hours": range(HOURS_OF_DAY),
        "other_mode": "all" if sheet.texts["mode"] == "any" else "any", "currency": request.caller.currency,
    }  # fmt: skip
    template = "campaigns/terms.html" if request.htmx else "campaigns/edit.html"
    return render(request, template, shown, status=status)


def _shared_words(vertical: Vertical) -> str:
    if vertical.sales_max == 1:
        return "leads of this kind go to one advertiser in any case"
    return f"advertisers, you among them; leads of this kind go to {vertical.sales_max} at most"


def _fields(vertical: Vertical) -> list[tuple[str, str]]:
    found = []
    for name in filterable(vertical):
        try:
            found.append((name, field_of(name, vertical).label if "." not in name else name.replace(".", ", ").replace("_", " ")))
        except Wrong:
            # A protected trait: no filter may ask for it here, so it is not offered.
            continue
    return found


def _offered(row: Row, vertical: Vertical) -> Row:
    """Add to a row which conditions its field allows and what its value looks like."""
    ops, hint = _ops_and_hint(row["field"], vertical)
    op = row["op"] if row["op"] in ops or not row["field"] else ops[0]
    return {**row, "op": op, "ops": [(one, OP_WORDS[one]) for one in ops], "hint": hint, "bare": op in WITHOUT_VALUE}


def _ops_and_hint(name: str, vertical: Vertical) -> tuple[tuple[str, ...], str]:
    if name == "source":
        return ("in", "not_in"), "ids such as src_..."
    if name == HOUR_OF_WEEK:
        return OPS["integer"], "0 is Monday midnight, 167 the last hour of Sunday"
    try:
        field = field_of(name, vertical)
    except Wrong:
        return tuple(OP_WORDS), ""
    return OPS[field.kind], wanted(field)


def _grid(hours: frozenset[str]) -> list[tuple[str, list[tuple[str, int, Any]]]]:
    return [
        (day.capitalize(), [(f"{place}-{hour}", hour, f"{place}-{hour}" in hours) for hour in range(HOURS_OF_DAY)])
        for place, day in enumerate(DAYS)
    ]
