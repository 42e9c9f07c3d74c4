"""How the exchange of one mode does right now: rates, milliseconds by stage, reasons, queues. For the operator's health page.

Measured at most so often that it costs a twentieth of one connection's time, whoever looks; the page says when it was measured.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from redis.exceptions import RedisError

from accounts.core.clock import from_ms, to_ms, utc_now
from accounts.core.ids import first_at
from accounts.tenancy import act_as_exchange
from campaigns.selectors import currency_of, market_version
from exchange.auction.backlog import Backlog, backlog_of
from exchange.auction.store import counters
from exchange.delivery.selectors import Outgoing, Waiting, failure_reasons, outgoing
from reporting.core.vitals import Queue
from reporting.health import volatile

WHY = "the operator looks how the exchange does"
MINUTES = 60
NEWEST = 1_000
REASONS = 6
FRESH_SECONDS, FRESH_SECONDS_MAX, COST = 1.0, 30.0, 20.0
WHOLE = "together"

_Found = TypeVar("_Found")

# Minutes are counted back from now, so that each of them is whole.
_AUCTIONS = """
SELECT floor(extract(epoch FROM %(at)s - at) / 60)::int AS ago, count(*), count(*) FILTER (WHERE status = 'quoted')
FROM auction_auction WHERE id >= %(first)s AND mode = %(mode)s GROUP BY ago
"""
_POSTS = """
SELECT floor(extract(epoch FROM %(at)s - received_at) / 60)::int AS ago, count(*)
FROM intake_lead WHERE id >= %(first)s AND currency = %(currency)s GROUP BY ago
"""
_SALES = """
SELECT floor(extract(epoch FROM %(at)s - created_at) / 60)::int AS ago, count(*)
FROM auction_sale WHERE id >= %(first)s AND mode = %(mode)s GROUP BY ago
"""
_WINDOW = """
SELECT count(*), min(at), max(version), min(at) FILTER (WHERE snapshot_version = version) FROM (
    SELECT at, snapshot_version, first_value(snapshot_version) OVER (ORDER BY id DESC) AS version FROM (
        SELECT id, at, snapshot_version FROM auction_auction
        WHERE id >= %(first)s AND mode = %(mode)s ORDER BY id DESC LIMIT %(newest)s
    ) AS newest
) AS marked
"""
_STAGES = """
WITH took AS (
    SELECT id, number, stage ->> 0 AS stage, (stage ->> 1)::bigint AS us FROM (
        SELECT id, record FROM auction_auction WHERE id >= %(first)s AND mode = %(mode)s ORDER BY id DESC LIMIT %(newest)s
    ) AS newest, jsonb_array_elements(record -> 'stages_us') WITH ORDINALITY AS one (stage, number)
), whole AS (SELECT sum(us) AS us FROM took GROUP BY id)
SELECT stage, min(number) AS place, count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY us)
FROM took GROUP BY stage
UNION ALL
SELECT %(whole)s, 1000, count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY us)
FROM whole HAVING count(*) > 0
ORDER BY place
"""
_UNSOLD = """
SELECT coalesce(record -> 'ping' -> 'reasons' -> -1 ->> 'code', '') AS code, count(*) FROM (
    SELECT status, record FROM auction_auction WHERE id >= %(first)s AND mode = %(mode)s ORDER BY id DESC LIMIT %(newest)s
) AS newest WHERE status <> 'quoted' GROUP BY code ORDER BY count(*) DESC, code LIMIT %(limit)s
"""
_REFUSED = """
SELECT coalesce(reasons -> -1 ->> 'code', status) AS code, count(*) FROM intake_lead
WHERE id >= %(first)s AND currency = %(currency)s AND status <> 'sold' GROUP BY code ORDER BY count(*) DESC, code LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many there were in each of the last whole minutes, the newest last."""

    name: str
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StageTimes:
    """One stage of the newest pings: how many passed it, and its milliseconds."""

    stage: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """A mode's market at one instant; a queue is None when its store does not answer. Reasons are (code, number)."""

    at: datetime
    rates: tuple[Rate, ...]
    pings: int
    pings_since: datetime | None
    stages: tuple[StageTimes, ...]
    unsold: tuple[tuple[str, int], ...]
    refused: tuple[tuple[str, int], ...]
    failing: tuple[tuple[str, int], ...]
    queues: Mapping[str, Queue | None]
    version: int
    version_used: int | None
    version_since: datetime | None


_lock = threading.Lock()
_known: dict[str, tuple[float, Pulse]] = {}


