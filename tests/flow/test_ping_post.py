"""From a ping to a sale through the API, and what each refusal leaves unchanged."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from django.db import connection

from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account, get_balance
from accounts.tenancy import act_as_exchange
from exchange.auction.models import QuoteSettlement, Sale, SaleSide
from exchange.auction.rebuild import list_spent
from exchange.auction.store import counters
from exchange.delivery.models import Delivery
from exchange.intake.models import ConsentRecord, Lead
from tests.cast import Member
from tests.flow.conftest import LEAD, Market, person

pytestmark = pytest.mark.django_db


def balance(member: Member, kind: AccountKind) -> int:
    with act_as_exchange("look"):
        account = get_account(organization_id=member.organization_id, kind=kind, currency="USD")
        return get_balance(account_id=account.id).balance_amount


def stored() -> dict[str, int]:
    with act_as_exchange("look"):
        return {
            model.__name__: model.objects.count() for model in (Lead, ConsentRecord, Sale, SaleSide, Delivery, QuoteSettlement)
        }


NOTHING = {"Lead": 0, "ConsentRecord": 0, "Sale": 0, "SaleSide": 0, "Delivery": 0, "QuoteSettlement": 0}


@pytest.fixture
def open_market(market: Market) -> Market:
    market.fund(market.bob, "1000.00")
    market.fund(market.carol, "1000.00")
    market.publish(market.bob, "Bob's roofs", "50.00")
    market.publish(market.carol, "Carol's roofs", "40.00")
    return market


def test_a_lead_is_sold(open_market: Market) -> None:
    market = open_market
    answer = market.ping()
    assert answer.status_code == 200, answer.content
    quoted = answer.json()
    assert (quoted["status"], quoted["reasons"]) == ("quoted", [])
    assert [quote["payout"] for quote in quoted["quotes"]] == [{"amount": "40.00", "currency": "USD"}]
    assert quoted["quotes"][0]["pricing"] == "first_price"
    assert quoted["quotes"][0]["advertiser"]["name"] is None
    answer = market.post(quoted["id"])
    assert answer.status_code == 201, answer.content
    sold = answer.json()
    assert (sold["status"], sold["payout"]) == ("sold", {"amount": "40.00", "currency": "USD"})
    assert sold["legs"][0]["quote_id"] == quoted["quotes"][0]["id"]
    assert stored() == {"Lead": 1, "ConsentRecord": 1, "Sale": 1, "SaleSide": 2, "Delivery": 1, "QuoteSettlement": 1}
    assert balance(market.bob, AccountKind.WALLET) == 950_000_000
    assert balance(market.carol, AccountKind.WALLET) == 1_000_000_000
    assert balance(market.alice, AccountKind.PAYABLE) == 40_000_000


def test_a_hold_becomes_spent_and_only_once(open_market: Market) -> None:
    market = open_market
    account = get_account(organization_id=market.bob.organization_id, kind=AccountKind.WALLET, currency="USD").id
    ping_id = market.ping().json()["id"]
    assert counters("live").balance(account) == (1_000_000_000, 0, 50_000_000)
    assert market.post(ping_id).json()["status"] == "sold"
    assert counters("live").balance(account) == (1_000_000_000, 50_000_000, 0)


def test_the_rebuild_counts_a_sale_as_the_counters_do(open_market: Market) -> None:
    market = open_market
    limits = {
        "caps": [{"window": "day", "limit": 7}],
        "budgets": [{"window": "month", "limit": {"amount": "900.00", "currency": "USD"}}],
    }
    market.publish(market.bob, "Capped", "60.00", **limits)
    assert market.post(market.ping().json()["id"]).json()["status"] == "sold"
    with act_as_exchange("look"):
        sold = {one.key: one.spent for one in list_spent("live")}
    assert sorted(sold.values()) == [1, 60_000_000]
    assert counters("live").usage(list(sold)) == tuple((amount, 0) for amount in sold.values())


def test_the_same_post_again_gives_the_first_answer(open_market: Market) -> None:
    market = open_market
    ping_id = market.ping().json()["id"]
    body = {"ping_id": ping_id, **person()}
    first = market.send("posts", body)
    again = market.send("posts", body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert stored()["Sale"] == 1
    other = market.send("posts", {"ping_id": ping_id, **person(2)})
    assert (other.status_code, other.json()["code"]) == (409, "quote_used")
    assert stored()["Lead"] == 1


def test_a_quote_that_has_expired_is_409_and_leaves_nothing(open_market: Market, settings: Any) -> None:
    settings.QUOTE_LIFETIME_MS = 30
    ping_id = open_market.ping().json()["id"]
    time.sleep(0.05)
    answer = open_market.post(ping_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "quote_expired")
    assert stored() == NOTHING
    assert open_market.post("png_" + "1" * 26).status_code == 404


def test_a_ping_with_the_same_key_gives_the_same_quotes(open_market: Market) -> None:
    market = open_market
    body = {"source": market.source, "vertical": "home.roofing", "lead": LEAD}
    first = market.send("pings", body, **{"Idempotency-Key": "k1"})
    again = market.send("pings", body, **{"Idempotency-Key": "k1"})
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    other = market.send("pings", {**body, "lead": {**LEAD, "zip": "78702"}}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_nobody_buys_without_money(market: Market) -> None:
    market.publish(market.bob, "Poor", "50.00")
    answer = market.ping().json()
    assert (answer["status"], answer["quotes"]) == ("no_bid", [])
    # A buyer's balance is its own affair: the publisher reads "paused".
    assert [reason["code"] for reason in answer["reasons"]] == ["paused"]


def test_without_campaigns_the_reason_says_so(market: Market) -> None:
    assert [reason["code"] for reason in market.ping().json()["reasons"]] == ["no_campaign"]


def test_a_filter_names_its_clause(market: Market) -> None:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Colorado", "50.00", filter={"all": [{"field": "state", "op": "in", "value": ["CO"]}]})
    reasons = market.ping().json()["reasons"]
    assert [(reason["code"], reason["count"]) for reason in reasons] == [("filtered", 1)]
    assert "state" in reasons[0]["detail"].lower()


def test_a_floor_is_a_payout(open_market: Market) -> None:
    answer = open_market.ping(min_price={"amount": "40.01", "currency": "USD"}).json()
    assert answer["status"] == "no_bid"
    assert {reason["code"] for reason in answer["reasons"]} == {"below_floor"}
    assert open_market.ping(min_price={"amount": "40.00", "currency": "USD"}).json()["status"] == "quoted"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"vertical": "home.rofing"}, "/vertical"),
        ({"source": "src_short"}, "/source"),
        ({"lead": {**LEAD, "scope": "demolish"}}, "/lead/scope"),
        ({"lead": {"zip": "78701", "home_ownership": "own"}}, "/lead/scope"),
        ({"lead": {**LEAD, "roof_age_years": "old"}}, "/lead/roof_age_years"),
        ({"lead": {**LEAD, "first_name": "Ann"}}, "/lead/first_name"),
        ({"behaviour": {"comments": "call me at 512-555-0123"}}, "/behaviour/comments"),
        ({"behaviour": {"pages_viewed": "many"}}, "/behaviour/pages_viewed"),
        ({"max_sales": 0}, "/max_sales"),
        ({"min_price": {"amount": "1.00", "currency": "EUR"}}, "/min_price/currency"),
        ({"contact_hashes": {"phone_sha256": "xyz"}}, "/contact_hashes/phone_sha256"),
        ({"contact_hints": {"area_code": "5125550123"}}, "/contact_hints/area_code"),
        ({"contact_hints": {"email_domain": "ann.lee@example.com"}}, "/contact_hints/email_domain"),
        ({"contact_hints": {"phone_type": "rotary"}}, "/contact_hints/phone_type"),
        ({"consent": {"captured_at": "yesterday"}}, "/consent/captured_at"),
    ],
)
def test_bad_pings_name_the_field(open_market: Market, changes: dict[str, Any], pointer: str) -> None:
    answer = open_market.ping(**changes)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]], answer.json()
    assert counters("live").client.xlen(counters("live").stream) == 0


def test_of_a_hinted_domain_only_a_shared_one_is_kept(open_market: Market) -> None:
    for domain in ("annlee-family.example", "GMail.com"):
        hints = {"area_code": "512", "phone_type": "mobile", "email_domain": domain, "ip_state": "TX"}
        assert open_market.ping(contact_hints=hints).status_code == 200
    log = counters("live").client.xrange(counters("live").stream)
    records = [msgspec.json.decode(fields[b"record"]) for _, fields in log]
    kept = {"area_code": "512", "phone_type": "mobile", "ip_state": "TX"}
    assert [one["ping"]["contact_hints"] for one in records] == [
        kept | {"email_domain": "own"},
        kept | {"email_domain": "gmail.com"},
    ]
    assert b"annlee" not in b"".join(fields[b"record"] for _, fields in log)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "malformed_body"),
        (b"[]", 400, "malformed_body"),
        (b"\xff\xfe", 400, "malformed_body"),
        (b'{"sub_id": "a\\u0000b"}', 400, "malformed_body"),
        (b'{"sub_id": "a\\ud800b"}', 400, "malformed_body"),
        (b'{"lead": "' + b"x" * 70_000 + b'"}', 413, "body_too_large"),
    ],
)
def test_bodies_that_cannot_be_read(open_market: Market, raw: bytes, status: int, code: str) -> None:
    answer = open_market.client.post("/api/v1/pings", raw, content_type="application/json", headers=open_market.alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"contact": {"first_name": "Ann", "last_name": "Lee", "phone": "12"}}, "/contact/phone"),
        ({"contact": {"first_name": "Ann", "phone": "+15125550123"}}, "/contact/last_name"),
        ({"contact": {**person()["contact"], "shoe_size": "44"}}, "/contact/shoe_size"),
        ({"consent": {"method": "telepathy"}}, "/consent/method"),
        ({"quote_ids": ["qte_nonsense"]}, "/quote_ids/0"),
    ],
)
def test_bad_posts_leave_the_quote_open(open_market: Market, changes: dict[str, Any], pointer: str) -> None:
    ping_id = open_market.ping().json()["id"]
    answer = open_market.post(ping_id, **changes)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]], answer.json()
    assert stored() == NOTHING
    assert open_market.post(ping_id).json()["status"] == "sold"


def test_a_post_that_differs_from_its_ping_is_void(open_market: Market) -> None:
    ping_id = open_market.ping().json()["id"]
    answer = open_market.post(ping_id, lead={"zip": "79901"})
    assert answer.status_code == 201
    assert answer.json()["status"] == "rejected"
    assert answer.json()["legs"][0]["reasons"] == [{"code": "ping_mismatch"}]
    assert stored()["Sale"] == 0
    assert balance(open_market.bob, AccountKind.WALLET) == 1_000_000_000
    assert open_market.post(ping_id).json()["code"] == "quote_used"


@pytest.mark.parametrize(
    ("consent", "code"),
    [(None, "consent_missing"), ({"method": "checkbox", "text": "x", "captured_at": "2020-01-01T00:00:00Z"}, "consent_expired")],
)
def test_without_consent_no_sale(open_market: Market, consent: Any, code: str) -> None:
    answer = open_market.post(open_market.ping().json()["id"], consent=consent).json()
    assert (answer["status"], answer["legs"][0]["reasons"]) == ("rejected", [{"code": code}])
    assert stored() == {"Lead": 1, "ConsentRecord": 1, "Sale": 0, "SaleSide": 0, "Delivery": 0, "QuoteSettlement": 1}
    assert balance(open_market.alice, AccountKind.PAYABLE) == 0


def test_the_same_person_is_not_sold_twice_to_a_buyer(open_market: Market) -> None:
    assert open_market.post(open_market.ping().json()["id"]).json()["status"] == "sold"
    again = open_market.post(open_market.ping().json()["id"]).json()
    assert (again["status"], again["legs"][0]["reasons"]) == ("duplicate", [{"code": "duplicate"}])
    assert stored()["Sale"] == 1


def test_strangers_get_404_and_nothing_changes(open_market: Market) -> None:
    ping_id = open_market.ping().json()["id"]
    from tests.cast import join

    mallory = join("mallory", "publisher")
    assert open_market.ping(mallory).status_code == 404
    for path in (open_market.post(ping_id, mallory), open_market.post("png_" + "0" * 26)):
        assert (path.status_code, path.json()["code"]) == (404, "not_found")
    assert stored() == NOTHING
    assert open_market.post(ping_id).json()["status"] == "sold"


def test_keys_need_the_scope(open_market: Market) -> None:
    answer = open_market.ping(open_market.bob)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert open_market.client.get("/api/v1/pings", headers=open_market.alice.headers).status_code == 405


def test_a_direct_lead_is_sold_once(open_market: Market) -> None:
    body = {"source": open_market.source, "vertical": "home.roofing", "lead": LEAD, **person(), "external_id": "form-1"}
    first, again = open_market.send("leads", body), open_market.send("leads", body)
    assert (first.status_code, first.json()["status"]) == (201, "sold"), first.content
    assert again.json() == first.json()
    assert stored()["Sale"] == 1
    other = open_market.send("leads", {**body, **person(2)})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    missing = open_market.send("leads", {key: value for key, value in body.items() if key != "external_id"})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")
    assert stored()["Lead"] == 1


def test_a_direct_lead_nobody_wants_is_kept(market: Market) -> None:
    body = {"source": market.source, "vertical": "home.roofing", "lead": LEAD, **person(), "external_id": "form-1"}
    answer = market.send("leads", body)
    assert (answer.status_code, answer.json()["status"]) == (201, "rejected"), answer.content
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["no_campaign"]
    assert stored()["Lead"] == 1


def test_personal_data_stands_sealed_in_two_columns_only(open_market: Market) -> None:
    assert open_market.post(open_market.ping().json()["id"]).json()["status"] == "sold"
    with act_as_exchange("look for leaks"), connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute("select has_table_privilege(%s, 'select')", [table])
            if cursor.fetchone()[0]:
                cursor.execute(
                    f'select count(*) from "{table}" t where t::text like %s or t::text like %s',
                    ["%15125550001%", "%ann1@example%"],
                )
                assert (table, cursor.fetchone()[0]) == (table, 0)
