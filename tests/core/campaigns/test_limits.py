"""Windows of caps and budgets across zones and changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.core.limits import WINDOWS, Limit, applies, counter_of, window_of

ID = UUID(int=0xABC)
ZONES = ["UTC", "America/New_York", "America/Phoenix", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"]


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("hour", at(2026, 11, 22, 13), at(2026, 11, 22, 14)),
        ("day", at(2026, 11, 22, 5), at(2026, 11, 23, 5)),
        ("week", at(2026, 11, 16, 5), at(2026, 11, 23, 5)),
        ("month", at(2026, 11, 1, 4), at(2026, 12, 1, 5)),  # the month begins in summer time and ends in winter time
    ],
)
def test_windows_begin_on_the_wall_clock_of_the_zone(window, start, end):
    assert window_of(window, "America/New_York", at(2026, 11, 22, 13, 20)) == (start, end)


def test_days_of_23_and_25_hours_are_one_window():
    spring = window_of("day", "America/New_York", at(2026, 3, 8, 12))
    autumn = window_of("day", "America/New_York", at(2026, 11, 1, 12))
    assert [end - start for start, end in (spring, autumn)] == [timedelta(hours=23), timedelta(hours=25)]


def test_the_hour_that_comes_twice_is_two_windows():
    first, second = at(2026, 11, 1, 5, 30), at(2026, 11, 1, 6, 30)  # both 01:30 in New York
    assert window_of("hour", "America/New_York", first) == (at(2026, 11, 1, 5), at(2026, 11, 1, 6))
    assert window_of("hour", "America/New_York", second) == (at(2026, 11, 1, 6), at(2026, 11, 1, 7))


def test_hours_of_a_zone_at_half_an_hour():
    assert window_of("hour", "Asia/Kolkata", at(2026, 11, 22, 13, 20)) == (at(2026, 11, 22, 12, 30), at(2026, 11, 22, 13, 30))


def test_a_day_that_has_no_midnight_begins_when_it_begins():
    start, _ = window_of("day", "America/Havana", at(2026, 3, 8, 12))  # clocks jump from 00:00 to 01:00
    assert start == at(2026, 3, 8, 5)


def test_the_counter_is_named_by_the_limit_and_the_windows_start_and_not_by_its_amount():
    limit = Limit(ID, "campaign", "count", "day", 50, "America/New_York")
    found = counter_of(limit, at(2026, 11, 22, 13))
    assert (found.key, found.ends_at) == (f"{ID.hex}:1795323600", at(2026, 11, 23, 5))
    assert counter_of(Limit(ID, "campaign", "count", "day", 80, "America/New_York"), at(2026, 11, 22, 13)) == found


def test_reasons_and_sources():
    cap = Limit(ID, "source", "count", "day", 5, source_id=UUID(int=1))
    budget = Limit(ID, "campaign", "money", "day", 5)
    assert (cap.reason, budget.reason) == ("cap_reached", "budget_reached")
    assert [applies(cap, UUID(int=1)), applies(cap, UUID(int=2)), applies(budget, UUID(int=2))] == [True, False, True]


def test_an_unknown_window_is_refused():
    with pytest.raises(ValueError, match="unknown window 'year'"):
        window_of("year", "UTC", at(2026, 1, 1))


@given(
    seconds=st.integers(1_577_836_800, 2_051_222_400),  # 2020 to 2034
    zone=st.sampled_from(ZONES),
    window=st.sampled_from(WINDOWS),
)
def test_windows_contain_their_instant_and_follow_each_other(seconds, zone, window):
    moment = datetime.fromtimestamp(seconds, UTC)
    start, end = window_of(window, zone, moment)
    assert start <= moment < end
    if not (zone == "Australia/Lord_Howe" and window == "hour"):  # half an hour comes twice there
        assert window_of(window, zone, start) == window_of(window, zone, end - timedelta(microseconds=1)) == (start, end)
        assert window_of(window, zone, end)[0] == end
