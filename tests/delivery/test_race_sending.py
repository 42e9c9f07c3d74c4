"""Several workers on the same rows, in transactions that really commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections

from accounts import sealed
from accounts.core.ids import uuid7
from accounts.models import Organization
from campaigns.core.destinations import DestinationFacts
from exchange.delivery import leads
from exchange.delivery.models import Delivery
from tests.delivery.buyer import AT, SECRET
from tests.delivery.receiver import Receiver, Reply

pytestmark = pytest.mark.race
COUNT, WORKERS = 60, 4


@pytest.fixture
def advertiser(django_db_setup: None, django_db_blocker: Any) -> Iterator[UUID]:
    """An organization whose rows are committed, and taken away afterwards by the owner of the tables."""
    organization_id = uuid7()
    with django_db_blocker.unblock():
        Organization(id=organization_id, name="Race", slug="race", kind="advertiser", mode="live").save(using="owner")
        yield organization_id
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM delivery_attempt WHERE organization_id = %s", [organization_id])
            cursor.execute("DELETE FROM delivery_delivery WHERE organization_id = %s", [organization_id])
            cursor.execute("DELETE FROM accounts_organization WHERE id = %s", [organization_id])
        connections.close_all()


@pytest.fixture
def rows(advertiser: UUID, receiver: Receiver, monkeypatch) -> list[UUID]:
    facts = DestinationFacts(uuid7(), advertiser, uuid7(), "http", receiver.url, {}, SECRET)
    monkeypatch.setattr(leads, "get_destination", lambda *, campaign_id: facts)
    made = []
    for _ in range(COUNT):
        row = Delivery(id=uuid7(), organization_id=advertiser, sale_id=uuid7(), lead_id=uuid7(), campaign_id=facts.campaign_id)
        row.payload, row.created_at, row.next_attempt_at = sealed.seal(b"{}", row.id.bytes), AT, AT
        row.save(using="owner", force_insert=True)
        made.append(row.id)
    return made


def _states() -> dict[tuple[str, int], int]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT state, attempts, count(*) FROM delivery_delivery GROUP BY 1, 2")
        return {(state, attempts): count for state, attempts, count in cursor.fetchall()}


def _in_parallel(work) -> list[int]:
    results: list[int] = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_race_workers_share_the_rows_and_none_is_sent_twice(rows: list[UUID], receiver: Receiver) -> None:
    def drain() -> int:
        sent = 0
        while attempted := leads.deliver_due(limit=7, now=AT):
            sent += attempted
        return sent

    assert sum(_in_parallel(drain)) == COUNT
    assert len(receiver.seen) == COUNT
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) == COUNT
    assert _states() == {("accepted", 1): COUNT}


def test_race_no_row_is_locked_while_it_is_sent(rows: list[UUID], receiver: Receiver) -> None:
    release = threading.Event()
    receiver.chooses = lambda seen: Reply() if release.wait(5) else None
    worker = threading.Thread(target=lambda: (leads.deliver_due(limit=5, now=AT), connection.close()))
    worker.start()
    while len(receiver.seen) < 5:
        release.wait(0.01)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
        cursor.execute("SELECT id FROM delivery_delivery WHERE state = 'sent' FOR UPDATE")
        assert len(cursor.fetchall()) == 5
    release.set()
    worker.join(10)
    assert _states() == {("accepted", 1): 5, ("queued", 0): COUNT - 5}
