"""The test lead: a made-up person to the real destination, the real answer, and nothing else."""

from __future__ import annotations

import json

import pytest
from standardwebhooks import Webhook

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.ledger.models import Entry
from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from campaigns.models import Destination
from exchange.auction.models import Sale, SaleSide
from exchange.delivery.models import Attempt, Delivery, DestinationHealth
from exchange.delivery.trials import Trial, send_test_lead
from exchange.intake.models import Lead
from tests.cast import Member
from tests.delivery.buyer import SECRET, Buyer
from tests.delivery.receiver import Receiver, Reply


def try_it(buyer: Buyer, owner: Member | None = None) -> Trial:
    with act_as((owner or buyer.member).organization_id):
        return send_test_lead(campaign_id=buyer.campaign_id, currency="USD", actor="key:test", at=utc_now())


def test_the_destination_gets_a_signed_lead_that_is_nobody(buyer: Buyer, receiver: Receiver) -> None:
    receiver.replies = [Reply(201, b'{"id": 7, "name": "Test"}', {"X-Crm": "yes"})]
    trial = try_it(buyer)
    [seen] = receiver.seen
    payload = Webhook(SECRET).verify(seen.body, seen.headers)
    assert (payload["test"], payload["test_lead"], payload["price"]) == (True, True, {"amount": "0.00", "currency": "USD"})
    assert (payload["contact"]["last_name"], payload["contact"]["email"]) == ("Lead", "test.lead@example.com")
    assert payload["lead"]["zip"] == "78701"
    assert payload == trial.body
    assert seen.headers["webhook-id"] == encode("delivery", trial.message_id)
    assert (trial.verdict, trial.status, trial.answer, trial.error) == ("accepted", 201, '{"id": 7, "name": "Test"}', "")
    assert (trial.headers["X-Crm"], trial.request["headers"]["X-Api-Key"]) == ("yes", "[sealed]")
    assert 0 <= trial.ms < 5_000


def test_it_leaves_no_row_but_the_audit_entry(buyer: Buyer, receiver: Receiver) -> None:
    receiver.replies = [Reply(500)]
    trial = try_it(buyer)
    with act_as_exchange("look"):
        left = [model.objects.count() for model in (Delivery, Attempt, DestinationHealth, Sale, SaleSide, Lead, Entry)]
        entry = AuditEntry.objects.get(verb="destination.tested")
    assert left == [0] * 7
    assert entry.changes == {"status": 500, "error": "", "ms": trial.ms, "verdict": "retry"}


@pytest.mark.parametrize(("status", "verdict"), [(200, "accepted"), (422, "refused"), (302, "retry"), (410, "gone")])
def test_the_verdict_is_that_of_a_real_delivery(buyer: Buyer, receiver: Receiver, status: int, verdict: str) -> None:
    receiver.replies = [Reply(status)]
    assert try_it(buyer).verdict == verdict


def test_an_address_that_the_guard_refuses_is_told(buyer: Buyer, receiver: Receiver, settings) -> None:
    settings.WIRE_TRUSTED_ORIGINS = []
    trial = try_it(buyer)
    assert (trial.status, trial.verdict, trial.error) == (
        None,
        "retry",
        "refused by the guard: personal data leaves over https only",
    )
    assert receiver.seen == []


def test_a_campaign_without_destination_says_so(buyer: Buyer, receiver: Receiver) -> None:
    with act_as(buyer.member.organization_id):
        Destination.objects.filter(campaign_id=buyer.campaign_id).delete()
    with pytest.raises(Problem, match="no usable destination"):
        try_it(buyer)


def test_nobody_tries_a_foreign_destination(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    with pytest.raises(Problem, match="not_found"):
        try_it(buyer, publisher)
    assert receiver.seen == []


def test_over_rest_with_the_bodies_as_documented(client, buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(200, b"taken")]
    path = f"/api/v1/campaigns/{encode('campaign', buyer.campaign_id)}/test-lead"
    answer = client.post(path, headers=buyer.member.headers)
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["verdict"], shown["status"], shown["answer"], shown["body"]["test_lead"]) == ("accepted", 200, "taken", True)
    assert SECRET not in json.dumps(shown)
    assert client.post(path, headers=publisher.headers).status_code == 403
    assert client.post(path.replace("cmp_", "src_"), headers=buyer.member.headers).status_code == 404
    assert len(receiver.seen) == 1
