"""What an experiment has shown: exposures joined to sales and to what advertisers reported, unit by unit.

A unit counts once its figure can be known: sales a quarter of an hour after the ping, conversions after the experiment's window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.tenancy import act_as_exchange
from reporting.told import TOLD
from scoring.core.arms import METRICS
from scoring.core.comparison import Comparison, Tallies, compare
from scoring.core.experiments import Tally
from scoring.experiments import ExperimentFacts

WHY = "the operator compares the arms over everybody's sales"
SOLD_AFTER = timedelta(minutes=15)
POINTS_MAX = 40
# One pass over the exposures; all the tables are the exchange's, and a million units must not pass through Python.
_FIGURES = f"""
WITH sold AS (
    SELECT sale.ping_id, sum(sale.price) / 1e6 AS revenue, sum(sale.payout_amount) / 1e6 AS payout,
        sum(sale.margin_amount) / 1e6 AS margin, min(told.occurred_at) FILTER (WHERE told.stage = 'won') AS won_at
    FROM auction_sale AS sale {TOLD}
    WHERE sale.mode = %(mode)s AND sale.vertical = %(vertical)s AND sale.created_at >= %(since)s
    GROUP BY sale.ping_id
), unit AS (
    SELECT exposure.arm, exposure.unit, min(exposure.served_at) AS since, (count(sold.ping_id) > 0)::int AS sold,
        coalesce(bool_or(sold.won_at <= exposure.served_at + %(window)s), false)::int AS conversion,
        coalesce(sum(sold.revenue), 0) AS revenue, coalesce(sum(sold.payout), 0) AS payout,
        coalesce(sum(sold.margin), 0) AS margin
    FROM scoring_exposure AS exposure LEFT JOIN sold USING (ping_id)
    WHERE exposure.experiment_id = %(experiment)s GROUP BY exposure.arm, exposure.unit
)
SELECT arm, floor(extract(epoch FROM since - %(since)s) / %(step)s)::int AS place, since <= %(mature)s AS mature, count(*),
    sum(sold), sum(conversion), sum(revenue), sum(payout), sum(margin), sum(revenue ^ 2), sum(payout ^ 2), sum(margin ^ 2)
FROM unit WHERE since <= %(settled)s GROUP BY 1, 2, 3 ORDER BY 2
"""  # noqa: S608  the join is our own constant


@dataclass(frozen=True, slots=True)
class Point:
    """What was known of the units served until an instant."""

    until: datetime
    tallies: Tallies


@dataclass(frozen=True, slots=True)
class Results:
    """An experiment with what it shows now and what it showed on the way; `exposed` counts the units of each arm."""

    experiment: ExperimentFacts
    comparison: Comparison
    points: tuple[Point, ...]
    exposed: dict[str, int]
    at: datetime


def results_of(experiment: ExperimentFacts, *, at: datetime) -> Results:
    """Compare the arms of an experiment as of an instant; a draft has seen nobody."""
    points = tuple(_points(experiment, at)) if experiment.started_at else ()
    latest = points[-1].tallies if points else {}
    exposed = {arm.name: latest[arm.name]["sold"].units if arm.name in latest else 0 for arm in experiment.wish.arms}
    return Results(experiment, compare(experiment.wish, latest), points, exposed, at)


def _points(experiment: ExperimentFacts, at: datetime) -> Iterator[Point]:
    since = experiment.started_at
    assert since is not None, "a draft has no points"
    step = max((experiment.stopped_at or at) - since, timedelta(minutes=1)) / POINTS_MAX
    rows = _rows(experiment, at, since, step)
    sums: dict[str, dict[str, list[float]]] = {}
    for place in range(POINTS_MAX + 1):
        fresh = [row for row in rows if row[1] == place or (place == POINTS_MAX and row[1] > place)]
        for row in fresh:
            _add(sums.setdefault(row[0], {metric: [0.0, 0.0, 0.0] for metric in METRICS}), row)
        if fresh:
            yield Point(since + step * (place + 1), {arm: _tallies(found) for arm, found in sums.items()})


def _rows(experiment: ExperimentFacts, at: datetime, since: datetime, step: timedelta) -> Sequence[Sequence[Any]]:
    window = timedelta(days=experiment.wish.window_days)
    facts: dict[str, Any] = {
        "experiment": experiment.experiment_id, "mode": experiment.mode, "vertical": experiment.wish.vertical, "since": since,
        "step": step.total_seconds(), "window": window, "mature": at - window, "settled": at - SOLD_AFTER,
    }  # fmt: skip
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_FIGURES, facts)
        return list(cursor.fetchall())


def _add(sums: dict[str, list[float]], row: Sequence[Any]) -> None:
    _, _, mature, units, sold, converted, *money = row
    figures = {"sold": (units, sold, sold)}
    if mature:
        figures["conversion"] = (units, converted, converted)
    for place, metric in enumerate(("revenue", "payout", "margin")):
        figures[metric] = (units, money[place], money[place + 3])
    for metric, values in figures.items():
        sums[metric] = [before + float(value) for before, value in zip(sums[metric], values, strict=True)]


def _tallies(sums: dict[str, list[float]]) -> dict[str, Tally]:
    return {metric: Tally(int(units), total, squares) for metric, (units, total, squares) in sums.items()}
