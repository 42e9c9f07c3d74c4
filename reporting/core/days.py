"""Money by day: periods of whole days in a time zone, the largest parts and the rest, and sums that agree with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

SHOWN = 5
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Calendar days of a zone from `first` on, up to the instant `until` on the last of them; `until` stands in that zone."""

    first: date
    days: int
    until: datetime

    @property
    def since(self) -> datetime:
        """The midnight it begins with."""
        return datetime.combine(self.first, time(), tzinfo=self.until.tzinfo)

    @property
    def dates(self) -> tuple[date, ...]:
        """Every day of it, the oldest first."""
        return tuple(self.first + place * ONE for place in range(self.days))


@dataclass(frozen=True, slots=True)
class Cell:
    """What one part (a source, a campaign) sold or bought on one day, in micros."""

    on: date
    part_id: UUID | None
    leads: int
    amount: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part over the period: its amount of each day, and what it had in the period before."""

    part_id: UUID | None
    name: str
    leads: int
    amounts: tuple[int, ...]
    before_amount: int

    @property
    def amount(self) -> int:
        """Its amount over the whole period."""
        return sum(self.amounts)


@dataclass(frozen=True, slots=True)
class Day:
    """One day with all parts together, and the amount of the same day of the period before."""

    on: date
    leads: int
    amount: int
    before_amount: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A period, day by day and part by part; every way of adding it up gives `amount`."""

    period: Period
    days: tuple[Day, ...]
    parts: tuple[Part, ...]
    before_leads: int

    @property
    def amount(self) -> int:
        """The amount of the period."""
        return sum(day.amount for day in self.days)

    @property
    def leads(self) -> int:
        """The leads of the period."""
        return sum(day.leads for day in self.days)

    @property
    def before_amount(self) -> int:
        """The amount of the period before."""
        return sum(day.before_amount for day in self.days)

    @property
    def stack(self) -> tuple[Part, ...]:
        """The largest parts, and the others as one."""
        shown, others = self.parts[:SHOWN], self.parts[SHOWN:]
        return shown if not others else (*shown, _together(others))


def period_until(until: datetime, days: int, zone: ZoneInfo) -> Period:
    """Give the last `days` days of a zone, of which today has only begun."""
    local = until.astimezone(zone)
    return Period(local.date() - (days - 1) * ONE, days, local)


def earlier(period: Period) -> Period:
    """Give the period of the same length before, up to the same time of its last day."""
    length = period.days * ONE
    # Aware times of one zone are added by the clock on the wall, so the hour stays also where summer time begins between.
    return Period(period.first - length, period.days, period.until - length)


def sheet_of(period: Period, cells: Iterable[Cell], before: Iterable[Cell], names: Mapping[UUID, str]) -> Sheet:
    """Fold what was counted into days and parts, the largest part first; a part without a name shows what it is not."""
    now, then = tuple(cells), tuple(before)
    length = period.days * ONE
    days = tuple(Day(on, _leads(now, on), _amount(now, on), _amount(then, on - length)) for on in period.dates)
    found = {cell.part_id for cell in (*now, *then)}
    parts = (_part(part_id, period, now, then, names) for part_id in found)
    ordered = sorted(parts, key=lambda part: (-part.amount, -part.before_amount, part.name))
    return Sheet(period, days, tuple(ordered), sum(cell.leads for cell in then))


def _leads(cells: tuple[Cell, ...], on: date) -> int:
    return sum(cell.leads for cell in cells if cell.on == on)


def _amount(cells: tuple[Cell, ...], on: date) -> int:
    return sum(cell.amount for cell in cells if cell.on == on)


def _part(part_id: UUID | None, period: Period, now: tuple[Cell, ...], then: tuple[Cell, ...], names: Mapping[UUID, str]) -> Part:
    own = tuple(cell for cell in now if cell.part_id == part_id)
    amounts = tuple(_amount(own, on) for on in period.dates)
    before = sum(cell.amount for cell in then if cell.part_id == part_id)
    name = names.get(part_id, "removed") if part_id else "not known"
    return Part(part_id, name, sum(cell.leads for cell in own), amounts, before)


def _together(parts: tuple[Part, ...]) -> Part:
    amounts = tuple(sum(column) for column in zip(*(part.amounts for part in parts), strict=True))
    before = sum(part.before_amount for part in parts)
    return Part(None, f"{len(parts)} others", sum(part.leads for part in parts), amounts, before)
