"""Pages of webhooks: made, changed, rotated, tried, read and sent again by their owner; not there for anybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from accounts.core.clock import utc_now
from accounts.core.ids import encode, uuid7
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from exchange.delivery.events import announce_due
from exchange.delivery.models import WebhookAttempt, WebhookEndpoint, WebhookMessage
from tests.cast import Member
from tests.delivery.buyer import AT, Buyer
from tests.delivery.receiver import Receiver, Reply
from tests.portal.people import House, house, person, questions

pytestmark = [pytest.mark.services, pytest.mark.django_db]
EVENTS = ["lead.sold", "lead.delivered"]


@dataclass(frozen=True)
class Desk:
    """An advertiser's people, their rival and a stranger, in front of the pages of webhooks."""

    buyer: Buyer
    owner: Client
    viewer: Client
    rival: Client
    stranger: Client
    receiver: Receiver

    @property
    def url(self) -> str:
        return f"{self.receiver.origin}/hook"

    def made(self) -> tuple[str, str]:
        """Create a webhook; gives its id and secret."""
        page = self.owner.post("/o/advertiser/webhooks/new", {"url": self.url, "description": "CRM", "events": EVENTS})
        assert page.status_code == 200, page.content
        return page.context["id"], page.context["secret"]

    def told(self, publisher: Member, status: int = 200) -> tuple[str, str]:
        """Create a webhook and let one sale be announced to it; gives webhook and event."""
        webhook_id, _ = self.made()
        self.buyer.sell(publisher)
        self.receiver.replies = [Reply(status, b"heard")]
        assert announce_due(now=AT) == 1
        with act_as_exchange("look"):
            return webhook_id, encode("event", WebhookMessage.objects.get().id)


@pytest.fixture
def desk(buyer: Buyer, receiver: Receiver, settings: Any) -> Desk:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    mine, other = House("advertiser", buyer.member), house("rival", "both")
    people = {
        "owner": person("owner@buyer.example", (mine, "owner")), "viewer": person("viewer@buyer.example", (mine, "viewer")),
        "rival": person("owner@rival.example", (other, "owner")), "stranger": person("stranger@nowhere.example"),
    }  # fmt: skip
    return Desk(buyer, receiver=receiver, **{name: one.client for name, one in people.items()})


def everything() -> dict[str, Any]:
    with act_as_exchange("look"):
        rows = {model.__name__: list(model.objects.order_by("id").values()) for model in (WebhookEndpoint, WebhookMessage)}
        return {**rows, "attempts": WebhookAttempt.objects.count(), "audit": AuditEntry.objects.count()}


def test_a_webhook_is_made_and_its_secret_shown_once(desk: Desk) -> None:
    webhook_id, secret = desk.made()
    assert secret.startswith("whsec_")
    page = desk.owner.get(f"/o/advertiser/webhooks/{webhook_id}")
    assert (page.status_code, page.context["events"], page.context["secret"]) == (200, EVENTS, "")
    assert secret not in page.content.decode()
    [(listed, row, state, last)] = desk.owner.get("/o/advertiser/webhooks").context["rows"]
    assert (listed, row.url, row.description, state, last) == (webhook_id, desk.url, "CRM", "active", None)


def test_faults_stand_beside_their_fields(desk: Desk) -> None:
    before = everything()
    page = desk.owner.post("/o/advertiser/webhooks/new", {"url": "ftp://x", "description": "", "events": EVENTS})
    assert page.status_code == 422
    assert page.context["form"].errors == {
        "url": ["Must be an address such as https://crm.example.com/leads, without a user name or a fragment."]
    }
    page = desk.owner.post("/o/advertiser/webhooks/new", {"url": desk.url, "description": ""})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["events"])
    assert everything() == before


def test_it_is_changed_switched_off_and_deleted(desk: Desk) -> None:
    webhook_id, _ = desk.made()
    address = f"/o/advertiser/webhooks/{webhook_id}"
    form = {"url": desk.url + "2", "description": "", "events": ["ping.quoted"], "status": "disabled"}
    assert desk.owner.post(f"{address}/edit", form).status_code == 303
    with act_as_exchange("look"):
        row = WebhookEndpoint.objects.get()
        assert (row.url, row.description, row.events, row.status) == (desk.url + "2", "", ["ping.quoted"], "disabled")
    assert desk.owner.post(f"{address}/delete").status_code == 303
    assert [desk.owner.get(address).status_code, desk.owner.get("/o/advertiser/webhooks").context["rows"]] == [404, []]


def test_two_secrets_sign_while_they_overlap(desk: Desk) -> None:
    webhook_id, old = desk.made()
    address = f"/o/advertiser/webhooks/{webhook_id}"
    before = everything()
    page = desk.owner.post(f"{address}/rotate", {"overlap_hours": "73"})
    assert (page.status_code, list(page.context["rotate"].errors), everything() == before) == (422, ["overlap_hours"], True)
    page = desk.owner.post(f"{address}/rotate", {"overlap_hours": "2"})
    fresh = page.context["secret"]
    assert abs(page.context["overlap_until"] - utc_now() - timedelta(hours=2)) < timedelta(minutes=1)
    desk.owner.post(f"{address}/test")
    [seen] = desk.receiver.seen
    for secret in (old, fresh):
        assert Webhook(secret).verify(seen.body, seen.headers)["type"] == "webhook.test"


