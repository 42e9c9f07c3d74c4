"""How leads of the same source and sub-id turned out, and how many repeat a person: shrunk, so that a few leads say little."""

from __future__ import annotations

from scoring.core.columns import NUMBER, Feature
from scoring.core.context import UNKNOWN
from scoring.core.families.visit import Family, Visit
from scoring.core.specs import FeatureSpec

FEATURES = (
    Feature("source.lift", NUMBER, "outcomes of the source, log odds against its vertical", needs="source, outcomes", since=2),
    # It grows by itself, as a calendar does.
    Feature("source.leads", NUMBER, "leads of the source with a known outcome", needs="source, outcomes", since=2, calendar=True),
    Feature(
        "source.sub_lift", NUMBER, "outcomes of the sub-id, log odds against its vertical", needs="sub_id, outcomes", since=2
    ),
    Feature("source.repeats", NUMBER, "repeats of the source, log odds against its vertical", needs="source, posts", since=3),
    Feature("source.sub_repeats", NUMBER, "repeats of the sub-id, log odds against its vertical", needs="sub_id, posts", since=3),
)


def family(spec: FeatureSpec) -> Family:
    """Give the family; a source is compared with its own vertical only."""
    vertical = spec.vertical

    def read(visit: Visit) -> tuple[float, ...]:
        quality, repeats = visit.context.quality, visit.context.repeats
        source = (vertical, str(visit.facts.get("source") or ""))
        sub = (*source, str(visit.facts.get("sub_id") or ""))
        known = quality.sources.get(source, UNKNOWN)
        return (
            known.lift,
            known.leads,
            quality.subs.get(sub, UNKNOWN).lift,
            repeats.sources.get(source, UNKNOWN).lift,
            repeats.subs.get(sub, UNKNOWN).lift,
        )

    return Family(FEATURES, read)
