"""The request log: whose it is, what it never keeps, how little it may hold, and that nobody waits for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings
from django.test import Client

from accounts import identity, requestlog
from accounts.core.errors import Problem
from accounts.core.requestlog import LoggedRequest, RawRequest
from accounts.requestlog import (
    ALL_PER_FLUSH_MAX,
    BUFFER_BYTES_MAX,
    KEPT_MAX,
    PER_FLUSH_MAX,
    RequestLog,
    get_request,
    list_requests,
)
from exchange.core.masking import mask
from tests.cast import Member, join

pytestmark = [pytest.mark.services, pytest.mark.django_db]
KEY = UUID(int=7)


@pytest.fixture
def valkey() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client:
        yield client


@pytest.fixture
def alice() -> Member:
    identity.forget_keys()
    return join("alice", "publisher")


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the thread from starting: what is added waits for the test's own flush."""
    monkeypatch.setattr(RequestLog, "_start", lambda _: None)


@pytest.fixture
def nowhere() -> RequestLog:
    return RequestLog(redis.Redis(port=1, socket_connect_timeout=0.3), mask)


def raw(number: int = 0, **given: Any) -> RawRequest:
    plain: dict[str, Any] = {
        "at_ms": number, "method": "GET", "path": f"/api/v1/{number}", "query": "", "status": 200, "took_us": 1, "key_id": KEY,
        "request_id": "r", "idempotency_key": "", "body": b"", "answer": b"{}",
    }  # fmt: skip
    return RawRequest(**plain | given)


def everything(_: LoggedRequest) -> bool:
    return True


def logged(organization_id: UUID) -> list[tuple[str, str, int]]:
    requestlog.request_log().flush()
    page = list_requests(organization_id, wanted=everything)
    return [(row.request.method, row.request.address, row.request.status) for row in page.rows]


def test_a_request_is_in_the_log_of_its_own_organization_only(alice: Member, client: Client) -> None:
    bob = join("bob", "advertiser")
    client.get("/api/v1/me", headers=alice.headers)
    client.get("/api/v1/sales?limit=1", headers=alice.headers)
    client.get("/api/v1/me", headers=alice.test_headers)
    client.get("/api/v1/campaigns", headers={**bob.headers, "X-Request-Id": "mine-1"})
    assert logged(alice.organization_id) == [("GET", "/api/v1/sales?limit=1", 200), ("GET", "/api/v1/me", 200)]
    assert logged(alice.sandbox_id) == [("GET", "/api/v1/me", 200)]
    assert logged(bob.organization_id) == [("GET", "/api/v1/campaigns", 200)]
    (row,) = list_requests(bob.organization_id, wanted=everything).rows
    assert (row.request.key_id, row.request.request_id) == (bob.key_id, "mine-1")
    assert get_request(bob.organization_id, row.id) == row.request
    with pytest.raises(Problem, match="No such request"):
        get_request(uuid4(), row.id)


def test_the_hot_path_is_logged_with_its_refusals(alice: Member, client: Client) -> None:
    body = {"source": "src_1", "vertical": "home.roofing", "lead": {"zip": "78701", "phone": "+15125550142"}}
    refused = client.post("/api/v1/pings", body, content_type="application/json", headers=alice.headers)
    client.get("/api/v1/pings", headers=alice.headers)
    assert refused.status_code == 422
    requestlog.request_log().flush()
    rows = list_requests(alice.organization_id, wanted=everything).rows
    # A method that is not taken is refused before anybody asks whose key it is.
    assert [(row.request.path, row.request.status, row.request.code) for row in rows] == [
        ("/api/v1/pings", 422, "invalid_request")
    ]
    assert '"phone": "+***********"' in rows[0].request.request.text
    assert "personal_data" in rows[0].request.answer.text


def test_strangers_and_pages_are_not_logged(alice: Member, client: Client, valkey: redis.Redis) -> None:
    requestlog.request_log().flush()
    before = set(valkey.keys("requests:*"))
    for headers in ({}, {"Authorization": "Bearer lx_live_mistyped"}, {"Authorization": f"Bearer {identity.new_key('live')}"}):
        assert client.get("/api/v1/me", headers=headers).status_code == 401
    client.get("/status.json")
    requestlog.request_log().flush()
    assert set(valkey.keys("requests:*")) == before


def test_no_secret_and_no_person_reaches_the_store(alice: Member, client: Client, valkey: redis.Redis) -> None:
    wish = {"url": "https://hooks.example.com/in?token=s3cr3t", "events": ["lead.sold"]}
    headers = {**alice.headers, "Idempotency-Key": "call 512-555-0142", "Cookie": "a=cookie-1"}
    made = client.post("/api/v1/webhooks", wish, content_type="application/json", headers=headers)
    assert made.status_code == 201
    lead = {"contact": {"first_name": "Annabel", "phone": "+15125550142", "email": "annabel@example.com"}}
    client.post("/api/v1/leads?email=annabel@example.com", lead, content_type="application/json", headers=alice.headers)
    requestlog.request_log().flush()
    kept = b"".join(fields[b"r"] for _, fields in valkey.xrange(f"requests:{alice.organization_id.hex}"))
    assert kept.count(b'"method":"POST"') == 2
    hidden = [alice.key, alice.key[8:], made.json()["secret"], "s3cr3t", "cookie-1", "512-555", "5125550142", "nnabel", "Bearer"]
    assert [text for text in hidden if text.encode() in kept] == []


