"""A lead against its vertical."""

from __future__ import annotations

import pytest

from campaigns.core.fields import VerticalError, check_lead, parse_vertical
from campaigns.verticals import load_verticals

PING = frozenset({"ping"})
POST = frozenset({"post"})
BOTH = frozenset({"ping", "post"})
ROOF = {"zip": "78701", "scope": "replace", "home_ownership": "own"}
VERTICALS = load_verticals()


def faults(vertical, raw, stages=PING, **more):
    found = check_lead(VERTICALS[vertical], raw, stages=stages, **more).errors
    return {error.pointer: error.code for error in found}


def test_five_verticals_are_data_files():
    assert {slug: (v.outcome, v.horizon_days, v.credit_or_housing) for slug, v in VERTICALS.items()} == {
        "education": ("enrolled", 90, False),
        "home.roofing": ("sale", 30, False),
        "insurance.auto": ("policy_bound", 30, False),
        "legal.personal_injury": ("case_signed", 30, False),
        "mortgage.refinance": ("loan_funded", 90, True),
    }


def test_a_sound_lead_is_given_back_with_its_state_filled_in():
    checked = check_lead(VERTICALS["home.roofing"], ROOF, stages=PING)
    assert (checked.values, checked.errors) == ({**ROOF, "state": "TX"}, ())


@pytest.mark.parametrize(("zip_code", "state"), [("78701-2345", "tx"), (" 787012345", "Texas ")])
def test_a_zip_and_a_state_get_their_normal_form(zip_code, state):
    checked = check_lead(VERTICALS["home.roofing"], {**ROOF, "zip": zip_code, "state": state}, stages=PING)
    assert (checked.values["zip"], checked.values["state"], checked.errors) == ("78701", "TX", ())


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("zip", 78701, "wrong_type"),
        ("zip", "7870", "wrong_type"),
        ("zip", "00000", "unknown_zip"),
        ("scope", "demolish", "not_a_choice"),
        ("scope", True, "wrong_type"),
        ("state", "XX", "not_a_choice"),
        ("state", "CA", "contradiction"),
        ("roof_age_years", "20", "wrong_type"),
        ("roof_age_years", True, "wrong_type"),
        ("roof_age_years", 2.5, "wrong_type"),
        ("roof_age_years", -1, "out_of_range"),
        ("roof_age_years", 151, "out_of_range"),
        ("authorised", "yes", "wrong_type"),
        ("roof_typ", "tile", "unknown_field"),
        ("phone", "+15125550100", "not_at_ping"),
    ],
)
def test_each_fault_is_named_by_pointer(field, value, code):
    assert faults("home.roofing", {**ROOF, field: value}) == {f"/lead/{field}": code}


def test_every_fault_is_named_at_once():
    found = faults("home.roofing", {"zip": "abc", "scope": 1, "a/b~c": 1})
    assert found == {
        "/lead/zip": "wrong_type",
        "/lead/scope": "wrong_type",
        "/lead/a~1b~0c": "unknown_field",
        "/lead/home_ownership": "required",
    }


def test_null_and_empty_text_are_absent():
    assert faults("home.roofing", {**ROOF, "scope": "", "zip": None, "roof_type": None}) == {
        "/lead/zip": "required",
        "/lead/scope": "required",
    }


def test_the_fix_stands_in_words():
    (error,) = check_lead(VERTICALS["home.roofing"], {**ROOF, "scope": "demolish"}, stages=PING).errors
    assert error.detail == "'demolish' is not known here. Must be one of new, repair, replace."
    (error,) = check_lead(VERTICALS["home.roofing"], {**ROOF, "roof_typ": "tile"}, stages=PING).errors
    assert error.detail == "Home, roofing has no such field. Did you mean roof_type?"


def test_a_magic_zip_passes_where_it_is_allowed_and_has_no_state():
    checked = check_lead(VERTICALS["home.roofing"], {**ROOF, "zip": "00001"}, stages=PING, allowed_zips=frozenset({"00001"}))
    assert (checked.errors, "state" in checked.values) == ((), False)


def test_the_post_asks_for_its_own_fields_and_takes_the_pings_again():
    contact = {"first_name": "Ada", "last_name": "King", "phone": "+15125550100", "zip": "78701"}
    assert faults("home.roofing", contact, POST) == {}
    assert faults("home.roofing", {"first_name": "Ada"}, POST, pointer="/contact") == {
        "/contact/last_name": "required",
        "/contact/phone": "required",
    }
    assert faults("home.roofing", {**ROOF, **contact}, BOTH) == {}


def test_entries_of_a_list_are_checked_one_by_one():
    lead = {"zip": "78701", "currently_insured": True, "drivers": [{"age_band": "30-39"}], "vehicles": [{"year": 1900}]}
    assert faults("insurance.auto", lead) == {"/lead/vehicles/0/year": "out_of_range"}
    lead["vehicles"] = [{"year": 2020, "make": "Kia"}]
    assert faults("insurance.auto", lead) == {"/lead/vehicles/0/model": "required"}
    lead["vehicles"] = [{"year": 2020, "make": "Kia", "model": "Rio", "color": "red"}]
    assert faults("insurance.auto", lead) == {"/lead/vehicles/0/color": "unknown_field"}
    lead["vehicles"] = {}
    assert faults("insurance.auto", lead) == {"/lead/vehicles": "wrong_type"}
    lead["vehicles"] = [{"year": 2020, "make": "Kia", "model": "Rio"}]
    assert faults("insurance.auto", lead) == {}


def test_education_takes_a_lead_from_abroad_without_a_zip():
    lead = {"country": "India", "city": "Mumbai", "occupation": "student", "lead_source": "Google", "total_visits": 5}
    assert faults("education", {**lead, "page_views_per_visit": 2.5, "time_on_site_seconds": 674}) == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pricing": "third_price"}, "pricing must be first_price or second_price"),
        ({"sales_max": 11}, "sales_max must be a whole number from 1 to 10"),
        ({"colour": 1}, "unknown key 'colour'"),
        ({"label": ""}, "label is missing"),
        ({"fields": {"source": {"kind": "text"}}}, "x.source: this name is taken by the exchange itself"),
        ({"fields": {"a": {"kind": "colour"}}}, "x.a: kind must be one of"),
        ({"fields": {"a": {"kind": "choice"}}}, "x.a: choices belong to kind choice"),
        ({"fields": {"a": {"kind": "list", "items": {"b": {"kind": "list"}}}}}, "x.a.b: kind must be one of"),
        ({"fields": {"a": {"kind": "text", "stage": "later"}}}, "x.a: stage must be ping or post"),
        ({"fields": {"a": {"kind": "text", "size": 3}}}, "x.a: unknown key 'size'"),
    ],
)
def test_a_faulty_data_file_is_refused_by_place(change, words):
    sound = {"slug": "x", "label": "X", "version": 1, "fields": {"a": {"kind": "text"}}}
    assert parse_vertical(sound).names("ping") == ("a",)
    with pytest.raises(VerticalError, match=words):
        parse_vertical({**sound, **change})
