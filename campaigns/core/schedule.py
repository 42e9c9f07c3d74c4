"""Schedules: the hours of the week and the holidays of a campaign, on the wall clock of its zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from accounts.core.errors import FieldError, invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAYS_MAX = 100
_RANGE_LENGTH = 2
HOURS_OF_DAY = 24


@dataclass(frozen=True, slots=True)
class Schedule:
    """Open in these (weekday, hour) pairs (0 is Monday) except on these dates, both read in `zone`."""

    zone: str
    hours: frozenset[tuple[int, int]]
    holidays: frozenset[date] = frozenset()


def is_open(schedule: Schedule, at: datetime) -> bool:
    """Say whether a campaign takes leads at an aware instant."""
    local = at.astimezone(ZoneInfo(schedule.zone))
    return (local.weekday(), local.hour) in schedule.hours and local.date() not in schedule.holidays


def is_zone(name: Any) -> bool:
    """Say whether a text names a time zone of the IANA list."""
    return isinstance(name, str) and name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def parse_schedule(data: Any, zone: str, pointer: str = "/schedule") -> Schedule | None:
    """Read {"hours": {"mon": [[9, 17]], ...}, "holidays": ["2026-12-25"]}; None means always open.

    A range is [from, to) in whole hours 0 to 24; a day left out is closed. Raises Problem(invalid_request) with pointers.
    """
    if data is None:
        return None
    if not isinstance(data, Mapping) or not isinstance(data.get("hours"), Mapping) or set(data) - {"hours", "holidays"}:
        raise invalid([FieldError(pointer, "wrong_type", 'Must be an object with "hours" and, if wanted, "holidays"; or null.')])
    errors: list[FieldError] = []
    hours = _read_hours(data["hours"], f"{pointer}/hours", errors)
    holidays = _read_holidays(data.get("holidays") or [], f"{pointer}/holidays", errors)
    if not hours and not errors:
        words = "A schedule needs at least one open hour; to take no leads at all, pause the campaign."
        errors.append(FieldError(f"{pointer}/hours", "required", words))
    if errors:
        raise invalid(errors)
    return Schedule(zone, hours, holidays)


def schedule_as_json(schedule: Schedule | None) -> dict[str, Any] | None:
    """Write a schedule in its wire form, without its zone (a campaign has one zone for all its rules)."""
    if schedule is None:
        return None
    hours = {day: _ranges(sorted(hour for weekday, hour in schedule.hours if weekday == place)) for place, day in enumerate(DAYS)}
    wire = {"hours": {day: ranges for day, ranges in hours.items() if ranges}}
    return {**wire, "holidays": [day.isoformat() for day in sorted(schedule.holidays)]}


def _ranges(hours: list[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for hour in hours:
        if ranges and ranges[-1][1] == hour:
            ranges[-1][1] = hour + 1
        else:
            ranges.append([hour, hour + 1])
    return ranges


def _read_hours(data: Mapping[str, Any], pointer: str, errors: list[FieldError]) -> frozenset[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for day, ranges in data.items():
        if day not in DAYS:
            errors.append(FieldError(f"{pointer}/{day}", "unknown_field", f"Days are {', '.join(DAYS)}."))
        elif not isinstance(ranges, list) or not all(_is_range(one) for one in ranges):
            words = "Must be a list of [from, to) in whole hours 0 to 24, such as [[9, 12], [13, 17]]."
            errors.append(FieldError(f"{pointer}/{day}", "wrong_type", words))
        else:
            found.update((DAYS.index(day), hour) for low, high in ranges for hour in range(low, high))
    return frozenset(found)


def _is_range(one: Any) -> bool:
    if not isinstance(one, list) or len(one) != _RANGE_LENGTH or not all(type(hour) is int for hour in one):
        return False
    return bool(0 <= one[0] < one[1] <= HOURS_OF_DAY)


def _read_holidays(data: Any, pointer: str, errors: list[FieldError]) -> frozenset[date]:
    if not isinstance(data, list) or len(data) > HOLIDAYS_MAX:
        errors.append(FieldError(pointer, "wrong_type", f"Must be a list of at most {HOLIDAYS_MAX} dates."))
        return frozenset()
    found: set[date] = set()
    for place, text in enumerate(data):
        try:
            found.add(date.fromisoformat(text))
        except (TypeError, ValueError):
            errors.append(FieldError(f"{pointer}/{place}", "wrong_type", "Must be a date such as 2026-12-25."))
    return frozenset(found)
