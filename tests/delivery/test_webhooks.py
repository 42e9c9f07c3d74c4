"""Webhooks of both sides: who hears what, signed how, tried how often; over real HTTP and in real PostgreSQL."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import encode, uuid7
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from exchange.auction.models import SaleSide
from exchange.delivery import leads, services, tasks, webhooks
from exchange.delivery.announcing import keep_quoted
from exchange.delivery.events import announce_due
from exchange.delivery.models import Delivery, WebhookAttempt, WebhookEndpoint, WebhookMessage
from tests.cast import Member, join
from tests.delivery.buyer import AT, PERSONAL, Buyer
from tests.delivery.receiver import Receiver, Reply
from tests.reporting.live import auction

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def listen(owner: UUID, url: str, *types: str, **data: Any) -> tuple[WebhookEndpoint, str]:
    body = {"url": url, **({"events": list(types)} if types else {}), **data}
    return webhooks.create_webhook(organization_id=owner, data=body, actor="key:test")


def messages(*, owner: UUID | None = None) -> list[WebhookMessage]:
    with act_as_exchange("look"):
        rows = WebhookMessage.objects.order_by("id")
        return list(rows if owner is None else rows.filter(organization_id=owner))


def endpoint_of(row: WebhookEndpoint) -> WebhookEndpoint:
    with act_as_exchange("look"):
        return WebhookEndpoint.objects.get(id=row.id)


@pytest.fixture
def hooked(buyer: Buyer, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    return listen(buyer.member.organization_id, f"{receiver.origin}/hook")


def test_both_sides_hear_of_a_sale_with_their_own_amount(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    _, bought = listen(buyer.member.organization_id, f"{receiver.origin}/buyer")
    _, sold = listen(publisher.organization_id, f"{receiver.origin}/seller")
    now = utc_now()
    buyer.sell(publisher, at=now)
    assert announce_due(now=now) == 2
    heard = {seen.path: seen for seen in receiver.seen}
    to_buyer = Webhook(bought).verify(heard["/buyer"].body, heard["/buyer"].headers)
    to_seller = Webhook(sold).verify(heard["/seller"].body, heard["/seller"].headers)
    assert (to_buyer["type"], to_seller["type"]) == ("lead.sold", "lead.sold")
    assert to_buyer["data"]["price"] == {"amount": "41.50", "currency": "USD"}
    assert to_seller["data"]["payout"] == {"amount": "33.20", "currency": "USD"}
    assert to_buyer["data"]["campaign_id"] == encode("campaign", buyer.campaign_id)
    assert ("campaign_id" in to_seller["data"], "payout" in to_buyer["data"], "price" in to_seller["data"]) == (False,) * 3
    assert heard["/buyer"].headers["webhook-id"] == to_buyer["id"]
    whole = heard["/buyer"].body + heard["/seller"].body
    assert [value for value in PERSONAL.values() if value.encode() in whole] == []
    assert {row.state for row in messages()} == {"accepted"}


def test_delivered_is_told_once_to_both_sides(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    for owner in (buyer.member, publisher):
        listen(owner.organization_id, f"{receiver.origin}/hook", "lead.delivered")
    receiver.chooses = lambda seen: Reply(503) if seen.path == "/leads" and len(receiver.seen) == 1 else None
    delivery_id = buyer.sell(publisher)
    with act_as_exchange("a test writes the sale's sides"):
        sale_id, lead_id = Delivery.objects.values_list("sale_id", "lead_id").get(id=delivery_id)
        for side, owner in (("advertiser", buyer.member), ("publisher", publisher)):
            SaleSide.objects.create(
                organization_id=owner.organization_id, sale_id=sale_id, side=side, amount=1, currency="USD",
                vertical="home.roofing", quote_id=uuid7(), lead_id=lead_id, created_at=AT,
            )  # fmt: skip
    leads.deliver_due(now=AT)
    assert messages() == []
    leads.deliver_due(now=AT + 10 * SECOND)
    bodies = {row.organization_id: json.loads(row.body)["data"] for row in messages()}
    assert bodies[publisher.organization_id] == {"sale_id": encode("sale", sale_id), "lead_id": encode("lead", lead_id)}
    assert bodies[buyer.member.organization_id]["delivery_id"] == encode("delivery", delivery_id)
    services.resend(organization_id=buyer.member.organization_id, delivery_id=delivery_id, actor="t", at=AT + HOUR)
    assert leads.deliver_due(now=AT + HOUR) == 1
    assert len(messages()) == 2


def test_quotes_come_only_to_those_who_asked_and_only_once(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    record = auction(publisher.organization_id, (buyer.member.organization_id, 50, ""))
    listen(buyer.member.organization_id, receiver.url)
    with act_as_exchange("the journal"):
        keep_quoted([record])
    assert messages() == []
    listen(publisher.organization_id, receiver.url, "ping.quoted")
    for _ in range(2):
        with act_as_exchange("the journal, twice after a crash"):
            keep_quoted([record, auction(publisher.organization_id, (buyer.member.organization_id, 50, "outbid"))])
    [told] = messages()
    assert (told.organization_id, told.type, told.subject_id) == (publisher.organization_id, "ping.quoted", record.ping.id)
    assert json.loads(told.body)["data"]["quotes"][0]["payout"] == {"amount": "40.00", "currency": "USD"}


def test_an_event_is_tried_again_with_the_same_id_and_body(
    buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver
) -> None:
    receiver.replies = [Reply(503), Reply(200)]
    buyer.sell(publisher)
    assert announce_due(now=AT) == 1
    [row] = messages()
    assert (row.state, row.reason, row.destination["url"]) == ("failed", "the receiver answered 503", f"{receiver.origin}/hook")
    assert announce_due(now=AT + SECOND) == 0
    assert announce_due(now=row.next_attempt_at) == 1
    first, second = receiver.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == encode("event", row.id)
    assert first.body == second.body
    with act_as_exchange("look"):
        tried = list(WebhookAttempt.objects.order_by("number").values_list("number", "status", "organization_id"))
    assert tried == [(1, 503, buyer.member.organization_id), (2, 200, buyer.member.organization_id)]


def test_while_a_secret_rotates_both_sign(buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver, monkeypatch) -> None:
    row, old = hooked
    now = utc_now()
    _, new = webhooks.rotate_secret(
        organization_id=row.organization_id, webhook_id=row.id, overlap_hours=1, actor="key:test", at=now
    )
    buyer.sell(publisher, at=now)
    announce_due(now=now)
    buyer.sell(publisher, at=now)
    announce_due(now=now + HOUR)
    during, after = receiver.seen
    assert len(during.headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        Webhook(secret).verify(during.body, during.headers)
    assert len(after.headers["webhook-signature"].split()) == 1
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", lambda self, text: now + HOUR)
    Webhook(new).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(after.body, after.headers)


def test_secrets_rest_sealed(hooked: Any) -> None:
    row, secret = hooked
    assert secret.encode() not in bytes(endpoint_of(row).secrets)
    with act_as_exchange("look"):
        entries = json.dumps(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert secret not in entries


@pytest.mark.parametrize(("status", "hours", "after"), [(410, 0, "disabled"), (503, 119, "active"), (503, 121, "disabled")])
def test_an_endpoint_that_is_gone_or_fails_for_five_days_is_disabled(
    buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver, status: int, hours: int, after: str
) -> None:
    row, _ = hooked
    receiver.replies = [Reply(status)]
    for instant in (AT, AT + hours * HOUR):
        buyer.sell(publisher, at=instant)
        announce_due(now=instant)
    known = endpoint_of(row)
    assert known.status == after
    if after == "active":
        return
    assert f"the last answer: the receiver answered {status}" in known.disabled_reason
    with act_as_exchange("look"):
        entry = AuditEntry.objects.get(verb="webhook.disabled")
    assert (entry.actor, entry.changes) == ("system:delivery", {"reason": known.disabled_reason})
    count = len(messages())
    buyer.sell(publisher, at=AT + 200 * HOUR)
    assert len(messages()) == count


def test_enabling_sends_what_waited(buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver) -> None:
    row, _ = hooked
    owner = {"organization_id": row.organization_id, "webhook_id": row.id, "actor": "key:test"}
    buyer.sell(publisher)
    webhooks.update_webhook(**owner, data={"status": "disabled"})
    assert announce_due(now=AT) == 0
    webhooks.update_webhook(**owner, data={"status": "active", "url": f"{receiver.origin}/moved"})
    assert announce_due(now=AT) == 1
    assert [seen.path for seen in receiver.seen] == ["/moved"]


def test_a_deleted_webhook_gives_up_what_waits_and_hears_no_more(
    buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver
) -> None:
    row, _ = hooked
    buyer.sell(publisher)
    webhooks.delete_webhook(organization_id=row.organization_id, webhook_id=row.id, actor="key:test")
    buyer.sell(publisher)
    [waiting] = messages()
    assert (waiting.state, waiting.reason) == ("dead", "the webhook was deleted")
    assert announce_due(now=AT + HOUR) == 0
    assert receiver.seen == []


def test_one_event_or_all_since_are_sent_again(buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver) -> None:
    row, _ = hooked
    receiver.replies = [Reply(200), Reply(422)]
    for _ in range(2):
        buyer.sell(publisher)
        announce_due(now=AT, limit=1)
    first, second = messages()
    assert (first.state, second.state) == ("accepted", "refused")
    owner = {"organization_id": row.organization_id, "webhook_id": row.id, "actor": "key:test", "at": AT + HOUR}
    assert webhooks.resend_messages_since(**owner, since=AT - HOUR) == 1
    webhooks.resend_message(**owner, message_id=first.id)
    receiver.replies = [Reply(200)]
    assert announce_due(now=AT + HOUR) == 2
    assert [(one.state, one.attempts, one.earlier_attempts) for one in messages()] == [("accepted", 1, 1)] * 2
    stranger = join("stranger", "both").organization_id
    with pytest.raises(Problem, match="not_found"):
        webhooks.resend_message(**{**owner, "organization_id": stranger}, message_id=first.id)
    assert webhooks.resend_messages_since(**{**owner, "organization_id": stranger}, since=AT - HOUR) == 0
    assert {one.state for one in messages()} == {"accepted"}


def test_nobody_hears_of_foreign_sales(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    for stranger in (join("rival", "advertiser").organization_id, buyer.member.sandbox_id, publisher.sandbox_id):
        listen(stranger, receiver.url, "lead.sold", "lead.delivered", "ping.quoted")
    buyer.sell(publisher)
    leads.deliver_due(now=AT)
    assert messages() == []


def test_the_task_sends_all_there_is(buyer: Buyer, publisher: Member, hooked: Any, receiver: Receiver, monkeypatch) -> None:
    monkeypatch.setattr(tasks.sending, "BATCH_MAX", 2)
    monkeypatch.setattr(tasks, "utc_now", lambda: AT)
    for _ in range(5):
        buyer.sell(publisher)
    assert tasks.announce_due() == 5
    assert {one.state for one in messages()} == {"accepted"}


def test_twenty_webhooks_and_no_more(buyer: Buyer, receiver: Receiver) -> None:
    for _ in range(20):
        listen(buyer.member.organization_id, receiver.url)
    with pytest.raises(Problem, match="conflict"):
        listen(buyer.member.organization_id, receiver.url)
