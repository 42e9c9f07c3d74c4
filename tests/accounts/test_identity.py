"""Keys: found by hash, refused when mistyped, revoked, expired, foreign to the address or short of a scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts import identity, services
from accounts.core.errors import Problem
from accounts.models import ApiKey
from accounts.tenancy import act_as_exchange
from tests.cast import Member, join

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Member:
    identity.forget_keys()
    return join("alice", "publisher")


def test_a_key_finds_its_caller(alice: Member) -> None:
    caller = identity.caller_of(alice.key)
    assert (caller.organization_id, caller.mode, caller.currency) == (alice.organization_id, "live", "USD")
    assert caller.scopes == {"pings:write", "leads:read", "sources:read", "sources:write", "ledger:read"}
    test = identity.caller_of(alice.test_key)
    assert (test.organization_id, test.mode, test.currency) == (alice.sandbox_id, "test", "XTS")


def test_only_a_keyed_hash_is_stored(alice: Member) -> None:
    with act_as_exchange("look"):
        row = ApiKey.objects.get(id=alice.key_id)
    assert alice.key.startswith(row.prefix)
    assert alice.key.endswith(row.last4)
    assert bytes(row.digest) == identity.digest_of(alice.key)
    assert alice.key[8:-6] not in repr(row.__dict__)


@pytest.mark.parametrize("broken", ["", "lx_live_short", "lx_test_" + "a" * 38])
def test_a_mistyped_key_needs_no_look_up(broken: str, alice: Member, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0), pytest.raises(Problem, match="mistyped"):  # type: ignore[operator]
        identity.caller_of(broken)


def test_a_revoked_key_dies(alice: Member) -> None:
    identity.caller_of(alice.key)
    services.revoke_key(organization_id=alice.organization_id, key_id=alice.key_id, actor="system:test")
    with pytest.raises(Problem, match="unknown or revoked"):
        identity.caller_of(alice.key)


def test_a_stranger_cannot_revoke_it(alice: Member) -> None:
    bob = join("bob", "publisher")
    with pytest.raises(Problem, match="No such key"):
        services.revoke_key(organization_id=bob.organization_id, key_id=alice.key_id, actor="system:test")
    assert identity.caller_of(alice.key).organization_id == alice.organization_id


def test_the_cache_forgets_within_five_seconds(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(identity.time, "monotonic", lambda: now[0])
    identity.caller_of(alice.key)
    with act_as_exchange("revoked by another process"):
        ApiKey.objects.filter(id=alice.key_id).update(revoked_at=datetime.now(UTC))
    assert identity.caller_of(alice.key).organization_id == alice.organization_id
    now[0] += 5.01
    with pytest.raises(Problem, match="unknown or revoked"):
        identity.caller_of(alice.key)


def test_expiry_and_address(alice: Member) -> None:
    old = services.issue_key(
        organization_id=alice.organization_id,
        name="old",
        actor="system:test",
        expires_at=datetime.now(UTC) - timedelta(seconds=1),
    )
    with pytest.raises(Problem, match="expired"):
        identity.caller_of(old.key)
    office = services.issue_key(
        organization_id=alice.organization_id, name="office", actor="system:test", ip_allow=["10.1.0.0/16"]
    )
    assert identity.caller_of(office.key, "10.1.2.3").key_id == office.key_id
    for address in ("10.2.0.1", "nonsense", None):
        with pytest.raises(Problem, match="from this address"):
            identity.caller_of(office.key, address)


def test_a_key_gets_no_scope_its_kind_lacks(alice: Member) -> None:
    with pytest.raises(Problem) as refused:
        services.issue_key(organization_id=alice.organization_id, name="x", actor="system:test", scopes=["campaigns:write"])
    assert refused.value.errors[0].pointer == "/scopes"
    with act_as_exchange("look"):
        assert ApiKey.objects.filter(organization_id=alice.organization_id).count() == 1


def test_me(alice: Member, client: Client) -> None:
    answer = client.get("/api/v1/me", headers=alice.headers)
    assert answer.status_code == 200
    assert answer.json()["mode"] == "live"
    assert answer.json()["organization"]["kind"] == "publisher"
    assert answer["X-Request-Id"].startswith("req_")
    refused = client.get("/api/v1/me", headers={"X-Request-Id": "mine-1"})
    assert refused.status_code == 401
    assert refused["Content-Type"] == "application/problem+json"
    old = client.get("/api/v1/me", headers={"Accept": "application/json;q=0.9,text/xml,text/plain"})
    assert (old.status_code, old["Content-Type"]) == (401, "application/json")
    assert refused.json()["code"] == "unauthenticated"
    assert refused.json()["request_id"] == refused["X-Request-Id"] == "mine-1"
