"""Keys of idempotency at the door: kept with their effect, gone with it, and waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from accounts import idempotency
from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.idempotency import Ask, Kept
from accounts.tenancy import act_as, act_as_exchange
from tests.cast import Member, join
from tests.wiping import empty_all_tables

pytestmark = pytest.mark.services


@pytest.fixture
def member(db: None) -> Member:
    return join("keys", "publisher")


def ask(member: Member, key: str = "k", said: str = "a" * 64) -> Ask:
    return Ask(member.organization_id, "things", key, said)


def test_the_first_answer_comes_again(member: Member) -> None:
    with act_as(member.organization_id):
        assert idempotency.take(ask(member), at=utc_now()) is None
        idempotency.keep(ask(member), 201, {"id": "x", "list": [1, None]})
    with act_as_exchange("another door finds it too"):
        assert idempotency.take(ask(member), at=utc_now()) == Kept(201, {"id": "x", "list": [1, None]})
        with pytest.raises(Problem, match="idempotency_key_reused"):
            idempotency.take(ask(member, said="b" * 64), at=utc_now())


def test_key_and_effect_are_undone_together(member: Member) -> None:
    with act_as(member.organization_id) as door:
        assert idempotency.take(ask(member), at=utc_now()) is None
        door.roll_back()
    with act_as(member.organization_id):
        assert idempotency.take(ask(member, said="b" * 64), at=utc_now()) is None


def test_without_a_key_nothing_is_kept(member: Member) -> None:
    with act_as(member.organization_id):
        for _ in range(2):
            assert idempotency.take(ask(member, key=""), at=utc_now()) is None
            idempotency.keep(ask(member, key=""), 200, {})
    with act_as_exchange("look"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_idempotencykey")
        assert cursor.fetchone() == (0,)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Member]:
    with django_db_blocker.unblock():
        yield join("keys", "publisher")
        empty_all_tables()


def test_race_a_request_still_under_way_is_waited_for_and_then_named(committed: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "_WAIT", "SET LOCAL lock_timeout = '200ms'")
    settings = connections["owner"].settings_dict
    first = psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
    )
    with first:
        first.execute(
            "INSERT INTO accounts_idempotencykey (id, organization_id, route, key, fingerprint, status, created_at)"
            " VALUES (gen_random_uuid(), %s, 'things', 'k', %s, 0, now())",
            [committed.organization_id, "a" * 64],
        )
        with pytest.raises(Problem, match="still under way") as refused, act_as(committed.organization_id):
            idempotency.take(ask(committed), at=utc_now())
        assert (refused.value.code, dict(refused.value.headers)) == ("conflict", {"Retry-After": "1"})
        first.rollback()
    with act_as(committed.organization_id):
        assert idempotency.take(ask(committed), at=utc_now()) is None
