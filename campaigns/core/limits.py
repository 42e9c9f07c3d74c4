"""Caps and budgets: which counter a limit uses at an instant, and when that counter ends.

A window starts on the wall clock of the limit's zone: midnight, Monday, the first of the month. A day of 23 or 25
hours is one window.
The counter's name holds the limit's id and the window's start, so editing the limit's amount never resets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

LEVELS = ("campaign", "advertiser", "source")
UNITS = ("count", "money")
WINDOWS = ("hour", "day", "week", "month")
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `limit` leads (count) or micros (money) in each window, for a campaign, its advertiser, or one source in it."""

    id: UUID
    level: str
    unit: str
    window: str
    limit: int
    zone: str = "UTC"
    source_id: UUID | None = None

    @property
    def reason(self) -> str:
        """Give the reason code of a lead that this limit refuses."""
        return "cap_reached" if self.unit == "count" else "budget_reached"


@dataclass(frozen=True, slots=True)
class CounterWindow:
    """Name of the counter, and the instant (UTC) its window ends."""

    key: str
    ends_at: datetime


def counter_of(limit: Limit, at: datetime) -> CounterWindow:
    """Give the counter that a limit uses at an aware instant; raises ValueError for an unknown window."""
    start, end = window_of(limit.window, limit.zone, at)
    return CounterWindow(f"{limit.id.hex}:{int(start.timestamp())}", end)


def window_of(window: str, zone: str, at: datetime) -> tuple[datetime, datetime]:
    """Give start and end (UTC, end excluded) of the window of a kind around an aware instant."""
    local = at.astimezone(ZoneInfo(zone))
    if window == "hour":
        return _hour_of(local)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if window == "day":
        start, end = midnight, midnight + timedelta(days=1)
    elif window == "week":
        start = midnight - timedelta(days=midnight.weekday())
        end = start + timedelta(days=7)
    elif window == "month":
        start = midnight.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1)
    else:
        raise ValueError(f"unknown window {window!r}")
    return start.astimezone(UTC), end.astimezone(UTC)


def _hour_of(local: datetime) -> tuple[datetime, datetime]:
    # Counted on the offset in force, so the hour that comes twice in autumn is two windows and zones at half an hour work too.
    offset = local.utcoffset() or timedelta(0)
    seconds = int(local.timestamp()) + int(offset.total_seconds())
    start = datetime.fromtimestamp(seconds - seconds % _HOUR - int(offset.total_seconds()), UTC)
    return start, start + timedelta(hours=1)


def applies(limit: Limit, source_id: UUID) -> bool:
    """Say whether a limit counts leads of a source: limits of one source count only its own."""
    return limit.source_id is None or limit.source_id == source_id
