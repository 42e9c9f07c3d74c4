"""A campaign's rules on the wire: the draft its owner edits, and what a revision freezes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.core.ids import encode
from campaigns.core.amounts import (
    Faults,
    price_as_json,
    read_choice,
    read_decimal,
    read_flag,
    read_id,
    read_price,
    read_whole,
)
from campaigns.core.bid_json import bid_rule_as_json, parse_bid_rule, read_sources
from campaigns.core.bids import BidRule
from campaigns.core.fields import Wrong
from campaigns.core.filters import EVERYTHING, Filter, filter_as_json, parse_filter
from campaigns.core.limits import WINDOWS
from campaigns.core.schedule import Schedule, is_zone, parse_schedule, schedule_as_json
from campaigns.core.schema import SALES_MAX, Vertical

LIMITS_MAX = 100
COUNT_MAX = 10_000_000
BUDGET_MAX = 100_000_000 * 1_000_000
DEDUPE_DAYS_MAX = 365
POLICIES = ("basic", "one_to_one")
DEFAULT_ZONE = "America/New_York"
KEYS = frozenset(
    {
        "zone",
        "filter",
        "bid",
        "caps",
        "budgets",
        "schedule",
        "exclusive",
        "sales_max",
        "score_percentile_min",
        "dedupe_days",
        "allowed_sources",
        "blocked_sources",
        "consent",
    }
)
_LIMIT = frozenset({"window", "limit", "source"})


@dataclass(frozen=True, slots=True)
class LimitWish:
    """A cap (count) or budget (money) as asked for; unit, window and source together are what keeps its counter through edits."""

    unit: str
    window: str
    limit: int
    source_id: UUID | None = None

    @property
    def level(self) -> str:
        """Give the level a campaign's own limit stands on."""
        return "campaign" if self.source_id is None else "source"


@dataclass(frozen=True, slots=True)
class Draft:
    """Every rule of a campaign, checked. `bid_rule` is None while none is written: such a draft cannot be published.

    `sales_max`: to how many advertisers in all a shared lead may go, this one among them; None means as the vertical says.
    """

    zone: str
    filter: Filter
    bid_rule: BidRule | None
    limits: tuple[LimitWish, ...]
    schedule: Schedule | None
    exclusive: bool
    sales_max: int | None
    score_percentile_min: Decimal | None
    dedupe_days: int
    allowed_sources: frozenset[UUID]
    blocked_sources: frozenset[UUID]
    consent_policy: str
    consent_age_days_max: int


def parse_draft(data: Any, vertical: Vertical, *, currency: str, pointer: str = "") -> Draft:
    """Read a draft; what is absent or null gets its default. Raises Problem(invalid_request) naming every fault by pointer."""
    faults = Faults()
    wire = {key: value for key, value in faults.only(data, KEYS, pointer).items() if value is not None}
    zone = faults.read(f"{pointer}/zone", _read_zone, wire.get("zone", DEFAULT_ZONE)) or DEFAULT_ZONE
    filter_ = faults.read("", parse_filter, wire.get("filter"), vertical, f"{pointer}/filter")
    bid_rule = None
    if "bid" in wire:
        with faults.at(""):
            bid_rule = parse_bid_rule(wire["bid"], vertical, currency=currency, zone=zone, pointer=f"{pointer}/bid")
    caps = _read_limits(wire.get("caps"), "count", currency, f"{pointer}/caps", faults)
    budgets = _read_limits(wire.get("budgets"), "money", currency, f"{pointer}/budgets", faults)
    schedule = faults.read("", parse_schedule, wire.get("schedule"), zone, f"{pointer}/schedule")
    allowed, blocked = (
        (faults.read(f"{pointer}/{name}", read_sources, wire[name]) if wire.get(name) else None) or frozenset()
        for name in ("allowed_sources", "blocked_sources")
    )
    least = wire.get("score_percentile_min")
    draft = Draft(
        zone=zone,
        filter=filter_ or EVERYTHING,
        bid_rule=bid_rule,
        limits=(*caps, *budgets),
        schedule=schedule,
        exclusive=faults.read(f"{pointer}/exclusive", read_flag, wire.get("exclusive", True)) is not False,
        sales_max=_sales_max(wire, pointer, faults),
        score_percentile_min=None
        if least is None
        else faults.read(f"{pointer}/score_percentile_min", read_decimal, least, "0", "100"),
        dedupe_days=_dedupe_days(wire, vertical, pointer, faults),
        allowed_sources=allowed,
        blocked_sources=blocked,
        **_read_consent(wire.get("consent", {}), vertical, f"{pointer}/consent", faults),
    )
    faults.raise_any()
    return draft


