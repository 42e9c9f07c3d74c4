"""Drafts, bid rules, sources and destinations on the wire: read, written back, refused by pointer."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from accounts.core.errors import Problem
from accounts.core.ids import encode
from campaigns.core.bid_json import bid_rule_as_json, parse_bid_rule
from campaigns.core.bids import Band, BidRule, Multiplier, ValueBid
from campaigns.core.destinations import parse_destination
from campaigns.core.drafts import LimitWish, draft_as_json, parse_draft
from campaigns.core.filters import EVERYTHING
from campaigns.core.floors import FloorRule
from campaigns.core.sources import SourceWish, parse_source, source_as_json
from campaigns.verticals import load_verticals

ROOFING, MORTGAGE = load_verticals()["home.roofing"], load_verticals()["mortgage.refinance"]
SOURCE = encode("source", UUID(int=7))
DOLLAR = 1_000_000


def usd(amount):
    return {"amount": amount, "currency": "USD"}


BID = {
    "base_price": usd("40.00"),
    "bands": [{"percentile_from": "90", "price": usd("55.50")}, {"percentile_from": "80", "factor": "1.25"}],
    "multipliers": [
        {"field": "state", "op": "in", "value": ["OK", "TX"], "factor": "1.1"},
        {"field": "source", "op": "in", "value": [SOURCE], "factor": "0"},
        {"field": "hour_of_week", "op": "between", "value": [9, 17], "factor": "0.5"},
        {"field": "authorised", "op": "is_true", "factor": "1.05"},
    ],
    "min_price": usd("5.00"),
    "max_price": usd("80.00"),
    "value": {"value": usd("400.00"), "margin": "0.2"},
}


def refused(call):
    with pytest.raises(Problem) as caught:
        call()
    assert caught.value.code == "invalid_request"
    return {error.pointer: error.code for error in caught.value.errors}


def bid(data, vertical=ROOFING):
    return parse_bid_rule(data, vertical, currency="USD", zone="America/Chicago")


def test_a_bid_rule_is_read_and_written_back():
    rule = bid(BID)
    assert rule == BidRule(
        40 * DOLLAR,
        (Band(Decimal(90), price=55_500_000), Band(Decimal(80), factor=Decimal("1.25"))),
        (
            Multiplier("state", ("OK", "TX"), Decimal("1.1")),
            Multiplier("source", (UUID(int=7),), Decimal(0)),
            Multiplier("hour_of_week", (9, 17), Decimal("0.5"), "between"),
            Multiplier("authorised", None, Decimal("1.05"), "is_true"),
        ),
        5 * DOLLAR,
        80 * DOLLAR,
        ValueBid(400 * DOLLAR, Decimal("0.2")),
        "America/Chicago",
    )
    assert bid_rule_as_json(rule, "USD") == BID


def test_every_fault_of_a_bid_rule_is_named():
    data = {
        "base_price": usd("0.00"),
        "bands": [{"percentile_from": "x", "factor": "1"}, {"percentile_from": "5", "factor": "1", "price": usd("1.00")}, 3],
        "multipliers": [
            {"field": "state", "op": "in", "value": ["Tejas"], "factor": "1.1"},
            {"field": "source", "op": "eq", "value": SOURCE, "factor": "1"},
            {"field": "source", "op": "in", "value": ["src_1"], "factor": "1"},
            {"field": "hour_of_week", "op": "eq", "value": 168, "factor": "1"},
            {"field": "phone", "op": "exists", "factor": "1"},
            {"op": "exists", "factor": "1.00001"},
        ],
        "min_price": usd("9.00"),
        "max_price": usd("8.00"),
        "value": {"value": usd("1e3"), "margin": "2"},
    }
    assert refused(lambda: bid(data)) == {
        "/bid/base_price/amount": "out_of_range",
        "/bid/min_price": "out_of_range",
        "/bid/bands/0/percentile_from": "wrong_type",
        "/bid/bands/1": "required",
        "/bid/bands/2": "required",
        "/bid/bands/2/percentile_from": "wrong_type",
        "/bid/multipliers/0/value": "not_a_choice",
        "/bid/multipliers/1/op": "not_a_choice",
        "/bid/multipliers/2/value": "wrong_type",
        "/bid/multipliers/3/value": "out_of_range",
        "/bid/multipliers/4/field": "not_at_ping",
        "/bid/multipliers/5": "required",
        "/bid/multipliers/5/factor": "out_of_range",
        "/bid/value/value/amount": "wrong_type",
        "/bid/value/margin": "out_of_range",
    }


def test_a_bid_may_not_depend_on_a_protected_trait_in_credit():
    data = {"base_price": usd("40.00"), "multipliers": [{"field": "gender", "op": "eq", "value": "female", "factor": "2"}]}
    assert refused(lambda: bid(data, MORTGAGE)) == {"/bid/multipliers/0/field": "protected_field"}


@pytest.mark.parametrize("price", [None, 40, "40.00", {"amount": 40, "currency": "USD"}, usd("40.005"), usd("NaN"), usd("-1.00")])
def test_what_is_no_price(price):
    assert len(refused(lambda: bid({"base_price": price}))) == 1


def test_an_empty_draft_gets_every_default():
    draft = parse_draft({}, ROOFING, currency="USD")
    assert (draft.zone, draft.filter, draft.bid_rule, draft.limits, draft.schedule) == (
        "America/New_York",
        EVERYTHING,
        None,
        (),
        None,
    )
    assert (draft.exclusive, draft.sales_max, draft.dedupe_days) == (True, None, 90)
    assert (draft.consent_policy, draft.consent_age_days_max) == ("basic", 30)


def test_a_draft_is_read_and_written_back():
    wire = {
        "zone": "America/Chicago",
        "filter": {"all": [{"field": "state", "op": "eq", "value": "TX"}]},
        "bid": BID,
        "caps": [{"window": "day", "limit": 50}, {"window": "day", "limit": 5, "source": SOURCE}],
        "budgets": [{"window": "month", "limit": usd("1500.00")}],
        "schedule": {"hours": {"mon": [[9, 17]]}, "holidays": []},
        "exclusive": False,
        "sales_max": 3,
        "score_percentile_min": "62.5",
        "dedupe_days": 7,
        "allowed_sources": [SOURCE],
        "blocked_sources": [],
        "consent": {"policy": "one_to_one", "age_days_max": 3},
    }
    draft = parse_draft(wire, ROOFING, currency="USD")
    assert draft.limits == (
        LimitWish("count", "day", 50),
        LimitWish("count", "day", 5, UUID(int=7)),
        LimitWish("money", "month", 1500 * DOLLAR),
    )
    assert draft.bid_rule is not None
    assert (draft.schedule.zone, draft.bid_rule.zone, draft.score_percentile_min) == (
        "America/Chicago",
        "America/Chicago",
        Decimal("62.5"),
    )
    assert draft_as_json(draft, "USD") == wire


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        ({"exclusive": False, "sales_max": 1}, "out_of_range"),
        ({"exclusive": False, "sales_max": 11}, "out_of_range"),
        ({"exclusive": True, "sales_max": 3}, "conflict"),
        ({"sales_max": 3}, "conflict"),
    ],
)
def test_who_shares_says_so_and_with_how_many(wire, code):
    assert refused(lambda: parse_draft(wire, ROOFING, currency="USD")) == {"/sales_max": code}


def test_every_fault_of_a_draft_is_named():
    data = {
        "zone": 5,
        "exclusive": "yes",
        "dedupe_days": 400,
        "allowed_sources": "all",
        "consent": {"policy": "none", "age_days_max": 31},
        "caps": [
            {"window": "year", "limit": 1.5, "source": "cmp_1"},
            {"window": "day", "limit": 1},
            {"window": "day", "limit": 2},
        ],
        "budgets": {},
        "schedule": {"hours": {}},
        "pacing": "even",
    }
    assert refused(lambda: parse_draft(data, ROOFING, currency="USD", pointer="/draft")) == {
        "/draft/zone": "not_a_choice",
        "/draft/exclusive": "wrong_type",
        "/draft/dedupe_days": "out_of_range",
        "/draft/allowed_sources": "wrong_type",
        "/draft/consent/policy": "not_a_choice",
        "/draft/consent/age_days_max": "out_of_range",
        "/draft/caps/0/window": "not_a_choice",
        "/draft/caps/0/limit": "out_of_range",
        "/draft/caps/0/source": "wrong_type",
        "/draft/caps/2": "conflict",
        "/draft/budgets": "wrong_type",
        "/draft/schedule/hours": "required",
        "/draft/pacing": "unknown_field",
    }


def test_a_source_is_read_and_written_back():
    wish = SourceWish(
        "roofs.example",
        "paused",
        ("education", "home.roofing"),
        (FloorRule("source", None, 8 * DOLLAR, "s7"),),
        frozenset(),
        frozenset({UUID(int=3)}),
        4,
    )
    assert parse_source(source_as_json(wish, "USD"), load_verticals(), currency="USD") == wish


def test_two_floors_for_the_same_leads_are_refused():
    floors = [{"floor_price": usd("1.00")}, {"vertical": None, "floor_price": usd("2.00")}]
    assert refused(lambda: parse_source({"name": "x", "floors": floors}, load_verticals(), currency="USD")) == {
        "/floors/1": "conflict"
    }


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "x",
        "ftp://a.example",
        "https://",
        "https://u:p@a.example/",
        "https://a.example/#f",
        "https://a b/",
        "http://a:99999/",
    ],
)
def test_addresses_that_lead_nowhere(url):
    assert refused(lambda: parse_destination({"url": url})) == {"/destination/url": "wrong_type"}


def test_a_destination_is_read_and_keeps_its_secret_out_of_sight():
    wish = parse_destination({"url": "https://a.example:8443/x?y=1", "headers": {"X-Key": "1"}, "secret": "whsec_" + "QUFB" * 8})
    assert (wish.kind, wish.url, wish.headers, wish.secret) == (
        "http",
        "https://a.example:8443/x?y=1",
        {"X-Key": "1"},
        "whsec_" + "QUFB" * 8,
    )
    data = {
        "url": "https://a.example/",
        "kind": "fax",
        "headers": {"Webhook-Id": "1", "a b": "1", "X": "a\nb"},
        "secret": "whsec_!",
    }
    assert refused(lambda: parse_destination(data)) == {
        "/destination/kind": "not_a_choice",
        "/destination/headers/Webhook-Id": "not_allowed",
        "/destination/headers/a b": "not_allowed",
        "/destination/headers/X": "wrong_type",
        "/destination/secret": "wrong_type",
    }
