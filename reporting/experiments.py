"""What an experiment has shown: exposures joined to sales and to what advertisers reported, unit by unit.

A unit counts once its figure can be known. Of a unit of one ping: sales a quarter of an hour after it, conversions after the
experiment's window. A person or a source is open for as long as the window, from its first exposure on, and counts after it.

An experiment on a campaign's bid rule counts what that campaign bought and nothing else: its advertiser's own rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.identity import Caller
from accounts.tenancy import act_as_exchange
from exchange.auction import experiments as on_bid_rules
from reporting.told import SOLD_WITHIN, TOLD, first_of
from scoring import experiments
from scoring.core.arms import METRICS
from scoring.core.comparison import Comparison, Tallies, compare
from scoring.core.experiments import Tally
from scoring.experiments import ExperimentFacts
from scoring.waiting import outcome_days

WHY = "exposures and sales are the exchange's rows; an advertiser's experiment counts its own campaign's sales"
SOLD_AFTER = timedelta(minutes=15)
POINTS_MAX = 40
# A conversion is a win within the experiment's own window of days, not within the vertical's horizon, so this is no label.
# One pass over the exposures; all the tables are the exchange's, and a million units must not pass through Python. What a unit
# brings after the window of its first exposure is left out: a unit that counts changes no more.
_FIGURES = f"""
WITH exposed AS (
    SELECT arm, unit, ping_id, served_at, min(served_at) OVER (PARTITION BY arm, unit) AS since
    FROM scoring_exposure WHERE experiment_id = %(experiment)s
), sold AS (
    SELECT sale.ping_id, sum(sale.price) / 1e6 AS revenue, sum(sale.payout_amount) / 1e6 AS payout,
        sum(sale.margin_amount) / 1e6 AS margin, min(told.occurred_at) FILTER (WHERE told.stage = 'won') AS won_at
    FROM auction_sale AS sale {TOLD}
    WHERE sale.mode = %(mode)s AND sale.vertical = %(vertical)s AND sale.id >= %(first)s AND sale.id < %(last)s
        AND (%(campaign)s::uuid IS NULL OR sale.campaign_id = %(campaign)s)
    GROUP BY sale.ping_id
), unit AS (
    SELECT arm, unit, since, (count(sold.ping_id) > 0)::int AS sold,
        coalesce(bool_or(sold.won_at <= since + %(window)s), false)::int AS conversion,
        coalesce(sum(sold.revenue), 0) AS revenue, coalesce(sum(sold.payout), 0) AS payout,
        coalesce(sum(sold.margin), 0) AS margin
    FROM exposed LEFT JOIN sold USING (ping_id)
    WHERE served_at <= since + %(window)s GROUP BY arm, unit, since
)
SELECT arm, floor(extract(epoch FROM since - %(since)s) / %(step)s)::int AS place, since <= %(closed)s AS closed,
    since <= %(mature)s AS mature, count(*), sum(sold), sum(conversion), sum(revenue), sum(payout), sum(margin),
    sum(revenue ^ 2), sum(payout ^ 2), sum(margin ^ 2),
    count(*) FILTER (WHERE revenue <> 0), count(*) FILTER (WHERE payout <> 0), count(*) FILTER (WHERE margin <> 0)
FROM unit GROUP BY 1, 2, 3, 4 ORDER BY 2
"""  # noqa: S608  the join is our own constant


@dataclass(frozen=True, slots=True)
class Point:
    """What is known today of the units first served until an instant."""

    until: datetime
    tallies: Tallies


@dataclass(frozen=True, slots=True)
class Results:
    """An experiment with what it shows now, of all its units and of the first ones; `exposed` counts all units of each arm.

    `costs` says what a conversion cost in each arm of a bid rule, by the units whose conversions are known; None without one.
    """

    experiment: ExperimentFacts
    comparison: Comparison
    points: tuple[Point, ...]
    exposed: dict[str, int]
    costs: dict[str, float | None]
    at: datetime


def whose(caller: Caller) -> UUID | None:
    """Say whose experiments a caller has: None means the operator's."""
    return None if caller.kind == "operator" else caller.organization_id


