"""LeadConduit's shape of ping and post: flat fields in, outcome out, one sale however often a lead is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.core.clock import utc_now
from tests.flow.conftest import Market
from tests.flow.test_ping_post import stored

pytestmark = pytest.mark.django_db
PINGED = {"postal_code": "78701", "scope": "repair", "home_ownership": "own", "price": "0"}


def lead(**changes: Any) -> dict[str, Any]:
    return {
        **PINGED,
        "first_name": "Ann",
        "last_name": "Lee",
        "phone_1": "(512) 555-0001",
        "email": "ann1@example.com",
        "consent_method": "checkbox",
        "consent_text": "I agree.",
        "consent_captured_at": utc_now().isoformat(),
        "shoe_size": "44",
        **changes,
    }


@pytest.fixture
def open_market(market: Market) -> Market:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Bob's roofs", "50.00")
    return market


def send(market: Market, step: str, fields: dict[str, Any], *, form: bool = False, **headers: str) -> Any:
    body, kind = (urlencode(fields), "application/x-www-form-urlencoded") if form else (fields, "application/json")
    path = f"/api/v1/compat/leadconduit/{market.source}/{step}"
    return market.client.post(path, body, content_type=kind, headers={**market.alice.headers, **headers})


@pytest.mark.parametrize("form", [False, True])
def test_a_ping_is_priced_and_its_submit_sold(open_market: Market, form: bool) -> None:
    priced = send(open_market, "ping", {**PINGED, "vertical": "home.roofing"}, form=form)
    assert priced.status_code == 200, priced.content
    ping_id = priced.json()["ping_id"]
    assert priced.json() == {"outcome": "success", "reason": "", "price": "40.00", "ping_id": ping_id, "lead": {"id": ping_id}}
    sold = send(open_market, "submit", lead(vertical="home.roofing", ping_id=ping_id, lead_id="lc-1"), form=form)
    assert sold.status_code == 201, sold.content
    assert sold.json() == {"outcome": "success", "reason": "", "price": "40.00", "lead": {"id": sold.json()["lead"]["id"]}}
    assert stored()["Sale"] == 1
