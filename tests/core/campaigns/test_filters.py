"""Filters: read, written, told, evaluated."""

from __future__ import annotations

import pytest

from accounts.core.errors import Problem
from campaigns.core.filters import EVERYTHING, Clause, Group, describe, filter_as_json, first_failing, holds, parse_filter
from campaigns.verticals import load_verticals

ROOFING = load_verticals()["home.roofing"]
AUTO = load_verticals()["insurance.auto"]
MORTGAGE = load_verticals()["mortgage.refinance"]
WIRE = {
    "all": [
        {"field": "state", "op": "in", "value": ["OK", "TX"]},
        {"field": "roof_age_years", "op": "gte", "value": 10},
        {"any": [{"field": "home_ownership", "op": "eq", "value": "own"}, {"field": "authorised", "op": "is_true"}]},
    ]
}


def refused(data, vertical=ROOFING):
    with pytest.raises(Problem) as caught:
        parse_filter(data, vertical)
    assert caught.value.code == "invalid_request"
    return {error.pointer: (error.code, error.detail) for error in caught.value.errors}


def test_a_filter_is_read_told_and_written_back():
    found = parse_filter(WIRE, ROOFING)
    assert found.children[0] == Clause("state", "in", frozenset({"TX", "OK"}))
    assert describe(found) == "state in (OK, TX) and roof_age_years >= 10 and (home_ownership = own or authorised = yes)"
    assert filter_as_json(found) == WIRE
    assert parse_filter(filter_as_json(found), ROOFING) == found


def test_nothing_means_every_lead():
    assert parse_filter(None, ROOFING) == parse_filter({}, ROOFING) == EVERYTHING
    assert describe(EVERYTHING) == "every lead"
    assert first_failing(EVERYTHING, {}) is None


def test_a_wrong_value_is_named_by_its_pointer_with_the_choices():
    data = {"all": [*WIRE["all"][:2], {"field": "scope", "op": "eq", "value": "demolish"}]}
    words = "'demolish': 'demolish' is not known here. Must be one of new, repair, replace."
    assert refused(data) == {"/filter/all/2/value": ("not_a_choice", words)}


def test_a_wrong_operator_is_named_with_the_allowed_ones():
    data = {"all": [{"any": [{"field": "state", "op": "gte", "value": "TX"}]}]}
    words = "state is a state: op must be one of eq, ne, in, not_in, exists, missing."
    assert refused(data) == {"/filter/all/0/any/0/op": ("not_a_choice", words)}


def test_every_wrong_condition_is_named_at_once():
    data = {
        "all": [
            {"field": "stat", "op": "eq", "value": "TX"},
            {"field": "phone", "op": "exists"},
            {"field": "roof_age_years", "op": "between", "value": [9, 3]},
            {"field": "authorised", "op": "is_true", "value": True},
            {"field": "zip", "op": "starts_with", "value": ["78x"]},
            {"field": "state", "op": "in", "value": []},
            {"field": "state", "op": "eq"},
            "state = TX",
            {"any": []},
        ]
    }
    assert {pointer: code for pointer, (code, _) in refused(data).items()} == {
        "/filter/all/0/field": "unknown_field",
        "/filter/all/1/field": "not_at_ping",
        "/filter/all/2/value": "out_of_range",
        "/filter/all/3/value": "unknown_field",
        "/filter/all/4/value": "wrong_type",
        "/filter/all/5/value": "wrong_type",
        "/filter/all/6/value": "required",
        "/filter/all/7": "wrong_type",
        "/filter/all/8/any": "required",
    }


@pytest.mark.parametrize("data", [[], "state", {"none": []}, {"all": {}}, {"all": [], "any": []}])
def test_what_is_no_filter_is_refused_as_a_whole(data):
    assert set(refused(data)) == {"/filter"}


def test_groups_nest_four_deep_and_no_deeper():
    node: dict = {"field": "state", "op": "exists"}
    for _ in range(4):
        node = {"any": [node]}
    assert holds(parse_filter(node, ROOFING), {"state": "TX"})
    assert {code for code, _ in refused({"any": [node]}).values()} == {"too_deep"}


