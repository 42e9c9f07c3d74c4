"""REST of deliveries: one's own only, by pages, with attempts, and sending again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.core.ids import encode, uuid7
from exchange.delivery.leads import deliver_due
from tests.cast import Member, join
from tests.delivery.buyer import AT, PERSONAL, Buyer, row_of
from tests.delivery.receiver import Receiver, Reply


@pytest.fixture
def api(client: Client, buyer: Buyer) -> Any:
    def call(method: str, path: str, body: Any = None, member: Member | None = None) -> tuple[int, Any]:
        data, headers = "" if body is None else json.dumps(body), (member or buyer.member).headers
        answer = client.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    return call


def test_a_delivery_with_its_attempts(api: Any, buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(503, b"maintenance, ann.lee@example.com"), Reply(200)]
    delivery_id = buyer.sell(publisher)
    deliver_due(now=AT)
    status, shown = api("GET", f"deliveries/{encode('delivery', delivery_id)}")
    assert status == 200
    assert (shown["id"], shown["state"], shown["attempts"]) == (encode("delivery", delivery_id), "failed", 1)
    assert (shown["reason"], shown["destination"]["url"]) == ("the receiver answered 503", receiver.url)
    [tried] = shown["tries"]
    assert (tried["number"], tried["status"], tried["answer"], tried["error"]) == (1, 503, "maintenance, [removed]", None)
    assert (tried["request"]["method"], tried["request"]["headers"]["X-Api-Key"]) == ("POST", "[sealed]")
    text = json.dumps(shown)
    assert [value for value in PERSONAL.values() if value in text] == []


def test_pages_states_and_campaigns(api: Any, buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    made = [encode("delivery", buyer.sell(publisher)) for _ in range(3)]
    deliver_due(now=AT, limit=1)
    _, first = api("GET", "deliveries?limit=2")
    assert ([row["id"] for row in first["data"]], first["has_more"]) == (made[:0:-1], True)
    _, rest = api("GET", f"deliveries?limit=2&cursor={first['next_cursor']}")
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == (made[:1], False)
    assert len(api("GET", "deliveries?state=accepted")[1]["data"]) == 1
    assert len(api("GET", f"deliveries?campaign_id={encode('campaign', buyer.campaign_id)}")[1]["data"]) == 3
    assert api("GET", f"deliveries?campaign_id={encode('campaign', uuid7())}")[1]["data"] == []
    assert [api("GET", f"deliveries?{wrong}")[0] for wrong in ("state=lost", "campaign_id=x", "limit=0")] == [422, 422, 422]


def test_sending_one_and_many_again(api: Any, buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(422)]
    made = [buyer.sell(publisher) for _ in range(2)]
    deliver_due(now=AT)
    status, shown = api("POST", f"deliveries/{encode('delivery', made[0])}/resend")
    assert (status, shown["state"], shown["reason"], shown["attempts"]) == (200, "queued", None, 1)
    assert row_of(made[1]).state == "refused"
    assert api("POST", "deliveries/resend", {"since": AT.isoformat()}) == (200, {"resent": 2})
    assert row_of(made[1]).state == "queued"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/since"),
        ({"since": "yesterday"}, "/since"),
        ({"since": "2026-11-22T09:00:00"}, "/since"),
        ({"since": "2026-11-22T09:00:00Z", "campaign_id": "src_1"}, "/campaign_id"),
        ({"since": "2026-11-22T09:00:00Z", "until": 1}, "/until"),
    ],
)
def test_a_wrong_wish_is_named(api: Any, buyer: Buyer, publisher: Member, body: dict[str, Any], pointer: str) -> None:
    delivery_id = buyer.sell(publisher)
    status, problem = api("POST", "deliveries/resend", body)
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, [pointer])
    assert row_of(delivery_id).next_attempt_at == AT


def test_foreign_deliveries_do_not_exist(api: Any, buyer: Buyer, publisher: Member) -> None:
    rival = join("rival", "advertiser")
    delivery_id = buyer.sell(publisher)
    path = f"deliveries/{encode('delivery', delivery_id)}"
    assert [api("GET", path, member=one)[0] for one in (publisher, rival)] == [404, 404]
    assert api("POST", f"{path}/resend", member=rival)[0] == 404
    assert api("POST", f"{path}/resend", member=publisher)[0] == 403
    assert api("GET", "deliveries", member=rival)[1]["data"] == []
    assert api("POST", "deliveries/resend", {"since": "2020-01-01T00:00:00Z"}, rival) == (200, {"resent": 0})
    assert (row_of(delivery_id).state, row_of(delivery_id).next_attempt_at) == ("queued", AT)
