"""How, when and for whom consent was given, and what kind of lead is offered."""

from __future__ import annotations

from math import nan

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, OTHER, Feature, code_of, codes_of
from scoring.core.families.visit import Family, Visit, part_of, seconds_of
from scoring.core.specs import FeatureSpec

METHODS = ("checkbox", "button", "signature", "voice", OTHER)
KINDS = ("form", "call", "click_to_call")
FEATURES = (
    Feature("consent.method", CATEGORY, "how consent was given", METHODS, needs="consent.method"),
    Feature("consent.age_minutes", NUMBER, "minutes since consent", needs="consent.captured_at"),
    Feature("consent.certificate", BOOLEAN, "consent certificate given", needs="consent.certificate_url"),
    Feature("consent.sellers", NUMBER, "sellers named in the consent", needs="consent.sellers"),
    Feature("offer.kind", CATEGORY, "kind of lead", KINDS, needs="kind"),
)
_METHOD, _KIND = codes_of(METHODS), codes_of(KINDS)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    offered = code_of(_KIND, visit.facts.get("kind"))
    consent = part_of(visit.facts, "consent")
    if not consent:
        return nan, nan, nan, nan, offered
    captured, sellers = seconds_of(consent.get("captured_at")), consent.get("sellers")
    return (
        code_of(_METHOD, consent.get("method"), _METHOD[OTHER]),
        nan if captured is None else max(0.0, (visit.now - captured) / 60),
        1.0 if consent.get("certificate_url") else 0.0,
        float(len(sellers)) if isinstance(sellers, list | tuple) else nan,
        offered,
    )
