"""Sending again: one or all since an instant, from the first attempt on, under the same webhook-id."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.core.errors import Problem
from accounts.core.ids import encode, uuid7
from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from exchange.delivery import selectors, services
from exchange.delivery.leads import deliver_due, record, take_due
from exchange.wire.client import Answer
from tests.cast import Member, join
from tests.delivery.buyer import AT, Buyer, attempts_of, row_of
from tests.delivery.receiver import Receiver, Reply

LATER = AT + timedelta(days=5)
HOUR = timedelta(hours=1)


def again(owner: UUID, delivery_id: UUID) -> None:
    services.resend(organization_id=owner, delivery_id=delivery_id, actor="key:test", at=LATER)


def test_a_dead_delivery_begins_anew_with_all_its_attempts(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(500)]
    delivery_id = buyer.sell(publisher)
    while (due := row_of(delivery_id).next_attempt_at) is not None:
        deliver_due(now=due)
    assert (row_of(delivery_id).state, len(receiver.seen)) == ("dead", 10)
    again(buyer.member.organization_id, delivery_id)
    row = row_of(delivery_id)
    assert (row.state, row.attempts, row.earlier_attempts, row.reason, row.ended_at) == ("queued", 0, 10, "", None)
    assert deliver_due(now=LATER) == 1
    row = row_of(delivery_id)
    assert (row.state, row.attempts) == ("failed", 1)
    assert timedelta(seconds=5) <= row.next_attempt_at - LATER <= timedelta(seconds=8)
    assert [one.number for one in attempts_of(delivery_id)] == list(range(1, 12))
    assert {seen.headers["webhook-id"] for seen in receiver.seen} == {encode("delivery", delivery_id)}
    assert len({seen.body for seen in receiver.seen}) == 1
    with act_as(buyer.member.organization_id):
        assert selectors.get_delivery(delivery_id).attempts == 11
    with act_as_exchange("look"):
        entry = AuditEntry.objects.get(verb="delivery.resent")
    assert (entry.organization_id, entry.actor) == (buyer.member.organization_id, "key:test")


def test_an_accepted_delivery_may_be_asked_for_again(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    delivery_id = buyer.sell(publisher)
    deliver_due(now=AT)
    again(buyer.member.organization_id, delivery_id)
    deliver_due(now=LATER)
    row = row_of(delivery_id)
    assert (row.state, row.attempts, row.earlier_attempts, len(receiver.seen)) == ("accepted", 1, 1, 2)


def test_what_is_being_sent_is_left_alone(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    delivery_id = buyer.sell(publisher)
    [taken] = take_due(limit=1, now=AT)
    with pytest.raises(Problem, match="conflict"):
        again(buyer.member.organization_id, delivery_id)
    since = {"organization_id": buyer.member.organization_id, "since": AT - HOUR, "actor": "t", "at": LATER}
    assert services.resend_since(**since) == 0
    record(taken, Answer(200, {}, b"", 1), started_at=AT)
    assert (row_of(delivery_id).state, row_of(delivery_id).earlier_attempts) == ("accepted", 0)


def test_a_late_failure_of_an_earlier_run_does_not_disturb_the_new_one(buyer: Buyer, publisher: Member) -> None:
    delivery_id = buyer.sell(publisher)
    [late] = take_due(limit=1, now=AT)
    [second] = take_due(limit=1, now=AT + HOUR)
    record(second, Answer(500, {}, b"", 1), started_at=AT + HOUR)
    again(buyer.member.organization_id, delivery_id)
    [third] = take_due(limit=1, now=LATER)
    record(late, Answer(410, {}, b"", 1), started_at=AT)
    assert (row_of(delivery_id).state, row_of(delivery_id).attempts) == ("sent", 1)
    record(third, Answer(200, {}, b"", 1), started_at=LATER)
    assert row_of(delivery_id).state == "accepted"


def test_all_since_an_instant_that_were_not_accepted(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    states = {"before": 500, "failed": 500, "refused": 422, "dead": 410, "accepted": 200}
    made = {}
    for name, status in states.items():
        receiver.replies = [Reply(status)]
        made[name] = buyer.sell(publisher, at=AT - 2 * HOUR if name == "before" else AT)
        deliver_due(now=AT)
    foreign = Buyer.joined(receiver.url, "other").sell(publisher)
    since = {"organization_id": buyer.member.organization_id, "since": AT - HOUR, "actor": "t", "at": LATER}
    assert services.resend_since(**since, campaign_id=uuid7()) == 0
    assert services.resend_since(**since, campaign_id=buyer.campaign_id) == 3
    assert {name: row_of(one).state for name, one in made.items()} == {
        "before": "failed", "failed": "queued", "refused": "queued", "dead": "queued", "accepted": "accepted",
    }  # fmt: skip
    assert row_of(foreign).next_attempt_at == AT
    assert row_of(made["dead"]).next_attempt_at == LATER


def test_nobody_sends_a_foreign_delivery_again(buyer: Buyer, publisher: Member) -> None:
    delivery_id = buyer.sell(publisher)
    deliver_due(now=AT)
    before = row_of(delivery_id).state
    for stranger in (publisher.organization_id, join("rival", "advertiser").organization_id, buyer.member.sandbox_id):
        with pytest.raises(Problem, match="not_found"):
            again(stranger, delivery_id)
    row = row_of(delivery_id)
    assert (row.state, row.earlier_attempts) == (before, 0)
