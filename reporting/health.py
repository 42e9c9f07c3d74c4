"""The state of the exchange: what it needs is there or not, which versions run, which processes, how much traffic.

Built at most once a second per process, whoever asks. Names no address, no secret and no message of a failure.
"""

from __future__ import annotations

import json
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar, cast

import django
import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from accounts.core.clock import rfc3339, utc_now
from accounts.tenancy import act_as_exchange
from campaigns.selectors import market_version
from exchange.auction.store import counters
from exchange.core.auction import ENGINE_VERSION
from reporting.selectors import Traffic, traffic_since

MODES = ("live", "test")
FRESH_SECONDS = 1.0
WINDOW_SECONDS = 60
SHOWN_OF_PROCESS = ("name", "state", "restarts")

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Health:
    """The answer: `ready` says whether the exchange takes leads now."""

    ready: bool
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Database:
    version: str
    traffic: dict[str, Traffic]
    markets: dict[str, int]


_lock = threading.Lock()
_known: tuple[float, Health] | None = None


def current_health() -> Health:
    """Give the state of the exchange, at most a second old."""
    global _known
    with _lock:
        if _known is None or _known[0] < time.monotonic():
            found = _look()
            _known = (time.monotonic() + FRESH_SECONDS, found)
        return _known[1]


def forget_health() -> None:
    """Drop what is known, so that the next question looks again."""
    global _known
    _known = None


def _look() -> Health:
    database = _or_none(_ask_database)
    markets = {mode: _or_none(lambda mode=mode: _ask_market(mode)) or {} for mode in MODES}  # type: ignore[misc]
    checks = {
        "postgresql": database is not None,
        "valkey": all(markets.values()),
        "valkey_volatile": bool(_or_none(lambda: volatile().ping())),
        **{f"counters_{mode}": bool(markets[mode].get("epoch")) for mode in MODES},
        **{f"journal_{mode}": bool(markets[mode].get("journal_up")) for mode in MODES},
    }
    ready = all(checks.values())
    body = {
        "ready": ready,
        "at": rfc3339(utc_now()),
        "checks": checks,
        "versions": _versions(database),
        "processes": _processes(),
        "rates": _rates(database),
    }
    return Health(ready, body)


def _or_none(ask: Callable[[], _Found]) -> _Found | None:
    try:
        return ask()
    except (DatabaseError, InterfaceError):
        connection.close()
    except (RedisError, OSError):
        pass
    return None


def _ask_database() -> _Database:
    with act_as_exchange("the exchange counts its own traffic"):
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = str(cursor.fetchone()[0])
        traffic = traffic_since(utc_now() - timedelta(seconds=WINDOW_SECONDS))
        return _Database(version.partition(" ")[0], traffic, {mode: market_version(mode) for mode in MODES})


def _ask_market(mode: str) -> dict[str, Any]:
    market = counters(mode)
    epoch, journal_up = cast("list[bytes | None]", market.client.mget([market.key("epoch"), market.key("journal_up")]))
    return {"epoch": epoch is not None, "journal_up": journal_up is not None}


@lru_cache(maxsize=1)
def volatile() -> redis.Redis:
    """Give the client of the volatile Valkey, which answers within a second or not at all."""
    return redis.Redis.from_url(settings.VALKEY_VOLATILE_URL, socket_timeout=1.0, socket_connect_timeout=1.0)


def _versions(database: _Database | None) -> dict[str, Any]:
    return {
        "leadwright": settings.VERSION,
        "engine": ENGINE_VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": database.version if database else None,
        "market": database.markets if database else None,
    }


def _processes() -> list[dict[str, Any]]:
    """Read what the supervisor wrote into the folder of this exchange; nothing when there is no supervisor."""
    try:
        rows = json.loads((settings.LEADWRIGHT_HOME / "processes.json").read_text(encoding="utf-8"))["processes"]
        return [{name: row.get(name) for name in SHOWN_OF_PROCESS} for row in rows]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _rates(database: _Database | None) -> dict[str, Any]:
    """Give what came in the last minute, so per minute; nothing where it cannot be counted."""
    per_minute = {} if database is None else database.traffic
    counted = {
        mode: {"pings_per_minute": one.pings, "quotes_per_minute": one.quotes, "sales_per_minute": one.sales}
        for mode, one in per_minute.items()
    }
    return {"window_seconds": WINDOW_SECONDS, **counted}