def test_protected_traits_are_refused_in_credit_and_housing_and_nowhere_else():
    for name in ("gender", "age_band", "marital", "birth_date", "last_name"):
        data = {"all": [{"field": name, "op": "exists"}]}
        assert refused(data, MORTGAGE)["/filter/all/0/field"][0] == "protected_field"
    data = {"all": [{"field": "drivers.gender", "op": "eq", "value": "female"}]}
    assert describe(parse_filter(data, AUTO)) == "drivers.gender = female"


def test_facts_of_the_ping_itself_may_be_asked_for():
    data = {"all": [{"field": "device", "op": "eq", "value": "mobile"}, {"field": "sub_id", "op": "not_in", "value": ["s1"]}]}
    found = parse_filter(data, ROOFING)
    assert first_failing(found, {"device": "mobile", "sub_id": "s2"}) is None
    assert first_failing(found, {"device": "mobile", "sub_id": "s1"}) == found.children[1]
    assert first_failing(found, {"device": "desktop"}) == found.children[0]


@pytest.mark.parametrize(
    ("op", "value", "fact", "expected"),
    [
        ("eq", 5, 5, True),
        ("ne", 5, 5, False),
        ("in", frozenset({1, 2}), 2, True),
        ("not_in", frozenset({1, 2}), 2, False),
        ("gte", 5, 5, True),
        ("lte", 5, 6, False),
        ("between", (3, 5), 5, True),
        ("between", (3, 5), 6, False),
        ("starts_with", ("78", "90"), "90210", True),
        ("starts_with", ("78",), "90210", False),
        ("is_true", None, True, True),
        ("is_false", None, True, False),
        ("exists", None, 0, True),
        ("missing", None, 0, False),
    ],
)
def test_each_operator(op, value, fact, expected):
    assert holds(Clause("x", op, value), {"x": fact}) is expected


@pytest.mark.parametrize("op", ["eq", "in", "gte", "lte", "between", "starts_with", "is_true", "is_false", "exists"])
def test_a_missing_fact_fails_what_asks_for_something(op):
    value = ("1", "2") if op in {"between", "starts_with"} else frozenset("1") if op == "in" else "1"
    assert [holds(Clause("x", op, value), facts) for facts in ({}, {"x": None})] == [False, False]


@pytest.mark.parametrize(("op", "value"), [("ne", "1"), ("not_in", frozenset("1")), ("missing", None)])
def test_a_missing_fact_meets_what_asks_for_its_absence(op, value):
    assert [holds(Clause("x", op, value), facts) for facts in ({}, {"x": None})] == [True, True]


def test_a_condition_on_a_list_holds_when_one_entry_meets_it_and_a_negative_one_when_none_has_it():
    facts = {"drivers": [{"dui": True, "age_band": "30-39"}, {"dui": False}]}
    assert holds(Clause("drivers.dui", "is_true"), facts)
    assert holds(Clause("drivers.dui", "is_false"), facts)
    assert not holds(Clause("drivers.age_band", "ne", "30-39"), facts)
    assert holds(Clause("drivers.age_band", "ne", "16-17"), facts)
    assert holds(Clause("drivers.accidents", "missing"), facts)
    assert not holds(Clause("drivers.accidents", "exists"), facts)
    assert holds(Clause("drivers.accidents", "missing"), {})


def test_the_first_failing_condition_is_the_first_written():
    found = parse_filter(WIRE, ROOFING)
    facts = {"state": "TX", "roof_age_years": 12, "home_ownership": "rent", "authorised": False}
    assert first_failing(found, facts) == found.children[2]
    assert first_failing(found, {**facts, "state": "CA"}) == found.children[0]
    assert first_failing(found, {**facts, "authorised": True}) is None
    assert first_failing(Group("any", (found,)), facts) == Group("any", (found,))
