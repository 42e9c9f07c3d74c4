"""What the market was like: the season and the month as points on a circle, and a rate the operator may upload."""

from __future__ import annotations

from math import cos, nan, pi, sin

from scoring.core.columns import NUMBER, Feature
from scoring.core.families.visit import DAY, Family, Visit
from scoring.core.specs import FeatureSpec

YEAR = 365.2425 * DAY
_ARRIVAL, _SERIES = "arrival", "uploaded rates"
FEATURES = (
    Feature("market.year_sin", NUMBER, "season: spring is high", needs=_ARRIVAL, since=2, calendar=True),
    Feature("market.year_cos", NUMBER, "season: winter is high", needs=_ARRIVAL, since=2, calendar=True),
    Feature("market.month_sin", NUMBER, "month: its first half is high", needs=_ARRIVAL, since=2, calendar=True),
    Feature("market.month_cos", NUMBER, "month: its ends are high", needs=_ARRIVAL, since=2, calendar=True),
    Feature("market.rate", NUMBER, "rate of the market", needs=_SERIES, since=2, calendar=True),
    Feature("market.rate_change", NUMBER, "change of the rate in 30 days", needs=_SERIES, since=2, calendar=True),
)


def family(spec: FeatureSpec) -> Family:
    """Give the family; a vertical without a rate series has NaN for rates."""
    name = spec.rate_series

    def read(visit: Visit) -> tuple[float, ...]:
        year = (visit.now + visit.shift) / YEAR * 2 * pi
        month = (visit.local.day - 1 + visit.local.hour / 24) / 31 * 2 * pi
        series = visit.context.rates.get(name)
        rate, before = (nan, nan) if series is None else (series.value(visit.now), series.value(visit.now - 30 * DAY))
        return sin(year), cos(year), sin(month), cos(month), rate, rate - before

    return Family(FEATURES, read)
