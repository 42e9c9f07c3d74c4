"""Periods of whole days, and sums that agree however they are added up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from reporting.core.days import Cell, Period, earlier, period_until, sheet_of

TODAY, YESTERDAY, BEFORE = date(2026, 11, 22), date(2026, 11, 21), date(2026, 11, 20)
NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
IDS = [UUID(int=number) for number in range(1, 9)]


def test_a_period_ends_with_the_day_that_has_begun() -> None:
    period = period_until(NOON, 7, ZoneInfo("UTC"))
    assert (period.dates[0], period.dates[-1], len(period.dates)) == (date(2026, 11, 16), TODAY, 7)
    assert (period.since, period.until) == (datetime(2026, 11, 16, tzinfo=UTC), NOON)


def test_days_begin_at_the_midnight_of_their_zone() -> None:
    night = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    period = period_until(night, 1, ZoneInfo("America/Chicago"))
    assert period.dates == (YESTERDAY,)
    assert period.since.astimezone(UTC) == datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


def test_the_period_before_ends_at_the_same_time_of_its_last_day() -> None:
    period = earlier(period_until(NOON, 2, ZoneInfo("UTC")))
    assert (period.dates, period.until) == ((date(2026, 11, 19), BEFORE), datetime(2026, 11, 20, 12, 30, tzinfo=UTC))


def test_the_same_time_is_the_clocks_where_summer_time_ended_between() -> None:
    # The clocks of Chicago went back on 1 November 2026.
    period = earlier(period_until(datetime(2026, 11, 5, 18, 0, tzinfo=UTC), 7, ZoneInfo("America/Chicago")))
    assert (period.until.hour, period.until.astimezone(UTC).hour) == (12, 17)


def two_days() -> Period:
    return period_until(NOON, 2, ZoneInfo("UTC"))


def test_every_way_of_adding_up_gives_the_same() -> None:
    cells = [Cell(YESTERDAY, one, 1, 10 * place) for place, one in enumerate(IDS, 1)] + [Cell(TODAY, IDS[0], 2, 500)]
    sheet = sheet_of(two_days(), cells, [Cell(BEFORE, IDS[1], 3, 70)], {one: f"part {one.int}" for one in IDS})
    assert (sheet.amount, sheet.leads, sheet.before_amount, sheet.before_leads) == (860, 10, 70, 3)
    assert sum(part.amount for part in sheet.parts) == sum(part.amount for part in sheet.stack) == 860
    assert [sum(column) for column in zip(*(part.amounts for part in sheet.stack), strict=True)] == [360, 500]
    assert [(day.on, day.leads, day.amount, day.before_amount) for day in sheet.days] == [
        (YESTERDAY, 8, 360, 0), (TODAY, 2, 500, 70),
    ]  # fmt: skip


def test_the_largest_five_are_shown_and_the_others_are_one() -> None:
    cells = [Cell(TODAY, one, 1, 10 * one.int) for one in IDS]
    stack = sheet_of(two_days(), cells, [], {one: f"part {one.int}" for one in IDS}).stack
    assert [part.name for part in stack] == ["part 8", "part 7", "part 6", "part 5", "part 4", "3 others"]
    assert (stack[-1].amount, stack[-1].leads) == (60, 3)


def test_what_has_no_name_says_so() -> None:
    cells = [Cell(TODAY, None, 1, 10), Cell(TODAY, IDS[0], 1, 5)]
    assert [part.name for part in sheet_of(two_days(), cells, [], {}).parts] == ["not known", "removed"]


def test_nothing_sold_is_days_of_nothing() -> None:
    sheet = sheet_of(two_days(), [], [], {})
    assert (sheet.amount, sheet.leads, sheet.parts, len(sheet.days)) == (0, 0, (), 2)