def test_the_buffer_of_a_process_is_bounded(still: None, nowhere: RequestLog) -> None:
    one, two = uuid4(), uuid4()
    for number in range(1000):
        nowhere.add(one, raw(number))
    nowhere.add(two, raw())
    assert {name: len(rows) for name, rows in nowhere._waiting.items()} == {one: PER_FLUSH_MAX, two: 1}
    for _ in range(200):
        nowhere.add(uuid4(), raw())
    assert sum(map(len, nowhere._waiting.values())) == ALL_PER_FLUSH_MAX


def test_the_buffer_is_bounded_in_bytes_too(still: None, nowhere: RequestLog) -> None:
    for _ in range(20):
        nowhere.add(uuid4(), raw(body=b"x" * 1024 * 1024))
    assert sum(len(row.body or b"") for rows in nowhere._waiting.values() for row in rows) == BUFFER_BYTES_MAX - 1024 * 1024


def test_the_log_of_an_organization_is_bounded(still: None, valkey: redis.Redis) -> None:
    owner, log = uuid4(), RequestLog(valkey, mask)
    for start in range(0, 1000, PER_FLUSH_MAX):
        for number in range(start, start + PER_FLUSH_MAX):
            log.add(owner, raw(number))
        log.flush()
    assert KEPT_MAX <= valkey.xlen(f"requests:{owner.hex}") <= KEPT_MAX + 100
    assert 0 < valkey.ttl(f"requests:{owner.hex}") <= 7 * 24 * 3600
    assert list_requests(owner, wanted=everything).rows[0].request.path == "/api/v1/999"


def test_pages_follow_each_other_and_filters_reach_behind_the_first_page(still: None, valkey: redis.Redis) -> None:
    owner, log = uuid4(), RequestLog(valkey, mask)
    for start in range(0, 150, PER_FLUSH_MAX):
        for number in range(start, start + PER_FLUSH_MAX):
            log.add(owner, raw(number, status=500 if number == 3 else 200))
        log.flush()
    seen, before = [], ""
    while True:
        page = list_requests(owner, wanted=everything, before=before)
        seen += [int(row.request.path.rpartition("/")[2]) for row in page.rows]
        before = page.older
        if not before:
            break
    assert seen == list(range(149, -1, -1))
    failed = list_requests(owner, wanted=lambda request: request.status == 500)
    assert ([row.request.at_ms for row in failed.rows], failed.older) == ([3], "")


def test_last_uses_are_known_although_a_rush_is_not_kept(still: None, valkey: redis.Redis) -> None:
    owner, log = uuid4(), RequestLog(valkey, mask)
    for number in range(PER_FLUSH_MAX * 2):
        log.add(owner, raw(1_763_816_400_000 + number))
    log.flush()
    assert {key: int(at.timestamp() * 1000) for key, at in requestlog.last_uses(owner).items()} == {KEY: 1_763_816_400_049}
    assert requestlog.last_uses(uuid4()) == {}


def test_a_dead_valkey_neither_breaks_nor_slows_a_request(
    alice: Member, client: Client, nowhere: RequestLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("accounts.rest.logged.request_log", lambda: nowhere)
    client.get("/api/v1/me", headers=alice.headers)
    began = time.perf_counter()
    assert [client.get("/api/v1/me", headers=alice.headers).status_code for _ in range(5)] == [200] * 5
    # Reaching nowhere takes 300 ms; five requests that waited would take 1.5 s.
    assert time.perf_counter() - began < 1
    with caplog.at_level(logging.WARNING):
        nowhere.flush()
    assert nowhere._waiting == {}


def test_reading_without_valkey_says_so(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requestlog, "_client", lambda: redis.Redis(port=1, socket_connect_timeout=0.3))
    with pytest.raises(Problem, match="away for the moment"):
        list_requests(alice.organization_id, wanted=everything)
    assert requestlog.last_uses(alice.organization_id) == {}


def test_adding_asks_nobody(still: None, django_assert_num_queries: Any) -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"a request asked for {name}")

    log = RequestLog(Untouchable(), mask)  # type: ignore[arg-type]
    with django_assert_num_queries(0):
        log.add(uuid4(), raw())


def test_a_mask_that_fails_loses_the_batch_and_nothing_else(
    still: None, valkey: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any, __: str) -> Any:
        raise ValueError("ann@example.com")

    owner, log = uuid4(), RequestLog(valkey, broken)
    log.add(owner, raw(path="/api/v1/me"))
    log.flush()
    assert (valkey.exists(f"requests:{owner.hex}"), log._waiting) == (0, {})
    assert "requests were not logged" in caplog.text
