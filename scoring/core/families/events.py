"""How much happened on the site, and how long it took."""

from __future__ import annotations

from math import nan

from scoring.core.columns import NUMBER, Feature
from scoring.core.families.visit import Family, Visit
from scoring.core.specs import FeatureSpec

FEATURES = (
    Feature("events.count", NUMBER, "events on the site", needs="behaviour.events[]"),
    Feature("events.actions", NUMBER, "different actions", needs="behaviour.events[].action"),
    Feature("events.span_minutes", NUMBER, "minutes from first to last event", needs="behaviour.events[].at"),
    Feature("events.quiet_minutes", NUMBER, "minutes since the last event", needs="behaviour.events[].at"),
)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    actions, times = visit.actions, visit.acted
    return (
        nan if actions is None else float(len(actions)),
        nan if actions is None else float(len({text for _, text in actions})),
        (times[-1] - times[0]) / 60 if times else nan,
        max(0.0, (visit.now - times[-1]) / 60) if times else nan,
    )