def writes(caller: Caller) -> ModuleType:
    """Give the services that write a caller's experiments: an advertiser's are on its campaigns' bid rules."""
    return experiments if caller.kind == "operator" else on_bid_rules


def results_of(experiment: ExperimentFacts, *, at: datetime) -> Results:
    """Compare the arms of an experiment as of an instant; a draft has seen nobody."""
    rows: Sequence[Sequence[Any]] = ()
    points: tuple[Point, ...] = ()
    if (since := experiment.started_at) is not None:
        step = max((experiment.stopped_at or at) - since, timedelta(minutes=1)) / POINTS_MAX
        rows = _rows(experiment, at, since, step)
        points = tuple(_points([row for row in rows if row[CLOSED]], since, step))
    latest: Tallies = points[-1].tallies if points else {}
    exposed = {arm.name: sum(row[UNITS] for row in rows if row[ARM] == arm.name) for arm in experiment.wish.arms}
    costs = {arm: _cost(rows, arm) for arm in exposed} if experiment.campaign_id else {}
    return Results(experiment, compare(experiment.wish, latest), points, exposed, costs, at)


ARM, PLACE, CLOSED, MATURE, UNITS, SOLD, CONVERTED, PAID = range(8)


def _cost(rows: Sequence[Sequence[Any]], arm: str) -> float | None:
    known = [row for row in rows if row[ARM] == arm and row[CLOSED] and row[MATURE]]
    conversions = sum(row[CONVERTED] for row in known)
    return float(sum(row[PAID] for row in known)) / conversions if conversions else None


def _points(rows: Sequence[Sequence[Any]], since: datetime, step: timedelta) -> Iterator[Point]:
    sums: dict[str, dict[str, list[float]]] = {}
    for place in range(POINTS_MAX + 1):
        fresh = [row for row in rows if row[PLACE] == place or (place == POINTS_MAX and row[PLACE] > place)]
        for row in fresh:
            _add(sums.setdefault(row[ARM], {metric: [0.0] * 4 for metric in METRICS}), row)
        if fresh:
            yield Point(since + step * (place + 1), {arm: _tallies(found) for arm, found in sums.items()})


def _rows(experiment: ExperimentFacts, at: datetime, since: datetime, step: timedelta) -> Sequence[Sequence[Any]]:
    wish = experiment.wish
    # A win is dated by its advertiser, so the window has real days; how long is waited for it has days of waiting.
    mature = at - max(outcome_days(wish.window_days), SOLD_AFTER)
    facts: dict[str, Any] = {
        "experiment": experiment.experiment_id, "mode": experiment.mode, "vertical": wish.vertical, "since": since,
        "first": first_of(since), "last": first_of((experiment.stopped_at or at) + SOLD_WITHIN), "step": step.total_seconds(),
        "window": timedelta(days=wish.window_days), "mature": mature,
        "campaign": experiment.campaign_id, "closed": at - SOLD_AFTER if wish.unit == "ping" else mature,
    }  # fmt: skip
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_FIGURES, facts)
        return list(cursor.fetchall())


def _add(sums: dict[str, list[float]], row: Sequence[Any]) -> None:
    units, sold, converted, *money = row[UNITS:]
    figures = {"sold": (units, sold, sold, sold)}
    if row[MATURE]:
        figures["conversion"] = (units, converted, converted, converted)
    for place, metric in enumerate(("revenue", "payout", "margin")):
        figures[metric] = (units, *money[place::3])
    # What buyers pay is revenue to the operator, and spend to the advertiser whose campaign it is.
    figures["spend"] = figures["revenue"]
    for metric, values in figures.items():
        sums[metric] = [before + float(value) for before, value in zip(sums[metric], values, strict=True)]


def _tallies(sums: dict[str, list[float]]) -> dict[str, Tally]:
    return {metric: Tally(int(units), total, squares, int(valued)) for metric, (units, total, squares, valued) in sums.items()}