def current_pulse(mode: str) -> Pulse:
    """Give the pulse of a mode, measured now or a moment ago."""
    with _lock:
        known = _known.get(mode)
        if known is None or known[0] < time.monotonic():
            began = time.monotonic()
            pulse = _measure(mode, utc_now())
            ended = time.monotonic()
            fresh = min(max(FRESH_SECONDS, (ended - began) * COST), FRESH_SECONDS_MAX)
            known = _known[mode] = (ended + fresh, pulse)
        return known[1]


def forget_pulse() -> None:
    """Drop what is known, so that the next question measures anew."""
    _known.clear()


def _measure(mode: str, at: datetime) -> Pulse:
    named = {
        "at": at, "first": first_at(to_ms(at - timedelta(minutes=MINUTES))), "mode": mode, "currency": currency_of(mode),
        "newest": NEWEST, "whole": WHOLE, "limit": REASONS,
    }  # fmt: skip
    with act_as_exchange(WHY):
        pings, since, used, used_since = _ask(_WINDOW, named)[0]
        return Pulse(
            at=at, rates=_rates(named), pings=pings, pings_since=since, stages=tuple(map(_stage, _ask(_STAGES, named))),
            unsold=tuple(_ask(_UNSOLD, named)), refused=tuple(_ask(_REFUSED, named)),
            failing=failure_reasons(at=at, limit=REASONS), queues=_in_valkey(mode, at) | _in_postgresql(at),
            version=market_version(mode), version_used=used, version_since=used_since,
        )  # fmt: skip


def _ask(sql: str, named: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, named)
        return list(cursor.fetchall())


def _rates(named: Mapping[str, Any]) -> tuple[Rate, ...]:
    auctions, posts, sales = (_ask(sql, named) for sql in (_AUCTIONS, _POSTS, _SALES))
    return (
        Rate("Pings", _by_minute([(ago, pings) for ago, pings, _ in auctions])),
        Rate("Quotes", _by_minute([(ago, quoted) for ago, _, quoted in auctions])),
        Rate("Posts", _by_minute(posts)),
        Rate("Sales", _by_minute(sales)),
    )


def _by_minute(rows: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    found = dict(rows)
    return tuple(found.get(ago, 0) for ago in reversed(range(MINUTES)))


def _stage(row: tuple[str, int, int, list[float]]) -> StageTimes:
    stage, _, count, (p50, p95, p99) = row
    return StageTimes(stage, count, p50 / 1000, p95 / 1000, p99 / 1000)


def _in_valkey(mode: str, at: datetime) -> dict[str, Queue | None]:
    found = _or_none(lambda: backlog_of(counters(mode), now_ms=to_ms(at)))
    tasks = _or_none(lambda: Queue(sum(int(volatile().llen(queue)) for queue in ("celery", "learning"))))
    return {**_of_backlog(found, at), "tasks": tasks}


def _of_backlog(found: Backlog | None, at: datetime) -> dict[str, Queue | None]:
    if found is None:
        return dict.fromkeys(("stream", "unreadable", "due", "open"))
    return {
        "stream": _queue(found.records, _instant(found.oldest_record_ms), at),
        "unreadable": Queue(found.unreadable),
        "due": _queue(found.due_quotes, _instant(found.oldest_due_ms), at),
        "open": Queue(found.open_quotes),
    }


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)


def _in_postgresql(at: datetime) -> dict[str, Queue | None]:
    deliveries, webhooks = outgoing("deliveries", at=at), outgoing("webhooks", at=at)
    return {**_three("deliveries", deliveries, at), **_three("webhooks", webhooks, at)}


def _three(name: str, found: Outgoing, at: datetime) -> dict[str, Queue | None]:
    parts: dict[str, Waiting] = {name: found.due, f"{name}_failed": found.failed, f"{name}_dead": found.dead}
    return {key: _queue(one.count, one.oldest_at, at) for key, one in parts.items()}


def _queue(count: int, oldest_at: datetime | None, at: datetime) -> Queue:
    return Queue(count, None if oldest_at is None else max((at - oldest_at).total_seconds(), 0.0))


def _or_none(ask: Callable[[], _Found]) -> _Found | None:
    try:
        return ask()
    except (RedisError, OSError):
        return None


def version_seconds(pulse: Pulse) -> float | None:
    """Say for how long the newest pings have been matched against the same version of the market, as far as they reach back."""
    return None if pulse.version_since is None else (pulse.at - pulse.version_since).total_seconds()
