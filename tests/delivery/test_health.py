"""Destinations that fail: held for a while so that they delay nobody, and their campaign paused when they do not come back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from campaigns.models import Campaign
from campaigns.services import publish, resume, update_draft
from exchange.core.retry import held_seconds
from exchange.delivery import selectors, services
from exchange.delivery.leads import deliver_due
from exchange.delivery.models import DestinationHealth
from tests.cast import Member
from tests.delivery.buyer import AT, Buyer, row_of
from tests.delivery.receiver import Receiver, Reply

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def health_of(buyer: Buyer) -> DestinationHealth | None:
    with act_as_exchange("look"):
        return DestinationHealth.objects.filter(campaign_id=buyer.campaign_id).first()


def campaign_of(buyer: Buyer) -> Campaign:
    with act_as_exchange("look"):
        return Campaign.objects.get(id=buyer.campaign_id)


def put_in_force(buyer: Buyer) -> None:
    """Publish the buyer's campaign; it had no bid."""
    owner = {"organization_id": buyer.member.organization_id, "campaign_id": buyer.campaign_id, "actor": "t"}
    update_draft(**owner, changes={"bid": {"base_price": {"amount": "40.00", "currency": "USD"}}})
    publish(**owner)
    assert campaign_of(buyer).status == "active"


def fail(buyer: Buyer, publisher: Member, at: datetime, count: int = 1) -> None:
    for _ in range(count):
        buyer.sell(publisher, at=at)
    assert deliver_due(now=at) >= count


def test_the_pauses_double_up_to_five_minutes() -> None:
    assert [held_seconds(rounds) for rounds in (0, 4, 5, 6, 7, 8, 9, 10, 500)] == [0, 0, 15, 30, 60, 120, 240, 300, 300]


def test_twenty_failures_at_once_are_one_round(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(503)]
    fail(buyer, publisher, AT, 20)
    known = health_of(buyer)
    assert (known.failures, known.held_until, known.reason) == (1, None, "the receiver answered 503")
    assert AT <= known.failing_since < AT + 5 * SECOND


def test_after_five_rounds_it_is_held_and_then_tried_again(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(503)]
    other = Buyer.joined(receiver.url, "other")
    for rounds in range(5):
        fail(buyer, publisher, AT + rounds * 10 * SECOND)
    at = AT + 41 * SECOND
    held_until = health_of(buyer).held_until
    assert timedelta(seconds=15) <= held_until - (AT + 40 * SECOND) <= timedelta(seconds=17)
    receiver.replies = [Reply(200)]
    waiting, theirs = buyer.sell(publisher, at=at), other.sell(publisher, at=at)
    before = len(receiver.seen)
    assert deliver_due(now=at) == 1
    assert (row_of(waiting).state, row_of(theirs).state, len(receiver.seen)) == ("queued", "accepted", before + 1)
    assert deliver_due(now=held_until) >= 1
    assert row_of(waiting).state == "accepted"
    known = health_of(buyer)
    assert (known.failures, known.failing_since, known.held_until) == (0, None, None)
    with act_as(buyer.member.organization_id):
        assert selectors.get_health(buyer.campaign_id) is None


def test_a_refusal_is_an_answer(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(503), Reply(422)]
    fail(buyer, publisher, AT)
    assert health_of(buyer).failures == 1
    buyer.sell(publisher, at=AT + SECOND)
    deliver_due(now=AT + SECOND)
    assert health_of(buyer).failing_since is None


def test_sending_again_ends_the_hold(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(503)]
    for rounds in range(5):
        fail(buyer, publisher, AT + rounds * 10 * SECOND)
    receiver.replies = [Reply(200)]
    at = AT + 42 * SECOND
    since = {"organization_id": buyer.member.organization_id, "since": AT - HOUR, "actor": "t"}
    assert services.resend_since(**since, at=at) == 5
    assert deliver_due(now=at) == 5
    with act_as(buyer.member.organization_id):
        assert selectors.count_by_state() == {"accepted": 5}


def test_a_destination_that_fails_for_a_day_pauses_its_campaign(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    put_in_force(buyer)
    receiver.replies = [Reply(503)]
    fail(buyer, publisher, AT)
    fail(buyer, publisher, AT + 24 * HOUR - MINUTE)
    assert (campaign_of(buyer).status, campaign_of(buyer).paused_reason) == ("active", "")
    fail(buyer, publisher, AT + 24 * HOUR + MINUTE)
    row = campaign_of(buyer)
    assert (row.status, row.paused_reason) == (
        "paused",
        f"Paused by the exchange: for 24 hours no lead was accepted at {receiver.url}; "
        "the last answer: the receiver answered 503. Correct the destination, send a test lead, then resume.",
    )
    with act_as_exchange("look"):
        entry = AuditEntry.objects.get(verb="campaign.paused")
    assert (entry.actor, entry.changes) == ("system:delivery", {"reason": row.paused_reason})


def test_resuming_gives_the_destination_its_hours_again(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    put_in_force(buyer)
    receiver.replies = [Reply(503)]
    fail(buyer, publisher, AT)
    fail(buyer, publisher, AT + 25 * HOUR)
    assert campaign_of(buyer).status == "paused"
    resume(organization_id=buyer.member.organization_id, campaign_id=buyer.campaign_id, actor="key:owner")
    assert (campaign_of(buyer).status, campaign_of(buyer).paused_reason) == ("active", "")
    fail(buyer, publisher, AT + 26 * HOUR)
    assert campaign_of(buyer).status == "active"
    fail(buyer, publisher, AT + 50 * HOUR)
    assert campaign_of(buyer).status == "paused"


def test_a_destination_that_is_gone_pauses_at_once(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    put_in_force(buyer)
    receiver.replies = [Reply(410)]
    fail(buyer, publisher, AT)
    assert campaign_of(buyer).status == "paused"
    assert "the receiver answered 410: this destination is gone for good" in campaign_of(buyer).paused_reason


@pytest.mark.parametrize("status", ["paused", "draft"])
def test_a_campaign_that_does_not_buy_is_left_as_it_is(buyer: Buyer, publisher: Member, receiver: Receiver, status: str) -> None:
    with act_as_exchange("a test pauses"):
        Campaign.objects.filter(id=buyer.campaign_id).update(status=status)
    receiver.replies = [Reply(503)]
    fail(buyer, publisher, AT)
    fail(buyer, publisher, AT + 25 * HOUR)
    assert (campaign_of(buyer).status, campaign_of(buyer).paused_reason) == (status, "")


def test_the_query_of_an_address_is_not_repeated(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    put_in_force(buyer)
    update_draft(
        organization_id=buyer.member.organization_id, campaign_id=buyer.campaign_id, changes={}, actor="t",
        destination={"url": f"{receiver.url}?token=s3cret"},
    )  # fmt: skip
    receiver.replies = [Reply(410)]
    fail(buyer, publisher, AT)
    assert campaign_of(buyer).status == "paused"
    assert "s3cret" not in campaign_of(buyer).paused_reason
