"""The market of the bench as plain data: campaigns of five conditions each, pings of 17 fields, posts. Equal on every run.

Ten campaigns are wide and cheap, so that every ping gets a quote. The others are narrow: the share of them that wants a lead does
not depend on how many there are.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.core.filters import holds, parse_filter
from campaigns.verticals import load_verticals

VERTICAL = "home.roofing"
ADVERTISERS = 20
WIDE = 10
SEED = 20_260_101
FRESH = "<fresh>"  # the load puts 64 hexadecimal digits in its place, others in each request

PLACES = {
    "AZ": "85001", "CA": "90001", "CO": "80202", "FL": "33101", "GA": "30303", "IL": "60601", "MA": "02108", "NC": "27601",
    "NY": "10001", "OH": "43215", "OR": "97201", "PA": "19103", "TN": "37201", "TX": "78701", "VA": "23219", "WA": "98101",
}  # fmt: skip
ELSEWHERE = (
    "AL",
    "AR",
    "CT",
    "IA",
    "ID",
    "IN",
    "KS",
    "KY",
    "LA",
    "MD",
    "ME",
    "MI",
    "MN",
    "MO",
    "MS",
    "MT",
    "NJ",
    "NV",
    "OK",
    "UT",
)
STATES = (*PLACES, *ELSEWHERE)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "scope": ("new", "repair", "replace"),
    "home_ownership": ("own", "rent", "buying"),
    "property_type": ("single_family", "multi_family", "condo", "townhouse", "mobile_home", "commercial"),
    "timeframe": ("immediately", "within_1_month", "1_to_3_months", "3_to_6_months", "over_6_months", "planning"),
    "roof_type": ("asphalt_shingle", "metal", "tile", "flat", "cedar_shake", "slate", "tar", "other", "unknown"),
    "credit_band": ("excellent", "good", "fair", "poor", "unknown"),
}
RANGES: Mapping[str, tuple[int, int]] = {"roof_age_years": (0, 40), "stories": (1, 3), "utility_bill": (40, 600)}
AREA_CODES = ("206", "212", "312", "404", "415", "512", "602", "617", "702", "713", "813", "919")


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """A campaign by its number; `price` is in whole dollars, `conditions` are clauses {"field", "op", "value"}."""

    number: int
    advertiser: int
    price: int
    conditions: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """Give a name that sorts by number."""
        return f"Bench {self.number:06d}"

    def draft(self) -> dict[str, Any]:
        """Write the campaign as its owner would: filter, price with a band and a multiplier, a cap and a budget."""
        band = {"percentile_from": "80", "factor": "1.25"}
        storm = {"field": "storm_damage", "op": "is_true", "factor": "1.10"}
        return {
            "filter": {"all": self.conditions},
            "bid": {"base_price": _dollars(self.price), "bands": [band], "multipliers": [storm]},
            "caps": [{"window": "day", "limit": 10_000_000}],
            "budgets": [{"window": "day", "limit": _dollars(100_000_000)}],
        }


def campaigns(count: int) -> list[CampaignPlan]:
    """Make the first `count` campaigns; a smaller market is the beginning of a larger one."""
    draw = random.Random(SEED)
    return [_wide(number, draw) if number < WIDE else _narrow(number, draw) for number in range(count)]


def _wide(number: int, draw: random.Random) -> CampaignPlan:
    conditions: list[dict[str, Any]] = [
        {"field": "state", "op": "in", "value": sorted(STATES)},
        {"field": "home_ownership", "op": "in", "value": list(CHOICES["home_ownership"])},
        {"field": "timeframe", "op": "in", "value": list(CHOICES["timeframe"])},
        {"field": "roof_age_years", "op": "between", "value": [0, 150]},
        {"field": "utility_bill", "op": "gte", "value": 0},
    ]
    return CampaignPlan(number, number % ADVERTISERS, draw.randint(12, 19), conditions)


def _narrow(number: int, draw: random.Random) -> CampaignPlan:
    states: dict[str, Any] = {"field": "state", "op": "in", "value": sorted(draw.sample(STATES, draw.randint(1, 8)))}
    fields = draw.sample([*CHOICES, *RANGES], 4)
    conditions = [states, *(_condition(field, draw) for field in fields)]
    return CampaignPlan(number, number % ADVERTISERS, draw.randint(20, 80), conditions)


def _condition(field: str, draw: random.Random) -> dict[str, Any]:
    if field in CHOICES:
        known = CHOICES[field]
        return {"field": field, "op": "in", "value": sorted(draw.sample(known, max(1, len(known) // 2)))}
    low, high = RANGES[field]
    start = draw.randint(low, high)
    return {"field": field, "op": "between", "value": [start, min(high, start + (high - low) // 2)]}


def _dollars(amount: int) -> dict[str, str]:
    return {"amount": f"{amount}.00", "currency": "USD"}


def leads(count: int) -> list[dict[str, Any]]:
    """Make the vertical's fields of `count` different leads."""
    draw = random.Random(SEED + 1)
    made = []
    for _ in range(count):
        state = draw.choice(list(PLACES))
        chosen = {field: draw.choice(known) for field, known in CHOICES.items()}
        counted = {field: draw.randint(low, high) for field, (low, high) in RANGES.items()}
        made.append({"zip": PLACES[state], "state": state, "storm_damage": draw.random() < 0.3, **chosen, **counted})
    return made


def ping(source: str, lead: Mapping[str, Any], phone: str = FRESH, email: str = FRESH) -> dict[str, Any]:
    """Make a ping of 17 fields: 12 of the lead, 3 of behaviour, 2 hashes of the contact."""
    return {
        "source": source,
        "vertical": VERTICAL,
        "lead": dict(lead),
        "behaviour": {"device": "mobile", "pages_viewed": 5, "time_on_site_seconds": 210},
        "contact_hashes": {"phone_sha256": phone, "email_sha256": email},
    }


def matching(count: int, sample: int = 100) -> float:
    """Count the campaigns of a market that want a lead, on average."""
    vertical, made = load_verticals()[VERTICAL], leads(sample)
    filters = [parse_filter({"all": plan.conditions}, vertical) for plan in campaigns(count)]
    return sum(holds(one, lead) for one in filters for lead in made) / sample


def person(number: int) -> dict[str, str]:
    """Make the n-th person; no two have a phone in common below ten million."""
    area, exchange = AREA_CODES[number // 990_000 % len(AREA_CODES)], 312 + number // 10_000 % 99
    return {
        "first_name": "Ann",
        "last_name": "Lee",
        "phone": f"+1{area}{exchange}{number % 10_000:04d}",
        "email": f"ann.{number}@example.com",
        "city": "Austin",
    }


def ping_of(source: str, lead: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Make the ping of the n-th person."""
    contact = person(number)
    phone, email = (hashlib.sha256(contact[name].encode()).hexdigest() for name in ("phone", "email"))
    return ping(source, lead, phone, email)


def post(ping_id: str, number: int) -> dict[str, Any]:
    """Make the post of the n-th person against a quoted ping."""
    captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    text = "I agree to be called about my roof by the companies shown here."
    consent = {"method": "checkbox", "text": text, "captured_at": captured_at, "page_url": "https://roofs.example.com/quote"}
    return {"ping_id": ping_id, "contact": person(number), "consent": consent}
