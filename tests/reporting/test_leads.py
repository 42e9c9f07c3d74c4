"""GET /api/v1/leads/{id}: the publisher how its post ended, the advertiser what it bought, nobody else anything."""

from __future__ import annotations

import json

import pytest

from accounts.core.ids import decode, encode, uuid7
from accounts.tenancy import act_as_exchange
from exchange.intake.models import Lead
from tests.reporting.conftest import World, usd, written

pytestmark = [pytest.mark.services, pytest.mark.django_db, pytest.mark.urls("tests.reporting.urls")]
PERSONAL = ("Jane", "Doe", "5125550001", "jane1", "example.com", "203.0.113.77")


def test_a_publisher_reads_its_lead(world: World) -> None:
    quoted, sold = world.sell()
    status, seen = world.get(f"leads/{sold['lead_id']}", world.publisher)
    assert status == 200
    consent, trace = seen.pop("consent"), seen.pop("trace")
    assert seen.pop("received_at").endswith("Z")
    assert seen == {
        "role": "publisher", "id": sold["lead_id"], "status": "sold", "payout": usd("40.00"), "reasons": [], "legs": sold["legs"],
        "ping_id": quoted["id"], "source_id": world.source, "external_id": None, "vertical": "home.roofing",
        "lead": {"zip": "78701", "state": "TX", "scope": "repair", "home_ownership": "own"},
        "contact": {"first_name": "J***", "last_name": "D***", "phone": "+1***01", "email": "j***@e***.com"}, "commitment": None,
    }  # fmt: skip
    assert sold["legs"] == [{"quote_id": quoted["quotes"][0]["id"], "status": "sold", "payout": usd("40.00"), "reasons": []}]
    assert (consent["method"], consent["sellers"], consent["reasons"], consent["id"][:4]) == ("checkbox", [], [], "cns_")
    assert trace["candidates"] == {"matched": 2, "won": 1}


def test_a_refused_lead_says_why(world: World) -> None:
    quoted = world.ping()
    refused = world.post(quoted["id"], consent={})
    world.journal()
    status, seen = world.get(f"leads/{refused['lead_id']}", world.publisher)
    assert (status, seen["status"], seen["payout"]) == (200, "rejected", usd("0.00"))
    assert (seen["reasons"], seen["legs"]) == (refused["reasons"], refused["legs"])
    assert [one["code"] for one in seen["reasons"]] == ["consent_missing"]
    assert [one["code"] for one in seen["consent"]["reasons"]] == ["consent_missing"]


def test_no_reader_gets_personal_data(world: World) -> None:
    _, sold = world.sell()
    for reader in (world.publisher, world.advertiser, world.operator):
        status, seen = world.get(f"leads/{sold['lead_id']}", reader)
        text = json.dumps(seen)
        assert (status, [word for word in PERSONAL if word in text]) == (200, [])


def test_an_erased_lead_has_no_contact(world: World) -> None:
    _, sold = world.sell()
    with act_as_exchange("erase the key"):
        lead = Lead.objects.get(id=decode("lead", sold["lead_id"]))
        Lead.objects.filter(id=lead.id).update(personal=bytes(61) + bytes(lead.personal)[61:])
    status, seen = world.get(f"leads/{sold['lead_id']}", world.publisher)
    assert (status, seen["contact"], seen["status"]) == (200, {}, "sold")


def test_an_advertiser_reads_what_it_bought(world: World) -> None:
    quoted, sold = world.sell()
    status, seen = world.get(f"leads/{sold['lead_id']}", world.advertiser)
    assert status == 200
    (sale,), (delivery,), trace = seen.pop("sales"), seen.pop("deliveries"), seen.pop("trace")
    bought_at, timing = seen.pop("bought_at"), seen.pop("timing")
    assert bought_at.endswith("Z")
    told = {name: timing[name] for name in ("state", "contacted_at", "call_within_minutes", "chance", "basis", "time_zone")}
    assert told == {
        "state": "open", "contacted_at": None, "call_within_minutes": 5.0, "chance": 0.59, "basis": "documented",
        "time_zone": "America/Chicago",
    }  # fmt: skip
    assert timing["call_by"] > bought_at
    assert seen == {
        "role": "advertiser", "id": sold["lead_id"], "status": "sold", "price": usd("50.00"), "ping_id": quoted["id"],
        "source_id": world.source, "vertical": "home.roofing", "commitment": None,
    }  # fmt: skip
    sale_id = sale.pop("id")
    assert sale == {
        "campaign_id": world.campaigns["Austin"], "quote_id": quoted["quotes"][0]["id"], "status": "sold", "price": usd("50.00"),
    }  # fmt: skip
    assert (delivery["sale_id"], delivery["state"], delivery["attempts"], delivery["ended_at"]) == (sale_id, "queued", 0, None)
    assert [(bid["status"], bid["bid"]) for bid in trace["bids"]] == [("won", usd("50.00"))]
    text = json.dumps([seen, sale, delivery, trace])
    assert [word for word in ("40.00", "45.00", encode("organization", world.publisher.organization_id)) if word in text] == []


def test_a_lead_is_readable_before_its_ping_is_journalled(world: World) -> None:
    quoted = world.ping()
    sold = world.post(quoted["id"])
    early = [world.get(f"leads/{sold['lead_id']}", reader) for reader in (world.publisher, world.advertiser, world.operator)]
    assert [(status, seen["trace"] is not None) for status, seen in early] == [(200, True)] * 3
    world.journal()
    late = [world.get(f"leads/{sold['lead_id']}", reader) for reader in (world.publisher, world.advertiser, world.operator)]
    assert late == early


def test_the_operator_reads_both_sides(world: World) -> None:
    quoted, sold = world.sell()
    status, seen = world.get(f"leads/{sold['lead_id']}", world.operator)
    assert (status, seen["role"], seen["status"], seen["ping_id"]) == (200, "operator", "sold", quoted["id"])
    assert {sale["side"]: sale["amount"] for sale in seen["sales"]} == {"advertiser": usd("50.00"), "publisher": usd("40.00")}
    assert {sale["id"] for sale in seen["sales"]} == {seen["sales"][0]["id"]}
    assert [bid["margin"] for bid in seen["trace"]["bids"] if bid["status"] == "won"] == [usd("10.00")]


@pytest.mark.parametrize("outsider", ["rival_publisher", "rival_advertiser", "stranger"])
def test_an_outsider_finds_nothing(world: World, outsider: str) -> None:
    _, sold = world.sell()
    before, member = written(), getattr(world, outsider)
    for headers in (member.headers, member.test_headers):
        status, problem = world.get(f"leads/{sold['lead_id']}", member, headers=headers)
        assert (status, problem["code"], problem["detail"]) == (404, "not_found", "No such lead.")
    assert written() == before


@pytest.mark.parametrize("member", ["publisher", "advertiser", "operator"])
def test_the_sandbox_twin_finds_nothing_live(world: World, member: str) -> None:
    _, sold = world.sell()
    assert world.get(f"leads/{sold['lead_id']}", world.stranger, headers=getattr(world, member).test_headers)[0] == 404


@pytest.mark.parametrize("text", [encode("lead", uuid7()), "led_1", "png_1", "x"], ids=range(4))
def test_an_unknown_id_is_not_found(world: World, text: str) -> None:
    for member in (world.publisher, world.operator):
        assert world.get(f"leads/{text}", member)[0] == 404
