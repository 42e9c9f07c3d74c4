"""Hours of the week, holidays, floors."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.core.errors import Problem
from campaigns.core.floors import FloorRule, highest
from campaigns.core.schedule import Schedule, is_open, is_zone, parse_schedule, schedule_as_json

WIRE = {"hours": {"mon": [[9, 12], [13, 17]], "sat": [[0, 24]]}, "holidays": ["2026-12-26"]}
ZONE = "America/Chicago"


def test_a_schedule_is_read_and_written_back():
    found = parse_schedule(WIRE, ZONE)
    assert found == Schedule(
        ZONE,
        frozenset({(0, h) for h in (9, 10, 11, 13, 14, 15, 16)} | {(5, h) for h in range(24)}),
        frozenset({date(2026, 12, 26)}),
    )
    assert schedule_as_json(found) == WIRE
    assert (parse_schedule(None, ZONE), schedule_as_json(None)) == (None, None)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 23, 14, 59, tzinfo=UTC), False),  # Monday 08:59
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), True),  # Monday 09:00
        (datetime(2026, 11, 23, 18, 30, tzinfo=UTC), False),  # lunch
        (datetime(2026, 11, 29, 5, 30, tzinfo=UTC), True),  # Saturday 23:30, Sunday in UTC
        (datetime(2026, 12, 26, 18, 0, tzinfo=UTC), False),  # a Saturday, but a holiday
    ],
)
def test_open_hours_are_read_in_the_zone(moment, expected):
    assert is_open(parse_schedule(WIRE, ZONE), moment) is expected


def test_faults_are_named_by_pointer():
    with pytest.raises(Problem) as caught:
        parse_schedule(
            {"hours": {"monday": [], "tue": [[9, 9]], "wed": [[9, 25]], "thu": [9, 17]}, "holidays": ["26.12.", 3]}, ZONE
        )
    assert {error.pointer: error.code for error in caught.value.errors} == {
        "/schedule/hours/monday": "unknown_field",
        "/schedule/hours/tue": "wrong_type",
        "/schedule/hours/wed": "wrong_type",
        "/schedule/hours/thu": "wrong_type",
        "/schedule/holidays/0": "wrong_type",
        "/schedule/holidays/1": "wrong_type",
    }
    for data, pointer in (({"hours": {}}, "/schedule/hours"), ([], "/schedule"), ({"hour": {}}, "/schedule")):
        with pytest.raises(Problem) as caught:
            parse_schedule(data, ZONE)
        assert [error.pointer for error in caught.value.errors] == [pointer]


def test_zones():
    assert [is_zone(name) for name in (ZONE, "UTC", "Texas", None, "../etc/passwd")] == [True, True, False, False, False]


def test_floor_rules_apply_to_their_vertical_or_to_all():
    rules = (FloorRule("source", None, 4), FloorRule("source", "education", 9), FloorRule("publisher", None, 50))
    assert [highest(rules, "source", v) for v in ("education", "home.roofing")] == [9, 4]
    assert highest((), "source", "education") == 0
    of_sub_id = (*rules, FloorRule("source", None, 20, sub_id="s7"))
    assert [highest(of_sub_id, "source", "education", sub_id) for sub_id in ("s7", "s8", None)] == [20, 9, 9]