def test_a_test_event_shows_the_real_answer_where_the_visitor_stands(desk: Desk) -> None:
    webhook_id, _ = desk.made()
    desk.receiver.replies = [Reply(418, b"I am a <b>teapot</b>")]
    before = everything()
    part = desk.owner.post(f"/o/advertiser/webhooks/{webhook_id}/test", headers={"hx-request": "true"})
    assert (part.status_code, b"<h1" in part.content) == (200, False)
    trial = part.context["trial"]
    assert (trial["status"], trial["verdict"], trial["answer"]) == (418, "retry", "I am a <b>teapot</b>")
    assert b"I am a &lt;b&gt;teapot&lt;/b&gt;" in part.content
    whole = desk.owner.post(f"/o/advertiser/webhooks/{webhook_id}/test")
    assert (whole.status_code, b"<h1" in whole.content, whole.context["trial"]["status"]) == (200, True, 418)
    after = everything()
    assert (after["WebhookMessage"], after["audit"]) == (before["WebhookMessage"], before["audit"] + 2)


def test_the_log_the_exact_body_and_sending_again(desk: Desk, publisher: Member) -> None:
    webhook_id, event_id = desk.told(publisher, status=500)
    page = desk.owner.get(f"/o/advertiser/webhooks/{webhook_id}?state=failed")
    [(listed, row, count)] = page.context["rows"]
    assert (listed, row.type, row.state, count) == (event_id, "lead.sold", "failed", 1)
    assert desk.owner.get(f"/o/advertiser/webhooks/{webhook_id}?state=accepted").context["rows"] == []
    page = desk.owner.get(f"/o/advertiser/webhooks/{webhook_id}/events/{event_id}")
    [attempt] = page.context["attempts"]
    assert (attempt.status, attempt.answer, page.context["body"].encode()) == (500, "heard", desk.receiver.seen[0].body)
    assert desk.owner.get("/o/advertiser/webhooks").context["rows"][0][2:] == ("failing", attempt)
    assert desk.owner.post(f"/o/advertiser/webhooks/{webhook_id}/events/{event_id}/resend").status_code == 303
    with act_as_exchange("look"):
        row = WebhookMessage.objects.get()
        assert (row.state, row.attempts, row.earlier_attempts) == ("queued", 0, 1)


def test_sending_again_since_an_instant(desk: Desk, publisher: Member) -> None:
    webhook_id, _ = desk.told(publisher, status=500)
    address = f"/o/advertiser/webhooks/{webhook_id}/events/resend"
    before = everything()
    page = desk.owner.post(address, {"since": "yesterday"})
    assert (page.status_code, list(page.context["since"].errors), everything() == before) == (422, ["since"], True)
    later = (AT + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    for since, state in ((later, "failed"), (AT.strftime("%Y-%m-%dT%H:%M"), "queued")):
        assert desk.owner.post(address, {"since": since}).status_code == 303
        with act_as_exchange("look"):
            assert WebhookMessage.objects.get().state == state


def test_why_it_was_disabled_stands_on_the_page_with_the_way_out(desk: Desk) -> None:
    webhook_id, _ = desk.made()
    with act_as_exchange("a test disables"):
        WebhookEndpoint.objects.update(status="disabled", disabled_reason="Disabled by the exchange: it is gone.")
    page = desk.owner.get(f"/o/advertiser/webhooks/{webhook_id}").content.decode()
    assert ("Disabled by the exchange: it is gone." in page, f"/webhooks/{webhook_id}/edit" in page) == (True, True)


def test_others_find_nothing_and_a_viewer_changes_nothing(desk: Desk, publisher: Member) -> None:
    webhook_id, event_id = desk.told(publisher)
    reads = ["", "/edit", f"/events/{event_id}"]
    writes = ["/edit", "/delete", "/rotate", "/test", "/events/resend", f"/events/{event_id}/resend"]
    form = {
        "url": desk.url,
        "description": "",
        "events": EVENTS,
        "status": "active",
        "overlap_hours": 1,
        "since": "2026-01-01T00:00",
    }
    before, seen = everything(), len(desk.receiver.seen)
    for client, slug in ((desk.stranger, "advertiser"), (desk.rival, "advertiser"), (desk.rival, "rival")):
        codes = [client.get(f"/o/{slug}/webhooks/{webhook_id}{path}").status_code for path in reads]
        codes += [client.post(f"/o/{slug}/webhooks/{webhook_id}{path}", form).status_code for path in writes]
        assert codes == [404] * 9
    assert desk.owner.get(f"/o/advertiser-test/webhooks/{webhook_id}").status_code == 404
    other = encode("event", uuid7())
    assert desk.owner.post(f"/o/advertiser/webhooks/{webhook_id}/events/{other}/resend").status_code == 404
    assert [desk.viewer.get(f"/o/advertiser/webhooks/{webhook_id}{path}").status_code for path in reads] == [200, 403, 200]
    assert [desk.viewer.post(f"/o/advertiser/webhooks/{webhook_id}{path}", form).status_code for path in writes] == [403] * 6
    assert desk.viewer.post("/o/advertiser/webhooks/new", form).status_code == 403
    assert (everything(), len(desk.receiver.seen)) == (before, seen)


@pytest.mark.parametrize(("path", "pinned"), [("", 6), ("/{webhook}", 5), ("/{webhook}/events/{event}", 6)])
def test_pages_ask_the_database_the_same_however_many_rows(desk: Desk, publisher: Member, path: str, pinned: int) -> None:
    webhook_id, event_id = desk.told(publisher)
    address = "/o/advertiser/webhooks" + path.format(webhook=webhook_id, event=event_id)
    counts = []
    for _ in range(2):
        counts.append(questions(desk.owner, address))
        desk.made()
        desk.buyer.sell(publisher, at=datetime(2026, 11, 22, 14, 0, tzinfo=UTC))
    assert counts == [pinned, pinned]
