"""What somebody came for: looks at prices, comparisons and demonstrations, and how far it went."""

from __future__ import annotations

from math import nan

from scoring.core.columns import NUMBER, Feature
from scoring.core.families.visit import COMPARE, CONTACT, DEMO, DOWNLOAD, FORM, PRICING, Family, Visit
from scoring.core.specs import FeatureSpec

_ACTION = "behaviour.events[].action"
FEATURES = (
    Feature("intent.pricing", NUMBER, "looks at prices", needs=_ACTION),
    Feature("intent.contact", NUMBER, "contact or quote actions", needs=_ACTION),
    Feature("intent.demo", NUMBER, "demonstrations or trials", needs=_ACTION, since=2),
    Feature("intent.download", NUMBER, "downloads", needs=_ACTION),
    Feature("intent.comparison", NUMBER, "comparisons and reviews read", needs=_ACTION, since=2),
    Feature("intent.form", NUMBER, "forms and calculators used", needs=_ACTION, since=2),
    Feature("intent.share", NUMBER, "share of actions about prices, demonstrations or contact", needs=_ACTION, since=2),
    Feature(
        "intent.depth", NUMBER, "furthest step: 0 a page, 5 a download, 6 prices, 7 a form, 9 contact", needs=_ACTION, since=2
    ),
)
_COUNTED = (PRICING, CONTACT, DEMO, DOWNLOAD, COMPARE, FORM)
_NOT_SAID = (nan,) * len(FEATURES)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    if visit.actions is None:
        return _NOT_SAID
    kinds = [kind for kind, _ in visit.actions]
    counts = [float(kinds.count(kind)) for kind in _COUNTED]
    if not kinds:
        return (*counts, nan, nan)
    return (*counts, (counts[0] + counts[1] + counts[2]) / len(kinds), float(max(kinds)))
