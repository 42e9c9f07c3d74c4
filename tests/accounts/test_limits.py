"""Limits on requests: told in every answer, refused before anything is done, each key and source by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import identity, limits
from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.core.rates import SECOND_NS
from accounts.keys import get_key, rotate_key
from accounts.models import AuditEntry, IdempotencyKey
from accounts.tenancy import act_as, act_as_exchange
from tests.cast import Member, join

pytestmark = [pytest.mark.services, pytest.mark.django_db]


class Clock:
    """Time that stands still until it is told."""

    def __init__(self) -> None:
        self.now_ns = 10**12

    def __call__(self) -> int:
        return self.now_ns

    def go_on(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND_NS)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(limits, "monotonic_ns", made)
    yield from _fresh(made)


def _fresh(made: Clock) -> Iterator[Clock]:
    for limit in (limits.KEYS, limits.SOURCES):
        limit.forget()
    yield made
    for limit in (limits.KEYS, limits.SOURCES):
        limit.forget()


@pytest.fixture
def rates(settings: Any, clock: Clock) -> Clock:
    """Let a key send 2 a second and 4 at once, a source 1 and 2."""
    settings.RATE_PER_KEY, settings.RATE_PER_SOURCE, settings.RATE_BURST_SECONDS = 2, 1, 2
    return clock


@pytest.fixture
def alice() -> Member:
    identity.forget_keys()
    return join("alice", "publisher")


def me(client: Client, member: Member) -> Any:
    return client.get("/api/v1/me", headers=member.headers)


def told(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer["RateLimit-Policy"], answer["RateLimit"]


def test_a_burst_passes_and_then_the_rate(rates: Clock, alice: Member, client: Client) -> None:
    policy = '"key";q=4;w=2'
    assert told(me(client, alice)) == (200, policy, '"key";r=3;t=1')
    assert [told(me(client, alice))[2] for _ in range(3)] == ['"key";r=2;t=1', '"key";r=1;t=2', '"key";r=0;t=2']
    refused = me(client, alice)
    assert told(refused) == (429, policy, '"key";r=0;t=2')
    assert (refused["Retry-After"], refused["Content-Type"], refused.json()["code"]) == (
        "1", "application/problem+json", "rate_limited",
    )  # fmt: skip
    rates.go_on(0.49)
    assert me(client, alice).status_code == 429
    rates.go_on(0.01)
    assert [me(client, alice).status_code for _ in range(2)] == [200, 429]
    rates.go_on(60)
    assert told(me(client, alice))[2] == '"key";r=3;t=1'


def test_each_key_has_its_own(rates: Clock, alice: Member, client: Client) -> None:
    bob = join("bob", "advertiser")
    while me(client, alice).status_code == 200:
        pass
    assert me(client, bob).status_code == 200
    assert client.get("/api/v1/me", headers=alice.test_headers).status_code == 200


def test_nothing_is_done_for_a_refused_request(rates: Clock, alice: Member, client: Client) -> None:
    while me(client, alice).status_code == 200:
        pass
    headers = {**alice.headers, "Idempotency-Key": "once"}
    for path in ("sources", "leads", "pings"):
        answer = client.post(f"/api/v1/{path}", {"name": "Roofs"}, content_type="application/json", headers=headers)
        assert answer.status_code == 429
    with act_as_exchange("look"):
        assert IdempotencyKey.objects.count() == 0
        assert AuditEntry.objects.filter(verb="source.created").count() == 0
    rates.go_on(1)
    made = client.post("/api/v1/sources", {"name": "Roofs"}, content_type="application/json", headers=headers)
    assert made.status_code == 201


def test_a_source_has_a_limit_whatever_the_key(rates: Clock, alice: Member, client: Client, settings: Any) -> None:
    settings.RATE_PER_KEY = 100
    join("mallory", "publisher")
    ping = {"source": "src_" + "0" * 26}
    answers = [_ping(client, alice, ping) for _ in range(3)]
    policy = '"key";q=200;w=2, "source";q=2;w=2'
    assert [told(answer) for answer in answers] == [
        (422, policy, '"key";r=199;t=1, "source";r=1;t=1'),
        (422, policy, '"key";r=198;t=1, "source";r=0;t=2'),
        (429, policy, '"key";r=197;t=1, "source";r=0;t=2'),
    ]
    assert _ping(client, alice, {"source": "src_" + "1" * 26}).status_code == 422
    address = f"/api/v1/compat/leadconduit/{ping['source']}/ping"
    refused = client.post(address, {}, content_type="application/json", headers=alice.headers)
    assert (refused.status_code, refused.json()["outcome"], refused.json()["code"]) == (429, "error", "rate_limited")
    assert refused["Retry-After"] == "1"
    rates.go_on(1)
    assert _ping(client, alice, ping).status_code == 422


def test_nobody_counts_against_the_source_of_another(rates: Clock, alice: Member, client: Client) -> None:
    bob, ping = join("bob", "publisher"), {"source": "src_" + "0" * 26}
    assert [_ping(client, bob, ping).status_code for _ in range(3)] == [422, 422, 429]
    assert _ping(client, alice, ping).status_code == 422


def _ping(client: Client, member: Member, body: dict[str, Any]) -> Any:
    return client.post("/api/v1/pings", body, content_type="application/json", headers=member.headers)


def test_strangers_and_pages_have_no_limit(rates: Clock, client: Client) -> None:
    for path in ("/api/v1/me", "/docs/errors"):
        assert "RateLimit" not in client.get(path)


def test_without_a_rate_there_is_no_limit(clock: Clock, alice: Member, client: Client, settings: Any) -> None:
    settings.RATE_PER_KEY = 0
    assert "RateLimit" not in me(client, alice)
    assert me(client, alice).json()["rate_limit"] == 0


def test_a_key_may_have_a_limit_of_its_own(rates: Clock, alice: Member, client: Client) -> None:
    key = encode("key", alice.key_id)
    assert me(client, alice).json()["rate_limit"] == 2
    call_command("rate_limit", key, "7")
    answer = me(client, alice)
    assert (answer.json()["rate_limit"], answer["RateLimit-Policy"]) == (7, '"key";q=14;w=2')
    with act_as(alice.organization_id):
        issued = rotate_key(
            organization_id=alice.organization_id, key_id=alice.key_id, overlap="1h", actor="system:test", at=utc_now()
        )
        assert get_key(key_id=issued.key_id, at=utc_now()).rate_limit == 7
    with act_as_exchange("look"):
        entry = AuditEntry.objects.get(verb="key.limited")
        assert (entry.organization_id, entry.subject, entry.changes) == (alice.organization_id, key, {"rate_limit": [None, 7]})
    call_command("rate_limit", key, "default")
    assert me(client, alice).json()["rate_limit"] == 2


@pytest.mark.parametrize("key", ["key_x", encode("key", UUID(int=5))])
def test_an_unknown_key_has_no_limit_to_set(key: str) -> None:
    with pytest.raises(CommandError):
        call_command("rate_limit", key, "5")


@pytest.mark.parametrize("limit", ["-1", "many", "1000001"])
def test_a_limit_is_a_number(alice: Member, limit: str) -> None:
    with pytest.raises(CommandError):
        call_command("rate_limit", encode("key", alice.key_id), limit)


def test_workers_share_a_limit_and_tell_the_whole(rates: Clock, alice: Member, client: Client, settings: Any) -> None:
    settings.POOL_WORKERS = 2
    limits.KEYS.forget()
    assert [told(me(client, alice)) for _ in range(3)] == [
        (200, '"key";q=4;w=2', '"key";r=2;t=1'),
        (200, '"key";q=4;w=2', '"key";r=0;t=2'),
        (429, '"key";q=4;w=2', '"key";r=0;t=2'),
    ]


def test_the_buckets_do_not_grow_without_end(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUCKETS_MAX", 10)
    for owner in range(100):
        limits.SOURCES.take(owner, 1)
        assert len(limits.SOURCES._full_at) <= 10
