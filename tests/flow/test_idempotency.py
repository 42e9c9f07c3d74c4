"""Idempotency-Key on every POST: one effect, the first answer again, and another body refused."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEntry, IdempotencyKey
from accounts.services import issue_key
from accounts.tenancy import act_as_exchange
from campaigns.models import Campaign, CampaignRevision, Source
from exchange.auction.models import Sale
from exchange.auction.store import counters
from exchange.intake.models import Lead
from tests.cast import join
from tests.flow.conftest import LEAD, Market, person

pytestmark = [pytest.mark.services, pytest.mark.django_db]
KEY = {"Idempotency-Key": "k-1"}
CAMPAIGN: dict[str, Any] = {
    "name": "Texas roofs",
    "vertical": "home.roofing",
    "bid": {"base_price": {"amount": "40.00", "currency": "USD"}},
    "destination": {"url": "https://crm.example.com/leads"},
}


def rows() -> dict[str, int]:
    with act_as_exchange("look"):
        return {
            model.__name__: model.objects.count()
            for model in (Source, Campaign, CampaignRevision, Lead, Sale, IdempotencyKey, AuditEntry)
        }


def grown(before: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in rows().items() if count != before[name]}


@pytest.fixture
def open_market(market: Market) -> Market:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Bob's roofs", "50.00", dedupe_days=0)
    return market


def test_a_source_is_made_once(market: Market) -> None:
    before = rows()
    first = market.send("sources", {"name": "Roofs 2", "status": "active"}, **KEY)
    again = market.send("sources", {"status": "active", "name": "Roofs 2"}, **KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert grown(before) == {"Source": 1, "IdempotencyKey": 1, "AuditEntry": 1}
    other = market.send("sources", {"name": "Roofs 3"}, **KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert grown(before) == {"Source": 1, "IdempotencyKey": 1, "AuditEntry": 1}
    assert market.send("sources", {"name": "Roofs 2"}).json()["id"] != first.json()["id"]


def test_a_secret_is_shown_once_and_never_stored_with_the_answer(market: Market) -> None:
    before = rows()
    first = market.send("campaigns", CAMPAIGN, market.bob, **KEY).json()
    again = market.send("campaigns", CAMPAIGN, market.bob, **KEY).json()
    assert first["destination"].pop("secret").startswith("whsec_")
    assert again == first
    assert grown(before) == {"Campaign": 1, "IdempotencyKey": 1, "AuditEntry": 1}
    with act_as_exchange("look"):
        assert "whsec_" not in str(list(IdempotencyKey.objects.values()))


def test_publish_pause_and_resume_happen_once(market: Market) -> None:
    made = market.send("campaigns", CAMPAIGN, market.bob).json()
    twin = market.send("campaigns", {**CAMPAIGN, "name": "Twin"}, market.bob).json()
    path = f"campaigns/{made['id']}"
    for action, status in (("publish", "active"), ("pause", "paused"), ("resume", "active")):
        before = rows()
        first = market.send(f"{path}/{action}", {}, market.bob, **KEY)
        again = market.send(f"{path}/{action}", {}, market.bob, **KEY)
        assert (first.status_code, first.json()["status"]) == (200, status), first.content
        assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (200, first.json(), "true")
        assert grown(before)["AuditEntry"] == 1
        elsewhere = market.send(f"campaigns/{twin['id']}/{action}", {}, market.bob, **KEY)
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency_key_reused")
    # What has happened since is not undone: the first answer to `pause` says paused, and the campaign stays active.
    assert market.send(f"{path}/pause", {}, market.bob, **KEY).json()["status"] == "paused"
    assert market.client.get(f"/api/v1/{path}", headers=market.bob.headers).json()["status"] == "active"
    assert market.client.get(f"/api/v1/campaigns/{twin['id']}", headers=market.bob.headers).json()["status"] == "draft"


def test_a_refused_request_uses_no_key(market: Market) -> None:
    before = rows()
    assert market.send("sources", {"name": ""}, **KEY).status_code == 422
    assert market.send("sources", {"name": "Roofs"}, market.bob, **KEY).status_code == 403
    assert market.send("campaigns/cmp_" + "0" * 26 + "/publish", {}, market.bob, **KEY).status_code == 404
    assert grown(before) == {}
    assert market.send("sources", {"name": "Roofs 2"}, **KEY).status_code == 201


def test_a_key_belongs_to_one_organization_and_one_route(market: Market) -> None:
    both, rival = join("both", "both"), join("rival", "both")
    first = market.send("sources", {"name": "Roofs"}, both, **KEY)
    other = market.send("sources", {"name": "Roofs"}, rival, **KEY)
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()["id"] != other.json()["id"]
    assert market.send("campaigns", CAMPAIGN, both, **KEY).status_code == 201


def test_a_key_without_the_scope_reads_no_stored_answer(market: Market) -> None:
    assert market.send("campaigns", CAMPAIGN, market.bob, **KEY).status_code == 201
    weak = issue_key(organization_id=market.bob.organization_id, name="weak", actor="t", scopes=["leads:read"]).key
    answer = market.send("campaigns", CAMPAIGN, market.bob, Authorization=f"Bearer {weak}", **KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["sources", "pings", "posts", "leads"])
@pytest.mark.parametrize("key", ["k" * 121, "tab\there"])
def test_a_key_that_cannot_be_kept_is_refused(market: Market, path: str, key: str) -> None:
    before = rows()
    answer = market.send(path, {"name": "x"}, **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/headers/Idempotency-Key")
    assert grown(before) == {}


def test_the_longest_keys_fit(open_market: Market) -> None:
    body = {"source": open_market.source, "vertical": "home.roofing", "lead": LEAD}
    by_id = open_market.send("leads", {**body, **person(1), "external_id": "x" * 120})
    by_key = open_market.send("leads", {**body, **person(2)}, **{"Idempotency-Key": "y" * 120})
    assert [(one.status_code, one.json()["status"]) for one in (by_id, by_key)] == [(201, "sold")] * 2


def test_a_post_with_a_key_sells_one_lead(open_market: Market) -> None:
    first, second = (open_market.ping().json()["id"] for _ in range(2))
    body = {"ping_id": first, **person(1)}
    sold = open_market.send("posts", body, **KEY)
    again = open_market.send("posts", body, **KEY)
    assert (sold.status_code, again.json(), again["Idempotency-Replayed"]) == (201, sold.json(), "true")
    before = rows()
    other = open_market.send("posts", {"ping_id": second, **person(2)}, **KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert grown(before) == {}
    assert open_market.post(second, **person(2)).json()["status"] == "sold"


def test_an_external_id_is_unique_per_source(open_market: Market) -> None:
    lead = {"source": open_market.source, "vertical": "home.roofing", "lead": LEAD, **person(1), "external_id": "form-1"}
    assert open_market.send("leads", lead).json()["status"] == "sold"
    ping_id = open_market.ping().json()["id"]
    held = counters("live").client.zcard(counters("live").key("due"))
    before = rows()
    taken = (
        open_market.post(ping_id, **person(2), external_id="form-1"),
        open_market.send("leads", {**lead, **person(3)}, **KEY),
    )
    for answer in taken:
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/external_id", "taken")]
    assert grown(before) == {}
    assert counters("live").client.zcard(counters("live").key("due")) == held == 1
    assert open_market.post(ping_id, **person(2), external_id="form-2").json()["status"] == "sold"


def test_an_empty_external_id_is_none(open_market: Market) -> None:
    for number in (1, 2):
        answer = open_market.post(open_market.ping().json()["id"], **person(number), external_id="")
        assert answer.json()["status"] == "sold"
    with act_as_exchange("look"):
        assert list(Lead.objects.values_list("external_id", flat=True)) == [None, None]
