"""How the OpenAPI document describes pings, posts and leads. The hot path itself reads exchange.intake.bodies."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.core.forms import flatten
from accounts.core.markup import write_xml
from accounts.rest.schemas import MoneySerializer
from campaigns.core.filters import DEVICES, LEAD_KINDS
from campaigns.core.schema import SALES_MAX
from scoring.core.families.contact import PHONE_TYPES

PING = "png_01k2j3h4g5f6e7d8c9b0a1z2y3"
QUOTE = "qte_01k2j3h4g5f6e7d8c9b0a1z2y3"
CONSENT_METHODS = ("checkbox", "button", "signature", "verbal")
PRICINGS = ("first_price", "second_price")
PING_STATUSES = ("quoted", "no_bid")
LEG_STATUSES = ("sold", "refused")
LEAD_STATUSES = ("sold", "rejected", "duplicate", "queued")


class ReasonOut(serializers.Serializer[Any]):
    """Why nobody bought: a code of the reasons' list, the clause that decided, and how many campaigns it met."""

    code = serializers.CharField()
    detail = serializers.CharField(required=False)
    count = serializers.IntegerField(required=False)


class EventIn(serializers.Serializer[Any]):
    """One thing the visitor did."""

    action = serializers.CharField(max_length=120)
    at = serializers.DateTimeField(required=False)


class BehaviourIn(serializers.Serializer[Any]):
    """What the visitor did before the lead."""

    landing_page_url = serializers.CharField(required=False, max_length=2000)
    referrer = serializers.CharField(required=False, max_length=2000)
    device = serializers.ChoiceField(choices=DEVICES, required=False)
    user_agent = serializers.CharField(required=False, max_length=500)
    ip = serializers.CharField(required=False, max_length=45, help_text="stored as /24 or /48")
    pages_viewed = serializers.FloatField(required=False, min_value=0)
    pages_per_visit = serializers.FloatField(required=False, min_value=0)
    time_on_site_seconds = serializers.FloatField(required=False, min_value=0)
    session_count = serializers.FloatField(required=False, min_value=0)
    form_seconds = serializers.FloatField(required=False, min_value=0)
    events = EventIn(many=True, required=False)
    comments = serializers.CharField(required=False, max_length=2000, help_text="free text without personal data")


class TouchpointIn(serializers.Serializer[Any]):
    """One contact with marketing before the lead."""

    channel = serializers.CharField(max_length=120)
    campaign = serializers.CharField(max_length=120, required=False)
    at = serializers.DateTimeField(required=False)


class ContactHintsIn(serializers.Serializer[Any]):
    """What can be said of the contact without saying who it is: it tells whether somebody will be reached."""

    area_code = serializers.RegexField(r"^[2-9]\d{2}$", required=False, help_text="of the telephone")
    phone_type = serializers.ChoiceField(choices=PHONE_TYPES, required=False)
    email_domain = serializers.CharField(
        required=False, max_length=253, help_text="kept when many people share it, as gmail.com; any other is kept as own"
    )
    ip_state = serializers.RegexField(r"^[A-Z]{2}$", required=False, help_text="the state the visitor's IP lies in")


class ConsentIn(serializers.Serializer[Any]):
    """How, to which words and when the person agreed; every field of docs/reference may be sent."""

    method = serializers.ChoiceField(choices=CONSENT_METHODS, required=False)
    text = serializers.CharField(required=False, max_length=10_000)
    text_id = serializers.CharField(required=False, max_length=500)
    captured_at = serializers.DateTimeField(required=False)
    sellers = serializers.ListField(child=serializers.CharField(), required=False)
    page_url = serializers.CharField(required=False, max_length=2048)
    certificate_url = serializers.CharField(required=False, max_length=2048)


class PingIn(serializers.Serializer[Any]):
    """A lead without personal data."""

    source = serializers.CharField(max_length=120)  # type: ignore[assignment]
    vertical = serializers.CharField(max_length=120, help_text="such as home.roofing")
    lead = serializers.DictField(help_text="the vertical's fields of the stage ping")
    sub_id = serializers.CharField(required=False, max_length=120)
    sub_id2 = serializers.CharField(required=False, max_length=120)
    sub_id3 = serializers.CharField(required=False, max_length=120)
    sub_id4 = serializers.CharField(required=False, max_length=120)
    sub_id5 = serializers.CharField(required=False, max_length=120)
    behaviour = BehaviourIn(required=False)
    touchpoints = TouchpointIn(many=True, required=False)
    consent = ConsentIn(required=False)
    contact_hashes = serializers.DictField(child=serializers.CharField(), required=False)
    contact_hints = ContactHintsIn(required=False)
    min_price = MoneySerializer(required=False)
    max_sales = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=SALES_MAX,
        help_text="to how many advertisers the lead may go, as far as its vertical allows; the source's setting when left out",
    )
    kind = serializers.ChoiceField(choices=LEAD_KINDS, default="form")


