"""When a person may be called: by its own clock, by the narrowest law, in every zone it may live in."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scoring.core.calling import FEDERAL, NARROWER, SECOND_ZONES, Home, home_of, legal_hours, may_call
from scoring.core.places import STATES


def at(zone: str, day: int, hour: int, minute: int = 0) -> datetime:
    """Give an instant of November 2026, whose 23rd is a Monday, by the clock of a zone."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def known(state: str, zone: str) -> Home:
    found = home_of(state, zone)
    assert found is not None
    return found


@pytest.mark.parametrize(("hour", "minute", "legal"), [(7, 59, False), (8, 0, True), (20, 59, True), (21, 0, False)])
def test_federal_hours_by_the_clock_of_the_person(hour: int, minute: int, legal: bool) -> None:
    assert may_call(known("CA", "America/Los_Angeles"), at("America/Los_Angeles", 24, hour, minute)) is legal


@pytest.mark.parametrize(
    ("state", "zone", "day", "first", "last"),
    [
        ("FL", "America/New_York", 24, 8, 19), ("TX", "America/Chicago", 24, 9, 20), ("TX", "America/Chicago", 29, 12, 20),
        ("RI", "America/New_York", 28, 10, 16), ("NV", "America/Los_Angeles", 29, 8, 20),
    ],
)  # fmt: skip
def test_states_that_allow_less(state: str, zone: str, day: int, first: int, last: int) -> None:
    home = known(state, zone)
    assert [hour for hour in range(24) if may_call(home, at(zone, day, hour))] == list(range(first, last + 1))


def test_no_call_at_all_on_a_sunday_of_alabama() -> None:
    home = known("AL", "America/Chicago")
    assert [hour for hour in range(24) if may_call(home, at("America/Chicago", 29, hour))] == []


def test_no_state_allows_more_than_the_federation() -> None:
    for week in NARROWER.values():
        assert len(week) == 7
        assert all(day == (0, 0) or (day[0] >= FEDERAL[0] and day[1] <= FEDERAL[1]) for day in week)


def test_where_only_the_state_is_known_the_hour_is_legal_in_both_of_its_zones() -> None:
    home = home_of("TN", None)
    assert home is not None
    assert (home.zone, home.zones) == ("America/Chicago", ("America/Chicago", "America/New_York"))
    # 20:30 in Memphis is 21:30 in Knoxville.
    assert may_call(home, at("America/Chicago", 24, 20, 30)) is False
    assert may_call(known("TN", "America/Chicago"), at("America/Chicago", 24, 20, 30)) is True
    assert may_call(home, at("America/Chicago", 24, 19, 30)) is True
    assert home.zone_words(at("America/Chicago", 24, 12)) == "Central, as in most of TN"


def test_second_zones_are_of_known_states_and_differ_from_the_first() -> None:
    assert all(STATES[state].zone != zone for state, zone in SECOND_ZONES.items())


def test_nobody_lives_nowhere() -> None:
    assert home_of("", None) is None
    assert home_of("PR", None) is None
    puerto_rico = known("PR", "America/Puerto_Rico")
    assert puerto_rico.zone_words(at("UTC", 24, 12)) == "Atlantic"


def test_legal_hours_begin_with_the_running_one() -> None:
    home = known("TX", "America/Chicago")
    found = list(legal_hours(home, since=at("America/Chicago", 23, 19, 40), hours=16))
    assert found == [at("America/Chicago", 23, 19), at("America/Chicago", 23, 20), at("America/Chicago", 24, 9),
                     at("America/Chicago", 24, 10)]  # fmt: skip


def test_the_night_of_the_change_of_clocks_has_the_same_legal_hours() -> None:
    home = known("NY", "America/New_York")
    since = datetime(2026, 11, 1, 0, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    local = [home.local(hour).hour for hour in legal_hours(home, since=since, hours=25)]
    assert local == list(range(8, 21))
