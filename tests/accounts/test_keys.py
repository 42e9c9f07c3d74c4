"""Keys end: rotated with an overlap, revoked; and are refused everywhere from then on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client

from accounts import identity, services
from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.roles import KEYS, KINDS, PORTAL_ONLY, SCOPES, portal_scopes_for
from accounts.keys import get_key, list_keys, rotate_key
from accounts.models import ApiKey, AuditEntry
from accounts.services import IssuedKey
from accounts.tenancy import act_as, act_as_exchange
from reporting.admission import CLOSE_UNAUTHENTICATED, Credential, refused_among
from tests.cast import Member, join

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def alice() -> Member:
    identity.forget_keys()
    return join("alice", "publisher")


def rotate(owner: Member, overlap: str, *, key_id: UUID | None = None, at: datetime | None = None) -> IssuedKey:
    with act_as(owner.organization_id):
        wanted = key_id or owner.key_id
        return rotate_key(
            organization_id=owner.organization_id, key_id=wanted, overlap=overlap, actor="user:t", at=at or utc_now()
        )  # fmt: skip


def clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(identity, "utc_now", lambda: at)


def trail(owner: Member) -> list[tuple[str, str]]:
    with act_as_exchange("look"):
        rows = AuditEntry.objects.filter(organization_id=owner.organization_id, verb__startswith="key.").order_by("id")
        return list(rows.values_list("verb", "subject"))


@pytest.mark.parametrize(("overlap", "hours"), [("1h", 1), ("24h", 24), ("7d", 168)])
def test_both_keys_are_good_for_the_overlap_and_then_only_the_new_one(
    alice: Member, monkeypatch: pytest.MonkeyPatch, overlap: str, hours: int
) -> None:
    issued = rotate(alice, overlap, at=NOW)
    end = NOW + timedelta(hours=hours)
    for at in (NOW, end - timedelta(seconds=1)):
        clock(monkeypatch, at)
        old, new = identity.caller_of(alice.key), identity.caller_of(issued.key)
        assert (old.key_id, new.key_id, old.scopes == new.scopes) == (alice.key_id, issued.key_id, True)
    # Not only when the process forgets: the end is checked at each request.
    clock(monkeypatch, end)
    with pytest.raises(Problem, match="expired") as refused:
        identity.caller_of(alice.key)
    assert refused.value.code == "unauthenticated"
    assert identity.caller_of(issued.key).key_id == issued.key_id


def test_no_overlap_ends_the_old_key_at_once(alice: Member) -> None:
    issued = rotate(alice, "now")
    with pytest.raises(Problem, match="unknown or revoked"):
        identity.caller_of(alice.key)
    assert identity.caller_of(issued.key).key_id == issued.key_id
    old, new = encode("key", alice.key_id), encode("key", issued.key_id)
    # Entries of one millisecond stand in no order.
    verbs = [("key.issued", old), ("key.issued", new), ("key.revoked", old), ("key.rotated", old)]
    assert sorted(trail(alice)) == sorted(verbs)


def test_another_process_knows_of_the_end_within_five_seconds(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(identity.time, "monotonic", lambda: now[0])
    identity.caller_of(alice.key)
    with act_as_exchange("rotated by another process"):
        ApiKey.objects.filter(id=alice.key_id).update(expires_at=utc_now() - timedelta(seconds=1))
    assert identity.caller_of(alice.key).key_id == alice.key_id
    now[0] += 5.01
    with pytest.raises(Problem, match="expired"):
        identity.caller_of(alice.key)


def test_a_live_socket_is_closed_when_its_key_ends(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = Credential(alice.key, None)
    rotate(alice, "1h", at=NOW)
    clock(monkeypatch, NOW)
    assert refused_among([socket]) == {}
    clock(monkeypatch, NOW + timedelta(hours=1))
    assert refused_among([socket]) == {socket: CLOSE_UNAUTHENTICATED}


def test_an_ended_key_is_refused_by_the_api(alice: Member, client: Client) -> None:
    rotate(alice, "1h", at=utc_now() - timedelta(hours=2))
    answer = client.get("/api/v1/me", headers=alice.headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_a_key_is_replaced_once(alice: Member) -> None:
    rotate(alice, "24h")
    before = trail(alice)
    with pytest.raises(Problem, match="revoked or replaced already"):
        rotate(alice, "1h")
    assert trail(alice) == before


def test_a_wish_for_another_overlap_and_foreign_keys_are_refused(alice: Member) -> None:
    bob = join("bob", "publisher")
    with pytest.raises(Problem) as refused:
        rotate(alice, "1y")
    assert (refused.value.code, refused.value.errors[0].pointer) == ("invalid_request", "/overlap")
    with pytest.raises(Problem, match="No such key"):
        rotate(bob, "now", key_id=alice.key_id)
    with act_as(bob.organization_id), pytest.raises(Problem, match="No such key"):
        get_key(key_id=alice.key_id, at=NOW)
    assert identity.caller_of(alice.key).key_id == alice.key_id


def test_states_are_said_and_the_good_ones_come_first(alice: Member) -> None:
    second = rotate(alice, "1h", at=NOW)
    third = rotate(alice, "now", key_id=second.key_id, at=NOW)
    with act_as(alice.organization_id):
        found = [(row.id, row.state, row.good) for row in list_keys(at=NOW)]
        later = [(row.id, row.state) for row in list_keys(at=NOW + timedelta(hours=1))]
        assert get_key(key_id=third.key_id, at=NOW).created_by == "user:t"
    assert found == [(third.key_id, "active", True), (alice.key_id, "ending", True), (second.key_id, "revoked", False)]
    assert later == [(third.key_id, "active"), (second.key_id, "revoked"), (alice.key_id, "ended")]


@pytest.mark.parametrize(
    ("name", "scopes", "pointers"),
    [
        (" ", ["leads:read"], ["/name"]),
        ("n" * 81, ["leads:read"], ["/name"]),
        ("n", [], ["/scopes"]),
        ("", [KEYS], ["/name", "/scopes"]),
    ],
)
def test_a_key_needs_a_name_and_a_scope_of_its_kind(alice: Member, name: str, scopes: list[str], pointers: list[str]) -> None:
    before = trail(alice)
    with pytest.raises(Problem) as refused:
        services.issue_key(organization_id=alice.organization_id, name=name, scopes=scopes, actor="t")
    assert [error.pointer for error in refused.value.errors] == pointers
    assert trail(alice) == before


def test_what_is_for_people_is_on_no_key() -> None:
    assert not set(PORTAL_ONLY) & set(SCOPES)
    assert all(not set(PORTAL_ONLY) & scopes for scopes in KINDS.values())
    holders = {role for role in ("owner", "manager", "viewer") if KEYS in portal_scopes_for("publisher", role)}
    assert (holders, KEYS in portal_scopes_for("operator", "operator"), KEYS in portal_scopes_for("operator", "viewer")) == (
        {"owner"}, True, False,
    )  # fmt: skip


def test_a_new_name_reaches_both_halves(alice: Member, client: Client) -> None:
    services.rename_organization(organization_id=alice.organization_id, name="  Alice   Homes ", actor="user:t")
    names = [
        client.get("/api/v1/me", headers=headers).json()["organization"]["name"]
        for headers in (alice.headers, alice.test_headers)
    ]
    assert names == ["Alice Homes", "Alice Homes (test)"]
    for bad in ("", "  ", "n" * 101):
        with pytest.raises(Problem, match="needs attention"):
            services.rename_organization(organization_id=alice.organization_id, name=bad, actor="user:t")
    services.rename_organization(organization_id=alice.organization_id, name="Alice Homes", actor="user:t")
    with act_as_exchange("look"):
        rows = list(AuditEntry.objects.filter(verb="organization.renamed").values_list("changes", flat=True))
    assert rows == [{"name": {"from": "Alice", "to": "Alice Homes"}}]
