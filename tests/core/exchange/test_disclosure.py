"""What a buyer receives, and what it never receives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from campaigns.core.fields import Field, Vertical
from exchange.core.consent import ConsentFacts
from exchange.core.disclosure import SoldLead, disclose, redact

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
VERTICAL = Vertical(
    "home.roofing",
    "Roofing",
    1,
    {
        "zip": Field("zip", "Zip", "zip", required=True),
        "project": Field("project", "Project", "choice", choices=("new", "repair")),
        "first_name": Field("first_name", "First name", "text", stage="post"),
        "phone": Field("phone", "Phone", "text", stage="post"),
        "email": Field("email", "E-mail", "text", stage="post"),
    },
)
CONSENT = ConsentFacts(
    method="checkbox",
    text="I agree.",
    page_url="https://roofs.example/quote?utm_source=secret&email=x#top",
    page_domain="roofs.example",
    captured_at=AT,
    sellers=("Acme",),
    ip="203.0.113.9",
    user_agent="Mozilla",
    recording_id="rec-1",
)
LEAD = SoldLead(
    delivery_id=UUID(int=1),
    sale_id=UUID(int=2),
    lead_id=UUID(int=3),
    campaign_id=UUID(int=4),
    vertical=VERTICAL,
    values={"zip": "78701", "project": "new", "ip": "203.0.113.9", "source": "src_1", "phone": "+1999"},
    contact={"first_name": "Ann", "phone": "+15125550123", "consent_ip": "203.0.113.9", "zip": "00000", "margin": 5},
    consent=CONSENT,
    price=41_500_000,
    currency="USD",
    sold_at=AT,
    test=False,
)


def test_the_buyer_receives_exactly_this() -> None:
    disclosure = disclose(LEAD)
    assert disclosure.fields == ("first_name", "phone")
    assert disclosure.payload == {
        "type": "lead.sold",
        "delivery_id": "dlv_00000000000000000000000001",
        "sale_id": "sal_00000000000000000000000002",
        "lead_id": "led_00000000000000000000000003",
        "campaign_id": "cmp_00000000000000000000000004",
        "vertical": "home.roofing",
        "test": False,
        "sold_at": "2026-11-22T13:00:00.000Z",
        "price": {"amount": "41.50", "currency": "USD"},
        "contact": {"first_name": "Ann", "phone": "+15125550123"},
        "lead": {"zip": "78701", "project": "new"},
        "consent": {
            "method": "checkbox",
            "text": "I agree.",
            "page_domain": "roofs.example",
            "sellers": ["Acme"],
            "captured_at": "2026-11-22T13:00:00.000Z",
            "page_url": "https://roofs.example/quote",
        },
    }
    assert "203.0.113.9" not in json.dumps(disclosure.payload)


def test_without_consent_the_proof_is_empty() -> None:
    bare = SoldLead(**{name: getattr(LEAD, name) for name in LEAD.__slots__} | {"consent": None, "contact": {}})
    assert disclose(bare).payload["consent"] == {}
    assert disclose(bare).fields == ()


def test_an_answer_keeps_no_second_copy_of_the_person() -> None:
    payload = disclose(LEAD).payload
    echoed = '{"id": 7, "name": "ANN", "phone": "5125550123", "tel": "+15125550123", "zip": "78701"}'
    assert redact(echoed, payload) == '{"id": 7, "name": "[removed]", "phone": "[removed]", "tel": "[removed]", "zip": "78701"}'


def test_short_values_are_left_alone() -> None:
    assert redact("an answer", {"contact": {"first_name": "an"}}) == "an answer"
    assert redact("an answer", {}) == "an answer"
