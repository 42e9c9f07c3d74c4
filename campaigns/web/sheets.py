"""A campaign's rules as the rows and fields of one plain form, and back to the wire form that `parse_draft` checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from accounts.core.errors import FieldError
from campaigns.core.fields import Wrong
from campaigns.core.filters import SETS, WITHOUT_VALUE, field_of
from campaigns.core.schedule import DAYS, HOURS_OF_DAY
from campaigns.core.schema import Vertical

Row = dict[str, Any]
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "rule": ("field", "op", "value"),
    "group": ("field", "op", "value"),
    "band": ("from", "kind", "amount"),
    "multiplier": ("field", "op", "value", "factor"),
    "cap": ("window", "limit", "source"),
    "budget": ("window", "limit", "source"),
}
SINGLES = (
    "name", "zone", "mode", "base_price", "min_price", "max_price", "value", "margin", "holidays", "score_percentile_min",
    "exclusive", "sales_max", "dedupe_days", "allowed_sources", "blocked_sources", "policy", "age_days_max", "url", "headers",
    "limited",
)  # fmt: skip
_PLACES = {
    "bands": "band", "multipliers": "multiplier", "caps": "cap", "budgets": "budget",
}  # fmt: skip


@dataclass(slots=True)
class Sheet:
    """What stands in the form: texts by name, rows by section, open hours as "day-hour"; what is wrong by field or row."""

    texts: dict[str, str]
    rows: dict[str, list[Row]]
    hours: frozenset[str] = frozenset()
    filter_kept: bool = False
    wrong: dict[str, str] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)


def sheet_of_post(data: QueryDict) -> Sheet:
    """Read what a browser sent; rows without any text are dropped."""
    rows: dict[str, list[Row]] = {}
    for section, columns in COLUMNS.items():
        lists = [data.getlist(f"{section}_{column}") for column in columns]
        found = [dict(zip(columns, (text.strip() for text in texts), strict=True)) for texts in zip(*lists, strict=False)]
        rows[section] = found
    texts = {name: data.get(name, "").strip() for name in SINGLES}
    return Sheet(texts, rows, frozenset(data.getlist("hours")), filter_kept=data.get("filter_kept") == "yes")


def without_empty_rows(sheet: Sheet) -> None:
    """Drop rows in which nothing was written."""
    wanted = {"rule": "field", "group": "field", "band": "amount", "multiplier": "field", "cap": "limit", "budget": "limit"}
    for section, column in wanted.items():
        sheet.rows[section] = [row for row in sheet.rows[section] if row[column]]


def sheet_of_draft(name: str, draft: Mapping[str, Any], url: str) -> Sheet:
    """Lay a stored draft out."""
    bid, consent = draft["bid"] or {}, draft["consent"]
    value = bid.get("value") or {}
    rules, mode, group, kept = _filter_rows(draft["filter"])
    schedule = draft["schedule"]
    texts = {
        "name": name, "zone": draft["zone"], "mode": mode, "url": url, "headers": "", "policy": consent["policy"],
        "age_days_max": str(consent["age_days_max"]), "dedupe_days": str(draft["dedupe_days"]),
        "score_percentile_min": draft["score_percentile_min"] or "", "exclusive": "on" if draft["exclusive"] else "",
        "sales_max": str(draft.get("sales_max") or ""),
        "limited": "on" if schedule else "", "holidays": " ".join((schedule or {}).get("holidays", [])),
        **{side: " ".join(draft[side]) for side in ("allowed_sources", "blocked_sources")},
        **{price: _amount(bid.get(price)) for price in ("base_price", "min_price", "max_price")},
        "value": _amount(value.get("value")), "margin": value.get("margin", ""),
    }  # fmt: skip
    rows: dict[str, list[Row]] = {
        "rule": rules,
        "group": group,
        "band": [_band_row(band) for band in bid.get("bands", [])],
        "multiplier": [{**_rule_row(one), "factor": one["factor"]} for one in bid.get("multipliers", [])],
        "cap": [{"window": c["window"], "limit": str(c["limit"]), "source": c.get("source", "")} for c in draft["caps"]],
        "budget": [
            {"window": b["window"], "limit": _amount(b["limit"]), "source": b.get("source", "")} for b in draft["budgets"]
        ],
    }
    return Sheet(texts, rows, _open_hours(schedule), filter_kept=kept)


def changes_of_sheet(sheet: Sheet, vertical: Vertical, currency: str) -> dict[str, Any]:
    """Write a sheet in the wire form of a draft; what cannot be read stays text, so that the reader of drafts refuses it."""
    texts, rows = sheet.texts, sheet.rows
    wire: dict[str, Any] = {
        "zone": texts["zone"],
        "bid": _bid_of(sheet, vertical, currency),
        "caps": [_limit_of(row, whole_of(row["limit"])) for row in rows["cap"]],
        "budgets": [_limit_of(row, price_of(row["limit"], currency)) for row in rows["budget"]],
        "schedule": _schedule_of(sheet) if texts["limited"] or texts["holidays"] else None,
        "exclusive": texts["exclusive"] == "on",
        "sales_max": whole_of(texts["sales_max"]) if texts["sales_max"] else None,
        "score_percentile_min": texts["score_percentile_min"] or None,
        "dedupe_days": whole_of(texts["dedupe_days"]) if texts["dedupe_days"] else None,
        "allowed_sources": _many(texts["allowed_sources"]),
        "blocked_sources": _many(texts["blocked_sources"]),
        "consent": {"policy": texts["policy"] or "basic"},
    }
    if texts["age_days_max"]:
        wire["consent"]["age_days_max"] = whole_of(texts["age_days_max"])
    if not sheet.filter_kept:
        wire["filter"] = _filter_of(sheet, vertical)
    return wire


def destination_of_sheet(sheet: Sheet, url: str, headers: Mapping[str, str]) -> dict[str, Any] | None:
    """Give the destination if it changes; headers that are not written anew stay with an address that stays."""
    texts = sheet.texts
    if not texts["url"] or (texts["url"] == url and not texts["headers"]):
        return None
    lines = [line.partition(":") for line in texts["headers"].splitlines() if line.strip()]
    written = {name.strip(): value.strip() for name, _, value in lines}
    # Headers often carry a password: they do not follow to another address by themselves.
    return {"url": texts["url"], "headers": written or (dict(headers) if texts["url"] == url else {})}


def place_faults(sheet: Sheet, errors: tuple[FieldError, ...]) -> None:
    """Put each refusal beside the field or row that its pointer names."""
    for error in errors:
        place = _place_of(error.pointer, len(sheet.rows["rule"]))
        if place in SINGLES or "-" in place:
            sheet.wrong[place] = f"{sheet.wrong[place]} {error.detail}" if place in sheet.wrong else error.detail
        else:
            sheet.unplaced.append(error.detail)
    for section, rows in sheet.rows.items():
        for index, row in enumerate(rows):
            row["wrong"] = sheet.wrong.get(f"{section}-{index}", "")


def _place_of(pointer: str, rules: int) -> str:
    parts = [part for part in pointer.split("/") if part]
    if parts[:1] == ["filter"] and len(parts) > 2:
        index = int(parts[2])
        return f"rule-{index}" if index < rules else f"group-{parts[4] if len(parts) > 4 else 0}"
    if parts[:1] == ["schedule"]:
        return "holidays" if "holidays" in parts else "limited"
    if len(parts) > 1 and parts[0] == "bid" and parts[1] in {"value"}:
        return parts[2] if len(parts) > 2 and parts[2] in SINGLES else "value"
    inner = parts[1:] if parts[:1] and parts[0] in {"bid", "consent", "destination"} and len(parts) > 1 else parts
    if len(inner) > 1 and inner[0] in _PLACES:
        return f"{_PLACES[inner[0]]}-{inner[1]}"
    return {"bid": "base_price", "destination": "url"}.get(inner[0], inner[0]) if inner else ""


def _filter_rows(wire: Mapping[str, Any]) -> tuple[list[Row], str, list[Row], bool]:
    mode = next(iter(wire), "all")
    children = wire.get(mode, [])
    plain = [child for child in children if "field" in child]
    groups = [child for child in children if "field" not in child]
    inner = next(iter(groups[0].values())) if groups else []
    other = "any" if mode == "all" else "all"
    fits = len(groups) <= 1 and all("field" in child for child in inner) and (not groups or other in groups[0])
    if not fits or children != [*plain, *groups]:
        return [], mode, [], True
    return [_rule_row(child) for child in plain], mode, [_rule_row(child) for child in inner], False


def _rule_row(wire: Mapping[str, Any]) -> Row:
    value = wire.get("value", "")
    words = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return {"field": wire["field"], "op": wire["op"], "value": words}


def _band_row(band: Mapping[str, Any]) -> Row:
    kind = "price" if band.get("price") else "factor"
    return {
        "from": band["percentile_from"],
        "kind": kind,
        "amount": _amount(band["price"]) if kind == "price" else band["factor"],
    }


def _filter_of(sheet: Sheet, vertical: Vertical) -> dict[str, Any]:
    mode = "any" if sheet.texts["mode"] == "any" else "all"
    children: list[dict[str, Any]] = [_rule_of(row, vertical) for row in sheet.rows["rule"]]
    inner = [_rule_of(row, vertical) for row in sheet.rows["group"]]
    if inner:
        children.append({"all" if mode == "any" else "any": inner})
    return {mode: children} if children else {"all": []}


def _rule_of(row: Row, vertical: Vertical) -> dict[str, Any]:
    if row["op"] in WITHOUT_VALUE:
        return {"field": row["field"], "op": row["op"]}
    kind = _kind_of(row["field"], vertical)
    read = {"integer": whole_of, "number": _number}.get(kind, str)
    if row["op"] in SETS or row["op"] in {"between", "starts_with"}:
        return {"field": row["field"], "op": row["op"], "value": [read(one) for one in _many(row["value"])]}
    return {"field": row["field"], "op": row["op"], "value": read(row["value"])}


def _kind_of(name: str, vertical: Vertical) -> str:
    if name == "hour_of_week":
        return "integer"
    try:
        return field_of(name, vertical).kind
    except Wrong:
        return "text"


def _bid_of(sheet: Sheet, vertical: Vertical, currency: str) -> dict[str, Any] | None:
    texts, rows = sheet.texts, sheet.rows
    written = [texts[name] for name in ("base_price", "min_price", "max_price", "value")]
    if not (any(written) or rows["band"] or rows["multiplier"]):
        return None
    bid: dict[str, Any] = {
        "base_price": price_of(texts["base_price"], currency),
        "bands": [_band_of(row, currency) for row in rows["band"]],
        "multipliers": [{**_rule_of(row, vertical), "factor": row["factor"]} for row in rows["multiplier"]],
        **{name: price_of(texts[name], currency) for name in ("min_price", "max_price") if texts[name]},
    }
    if texts["value"]:
        bid["value"] = {"value": price_of(texts["value"], currency), "margin": texts["margin"] or "0"}
    return bid


def _band_of(row: Row, currency: str) -> dict[str, Any]:
    change = {"price": price_of(row["amount"], currency)} if row["kind"] == "price" else {"factor": row["amount"]}
    return {"percentile_from": row["from"], **change}


def _limit_of(row: Row, limit: Any) -> dict[str, Any]:
    return {"window": row["window"], "limit": limit, **({"source": row["source"]} if row["source"] else {})}


def _schedule_of(sheet: Sheet) -> dict[str, Any]:
    hours: dict[str, list[list[int]]] = {}
    for place, day in enumerate(DAYS):
        opened = [hour for hour in range(HOURS_OF_DAY) if not sheet.texts["limited"] or f"{place}-{hour}" in sheet.hours]
        if opened:
            hours[day] = [[hour, hour + 1] for hour in opened]
    return {"hours": hours, "holidays": _many(sheet.texts["holidays"])}


def _open_hours(schedule: Mapping[str, Any] | None) -> frozenset[str]:
    if schedule is None:
        return frozenset(f"{day}-{hour}" for day in range(len(DAYS)) for hour in range(HOURS_OF_DAY))
    ranges = [(DAYS.index(day), low, high) for day, found in schedule["hours"].items() for low, high in found]
    return frozenset(f"{day}-{hour}" for day, low, high in ranges for hour in range(low, high))


def _many(text: str) -> list[str]:
    return [one for one in re.split(r"[,\s]+", text) if one]


def whole_of(text: str) -> int | str:
    """Read a whole number as somebody typed it; what is none stays text, and its reader refuses it."""
    return int(text) if re.fullmatch(r"-?\d{1,12}", text) else text


def _number(text: str) -> float | str:
    return float(text) if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text) else text


def price_of(text: str, currency: str) -> dict[str, str]:
    """Write an amount as somebody typed it ($1,500.00) in the wire form; its reader judges it."""
    return {"amount": text.removeprefix("$").replace(",", ""), "currency": currency}


def words_of(values: list[str]) -> str:
    """Write a list of ids as one line."""
    return " ".join(values)


def _amount(price: Mapping[str, str] | None) -> str:
    return price["amount"] if price else ""