class AdvertiserOut(serializers.Serializer[Any]):
    """The buyer: an opaque id, and its name only where the form must show it."""

    id = serializers.CharField()
    name = serializers.CharField(allow_null=True)


class QuoteOut(serializers.Serializer[Any]):
    """A firm price: what the publisher is paid when it posts before expires_at."""

    id = serializers.CharField()
    payout = MoneySerializer()
    pricing = serializers.ChoiceField(choices=PRICINGS)
    exclusive = serializers.BooleanField()
    advertiser = AdvertiserOut()
    expires_at = serializers.DateTimeField()


class PingOut(serializers.Serializer[Any]):
    """Quotes, one for each advertiser that buys, or the reasons why there is none."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=PING_STATUSES)
    payout = MoneySerializer(help_text="what all quotes pay together")
    quotes = QuoteOut(many=True)
    reasons = ReasonOut(many=True)


class PostIn(serializers.Serializer[Any]):
    """The full lead, sent against the quotes of its ping."""

    ping_id = serializers.CharField()
    quote_ids = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="all quotes of the ping when left out"
    )
    contact = serializers.DictField(help_text="the vertical's fields of the stage post")
    consent = ConsentIn(required=False)
    lead = serializers.DictField(required=False, help_text="fields of the ping that come again must be equal")
    external_id = serializers.CharField(required=False, max_length=120)


class LeadIn(PingIn):
    """Ping and post in one."""

    contact = serializers.DictField()
    external_id = serializers.CharField(required=False, max_length=120)


class PostLegOut(serializers.Serializer[Any]):
    """What became of one quote."""

    quote_id = serializers.CharField()
    status = serializers.ChoiceField(choices=LEG_STATUSES)
    payout = MoneySerializer()
    reasons = ReasonOut(many=True)


class PostOut(serializers.Serializer[Any]):
    """The lead as stored, and what it pays."""

    lead_id = serializers.CharField()
    status = serializers.ChoiceField(choices=LEAD_STATUSES)
    payout = MoneySerializer()
    legs = PostLegOut(many=True)
    reasons = ReasonOut(many=True)


_LEAD = {"zip": "78701", "scope": "replace", "home_ownership": "own", "timeframe": "immediately"}
_CONSENT = {"method": "checkbox", "text": "I agree to be called about my roof.", "captured_at": "2026-11-22T13:04:00Z"}
_CONTACT = {"first_name": "Ann", "last_name": "Lee", "phone": "+15125550123", "email": "ann.lee@example.com"}
_PAYOUT = {"amount": "33.20", "currency": "USD"}
_PING = {
    "source": "src_01k2j3h4g5f6e7d8c9b0a1z2y3",
    "vertical": "home.roofing",
    "lead": _LEAD,
    "behaviour": {"pages_viewed": 5, "time_on_site_seconds": 210, "comments": "roof is leaking, need someone today"},
    "contact_hints": {"area_code": "512", "phone_type": "mobile", "email_domain": "gmail.com"},
}


def in_three_kinds(name: str, root: str, body: dict[str, Any]) -> list[OpenApiExample]:
    """Show one body as JSON, as a form and as XML."""
    return [
        OpenApiExample(name, body, request_only=True),
        OpenApiExample(
            f"{name}, as a form", dict(flatten(body)), request_only=True, media_type="application/x-www-form-urlencoded"
        ),
        OpenApiExample(f"{name}, as XML", write_xml(root, body), request_only=True, media_type="application/xml"),
    ]


PING_EXAMPLES = [
    *in_three_kinds("A roofing lead", "ping", _PING),
    OpenApiExample(
        "Quoted",
        {
            "id": PING,
            "status": "quoted",
            "payout": _PAYOUT,
            "quotes": [
                {
                    "id": QUOTE,
                    "payout": _PAYOUT,
                    "pricing": "first_price",
                    "exclusive": True,
                    "advertiser": {"id": "org_01k2j3h4g5f6e7d8c9b0a1z2y3", "name": None},
                    "expires_at": "2026-11-22T13:06:00.000Z",
                }
            ],
            "reasons": [],
        },
        response_only=True,
        status_codes=["200"],
    ),
]
_SOLD = {
    "lead_id": "led_01k2j3h4g5f6e7d8c9b0a1z2y3",
    "status": "sold",
    "payout": _PAYOUT,
    "legs": [{"quote_id": QUOTE, "status": "sold", "payout": _PAYOUT, "reasons": []}],
    "reasons": [],
}
POST_EXAMPLES = [
    *in_three_kinds("The full lead", "post", {"ping_id": PING, "contact": _CONTACT, "consent": _CONSENT}),
    OpenApiExample("Sold", _SOLD, response_only=True, status_codes=["201"]),
]
LEAD_EXAMPLES = [
    *in_three_kinds("Direct", "lead", {**_PING, "contact": _CONTACT, "consent": _CONSENT, "external_id": "form-4711"}),
    OpenApiExample("Sold", _SOLD, response_only=True, status_codes=["201"]),
]
