"""Sources on the wire: what a publisher says of where its leads come from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.core.ids import encode
from campaigns.core.amounts import Faults, price_as_json, read_choice, read_id, read_price, read_text, read_whole
from campaigns.core.fields import Wrong
from campaigns.core.floors import FloorRule
from campaigns.core.schema import SALES_MAX

NAME_LENGTH_MAX, SUB_ID_LENGTH_MAX = 120, 80
FLOORS_MAX, ADVERTISERS_MAX = 200, 1_000
STATUSES = ("active", "paused")
KEYS = frozenset({"name", "status", "verticals", "floors", "allowed_advertisers", "blocked_advertisers", "sales_max"})
_FLOOR = frozenset({"vertical", "sub_id", "floor_price"})


@dataclass(frozen=True, slots=True)
class SourceWish:
    """A source as asked for, checked. No verticals means all; floors are smallest payouts in micros.

    `sales_max`: to how many advertisers a lead may go where its ping does not say.
    """

    name: str
    status: str = "active"
    verticals: tuple[str, ...] = ()
    floors: tuple[FloorRule, ...] = ()
    allowed_advertisers: frozenset[UUID] = frozenset()
    blocked_advertisers: frozenset[UUID] = frozenset()
    sales_max: int = 1


def parse_source(data: Any, known: Collection[str], *, currency: str, pointer: str = "") -> SourceWish:
    """Read a source; `known` are the slugs of all verticals. Raises Problem(invalid_request) naming every fault by pointer."""
    faults = Faults()
    wire = {key: value for key, value in faults.only(data, KEYS, pointer).items() if value is not None}
    slugs = tuple(sorted(known))
    name = faults.read(f"{pointer}/name", read_text, wire.get("name"), NAME_LENGTH_MAX)
    status = faults.read(f"{pointer}/status", read_choice, wire.get("status", "active"), STATUSES)
    verticals = [
        faults.read(f"{pointer}/verticals/{place}", read_choice, slug, slugs)
        for place, slug in enumerate(faults.listed(wire.get("verticals"), len(slugs), f"{pointer}/verticals"))
    ]
    floors = read_floors(wire.get("floors"), slugs, currency, "source", f"{pointer}/floors", faults)
    allowed, blocked = (
        (faults.read(f"{pointer}/{side}", _read_advertisers, wire[side]) if wire.get(side) else None) or frozenset()
        for side in ("allowed_advertisers", "blocked_advertisers")
    )
    sales_max = faults.read(f"{pointer}/sales_max", read_whole, wire.get("sales_max", 1), 1, SALES_MAX)
    faults.raise_any()
    kinds = tuple(sorted({slug for slug in verticals if slug}))
    return SourceWish(name or "", status or "active", kinds, floors, allowed, blocked, sales_max or 1)


def source_as_json(wish: SourceWish, currency: str) -> dict[str, Any]:
    """Write a source in its wire form; parse_source reads it back to an equal wish."""
    return {
        "name": wish.name,
        "status": wish.status,
        "verticals": list(wish.verticals),
        "floors": [floor_as_json(rule, currency) for rule in wish.floors],
        "allowed_advertisers": [encode("organization", one) for one in sorted(wish.allowed_advertisers)],
        "blocked_advertisers": [encode("organization", one) for one in sorted(wish.blocked_advertisers)],
        "sales_max": wish.sales_max,
    }


def floor_as_json(rule: FloorRule, currency: str) -> dict[str, Any]:
    """Write one floor."""
    return {"vertical": rule.vertical, "sub_id": rule.sub_id, "floor_price": price_as_json(rule.floor_price, currency)}


def read_floors(
    data: Any, slugs: tuple[str, ...], currency: str, level: str, pointer: str, faults: Faults
) -> tuple[FloorRule, ...]:
    """Read a list of {"vertical", "sub_id", "floor_price"}; null vertical or sub-id means every one. Faults are noted."""
    rules: list[FloorRule] = []
    for place, one in enumerate(faults.listed(data, FLOORS_MAX, pointer)):
        here = f"{pointer}/{place}"
        wire = {key: value for key, value in faults.only(one, _FLOOR, here).items() if value is not None}
        vertical = faults.read(f"{here}/vertical", read_choice, wire["vertical"], slugs) if "vertical" in wire else None
        sub_id = faults.read(f"{here}/sub_id", read_text, wire["sub_id"], SUB_ID_LENGTH_MAX) if "sub_id" in wire else None
        price = faults.read(f"{here}/floor_price", read_price, wire.get("floor_price"), currency, 0)
        if price is None or (vertical is None) != ("vertical" not in wire) or (sub_id is None) != ("sub_id" not in wire):
            continue
        if any((other.vertical, other.sub_id) == (vertical, sub_id) for other in rules):
            faults.add(here, "conflict", "Another floor has the same vertical and sub-id; keep the higher one.")
        rules.append(FloorRule(level, vertical, price, sub_id))
    return tuple(rules)


def _read_advertisers(value: Any) -> frozenset[UUID]:
    if not isinstance(value, list) or len(value) > ADVERTISERS_MAX:
        raise Wrong("wrong_type", f"Must be a list of at most {ADVERTISERS_MAX} ids such as org_...")
    return frozenset(read_id(one, "organization") for one in value)
