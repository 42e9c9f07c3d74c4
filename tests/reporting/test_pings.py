"""GET /api/v1/pings/{id}: each side its own projection, nobody else anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.core.clock import utc_now
from accounts.core.ids import decode, encode, uuid7
from accounts.services import issue_key
from accounts.tenancy import act_as_exchange
from exchange.auction.models import QuoteSettlement
from exchange.auction.store import counters
from tests.reporting.conftest import World, usd, written

pytestmark = [pytest.mark.services, pytest.mark.django_db, pytest.mark.urls("tests.reporting.urls")]

UNREADABLE = {
    "score": 71, "percentile": 88.5, "model_version": "prior-1", "badge": None, "outcome": None, "horizon_days": None,
    "low": None, "high": None, "completeness": None, "factors": [],
    "note": "The version that scored this lead can no longer be read here: its interval and factors cannot be told.",
}  # fmt: skip
"""What is left of a score whose version is gone."""


def stages(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"stage": name, "ms": micros / 1000} for name, micros in record["stages_us"]]


def test_a_publisher_reads_its_ping(world: World) -> None:
    quoted = world.ping(sub_id="spring")
    world.journal()
    record = world.record(quoted["id"])
    (quote,) = quoted["quotes"]
    status, seen = world.get(f"pings/{quoted['id']}", world.publisher)
    assert status == 200
    assert set(seen) == {
        "role", "id", "status", "received_at", "source_id", "sub_ids", "vertical", "kind", "lead", "payout", "quotes", "reasons",
        "score", "commitment", "lead_id", "trace",
    }  # fmt: skip
    assert (seen["role"], seen["id"], seen["status"], seen["lead_id"]) == ("publisher", quoted["id"], "quoted", None)
    assert (seen["source_id"], seen["vertical"], seen["kind"]) == (world.source, "home.roofing", "form")
    assert seen["lead"] == {"zip": "78701", "state": "TX", "scope": "repair", "home_ownership": "own"}
    assert seen["score"] == UNREADABLE
    assert seen["quotes"] == [
        {
            "id": quote["id"], "status": "quoted", "payout": usd("40.00"), "pricing": "first_price",
            "advertiser": {"id": encode("organization", world.advertiser.organization_id), "name": None},
            "expires_at": quote["expires_at"],
        }
    ]  # fmt: skip
    assert (seen["payout"], seen["reasons"]) == (usd("40.00"), [])
    assert seen["trace"]["stages"] == stages(record)
    assert seen["trace"]["candidates"] == {"matched": 2, "won": 1}
    assert [(one["code"], one["count"]) for one in seen["trace"]["reasons"]] == [("filtered", 1), ("outbid", 1)]


def test_a_publisher_never_reads_a_buyers_amount(world: World) -> None:
    quoted = world.ping()
    world.journal()
    _, seen = world.get(f"pings/{quoted['id']}", world.publisher)
    text = json.dumps(seen)
    assert "40.00" in text
    assert [amount for amount in ("50.00", "45.00", "70.00", "50000000", "10.00") if amount in text] == []
    assert encode("organization", world.rival_advertiser.organization_id) not in text


def test_a_buyer_reads_its_winning_bid(world: World) -> None:
    quoted = world.ping()
    world.journal()
    record = world.record(quoted["id"])
    status, seen = world.get(f"pings/{quoted['id']}", world.advertiser)
    assert status == 200
    (bid,) = seen.pop("bids")
    received_at = seen.pop("received_at")
    assert received_at.endswith("Z")
    assert seen == {
        "role": "advertiser", "id": quoted["id"], "source_id": world.source, "vertical": "home.roofing",
        "score": {**UNREADABLE, "probability": 0.7125}, "commitment": None, "trace": {"stages": stages(record)},
    }  # fmt: skip
    arithmetic = bid.pop("arithmetic")
    assert arithmetic[-1]["price"] == usd("50.00")
    assert bid.pop("revision_id")[:4] == "rev_"
    assert bid == {
        "campaign_id": world.campaigns["Austin"], "status": "won", "reason": None, "bid": usd("50.00"), "price": usd("50.00"),
        "quote_id": quoted["quotes"][0]["id"], "quote_status": "quoted", "experiment": None,
    }  # fmt: skip


def test_a_buyer_reads_why_it_lost_and_nothing_of_the_winner(world: World) -> None:
    quoted = world.ping()
    world.journal()
    _, seen = world.get(f"pings/{quoted['id']}", world.rival_advertiser)
    (bid,) = seen["bids"]
    assert (bid["campaign_id"], bid["status"], bid["bid"]) == (world.campaigns["Everywhere"], "lost", usd("45.00"))
    assert (bid["reason"]["code"], bid["price"], bid["quote_id"], bid["quote_status"]) == ("outbid", None, None, None)
    text = json.dumps(seen)
    hidden = [
        "50.00", "40.00", quoted["quotes"][0]["id"], world.campaigns["Austin"], "78701",
        encode("organization", world.publisher.organization_id), encode("organization", world.advertiser.organization_id),
    ]  # fmt: skip
    assert [word for word in hidden if word in text] == []


def test_how_a_quote_ended(world: World) -> None:
    quoted, sold = world.sell()
    _, seen = world.get(f"pings/{quoted['id']}", world.publisher)
    assert ([quote["status"] for quote in seen["quotes"]], seen["lead_id"]) == (["sold"], sold["lead_id"])
    _, bought = world.get(f"pings/{quoted['id']}", world.advertiser)
    assert [bid["quote_status"] for bid in bought["bids"]] == ["sold"]
    refused = world.ping()
    answer = world.post(refused["id"], 2, consent={})
    assert answer["status"] == "rejected"
    world.journal()
    _, seen = world.get(f"pings/{refused['id']}", world.publisher)
    assert ([quote["status"] for quote in seen["quotes"]], seen["lead_id"]) == (["refused"], answer["lead_id"])


def test_a_quote_that_nobody_used(world: World) -> None:
    quoted = world.ping()
    world.journal()
    with act_as_exchange("the sweeper does this"):
        QuoteSettlement.objects.create(
            quote_id=decode("quote", quoted["quotes"][0]["id"]), ping_id=decode("ping", quoted["id"]),
            publisher_id=world.publisher.organization_id, outcome="expired", settled_at=utc_now(),
        )  # fmt: skip
    _, seen = world.get(f"pings/{quoted['id']}", world.publisher)
    assert [quote["status"] for quote in seen["quotes"]] == ["expired"]


def test_a_ping_without_a_bid_says_why(world: World) -> None:
    refused = world.ping(min_price={"amount": "90.00", "currency": "USD"})
    assert refused["status"] == "no_bid"
    world.journal()
    _, seen = world.get(f"pings/{refused['id']}", world.publisher)
    assert (seen["status"], seen["quotes"], seen["reasons"]) == ("no_bid", [], refused["reasons"])
    assert seen["trace"]["candidates"] == {"matched": 2, "won": 0}
    _, lost = world.get(f"pings/{refused['id']}", world.advertiser)
    assert [(bid["status"], bid["reason"]["code"]) for bid in lost["bids"]] == [("lost", "below_floor")]


@pytest.mark.parametrize("reader", ["publisher", "advertiser", "rival_advertiser", "operator"])
@pytest.mark.parametrize("floor", ["0.00", "90.00"])
def test_before_the_journal_has_it_the_answer_is_the_same(world: World, reader: str, floor: str) -> None:
    answered = world.ping(min_price={"amount": floor, "currency": "USD"})
    member = getattr(world, reader)
    early = world.get(f"pings/{answered['id']}", member)
    assert early[0] == 200
    assert world.journal() == 1
    assert world.get(f"pings/{answered['id']}", member) == early


def test_reading_a_fresh_quote_does_not_keep_it_alive(world: World) -> None:
    quoted = world.ping()
    market, quote_id = counters("live"), decode("quote", quoted["quotes"][0]["id"]).hex
    hold = market.client.hgetall(market.key("q", quote_id))
    due = market.client.zscore(market.key("due"), quote_id)
    waiting = market.client.xlen(market.stream)
    world.get(f"pings/{quoted['id']}", world.publisher)
    assert (hold != {}, due is not None, waiting) == (True, True, 1)
    assert market.client.hgetall(market.key("q", quote_id)) == hold
    assert market.client.zscore(market.key("due"), quote_id) == due
    assert market.client.xlen(market.stream) == waiting


@pytest.mark.parametrize("journalled", [False, True])
@pytest.mark.parametrize("outsider", ["rival_publisher", "stranger"])
def test_an_outsider_finds_nothing(world: World, outsider: str, journalled: bool) -> None:
    quoted = world.ping()
    if journalled:
        world.journal()
    before = written()
    for headers in (getattr(world, outsider).headers, getattr(world, outsider).test_headers):
        status, problem = world.get(f"pings/{quoted['id']}", world.stranger, headers=headers)
        assert (status, problem["code"], problem["detail"]) == (404, "not_found", "No such ping.")
    assert written() == before


@pytest.mark.parametrize("member", ["publisher", "advertiser", "operator"])
def test_the_sandbox_twin_finds_nothing_live(world: World, member: str) -> None:
    quoted = world.ping()
    twin = getattr(world, member).test_headers
    assert world.get(f"pings/{quoted['id']}", world.stranger, headers=twin)[0] == 404
    world.journal()
    assert world.get(f"pings/{quoted['id']}", world.stranger, headers=twin)[0] == 404


def test_an_advertiser_that_did_not_match_finds_nothing(world: World) -> None:
    refused = world.ping(lead={"zip": "90001", "scope": "repair", "home_ownership": "own"})
    assert refused["quotes"][0]["advertiser"]["id"] == encode("organization", world.rival_advertiser.organization_id)
    world.journal()
    _, seen = world.get(f"pings/{refused['id']}", world.rival_advertiser)
    assert sorted(bid["campaign_id"] for bid in seen["bids"]) == sorted(
        [world.campaigns["Everywhere"], world.campaigns["California"]]
    )
    assert [bid["status"] for bid in seen["bids"]].count("won") == 1


@pytest.mark.parametrize(
    "text", [encode("ping", uuid7()), encode("ping", uuid7(1_700_000_000_000)), "png_1", "led_1", "x"], ids=range(5)
)
def test_an_unknown_id_is_not_found(world: World, text: str) -> None:
    for member in (world.publisher, world.operator):
        assert world.get(f"pings/{text}", member)[0] == 404


def test_the_operator_reads_any_ping(world: World) -> None:
    quoted = world.ping()
    world.journal()
    status, seen = world.get(f"pings/{quoted['id']}", world.operator)
    assert (status, seen["role"]) == (200, "operator")
    assert seen["publisher_id"] == encode("organization", world.publisher.organization_id)
    bids = {bid["campaign_id"]: bid for bid in seen["trace"]["bids"]}
    won = bids[world.campaigns["Austin"]]
    assert (won["bid"], won["price"], won["payout"], won["margin"]) == (usd("50.00"), usd("50.00"), usd("40.00"), usd("10.00"))
    assert won["organization_id"] == encode("organization", world.advertiser.organization_id)
    assert bids[world.campaigns["Everywhere"]]["reason"]["code"] == "outbid"
    record = world.record(quoted["id"])
    assert (seen["trace"]["seed"], seen["trace"]["snapshot_version"]) == (record["seed"], record["snapshot_version"])


def test_a_key_without_the_scope_reads_nothing(world: World) -> None:
    quoted = world.ping()
    world.journal()
    before = written()
    issued = issue_key(organization_id=world.publisher.organization_id, name="t", actor="t", scopes=["pings:write"])
    status, problem = world.get(f"pings/{quoted['id']}", world.publisher, headers={"Authorization": f"Bearer {issued.key}"})
    assert (status, problem["code"]) == (403, "forbidden")
    assert written() == before | {"AuditEntry": before["AuditEntry"] + 1}


def test_without_a_key_nothing_is_told(world: World) -> None:
    quoted = world.ping()
    assert world.get(f"pings/{quoted['id']}", world.publisher, headers={})[0] == 401
