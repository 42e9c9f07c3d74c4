"""Contacts and consent for rows that bring none: made from a seed, so that a row has the same person on every run.

Nobody real is meant: numbers are drawn at random within valid area codes, addresses end in example.com. Reports say when they
were used.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

FIELDS = ("first_name", "last_name", "phone", "email")
AREA_CODES = ("206", "212", "312", "404", "415", "512", "602", "617", "702", "713", "813", "919")
FIRST_NAMES = ("Alex", "Dana", "Jamie", "Jordan", "Kim", "Lee", "Morgan", "Pat", "Robin", "Sam", "Taylor", "Toni")
LAST_NAMES = ("Baker", "Carter", "Diaz", "Evans", "Flores", "Grant", "Hughes", "Irwin", "Jones", "Kelly", "Lopez", "Mason")
STREETS = ("Cedar Street", "Elm Street", "Lake Drive", "Main Street", "Oak Avenue", "Park Road")


def contact(seed: int, wanted: Sequence[str] = FIELDS) -> dict[str, str]:
    """Make the wanted fields of a person who does not exist; the phone is E.164."""
    draw = random.Random(seed)
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    exchange = draw.choice([code for code in range(220, 999) if code % 100 != 11 and code != 555])
    person = {
        "first_name": first,
        "last_name": last,
        "phone": f"+1{draw.choice(AREA_CODES)}{exchange}{draw.randrange(10_000):04d}",
        "email": f"{first}.{last}.{seed:016x}@example.com".lower(),
        "street": f"{draw.randrange(1, 9_000)} {draw.choice(STREETS)}",
    }
    return {name: person[name] for name in wanted}


def consent(template: Mapping[str, Any], sellers: Sequence[str], now: datetime | None = None) -> dict[str, Any]:
    """Make a consent given a minute ago, on the form of a template, that names the advertisers of the quotes."""
    given = (now or datetime.now(UTC)) - timedelta(minutes=1)
    captured_at = given.isoformat(timespec="seconds").replace("+00:00", "Z")
    kept = {name: value for name, value in template.items() if not name.endswith("_at")}
    made = {"method": "checkbox", "text": "I agree to be called and written to about my request.", **kept}
    return made | {"captured_at": captured_at, "sellers": sorted({*made.get("sellers", ()), *sellers})}
