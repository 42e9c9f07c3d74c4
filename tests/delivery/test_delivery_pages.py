"""Pages of deliveries and of a campaign's destination: states, sending again, health and the test lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from campaigns.models import Campaign
from exchange.delivery.leads import deliver_due
from exchange.delivery.models import Attempt, Delivery, DestinationHealth
from tests.cast import Member
from tests.delivery.buyer import AT, PERSONAL, Buyer, row_of
from tests.delivery.receiver import Receiver, Reply
from tests.portal.people import House, house, person, questions

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@dataclass(frozen=True)
class Desk:
    """An advertiser's people, a rival and a stranger."""

    buyer: Buyer
    owner: Client
    viewer: Client
    rival: Client
    stranger: Client

    @property
    def campaign(self) -> str:
        return encode("campaign", self.buyer.campaign_id)

    @property
    def destination(self) -> str:
        return f"/o/advertiser/campaigns/{self.campaign}/destination"


@pytest.fixture
def desk(buyer: Buyer, settings: Any) -> Desk:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    mine, other = House("advertiser", buyer.member), house("rival", "both")
    people = {
        "owner": person("owner@buyer.example", (mine, "owner")), "viewer": person("viewer@buyer.example", (mine, "viewer")),
        "rival": person("owner@rival.example", (other, "owner")), "stranger": person("stranger@nowhere.example"),
    }  # fmt: skip
    return Desk(buyer, **{name: one.client for name, one in people.items()})


def everything() -> dict[str, Any]:
    tables = (Delivery, Attempt, DestinationHealth, Campaign)
    with act_as_exchange("look"):
        rows = {model.__name__: list(model.objects.order_by("id").values()) for model in tables}
        return {**rows, "audit": AuditEntry.objects.count()}


def failed(desk: Desk, publisher: Member, receiver: Receiver, status: int = 500) -> UUID:
    """Sell one lead that the destination does not take."""
    receiver.replies = [Reply(status, b"no")]
    delivery_id = desk.buyer.sell(publisher)
    assert deliver_due(now=AT) == 1
    return delivery_id


def test_the_list_by_state_and_campaign(desk: Desk, publisher: Member, receiver: Receiver) -> None:
    refused = failed(desk, publisher, receiver, 422)
    waiting = failed(desk, publisher, receiver, 500)

    def shown(query: str = "") -> list[tuple[str, str, str]]:
        page = desk.owner.get(f"/o/advertiser/deliveries{query}")
        assert page.status_code == 200
        assert [value for value in PERSONAL.values() if value in page.content.decode()] == []
        return [(row["id"], row["facts"].state, row["campaign"]) for row in page.context["rows"]]

    both = [(encode("delivery", waiting), "failed", "Roofs"), (encode("delivery", refused), "refused", "Roofs")]
    assert (shown(), shown("?state=refused"), shown("?state=nonsense")) == (both, both[1:], both)
    assert (shown(f"?campaign={desk.campaign}"), shown(f"?campaign={desk.campaign}&state=dead")) == (both, [])
    assert desk.rival.get(f"/o/rival/deliveries?campaign={desk.campaign}").status_code == 404
    assert desk.rival.get("/o/rival/deliveries").context["rows"] == []


def test_one_is_sent_again_and_leads_back_to_its_lead(desk: Desk, publisher: Member, receiver: Receiver) -> None:
    delivery_id = failed(desk, publisher, receiver, 422)
    answer = desk.owner.post(f"/o/advertiser/deliveries/{encode('delivery', delivery_id)}/resend")
    row = row_of(delivery_id)
    assert (answer.status_code, answer["Location"]) == (303, f"/o/advertiser/leads/{encode('lead', row.lead_id)}")
    assert (row.state, row.attempts, row.earlier_attempts) == ("queued", 0, 1)


def test_one_in_flight_is_left_alone(desk: Desk, publisher: Member, receiver: Receiver) -> None:
    delivery_id = failed(desk, publisher, receiver)
    with act_as_exchange("a test takes it"):
        Delivery.objects.update(state="sent")
    before = everything()
    answer = desk.owner.post(f"/o/advertiser/deliveries/{encode('delivery', delivery_id)}/resend")
    assert (answer.status_code, b"is being sent at this moment" in answer.content) == (409, True)
    assert everything() == before


