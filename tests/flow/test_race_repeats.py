"""The same request twice at once, over real connections: one effect, one answer, nothing left behind."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts.core.ids import encode
from accounts.ledger.books import check_books
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account
from accounts.models import AuditEntry, IdempotencyKey
from accounts.tenancy import act_as_exchange
from campaigns.models import CampaignRevision, Source
from exchange.auction.models import QuoteSettlement, Sale
from exchange.auction.store import counters
from exchange.intake.models import Lead
from tests.cast import Member
from tests.flow.conftest import LEAD, Market, person

pytestmark = [pytest.mark.services, pytest.mark.race]
ROUNDS, THREADS = 5, 4


def at_once(member: Member, path: str, body: Any, threads: int = THREADS, **headers: str) -> list[Any]:
    """POST the same request from many threads that start together, each on a connection of its own."""
    start = threading.Barrier(threads)

    def send(_: int) -> Any:
        try:
            start.wait(timeout=20)
            return Client().post(f"/api/v1/{path}", body, content_type="application/json", headers={**member.headers, **headers})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(send, range(threads)))


def told(answers: list[Any], status: int) -> dict[str, Any]:
    """Check that all got the same answer, only one of them for the first time; give it."""
    assert Counter(answer.status_code for answer in answers) == {status: len(answers)}, [one.content for one in answers]
    found: dict[str, Any] = answers[0].json()
    assert [answer.json() for answer in answers] == [found] * len(answers)
    assert Counter(answer.get("Idempotency-Replayed", "no") for answer in answers) == {"true": len(answers) - 1, "no": 1}
    return found


def count(model: Any, **wanted: Any) -> int:
    with act_as_exchange("a test counts"):
        return int(model.objects.filter(**wanted).count())


@pytest.fixture
def market(real_market: Market) -> Market:
    real_market.fund(real_market.bob, "1000.00")
    return real_market


def standing(market: Market) -> tuple[int, int, int]:
    account = get_account(organization_id=market.bob.organization_id, kind=AccountKind.WALLET, currency="USD").id
    return counters("live").balance(account)


def test_race_one_sale_of_two_posts(market: Market) -> None:
    market.publish(market.bob, "Bob's roofs", "50.00", dedupe_days=0)
    for number in range(1, ROUNDS + 1):
        body = {"ping_id": market.ping().json()["id"], **person(number)}
        assert told(at_once(market.alice, "posts", body), 201)["status"] == "sold"
        assert (count(Sale), count(Lead), count(QuoteSettlement, outcome="captured")) == (number, number, number)
        assert standing(market) == (1_000_000_000, number * 50_000_000, 0)
    assert check_books() == ()


def test_race_one_post_of_two_bodies(market: Market) -> None:
    market.publish(market.bob, "Bob's roofs", "50.00", dedupe_days=0)
    ping_id = market.ping().json()["id"]
    start = threading.Barrier(2)

    def send(number: int) -> Any:
        try:
            start.wait(timeout=20)
            body = {"ping_id": ping_id, **person(number)}
            return Client().post("/api/v1/posts", body, content_type="application/json", headers=market.alice.headers)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, (1, 2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {answer.json().get("code", answer.json()["status"]) for answer in answers} == {"quote_used", "sold"}
    assert (count(Sale), count(Lead)) == (1, 1)


@pytest.mark.parametrize("by", ["external_id", "header"])
def test_race_one_sale_of_two_direct_leads(market: Market, by: str) -> None:
    """The second waits before it holds anything: a cap with one place left is enough for both."""
    market.publish(market.bob, "Bob's roofs", "50.00", dedupe_days=0, caps=[{"window": "month", "limit": ROUNDS}])
    for number in range(1, ROUNDS + 1):
        name = f"form-{number}"
        body = {"source": market.source, "vertical": "home.roofing", "lead": LEAD, **person(number)}
        more = {"external_id": name} if by == "external_id" else {}
        headers = {} if by == "external_id" else {"Idempotency-Key": name}
        assert told(at_once(market.alice, "leads", {**body, **more}, **headers), 201)["status"] == "sold"
        assert (count(Sale), count(Lead), count(QuoteSettlement)) == (number, number, number)
        assert standing(market) == (1_000_000_000, number * 50_000_000, 0)
    live = counters("live")
    assert live.client.zcard(live.key("due")) == 0
    assert check_books() == ()


@pytest.mark.parametrize("by", ["the vendor's id", "what it says"])
def test_race_one_sale_of_two_submits_without_a_header(market: Market, by: str) -> None:
    market.publish(market.bob, "Bob's roofs", "50.00", dedupe_days=0)
    for number in range(1, ROUNDS + 1):
        fields = {"vertical": "home.roofing", **LEAD, **person(number)["contact"], "consent": person()["consent"]}
        more = {"lead_id": f"lc-{number}"} if by == "the vendor's id" else {}
        found = told(at_once(market.alice, f"compat/leadconduit/{market.source}/submit", {**fields, **more}), 201)
        assert (found["outcome"], count(Sale), count(Lead)) == ("success", number, number)
    assert check_books() == ()


def test_race_one_revision_of_two_publications(market: Market) -> None:
    campaign = market.publish(market.bob, "Bob's roofs", "50.00")
    path = f"campaigns/{encode('campaign', campaign.id)}"
    for number in range(2, ROUNDS + 2):
        changed = market.client.patch(
            f"/api/v1/{path}",
            {"bid": {"base_price": {"amount": f"5{number}.00", "currency": "USD"}}},
            content_type="application/json",
            headers=market.bob.headers,
        )
        assert changed.status_code == 200, changed.content
        answers = at_once(market.bob, f"{path}/publish", {})
        assert {(answer.status_code, answer.json()["revision"]["number"]) for answer in answers} == {(200, number)}
        assert count(CampaignRevision, campaign_id=campaign.id) == number
        assert count(AuditEntry, verb="campaign.published") == number


def test_race_one_source_per_key(market: Market) -> None:
    before = count(Source), count(AuditEntry, verb="source.created")
    made = told(at_once(market.alice, "sources", {"name": "Once"}, **{"Idempotency-Key": "k"}), 201)
    assert made["name"] == "Once"
    assert (count(Source), count(AuditEntry, verb="source.created")) == (before[0] + 1, before[1] + 1)
    assert count(IdempotencyKey) == 1
