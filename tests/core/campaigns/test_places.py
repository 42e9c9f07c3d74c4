"""Zips and states as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.core.places import STATES, five_digits, state_code, state_of_zip, zone_of_zip


@pytest.mark.parametrize(
    "written", ["78701", " 78701 ", "78701-2345", "78701 2345", "787012345", "78701 - 2345", "78701-", "78701\xa0\n"]
)
def test_five_digits(written):
    assert five_digits(written) == "78701"


@pytest.mark.parametrize(
    "written", ["", "7870", "787011", "78701-23", "78701-２３４５", "７８７０１", "K1A 0B1", "TX 78701", "78701.0"]
)
def test_what_is_not_written_as_a_zip(written):
    assert five_digits(written) is None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("TX", "TX"), ("tx", "TX"), (" tX ", "TX"), ("Texas", "TX"), ("TEXAS", "TX"), ("new  york", "NY"), ("N.Y.", "NY"),
        ("District of Columbia", "DC"), ("Washington, D.C.", "DC"), ("Washington", "WA"), ("U.S. Virgin Islands", "VI"),
        ("AE", "AE"), ("Armed Forces Europe", "AE"),
    ],
)  # fmt: skip
def test_a_state_by_code_or_name(written, code):
    assert state_code(written) == code


@pytest.mark.parametrize("written", ["", " ", "XX", "Ontario", "ON", "Tex", "Tejas", "TX 78701"])
def test_what_names_no_state(written):
    assert state_code(written) is None


def test_every_name_leads_to_its_code():
    assert {state_code(name.lower()) for name in STATES.values()} == set(STATES)
    assert len(STATES) == 62


def test_states_of_zips():
    assert [state_of_zip(zip_code) for zip_code in ("10001", "90210", "00000", "1000a", "123")] == ["NY", "CA", None, None, None]


@given(st.text(max_size=12))
def test_normal_forms_are_fixed_points(text):
    for read in (five_digits, state_code):
        first = read(text)
        assert first is None or read(first) == first


@pytest.mark.parametrize(
    ("zip_code", "zone"),
    [("78701", "America/Chicago"), ("79915", "America/Denver"), ("32501", "America/Chicago"), ("00901", "America/Puerto_Rico")],
)
def test_the_zone_of_a_zip_is_that_of_its_town(zip_code, zone):
    assert zone_of_zip(zip_code) == zone


@pytest.mark.parametrize("zip_code", ["00000", "09001", "", "7870"])
def test_a_zip_without_a_zone(zip_code):
    assert zone_of_zip(zip_code) is None
