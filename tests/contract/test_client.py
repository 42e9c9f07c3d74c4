"""The Python client against a whole exchange: from a ping to the money, and the webhook that tells of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from leadwright import BadSignature, Event, InvalidRequest, KeyReused, Leadwright, NotFound, QuoteUsed, answers, read_event
from tests.contract.live import Live, eventually, somebody
from tests.delivery.receiver import Receiver, Seen


def test_from_a_ping_to_the_money(live: Live, receiver: Receiver, publisher: Leadwright, advertiser: Leadwright) -> None:
    webhook = publisher.create_webhook({"url": f"{receiver.origin}/told", "events": ["lead.sold", "lead.delivered"]})
    assert webhook.secret is not None
    before = balance(publisher)

    ping = publisher.create_ping(live.sample_ping, idempotency_key="a-ping")  # type: ignore[arg-type]
    assert publisher.create_ping(live.sample_ping, idempotency_key="a-ping") == ping  # type: ignore[arg-type]
    assert (ping.status, len(ping.quotes), ping.quotes[0].exclusive) == ("quoted", 1, True)
    assert ping.quotes[0].expires_at - datetime.now(UTC) < timedelta(seconds=60)

    body = {"ping_id": ping.id, **live.sample_post, "contact": {**live.sample_post["contact"], **somebody()}}
    lead = publisher.create_post(body)  # type: ignore[arg-type]
    assert (lead.status, lead.payout, lead.legs[0].quote_id) == ("sold", ping.quotes[0].payout, ping.quotes[0].id)
    assert publisher.create_post(body) == lead  # type: ignore[arg-type]
    with pytest.raises(QuoteUsed):
        publisher.create_post({**body, "external_id": "another"})  # type: ignore[typeddict-item]
    assert balance(publisher) - before == Decimal(lead.payout.amount)

    seen = publisher.get_lead(lead.lead_id)
    assert isinstance(seen, answers.PublisherLead)
    assert (seen.status, seen.ping_id, seen.contact["first_name"]) == ("sold", ping.id, "A***")
    bought = advertiser.get_lead(lead.lead_id)
    assert isinstance(bought, answers.AdvertiserLead)
    told = advertiser.create_dispositions(
        {"sale_id": bought.sales[0].id, "status": "sale", "occurred_at": datetime.now(UTC), "revenue": usd("8400.00")}
    )
    assert isinstance(told, answers.Disposition)
    assert (told.stage, told.lead_id, told.revenue) == ("won", lead.lead_id, answers.Money(**usd("8400.00")))

    events = eventually(lambda: told_of(receiver, webhook.secret or "", bought.sales[0].id))
    assert {event.type: event.data["lead_id"] for event in events} == dict.fromkeys(("lead.sold", "lead.delivered"), lead.lead_id)
    publisher.delete_webhook(webhook.id)
    with pytest.raises(NotFound):
        publisher.get_webhook(webhook.id)


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def balance(client: Leadwright) -> Decimal:
    return sum((Decimal(account.balance.amount) for account in client.get_balance().accounts), Decimal(0))


def told_of(receiver: Receiver, secret: str, sale_id: str) -> list[Event] | None:
    """The events of a sale, each with a signature that holds; None until there are two."""
    requests = [one for one in receiver.seen if one.path == "/told"]
    events = [read_event(one.body, one.headers, secret) for one in requests]
    found = [event for event in events if event.data["sale_id"] == sale_id]
    return found if len(found) == 2 else None


def test_a_webhook_that_was_tampered_with_is_refused(receiver: Receiver, publisher: Leadwright) -> None:
    webhook = publisher.create_webhook({"url": f"{receiver.origin}/tampered"})
    trial = publisher.send_test_event(webhook.id)
    assert (trial.verdict, trial.status) == ("accepted", 200)
    seen: Seen = next(one for one in receiver.seen if one.path == "/tampered")
    assert read_event(seen.body, seen.headers, webhook.secret or "").type == "webhook.test"
    rotated = publisher.rotate_webhook_secret(webhook.id, {"overlap_hours": 1})
    publisher.send_test_event(webhook.id)
    both = [one for one in receiver.seen if one.path == "/tampered"][1]
    for secret in (webhook.secret or "", rotated.secret or ""):
        assert read_event(both.body, both.headers, secret).type == "webhook.test"
    with pytest.raises(BadSignature):
        read_event(both.body.replace(b"webhook.test", b"lead.sold"), both.headers, rotated.secret or "")
    publisher.delete_webhook(webhook.id)


def test_a_direct_lead_is_sold_once_by_its_key(live: Live, publisher: Leadwright) -> None:
    body = {**live.sample_ping, **live.sample_post, "contact": {**live.sample_post["contact"], **somebody()}}
    sold = publisher.create_lead(body, idempotency_key="direct-1")  # type: ignore[arg-type]
    assert (sold.status, publisher.create_lead(body, idempotency_key="direct-1")) == ("sold", sold)  # type: ignore[arg-type]
    with pytest.raises(KeyReused):
        publisher.create_lead({**body, "sub_id": "other"}, idempotency_key="direct-1")  # type: ignore[arg-type, typeddict-item]


def test_every_row_is_reached_over_small_pages(live: Live, publisher: Leadwright) -> None:
    for _ in range(3):
        assert live.sell().status == "sold"
    page = publisher.list_sales(side="publisher", limit=1)
    rows = list(page.all())
    assert (len(page.data), len({row.id for row in rows}) == len(rows), len(rows) >= 3) == (1, True, True)
    assert [row.id for row in rows] == sorted((row.id for row in rows), reverse=True)
    assert len(list(publisher.list_sales(limit=200).all())) == len(rows)


def test_the_fields_at_fault_are_named(live: Live, publisher: Leadwright) -> None:
    wrong = {**live.sample_ping, "lead": {**live.sample_ping["lead"], "zip": "787", "first_name": "Ann"}}
    with pytest.raises(InvalidRequest) as refused:
        publisher.create_ping(wrong)  # type: ignore[arg-type]
    assert {fault.pointer for fault in refused.value.errors} <= {"/lead/zip", "/lead/first_name"}
    assert refused.value.request_id
