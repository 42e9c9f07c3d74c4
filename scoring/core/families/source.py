"""How leads of the same source and sub-id have turned out so far: shrunk, so that a few leads say little."""

from __future__ import annotations

from scoring.core.columns import NUMBER, Feature
from scoring.core.context import UNKNOWN
from scoring.core.families.visit import Family, Visit
from scoring.core.specs import FeatureSpec

FEATURES = (
    Feature("source.lift", NUMBER, "outcomes of the source, log odds against its vertical", needs="source, outcomes", since=2),
    Feature("source.leads", NUMBER, "leads of the source with a known outcome", needs="source, outcomes", since=2),
    Feature(
        "source.sub_lift", NUMBER, "outcomes of the sub-id, log odds against its vertical", needs="sub_id, outcomes", since=2
    ),
)


def family(spec: FeatureSpec) -> Family:
    """Give the family; a source is compared with its own vertical only."""
    vertical = spec.vertical

    def read(visit: Visit) -> tuple[float, ...]:
        quality, source = visit.context.quality, str(visit.facts.get("source") or "")
        known = quality.sources.get((vertical, source), UNKNOWN)
        sub = quality.subs.get((vertical, source, str(visit.facts.get("sub_id") or "")), UNKNOWN)
        return known.lift, known.leads, sub.lift

    return Family(FEATURES, read)
