"""What a webhook may be, how its secrets overlap, and what events say to whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.errors import Problem
from accounts.core.ids import encode, uuid7
from exchange.core import events
from exchange.core.record import AuctionRecord, BidRecord, PingRecord
from exchange.core.webhooks import Secret, WebhookWish, living, parse_webhook, rotated

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://hooks.example.com/in"


def test_quotes_are_off_unless_asked_for() -> None:
    usual = ("lead.sold", "lead.delivered", "lead.returned")
    assert parse_webhook({"url": URL}, "publisher") == WebhookWish(URL, "", usual, "active", None)
    asked = {"url": URL, "events": ["ping.quoted", "lead.sold", "lead.sold"]}
    assert parse_webhook(asked, "both").events == ("ping.quoted", "lead.sold")


def test_the_operator_hears_of_alerts_and_champions_unless_it_asks_otherwise() -> None:
    whole = ("alert.opened", "alert.closed", "model.promoted", "model.rolled_back")
    assert parse_webhook({"url": URL}, "operator").events == whole
    assert parse_webhook({"url": URL, "events": ["alert.closed", "alert.opened"]}, "operator").events == whole[:2]


@pytest.mark.parametrize(
    ("kind", "first", "foreign", "own"),
    [
        ("publisher", "lead.sold", "alert.opened", "ping.quoted, lead.sold, lead.delivered, lead.returned"),
        ("advertiser", "lead.sold", "model.promoted", "ping.quoted, lead.sold, lead.delivered, lead.returned"),
        ("operator", "alert.closed", "lead.sold", "alert.opened, alert.closed, model.promoted, model.rolled_back"),
    ],
)
def test_an_event_of_somebody_else_is_refused_with_ones_own(kind: str, first: str, foreign: str, own: str) -> None:
    for known in (None, WebhookWish(URL, "", (first,), "active", None)):
        with pytest.raises(Problem) as refusal:
            parse_webhook({"url": URL, "events": [first, foreign]}, kind, known)
        (found,) = refusal.value.errors
        assert (found.pointer, found.code, found.detail) == ("/events/1", "not_a_choice", f"Must be one of {own}.")


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        ([], ["", "/url"]),
        ({}, ["/url"]),
        ({"url": "ftp://x.example.com"}, ["/url"]),
        ({"url": URL, "events": []}, ["/events"]),
        ({"url": URL, "events": ["lead.lost"]}, ["/events/0"]),
        ({"url": URL, "status": "deleted", "secret": "short"}, ["/status", "/secret"]),
        ({"url": URL, "description": "x" * 201, "retries": 3}, ["/retries", "/description"]),
    ],
)
def test_every_fault_is_named(data: Any, pointers: list[str]) -> None:
    with pytest.raises(Problem) as refusal:
        parse_webhook(data, "advertiser")
    assert [error.pointer for error in refusal.value.errors] == pointers


def test_changes_leave_the_rest_alone_and_never_touch_the_secret() -> None:
    known = WebhookWish(URL, "CRM", ("lead.sold",), "disabled", None)
    assert parse_webhook({"status": "active"}, "publisher", known) == WebhookWish(URL, "CRM", ("lead.sold",), "active", None)
    assert parse_webhook({"description": None}, "publisher", known).description == ""
    with pytest.raises(Problem) as refusal:
        parse_webhook({"secret": "whsec_" + "A" * 43 + "="}, "publisher", known)
    assert [error.code for error in refusal.value.errors] == ["not_allowed"]


def test_a_rotated_secret_signs_beside_the_new_one_until_its_hour() -> None:
    first = rotated((Secret("one"),), "two", until=AT + 24 * HOUR, at=AT)
    assert first == (Secret("two"), Secret("one", AT + 24 * HOUR))
    second = rotated(first, "three", until=AT + 25 * HOUR, at=AT + HOUR)
    assert second == (Secret("three"), Secret("two", AT + 25 * HOUR), Secret("one", AT + 24 * HOUR))
    assert [one.text for one in living(second, AT + 24 * HOUR)] == ["three", "two"]
    assert rotated((Secret("one"),), "two", until=AT, at=AT) == (Secret("two"),)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 72)), max_size=8))
def test_there_is_always_exactly_one_present_secret_and_it_comes_first(turns: list[tuple[int, int]]) -> None:
    kept: tuple[Secret, ...] = (Secret("0"),)
    at = AT
    for number, (pause, overlap) in enumerate(turns, start=1):
        at += pause * HOUR
        kept = rotated(kept, str(number), until=at + overlap * HOUR, at=at)
        assert kept[0] == Secret(str(number))
        assert [one for one in kept if one.until is None] == [kept[0]]
        assert living(kept, at) == kept


def record(*bids: BidRecord) -> AuctionRecord:
    ping = PingRecord(uuid7(), uuid7(), uuid7(), "home.roofing", "form", "quoted", 1_773_000_000_000, {"zip": "78701"})
    return AuctionRecord(uuid7(), "live", 1, 1, "s", "USD", "first_price", 0, 0, {}, ping, None, list(bids))


def test_a_quote_is_told_to_its_publisher_and_to_its_winner_with_their_own_amounts() -> None:
    won = BidRecord(
        uuid7(),
        uuid7(),
        uuid7(),
        uuid7(),
        50_000_000,
        "won",
        clearing_price=45_000_000,
        payout_amount=36_000_000,
        quote_id=uuid7(),
    )
    lost = BidRecord(uuid7(), uuid7(), uuid7(), uuid7(), 40_000_000, "lost", "outbid")
    auction = record(won, lost)
    publisher, winner = events.quoted(auction)
    assert [(one.organization_id, one.type, one.subject_id) for one in (publisher, winner)] == [
        (auction.ping.organization_id, "ping.quoted", auction.ping.id), (won.organization_id, "ping.quoted", won.quote_id),
    ]  # fmt: skip
    [quote] = publisher.data["quotes"]
    assert quote == {"quote_id": encode("quote", won.quote_id), "payout": {"amount": "36.00", "currency": "USD"}}
    assert winner.data["price"] == {"amount": "45.00", "currency": "USD"}
    assert "36.00" not in json.dumps(winner.data)
    assert "45.00" not in json.dumps(publisher.data)
    assert "78701" not in json.dumps([publisher.data, winner.data])
    assert list(events.quoted(record(lost))) == []


def test_a_return_names_what_it_takes_back() -> None:
    ids = {"organization_id": uuid7(), "return_id": uuid7(), "sale_id": uuid7(), "lead_id": uuid7()}
    event = events.returned(**ids, amount=-40_000_000, currency="USD", at=AT)
    body = json.loads(events.body_of(event, uuid7()))
    assert (body["type"], body["timestamp"]) == ("lead.returned", "2026-11-22T13:00:00.000Z")
    assert body["data"] == {
        "return_id": encode("return", ids["return_id"]), "sale_id": encode("sale", ids["sale_id"]),
        "lead_id": encode("lead", ids["lead_id"]), "amount": {"amount": "-40.00", "currency": "USD"},
    }  # fmt: skip
