"""A campaign's rules in words, part by part: what people read, and what a comparison of two versions shows."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.core.display import money
from accounts.core.ids import encode
from campaigns.core.bids import Band, BidRule, Multiplier
from campaigns.core.drafts import Draft, LimitWish
from campaigns.core.filters import Clause, describe
from campaigns.core.schedule import Schedule, schedule_as_json

HOURS_OF_WEEK = 168
Change = tuple[str, str, str]
POLICY_WORDS = {"basic": "basic", "one_to_one": "one to one, the consent names you"}


def tell(draft: Draft, currency: str) -> dict[str, str]:
    """Give every part of a draft as label and words; an empty text is a part that is not set."""
    least = draft.score_percentile_min
    return {
        "Which leads": describe(draft.filter),
        **_tell_bid(draft.bid_rule, currency),
        "Caps": _tell_limits(draft, "count", currency),
        "Budgets": _tell_limits(draft, "money", currency),
        "Hours": _tell_hours(draft.schedule),
        "Holidays": ", ".join(day.isoformat() for day in sorted(draft.schedule.holidays)) if draft.schedule else "",
        "Time zone": draft.zone,
        "Lowest score percentile": "" if least is None else str(least),
        "Exclusive": "yes" if draft.exclusive else _tell_sharing(draft),
        "No repeat within": f"{draft.dedupe_days} days",
        "Only sources": ", ".join(encode("source", one) for one in sorted(draft.allowed_sources)),
        "Blocked sources": ", ".join(encode("source", one) for one in sorted(draft.blocked_sources)),
        "Consent": f"{POLICY_WORDS[draft.consent_policy]}, at most {draft.consent_age_days_max} days old",
    }


def tell_bid(rule: BidRule, currency: str) -> dict[str, str]:
    """Give the parts of a bid rule that are set as label and words."""
    return {part: words for part, words in _tell_bid(rule, currency).items() if words}


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """List what differs as (part, before, after)."""
    parts = list(dict.fromkeys((*before, *after)))
    return tuple((part, before.get(part, ""), after.get(part, "")) for part in parts if before.get(part) != after.get(part))


def _tell_sharing(draft: Draft) -> str:
    return f"no, {draft.sales_max} advertisers at most" if draft.sales_max else "no"


def _tell_bid(rule: BidRule | None, currency: str) -> dict[str, str]:
    if rule is None:
        return dict.fromkeys(("Base price", "Bands", "Multipliers", "Lowest bid", "Highest bid", "Bid by value"), "")
    value = rule.value
    return {
        "Base price": money(rule.base_price, currency),
        "Bands": "; ".join(_tell_band(band, currency) for band in rule.bands),
        "Multipliers": "; ".join(_tell_multiplier(one) for one in rule.multipliers),
        "Lowest bid": "" if rule.min_price is None else money(rule.min_price, currency),
        "Highest bid": "" if rule.max_price is None else money(rule.max_price, currency),
        "Bid by value": "" if value is None else f"a sale is worth {money(value.value_amount, currency)}, margin {value.margin}",
    }


def _tell_band(band: Band, currency: str) -> str:
    change = f"× {band.factor}" if band.price is None else money(band.price, currency)
    return f"from percentile {band.percentile_from}: {change}"


def _tell_multiplier(one: Multiplier) -> str:
    values = frozenset(encode("source", source) for source in one.values) if one.field == "source" else one.values
    return f"{describe(Clause(one.field, one.op, values))}: × {one.factor}"


def _tell_limits(draft: Draft, unit: str, currency: str) -> str:
    return "; ".join(_tell_limit(limit, currency) for limit in draft.limits if limit.unit == unit)


def _tell_limit(limit: LimitWish, currency: str) -> str:
    amount = f"{limit.limit:,} leads" if limit.unit == "count" else money(limit.limit, currency)
    source = "" if limit.source_id is None else f" from {encode('source', limit.source_id)}"
    return f"{amount} a {limit.window}{source}"


def _tell_hours(schedule: Schedule | None) -> str:
    wire = schedule_as_json(schedule)
    if wire is None:
        return "always"
    days = [f"{day.capitalize()} {', '.join(f'{a}-{b}' for a, b in ranges)}" for day, ranges in wire["hours"].items()]
    return "; ".join(days) if schedule and len(schedule.hours) < HOURS_OF_WEEK else "always"
