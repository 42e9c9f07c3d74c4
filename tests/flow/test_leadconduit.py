"""LeadConduit's shape of ping and post: flat fields in, outcome out, one sale however often a lead is sent."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from accounts.core.clock import utc_now
from accounts.core.ids import decode
from accounts.models import IdempotencyKey
from accounts.tenancy import act_as_exchange
from campaigns.services import supply
from exchange.auction import snapshot
from tests.cast import join
from tests.flow.conftest import Market
from tests.flow.test_ping_post import NOTHING, stored

pytestmark = pytest.mark.django_db
PINGED = {"postal_code": "78701", "scope": "repair", "home_ownership": "own", "price": "0"}


def lead(**changes: Any) -> dict[str, Any]:
    return {
        **PINGED,
        "first_name": "Ann",
        "last_name": "Lee",
        "phone_1": "(512) 555-0001",
        "email": "ann1@example.com",
        "consent_method": "checkbox",
        "consent_text": "I agree.",
        "consent_captured_at": utc_now().isoformat(),
        "shoe_size": "44",
        **changes,
    }


@pytest.fixture
def open_market(market: Market) -> Market:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Bob's roofs", "50.00")
    return market


def send(market: Market, step: str, fields: dict[str, Any], *, form: bool = False, **headers: str) -> Any:
    body, kind = (urlencode(fields), "application/x-www-form-urlencoded") if form else (fields, "application/json")
    path = f"/api/v1/compat/leadconduit/{market.source}/{step}"
    return market.client.post(path, body, content_type=kind, headers={**market.alice.headers, **headers})


@pytest.mark.parametrize("form", [False, True])
def test_a_ping_is_priced_and_its_submit_sold(open_market: Market, form: bool) -> None:
    priced = send(open_market, "ping", {**PINGED, "vertical": "home.roofing"}, form=form)
    assert priced.status_code == 200, priced.content
    ping_id = priced.json()["ping_id"]
    assert priced.json() == {"outcome": "success", "reason": "", "price": "40.00", "ping_id": ping_id, "lead": {"id": ping_id}}
    sold = send(open_market, "submit", lead(vertical="home.roofing", ping_id=ping_id, lead_id="lc-1"), form=form)
    assert sold.status_code == 201, sold.content
    assert sold.json() == {"outcome": "success", "reason": "", "price": "40.00", "lead": {"id": sold.json()["lead"]["id"]}}
    assert stored()["Sale"] == 1


def test_a_lead_without_a_ping_is_sold_once_by_the_vendors_id(open_market: Market) -> None:
    said = lead(vertical="home.roofing", id="lc-7")
    first, again = send(open_market, "submit", said), send(open_market, "submit", {**said, "price": "7"})
    assert (first.status_code, first.json()["outcome"]) == (201, "success"), first.content
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (201, first.json(), "true")
    other = send(open_market, "submit", {**said, "phone_1": "(512) 555-0002"})
    assert (other.status_code, other.json()["outcome"], other.json()["code"]) == (422, "failure", "idempotency_key_reused")
    assert (stored()["Lead"], stored()["Sale"]) == (1, 1)


def test_a_lead_without_any_id_is_known_by_what_it_says_for_a_day(open_market: Market) -> None:
    said = lead(vertical="home.roofing", consent_captured_at="2026-11-22T13:04:00Z")
    first, again = send(open_market, "submit", said), send(open_market, "submit", said, form=True)
    assert (again.status_code, again.json()) == (201, first.json())
    assert stored()["Lead"] == 1
    with act_as_exchange("a day passes"):
        IdempotencyKey.objects.update(created_at=utc_now() - timedelta(hours=24, seconds=1))
    later = send(open_market, "submit", said)
    assert (later.status_code, later.json()["lead"] != first.json()["lead"]) == (201, True)
    assert stored()["Lead"] == 2


def test_the_submit_of_a_ping_twice_is_one_sale(open_market: Market) -> None:
    ping_id = send(open_market, "ping", {**PINGED, "vertical": "home.roofing"}).json()["lead"]["id"]
    said = {**lead(vertical="home.roofing"), "lead": {"id": ping_id}}
    first, again = send(open_market, "submit", said), send(open_market, "submit", said)
    assert (first.status_code, first.json()["outcome"]) == (201, "success"), first.content
    assert (again.status_code, again.json()) == (201, first.json())
    other = send(open_market, "submit", {**said, "first_name": "Bea"})
    assert (other.status_code, other.json()["outcome"], other.json()["code"]) == (409, "failure", "quote_used")
    assert stored()["Sale"] == 1


def test_two_pings_of_one_lead_are_one_and_two_leads_that_look_alike_are_two(open_market: Market) -> None:
    said = {**PINGED, "vertical": "home.roofing"}
    ids = [
        send(open_market, "ping", {**said, **more}).json()["ping_id"] for more in ({}, {}, {"id": "a"}, {"id": "a"}, {"id": "b"})
    ]
    assert [ids.index(one) for one in ids] == [0, 1, 2, 2, 4]


@pytest.mark.parametrize("name", ["phone_1", "email", "first_name", "address_1", "ssn", "home_phone"])
def test_personal_data_in_a_ping_is_refused_even_where_nobody_reads_it(open_market: Market, name: str) -> None:
    answer = send(open_market, "ping", {**PINGED, "vertical": "home.roofing", name: "5125550001"})
    assert (answer.status_code, answer.json()["outcome"], answer.json()["price"]) == (422, "failure", "0.00")
    assert answer.json()["reason"].startswith(f"{name}: A ping carries no personal data")
    assert stored() == NOTHING


def test_hashes_of_the_contact_are_compared_with_the_submit(open_market: Market) -> None:
    said = {**PINGED, "vertical": "home.roofing", "phone_1_sha256": hashlib.sha256(b"+15125550001").hexdigest()}
    ping_id = send(open_market, "ping", said).json()["ping_id"]
    answer = send(open_market, "submit", lead(ping_id=ping_id, vertical="home.roofing", phone_1="5125550009"))
    assert (answer.status_code, answer.json()["outcome"], answer.json()["reason"]) == (201, "failure", "ping_mismatch")
    assert answer.json()["lead"]["id"].startswith("led_")


def test_a_refusal_has_the_same_shape(open_market: Market) -> None:
    wrong = send(open_market, "submit", {**lead(vertical="home.roofing", lead_id="1"), "postal_code": "7870", "phone_1": "12"})
    assert (wrong.status_code, wrong.json()["outcome"]) == (422, "failure")
    assert "postal_code: " in wrong.json()["reason"]
    assert "phone_1: " in wrong.json()["reason"]
    missing = send(open_market, "ping", {**PINGED, "vertical": ""})
    assert (missing.status_code, missing.json()["outcome"]) == (422, "failure")
    assert missing.json()["reason"].startswith("vertical: ")
    keyless = send(open_market, "ping", PINGED, Authorization="Bearer lx_live_nobody")
    assert (keyless.status_code, keyless.json()["outcome"], keyless.json()["code"]) == (401, "error", "unauthenticated")
    address = f"/api/v1/compat/leadconduit/{open_market.source}/ping?postal_code=78701"
    got = open_market.client.get(address, headers=open_market.alice.headers)
    assert (got.status_code, got.json()["outcome"], got["Allow"]) == (405, "error", "POST")


def test_no_bid_is_a_failure_with_the_reasons(market: Market) -> None:
    answer = send(market, "ping", {**PINGED, "vertical": "home.roofing"})
    assert answer.status_code == 200
    assert answer.json() == {"outcome": "failure", "reason": "no_campaign", "price": "0.00"}


def test_xml_in_and_xml_out(open_market: Market) -> None:
    fields = {**PINGED, "scope": "Repair", "home_ownership": "OWN", "vertical": "home.roofing"}
    xml = "".join(["<lead>", *(f"<{name}>{value}</{name}>" for name, value in fields.items()), "</lead>"])
    address = f"/api/v1/compat/leadconduit/{open_market.source}/ping"
    answer = open_market.client.post(address, xml, content_type="text/xml", headers=open_market.alice.headers)
    root = ElementTree.fromstring(answer.content)
    assert (answer.status_code, root.tag, root.findtext("outcome"), root.findtext("price")) == (200, "result", "success", "40.00")
    assert (root.findtext("lead/id") or "").startswith("png_")


def test_a_source_with_one_vertical_needs_no_field_for_it(open_market: Market) -> None:
    with open_market.capture(execute=True):
        supply.update_source(
            organization_id=open_market.alice.organization_id, source_id=decode("source", open_market.source),
            changes={"verticals": ["home.roofing"]}, actor="system:test",
        )  # fmt: skip
    snapshot.refresh()
    assert send(open_market, "ping", {**PINGED, "vertical": "ignored", "postal_code": 78701}).json()["outcome"] == "success"


def test_a_stranger_finds_no_source(open_market: Market) -> None:
    mallory = join("mallory", "publisher")
    for step in ("ping", "submit"):
        answer = send(open_market, step, lead(vertical="home.roofing") if step == "submit" else PINGED, **mallory.headers)
        assert (answer.status_code, answer.json()["outcome"], answer.json()["code"]) == (404, "error", "not_found")
    assert stored() == NOTHING
