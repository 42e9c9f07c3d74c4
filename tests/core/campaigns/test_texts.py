"""Texts of forms and XML, read as the kinds a vertical's fields want."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.core.fields import check_lead, parse_vertical
from campaigns.core.texts import as_list, loosen, number_of

VERTICAL = parse_vertical(
    {
        "slug": "made.up",
        "label": "Made up",
        "version": 1,
        "fields": {
            "zip": {"kind": "zip"},
            "state": {"kind": "state"},
            "insured": {"kind": "boolean"},
            "age": {"kind": "integer", "minimum": 0, "maximum": 10_000},
            "rate": {"kind": "number"},
            "born": {"kind": "date"},
            "home": {"kind": "choice", "choices": ["single_family", "condo"]},
            "note": {"kind": "text"},
            "cars": {"kind": "list", "items": {"year": {"kind": "integer"}, "owned": {"kind": "boolean"}}},
        },
    }
)
STAGES = frozenset({"ping", "post"})


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"insured": "Y"}, {"insured": True}),
        ({"insured": " no "}, {"insured": False}),
        ({"insured": "1"}, {"insured": True}),
        ({"age": "42"}, {"age": 42}),
        ({"age": "1,500"}, {"age": 1500}),
        ({"age": "$2,500.00"}, {"age": 2500}),
        ({"rate": "6.125"}, {"rate": 6.125}),
        ({"rate": "-0.5"}, {"rate": -0.5}),
        ({"born": "05/31/1990"}, {"born": "1990-05-31"}),
        ({"born": "5-1-1990"}, {"born": "1990-05-01"}),
        ({"born": "1990-05-31"}, {"born": "1990-05-31"}),
        ({"home": "Single Family"}, {"home": "single_family"}),
        ({"home": "condo"}, {"home": "condo"}),
        ({"zip": " 78701 ", "state": "tx"}, {"zip": "78701", "state": "TX"}),
        ({"note": " as it is "}, {"note": " as it is "}),
        ({"cars": {"year": "2019", "owned": "Y"}}, {"cars": [{"year": 2019, "owned": True}]}),
        ({"cars": {"car": [{"year": "2019"}, {"year": "2020"}]}}, {"cars": [{"year": 2019}, {"year": 2020}]}),
        ({"cars": {"car": {"owned": "f"}}}, {"cars": [{"owned": False}]}),
        ({"age": 42, "insured": True, "cars": [{"year": 2019}]}, {"age": 42, "insured": True, "cars": [{"year": 2019}]}),
    ],
)
def test_texts_become_what_the_field_wants(said: dict[str, Any], read: dict[str, Any]) -> None:
    checked = check_lead(VERTICAL, loosen(VERTICAL, said), stages=STAGES)
    assert checked.errors == ()
    assert {name: checked.values[name] for name in read} == read


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"insured": "maybe"}, "/lead/insured", "wrong_type"),
        ({"age": "4x2"}, "/lead/age", "wrong_type"),
        ({"age": "1,50"}, "/lead/age", "wrong_type"),
        ({"age": "1.5"}, "/lead/age", "wrong_type"),
        ({"rate": "1e400"}, "/lead/rate", "wrong_type"),
        ({"rate": "nan"}, "/lead/rate", "wrong_type"),
        ({"born": "31/05/1990"}, "/lead/born", "wrong_type"),
        ({"born": "02/30/1990"}, "/lead/born", "wrong_type"),
        ({"home": "castle"}, "/lead/home", "not_a_choice"),
        ({"cars": "two"}, "/lead/cars", "wrong_type"),
        ({"cars": {"year": "old"}}, "/lead/cars/0/year", "wrong_type"),
        ({"shoe": "44"}, "/lead/shoe", "unknown_field"),
    ],
)
def test_what_is_no_such_thing_is_refused_by_the_field(said: dict[str, Any], pointer: str, code: str) -> None:
    errors = check_lead(VERTICAL, loosen(VERTICAL, said), stages=STAGES).errors
    assert [(error.pointer, error.code) for error in errors] == [(pointer + ("/0" if said == {"cars": "two"} else ""), code)]


@given(st.dictionaries(st.sampled_from(sorted(VERTICAL.fields)), st.text(max_size=20)))
def test_reading_twice_changes_nothing_more(said: dict[str, str]) -> None:
    once = loosen(VERTICAL, said)
    assert loosen(VERTICAL, once) == once


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_whole_numbers_are_read_exactly(number: int) -> None:
    assert number_of(str(number)) == number


@pytest.mark.parametrize(
    ("value", "names", "read"),
    [
        ("A", (), ["A"]),
        (["A"], (), ["A"]),
        (None, (), None),
        ({"seller": ["A", "B"]}, ("name",), ["A", "B"]),
        ({"name": "A"}, ("name",), [{"name": "A"}]),
        ({"a": "1", "b": "2"}, (), [{"a": "1", "b": "2"}]),
    ],
)
def test_one_is_a_list_of_one(value: Any, names: tuple[str, ...], read: Any) -> None:
    assert as_list(value, names) == read
