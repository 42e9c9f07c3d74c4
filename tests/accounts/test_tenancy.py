"""The doors: inside one's own row only, outside nothing, and no door leaks into the next."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError
from django_scopes.exceptions import ScopeError

from accounts.models import ApiKey, AuditEntry, Organization
from accounts.tenancy import act_as, act_as_exchange, act_as_identity, current_organization
from tests.cast import Member, join

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Member, Member]:
    join("house", "operator")
    return join("alice", "publisher"), join("bob", "advertiser")


def role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select current_user, coalesce(current_setting('app.org_id', true), '')")
        user, org = cursor.fetchone()
    return f"{user}|{org}"


def test_outside_every_door_nothing_can_be_read(pair: tuple[Member, Member]) -> None:
    with pytest.raises(ScopeError):
        ApiKey.objects.count()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select count(*) from accounts_apikey")


def test_an_organization_sees_its_own_rows_only(pair: tuple[Member, Member]) -> None:
    alice, bob = pair
    with act_as(alice.organization_id):
        assert [key.id for key in ApiKey.objects.all()] == [alice.key_id]
        assert list(Organization.objects.values_list("id", flat=True)) == [alice.organization_id]
        with connection.cursor() as cursor:
            # The second check stands without the first: raw SQL sees no foreign row either.
            cursor.execute("select count(*) from accounts_apikey where organization_id = %s", [bob.organization_id])
            assert cursor.fetchone()[0] == 0


def test_a_foreign_row_can_be_neither_written_nor_changed(pair: tuple[Member, Member]) -> None:
    alice, bob = pair
    with act_as(alice.organization_id), connection.cursor() as cursor:
        cursor.execute("update accounts_apikey set name = 'stolen' where id = %s", [bob.key_id])
        assert cursor.rowcount == 0
    with pytest.raises(DatabaseError, match="row-level security"), act_as(alice.organization_id):
        AuditEntry.objects.create(
            organization_id=bob.organization_id, actor="x", verb="y", subject="z", at="2026-11-22T00:00:00Z"
        )
    with act_as_exchange("look"):
        assert ApiKey.objects.get(id=bob.key_id).name == "live"
        assert not AuditEntry.objects.filter(actor="x").exists()


def test_doors_nest_and_leave_what_they_found(pair: tuple[Member, Member]) -> None:
    alice, bob = pair
    before = role()
    with act_as(alice.organization_id):
        assert role() == f"portal|{alice.organization_id}"
        with act_as_exchange("inner"):
            assert role() == "engine|"
        assert role() == f"portal|{alice.organization_id}"
        with pytest.raises(ValueError, match="boom"), act_as(bob.organization_id):
            raise ValueError("boom")
        assert role() == f"portal|{alice.organization_id}"
        assert current_organization() == alice.organization_id
    assert role() == before


def test_a_door_rolls_back_when_asked(pair: tuple[Member, Member]) -> None:
    alice, _ = pair
    with act_as(alice.organization_id) as door:
        ApiKey.objects.filter(id=alice.key_id).update(name="changed")
        assert door.roll_back() is False
    with act_as(alice.organization_id):
        assert ApiKey.objects.get(id=alice.key_id).name == "live"


def test_identity_reads_keys_but_no_audit(pair: tuple[Member, Member]) -> None:
    with act_as_identity():
        assert ApiKey.objects.count() == 6
    with pytest.raises(ProgrammingError, match="permission denied"), act_as_identity():
        AuditEntry.objects.count()


def test_the_exchange_must_say_why(pair: tuple[Member, Member]) -> None:
    with pytest.raises(ValueError, match="say why"), act_as_exchange(""):
        pass


@pytest.mark.parametrize("statement", ["update accounts_auditentry set verb = 'x'", "delete from accounts_auditentry"])
def test_the_audit_trail_is_append_only(pair: tuple[Member, Member], statement: str) -> None:
    with act_as_exchange("look"):
        before = list(AuditEntry.objects.order_by("id").values_list("id", "verb"))
    with pytest.raises(DatabaseError, match="append-only"), act_as_exchange("tamper"), connection.cursor() as cursor:
        cursor.execute(statement)
    with act_as_exchange("look"):
        assert list(AuditEntry.objects.order_by("id").values_list("id", "verb")) == before