def test_all_since_an_instant(desk: Desk, publisher: Member, receiver: Receiver) -> None:
    delivery_id = failed(desk, publisher, receiver, 422)
    address, before = "/o/advertiser/deliveries/resend", everything()
    page = desk.owner.post(address, {"since": ""})
    assert (page.status_code, list(page.context["since"].errors), everything() == before) == (422, ["since"], True)
    later, then = ((AT + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M") for minutes in (1, 0))
    assert desk.owner.post(address, {"since": later}).status_code == 303
    assert row_of(delivery_id).state == "refused"
    assert desk.owner.post(address, {"since": then, "campaign": desk.campaign}).status_code == 303
    assert row_of(delivery_id).state == "queued"


def test_health_says_why_and_offers_the_way_out(desk: Desk, publisher: Member, receiver: Receiver) -> None:
    page = desk.owner.get(desk.destination)
    assert (page.status_code, page.context["state"], page.context["health"]) == (200, "active", None)
    failed(desk, publisher, receiver)
    page = desk.owner.get(desk.destination, headers={"hx-request": "true"})
    health = page.context["health"]
    assert (page.context["state"], health.failures, b"<h1" in page.content) == ("failing", 1, False)
    assert timedelta(0) <= health.failing_since - AT < timedelta(seconds=5)
    with act_as_exchange("a test pauses"):
        DestinationHealth.objects.update(held_until=utc_now() + timedelta(minutes=1))
        Campaign.objects.update(status="paused", paused_reason="Paused by the exchange: no lead was accepted for 24 hours.")
    text = desk.owner.get(desk.destination).content.decode()
    assert "Paused by the exchange: no lead was accepted for 24 hours." in text
    assert [f"/campaigns/{desk.campaign}/{way}" in text for way in ("edit", "resume")] == [True, True]
    assert desk.owner.get(desk.destination).context["state"] == "held"
    seen = desk.viewer.get(desk.destination).content.decode()
    assert [f"/campaigns/{desk.campaign}/{way}" in seen for way in ("edit", "resume", "destination/test")] == [False] * 3


def test_a_test_lead_shows_the_real_answer_and_sells_nothing(desk: Desk, receiver: Receiver) -> None:
    receiver.replies = [Reply(201, b'{"id": 7}')]
    before = everything()
    part = desk.owner.post(f"{desk.destination}/test", headers={"hx-request": "true"})
    trial = part.context["trial"]
    assert (part.status_code, trial["verdict"], trial["status"], trial["answer"]) == (200, "accepted", 201, '{"id": 7}')
    assert (dict(trial["sent_headers"])["X-Api-Key"], b"k-123" in part.content, b"<h1" in part.content) == (
        "[sealed]",
        False,
        False,
    )
    whole = desk.owner.post(f"{desk.destination}/test")
    assert (b"<h1" in whole.content, whole.context["trial"]["body"]["test_lead"]) == (True, True)
    after = everything()
    assert {**after, "audit": before["audit"]} == before
    assert after["audit"] == before["audit"] + 2


def test_a_destination_that_is_away_is_said_to_be(desk: Desk, settings: Any) -> None:
    settings.WIRE_TRUSTED_ORIGINS = []
    trial = desk.owner.post(f"{desk.destination}/test", headers={"hx-request": "true"}).context["trial"]
    assert (trial["status"], trial["verdict"], trial["error"] != "") == (None, "retry", True)


def test_the_campaign_page_asks_for_it(desk: Desk) -> None:
    page = desk.owner.get(f"/o/advertiser/campaigns/{desk.campaign}").content.decode()
    assert f'hx-get="{desk.destination}" hx-trigger="load"' in page
    assert f'<a href="{desk.destination}">' in page


def test_others_find_nothing_and_a_viewer_changes_nothing(desk: Desk, publisher: Member, receiver: Receiver) -> None:
    delivery = encode("delivery", failed(desk, publisher, receiver))
    writes = [f"deliveries/{delivery}/resend", f"campaigns/{desk.campaign}/destination/test"]
    before, seen = everything(), len(receiver.seen)
    for client, slug in ((desk.stranger, "advertiser"), (desk.rival, "advertiser"), (desk.rival, "rival")):
        assert [client.post(f"/o/{slug}/{path}").status_code for path in writes] == [404] * 2
        assert client.get(f"/o/{slug}/campaigns/{desk.campaign}/destination").status_code == 404
    since = {"since": "2026-01-01T00:00", "campaign": desk.campaign}
    assert desk.rival.post("/o/rival/deliveries/resend", since).status_code == 404
    viewed = [desk.viewer.post(f"/o/advertiser/{path}", since).status_code for path in [*writes, "deliveries/resend"]]
    assert viewed == [403] * 3
    assert (everything(), len(receiver.seen)) == (before, seen)


@pytest.mark.parametrize("which", ["deliveries", "destination"])
def test_pages_ask_the_database_the_same_however_many_rows(desk: Desk, publisher: Member, receiver: Receiver, which: str) -> None:
    failed(desk, publisher, receiver)
    address = {"deliveries": "/o/advertiser/deliveries", "destination": desk.destination}[which]
    counts = []
    for _ in range(2):
        counts.append(questions(desk.owner, address))
        failed(desk, publisher, receiver)
    assert counts == [5, 5]
