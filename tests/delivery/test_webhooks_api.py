"""REST of webhooks: secrets shown once, logs with attempts, test events, and nothing of anybody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as_exchange
from exchange.delivery.events import announce_due
from exchange.delivery.models import WebhookEndpoint, WebhookMessage
from tests.cast import Member, join
from tests.delivery.buyer import AT, Buyer
from tests.delivery.receiver import Receiver, Reply


class Api:
    def __init__(self, client: Client, member: Member) -> None:
        self.client, self.member = client, member

    def __call__(self, method: str, path: str, body: Any = None, member: Member | None = None, **headers: str) -> tuple[int, Any]:
        data = "" if body is None else json.dumps(body)
        sent = {**(member or self.member).headers, **headers}
        answer = self.client.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=sent)
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def api(client: Client, buyer: Buyer) -> Api:
    return Api(client, buyer.member)


@pytest.fixture
def hook(api: Api, receiver: Receiver) -> dict[str, Any]:
    status, made = api("POST", "webhooks", {"url": f"{receiver.origin}/hook", "description": "CRM"})
    assert status == 201
    return made


def test_the_life_of_a_webhook(api: Api, hook: dict[str, Any]) -> None:
    assert hook["id"].startswith("whk_")
    assert hook["secret"].startswith("whsec_")
    assert (hook["events"], hook["status"]) == (["lead.sold", "lead.delivered", "lead.returned"], "active")
    path = f"webhooks/{hook['id']}"
    status, shown = api("GET", path)
    assert (status, "secret" in shown, shown["description"]) == (200, False, "CRM")
    assert [row["id"] for row in api("GET", "webhooks")[1]["data"]] == [hook["id"]]
    status, changed = api("PATCH", path, {"events": ["ping.quoted"], "status": "disabled"})
    assert (status, changed["events"], changed["status"], "secret" in changed) == (200, ["ping.quoted"], "disabled", False)
    assert api("DELETE", path)[0] == 204
    assert [api("GET", path)[0], api("PATCH", path, {})[0], api("DELETE", path)[0]] == [404] * 3
    assert api("GET", "webhooks")[1]["data"] == []


def test_the_secret_is_shown_once_even_to_a_repetition(api: Api, hook: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "one"}
    first = api("POST", "webhooks", {"url": "https://hooks.example.com/"}, **key)[1]
    again = api("POST", "webhooks", {"url": "https://hooks.example.com/"}, **key)[1]
    assert (again["id"], "secret" in first, "secret" in again) == (first["id"], True, False)
    status, rotated = api("POST", f"webhooks/{hook['id']}/rotate", {"overlap_hours": 2})
    assert status == 200
    assert rotated["secret"] != hook["secret"]
    assert api("POST", f"webhooks/{hook['id']}/rotate")[0] == 200
    for wrong in ({"overlap_hours": 73}, {"overlap_hours": True}, {"hours": 1}):
        assert api("POST", f"webhooks/{hook['id']}/rotate", wrong)[0] == 422


def test_a_test_event_is_signed_sent_and_answered(api: Api, hook: dict[str, Any], receiver: Receiver) -> None:
    receiver.replies = [Reply(202, b"heard")]
    status, trial = api("POST", f"webhooks/{hook['id']}/test")
    [seen] = receiver.seen
    body = Webhook(hook["secret"]).verify(seen.body, seen.headers)
    assert (body["type"], body["id"], body["data"]) == ("webhook.test", trial["id"], {"webhook_id": hook["id"]})
    assert (status, trial["verdict"], trial["status"], trial["answer"]) == (200, "accepted", 202, "heard")
    with act_as_exchange("look"):
        assert WebhookMessage.objects.count() == 0


def test_the_log_and_sending_again(api: Api, hook: dict[str, Any], buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(500, b"broken"), Reply(200)]
    buyer.sell(publisher)
    announce_due(now=AT)
    path = f"webhooks/{hook['id']}/deliveries"
    [row] = api("GET", path)[1]["data"]
    assert (row["type"], row["state"], row["attempts"], row["body"]["id"]) == ("lead.sold", "failed", 1, row["id"])
    assert api("GET", f"{path}?state=accepted")[1]["data"] == []
    status, shown = api("GET", f"{path}/{row['id']}")
    [tried] = shown["tries"]
    assert (status, tried["status"], tried["answer"], tried["request"]["headers"]["webhook-id"]) == (
        200,
        500,
        "broken",
        row["id"],
    )
    assert api("POST", f"{path}/{row['id']}/resend")[1]["state"] == "queued"
    assert api("POST", f"{path}/resend", {"since": "2026-01-01T00:00:00Z"}) == (200, {"resent": 1})
    assert [
        api("POST", f"{path}/resend", wrong)[0] for wrong in ({}, {"since": 1}, {"since": "2026-01-01T00:00:00Z", "x": 1})
    ] == [422] * 3


def test_foreign_webhooks_do_not_exist(
    api: Api, hook: dict[str, Any], buyer: Buyer, publisher: Member, receiver: Receiver
) -> None:
    buyer.sell(publisher)
    [event] = api("GET", f"webhooks/{hook['id']}/deliveries")[1]["data"]
    strangers = (publisher, join("rival", "advertiser"), join("operators", "operator"))
    before = api("GET", f"webhooks/{hook['id']}")[1]
    path = f"webhooks/{hook['id']}"
    calls = [
        ("GET", path, None), ("PATCH", path, {"url": "https://evil.example.com/"}), ("DELETE", path, None),
        ("POST", f"{path}/rotate", {}), ("POST", f"{path}/test", None), ("GET", f"{path}/deliveries", None),
        ("GET", f"{path}/deliveries/{event['id']}", None), ("POST", f"{path}/deliveries/{event['id']}/resend", None),
        ("POST", f"{path}/deliveries/resend", {"since": "2026-01-01T00:00:00Z"}),
    ]  # fmt: skip
    for stranger in strangers:
        assert [api(*call, member=stranger)[0] for call in calls] == [404] * len(calls)
        assert api("GET", "webhooks", member=stranger)[1]["data"] == []
    assert api("GET", path)[1] == before
    assert receiver.seen == []
    with act_as_exchange("look"):
        assert WebhookEndpoint.objects.count() == 1
        assert WebhookMessage.objects.get().earlier_attempts == 0


def test_an_event_of_another_webhook_is_not_found(api: Api, hook: dict[str, Any], buyer: Buyer, publisher: Member) -> None:
    buyer.sell(publisher)
    [event] = api("GET", f"webhooks/{hook['id']}/deliveries")[1]["data"]
    other = api("POST", "webhooks", {"url": "https://hooks.example.com/"})[1]
    assert api("GET", f"webhooks/{other['id']}/deliveries/{event['id']}")[0] == 404
    assert api("POST", f"webhooks/{other['id']}/deliveries/{event['id']}/resend")[0] == 404
    assert api("GET", f"webhooks/{hook['id']}/deliveries/{encode('event', uuid7())}")[0] == 404
    assert api("GET", "webhooks/whk_1")[0] == 404