def draft_as_json(draft: Draft, currency: str) -> dict[str, Any]:
    """Write a draft in its wire form; parse_draft reads it back to an equal draft."""
    least = draft.score_percentile_min
    return {
        "zone": draft.zone,
        "filter": filter_as_json(draft.filter),
        "bid": draft.bid_rule and bid_rule_as_json(draft.bid_rule, currency),
        "caps": [_limit_as_json(limit, currency) for limit in draft.limits if limit.unit == "count"],
        "budgets": [_limit_as_json(limit, currency) for limit in draft.limits if limit.unit == "money"],
        "schedule": schedule_as_json(draft.schedule),
        "exclusive": draft.exclusive,
        "sales_max": draft.sales_max,
        "score_percentile_min": None if least is None else str(least),
        "dedupe_days": draft.dedupe_days,
        "allowed_sources": [encode("source", source) for source in sorted(draft.allowed_sources)],
        "blocked_sources": [encode("source", source) for source in sorted(draft.blocked_sources)],
        "consent": {"policy": draft.consent_policy, "age_days_max": draft.consent_age_days_max},
    }


def _read_zone(value: Any) -> str:
    if not is_zone(value):
        raise Wrong("not_a_choice", "Must be a time zone of the IANA list, such as America/Chicago.")
    return str(value)


def _dedupe_days(wire: Mapping[str, Any], vertical: Vertical, pointer: str, faults: Faults) -> int:
    if "dedupe_days" not in wire:
        return vertical.dedupe_days
    return faults.read(f"{pointer}/dedupe_days", read_whole, wire["dedupe_days"], 0, DEDUPE_DAYS_MAX) or 0


def _sales_max(wire: Mapping[str, Any], pointer: str, faults: Faults) -> int | None:
    if "sales_max" not in wire:
        return None
    if wire.get("exclusive", True) is not False:
        words = "An exclusive campaign shares with nobody: set exclusive to false, or leave this out."
        faults.add(f"{pointer}/sales_max", "conflict", words)
    return faults.read(f"{pointer}/sales_max", read_whole, wire["sales_max"], 2, SALES_MAX)


def _read_consent(data: Any, vertical: Vertical, pointer: str, faults: Faults) -> dict[str, Any]:
    consent = faults.only(data, frozenset({"policy", "age_days_max"}), pointer)
    most = vertical.consent_age_days_max
    policy = faults.read(f"{pointer}/policy", read_choice, consent.get("policy", "basic"), POLICIES)
    age = faults.read(f"{pointer}/age_days_max", read_whole, consent.get("age_days_max", most), 1, most)
    return {"consent_policy": policy or "basic", "consent_age_days_max": age or most}


def _read_limits(data: Any, unit: str, currency: str, pointer: str, faults: Faults) -> tuple[LimitWish, ...]:
    read: list[LimitWish] = []
    for place, one in enumerate(faults.listed(data, LIMITS_MAX, pointer)):
        here = f"{pointer}/{place}"
        wire = faults.only(one, _LIMIT, here)
        window = faults.read(f"{here}/window", read_choice, wire.get("window"), WINDOWS)
        amount = faults.read(f"{here}/limit", _read_amount, wire.get("limit"), unit, currency)
        source = None if wire.get("source") is None else faults.read(f"{here}/source", read_id, wire["source"], "source")
        if window is None or amount is None or (source is None) != (wire.get("source") is None):
            continue
        if any((other.window, other.source_id) == (window, source) for other in read):
            faults.add(here, "conflict", "Another entry has the same window and source; keep the smaller one.")
        read.append(LimitWish(unit, window, amount, source))
    return tuple(read)


def _read_amount(value: Any, unit: str, currency: str) -> int:
    return read_whole(value, 0, COUNT_MAX) if unit == "count" else read_price(value, currency, least=0, most=BUDGET_MAX)


def _limit_as_json(limit: LimitWish, currency: str) -> dict[str, Any]:
    amount = limit.limit if limit.unit == "count" else price_as_json(limit.limit, currency)
    source = {} if limit.source_id is None else {"source": encode("source", limit.source_id)}
    return {"window": limit.window, "limit": amount, **source}
