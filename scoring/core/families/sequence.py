"""In what order things happened: the same actions say another thing when prices come first, or all of them within an hour."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from math import nan

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, Feature
from scoring.core.families.visit import ACTIONS, CONTACT, DEMO, DOWNLOAD, FORM, PRICING, Family, Visit
from scoring.core.specs import FeatureSpec

VISIT_GAP_SECONDS = 1_800.0
"""Half an hour without an action ends a visit."""
TWO_DAYS = 172_800.0
_ACTION, _AT = "behaviour.events[].action", "behaviour.events[].at"
_BOTH = "behaviour.events[].action, .at"
FEATURES = (
    Feature("sequence.prices_before_download", BOOLEAN, "prices before the first download", needs=_ACTION, since=2),
    Feature("sequence.visits_48h", NUMBER, "visits within 48 hours", needs=_AT, since=2),
    Feature("sequence.minutes_to_intent", NUMBER, "minutes to the first form, demonstration or contact", needs=_BOTH, since=2),
    Feature("sequence.rising", NUMBER, "share of steps that go further than the one before", needs=_ACTION, since=2),
    Feature("sequence.last", CATEGORY, "last action", ACTIONS, needs=_ACTION, since=2),
    Feature("sequence.second_last", CATEGORY, "action before the last", ACTIONS, needs=_ACTION, since=2),
    Feature("sequence.third_last", CATEGORY, "third last action", ACTIONS, needs=_ACTION, since=2),
)
_INTENT = frozenset({FORM, DEMO, CONTACT})
_NOT_SAID = (nan,) * len(FEATURES)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    if not visit.actions:
        return _NOT_SAID
    kinds = [kind for kind, _ in visit.actions]
    size = len(kinds)
    return (
        float(kinds.index(PRICING) < kinds.index(DOWNLOAD)) if PRICING in kinds and DOWNLOAD in kinds else nan,
        _visits(visit) if visit.acted else nan,
        _minutes_to_intent(visit, kinds),
        sum(later > earlier for earlier, later in pairwise(kinds)) / (size - 1) if size > 1 else nan,
        float(kinds[-1]),
        float(kinds[-2]) if size > 1 else nan,
        float(kinds[-3]) if size > 2 else nan,
    )


def _visits(visit: Visit) -> float:
    recent = visit.acted[bisect_left(visit.acted, visit.now - TWO_DAYS) :]
    return float(bool(recent)) + sum(later - earlier > VISIT_GAP_SECONDS for earlier, later in pairwise(recent))


def _minutes_to_intent(visit: Visit, kinds: list[int]) -> float:
    place = next((place for place, kind in enumerate(kinds) if kind in _INTENT), None)
    return nan if place is None or not visit.in_order else (visit.acted[place] - visit.acted[0]) / 60
