"""Time as an argument: shells pass `utc_now()` in, pure code never asks."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Give the present instant, aware, in UTC."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Give Unix milliseconds of an aware instant."""
    return round(instant.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """Give the aware instant of Unix milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def rfc3339(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with milliseconds: 2026-11-22T13:05:09.120Z."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
