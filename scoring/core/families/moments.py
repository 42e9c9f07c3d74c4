"""When things happened where the lead lives."""

from __future__ import annotations

from math import nan

from scoring.core.columns import NUMBER, Feature
from scoring.core.families.visit import DAY, Family, Visit
from scoring.core.specs import FeatureSpec

PEAK_FROM, PEAK_UNTIL = 9 * 3600.0, 17 * 3600.0
_TIMES = "behaviour.events[].at, touchpoints[].at"
_ARRIVAL = "arrival, lead.state"
FEATURES = (
    Feature("time.hour", NUMBER, "hour of day where the lead lives", needs=_ARRIVAL, calendar=True),
    Feature("time.weekday", NUMBER, "day of the week where the lead lives, Monday is 0", needs=_ARRIVAL, calendar=True),
    Feature("time.weekend_share", NUMBER, "share of touchpoints and events at weekends", needs=_TIMES, calendar=True),
    Feature("time.peak_share", NUMBER, "share of touchpoints and events from 9 to 17", needs=_TIMES, since=2, calendar=True),
    Feature("time.recency_hours", NUMBER, "hours since the last touchpoint or event", needs=_TIMES, since=2),
)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    shift = visit.shift
    days, seconds = divmod(visit.now + shift, DAY)
    hour, weekday = seconds // 60 / 60, (days + 3) % 7  # the first day of Unix time was a Thursday
    moments = (*visit.acted, *visit.touched)
    if not moments:
        return hour, weekday, nan, nan, nan
    weekend = peak = 0
    for moment in moments:
        day, second = divmod(moment + shift, DAY)
        weekend += (day + 3) % 7 >= 5
        peak += PEAK_FROM <= second < PEAK_UNTIL
    size = len(moments)
    return hour, weekday, weekend / size, peak / size, max(0.0, visit.now - max(moments)) / 3600
