"""Whether somebody will be reached there: what a ping may say of a contact without saying who it is."""

from __future__ import annotations

from math import nan
from typing import Any

from scoring.core.area_codes import STATE_OF_AREA_CODE
from scoring.core.columns import BOOLEAN, CATEGORY, Feature, code_of, codes_of
from scoring.core.email_domains import DISPOSABLE, FREE
from scoring.core.families.visit import Family, Visit, part_of
from scoring.core.specs import FeatureSpec

PHONE_TYPES = ("mobile", "landline", "voip", "toll_free", "other")
EMAIL_KINDS = ("free", "disposable", "own")
_HASHES, _HINTS = "contact_hashes", "contact_hints"
FEATURES = (
    Feature("contact.phone", BOOLEAN, "telephone hash given", needs=f"{_HASHES}.phone_*"),
    Feature("contact.email", BOOLEAN, "e-mail hash given", needs=f"{_HASHES}.email_*"),
    Feature("contact.phone_type", CATEGORY, "type of telephone", PHONE_TYPES, needs=f"{_HINTS}.phone_type", since=2),
    Feature("contact.email_kind", CATEGORY, "kind of e-mail provider", EMAIL_KINDS, needs=f"{_HINTS}.email_domain", since=2),
    Feature("contact.area_code_here", BOOLEAN, "area code of the lead's state", needs=f"{_HINTS}.area_code, lead.state", since=2),
    Feature("contact.ip_here", BOOLEAN, "IP in the lead's state", needs=f"{_HINTS}.ip_state, lead.state", since=2),
)
_PHONE_TYPE, _EMAIL_KIND = codes_of(PHONE_TYPES), codes_of(EMAIL_KINDS)
_FREE, _DISPOSABLE, _OWN = _EMAIL_KIND.values()


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    hashes, hints = part_of(visit.facts, _HASHES), part_of(visit.facts, _HINTS)
    given = [name for name, value in hashes.items() if value and isinstance(name, str)]
    phone = float(any(name.startswith("phone") for name in given))
    email = float(any(name.startswith("email") for name in given))
    if not hints:
        return phone, email, nan, nan, nan, nan
    state = visit.lead.get("state")
    return (
        phone,
        email,
        code_of(_PHONE_TYPE, hints.get("phone_type")),
        _email_kind(hints.get("email_domain")),
        _same(_state_of(hints.get("area_code")), state),
        _same(hints.get("ip_state"), state),
    )


def _email_kind(domain: Any) -> float:
    if not isinstance(domain, str) or not domain:
        return nan
    return _FREE if domain in FREE else _DISPOSABLE if domain in DISPOSABLE else _OWN


def _state_of(area_code: Any) -> str | None:
    return STATE_OF_AREA_CODE.get(area_code) if isinstance(area_code, str) else None


def _same(one: Any, other: Any) -> float:
    return float(one == other) if isinstance(one, str) and isinstance(other, str) else nan
