"""How the OpenAPI document describes LeadConduit's shape."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from accounts.core.errors import Problem
from accounts.core.explanations import EXPLANATIONS
from accounts.rest.bodies import answered
from accounts.rest.problems import CONTENT_TYPE
from accounts.rest.schemas import ProblemOut
from exchange.api.schemas import PING, in_three_kinds
from exchange.core.leadconduit import refusal

OUTCOMES = ("success", "failure", "error")


class FlatIn(serializers.Serializer[Any]):
    """LeadConduit's standard fields and the vertical's own by their names; others are left out."""

    vertical = serializers.CharField(required=False, help_text="only where the source sends several")
    lead_id = serializers.CharField(required=False, help_text="the vendor's id: the same id is sold once")
    ping_id = serializers.CharField(required=False, help_text="at submit: the ping_id (or lead.id) of the ping's answer")
    first_name = serializers.CharField(required=False)
    last_name = serializers.CharField(required=False)
    email = serializers.CharField(required=False)
    phone_1 = serializers.CharField(required=False)
    address_1 = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    postal_code = serializers.CharField(required=False)
    dob = serializers.CharField(required=False, help_text="MM/DD/YYYY or YYYY-MM-DD")
    ip_address = serializers.CharField(required=False)
    landing_page_url = serializers.CharField(required=False)
    trustedform_cert_url = serializers.CharField(required=False)
    consent_method = serializers.CharField(required=False)
    consent_text = serializers.CharField(required=False)
    consent_captured_at = serializers.DateTimeField(required=False)
    phone_1_sha256 = serializers.CharField(required=False, help_text="at ping: stands for the phone")
    email_sha256 = serializers.CharField(required=False, help_text="at ping: stands for the e-mail address")


class LeadIdOut(serializers.Serializer[Any]):
    """The id of the ping or of the lead."""

    id = serializers.CharField()


class OutcomeOut(serializers.Serializer[Any]):
    """success, failure (about this lead) or error (about anything else), with the reason in words."""

    outcome = serializers.ChoiceField(choices=OUTCOMES)
    reason = serializers.CharField(allow_blank=True)
    price = serializers.CharField(help_text='what the publisher is paid, in dollars: "33.20"')
    ping_id = serializers.CharField(required=False)
    code = serializers.CharField(required=False, help_text="of a refusal: stable; branch on this")
    lead = LeadIdOut(required=False)


BODIES: dict[Any, Any] = dict.fromkeys(("application/json", "application/x-www-form-urlencoded", "application/xml"), FlatIn)
_REFUSED = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
_KINDS = ("application/json", "application/xml")
# What never reaches this face is refused by the front, which knows only problem documents.
_FRONT = (400, 413, 503)
_BY_FRONT: dict[Any, Any] = {(status, CONTENT_TYPE): ProblemOut for status in _FRONT}
PING_ANSWERS: dict[Any, Any] = {(status, kind): OutcomeOut for status in (200, *_REFUSED) for kind in _KINDS} | _BY_FRONT
SUBMIT_ANSWERS: dict[Any, Any] = {(status, kind): OutcomeOut for status in (201, *_REFUSED) for kind in _KINDS} | _BY_FRONT

_PINGED = {"postal_code": "78701", "scope": "replace", "home_ownership": "own", "lead_id": "5f1c9a"}
_PRICED = {"outcome": "success", "reason": "", "price": "33.20", "ping_id": PING, "lead": {"id": PING}}
_SUBMITTED = {
    "ping_id": PING, "first_name": "Ann", "last_name": "Lee", "phone_1": "5125550123", "postal_code": "78701",
    "consent_method": "checkbox", "consent_text": "I agree to be called.", "consent_captured_at": "2026-11-22T13:04:00Z",
}  # fmt: skip
_SOLD = {"outcome": "success", "reason": "", "price": "33.20", "lead": {"id": "led_01k2j3h4g5f6e7d8c9b0a1z2y3"}}
_NOT_SOLD = {**_SOLD, "outcome": "failure", "reason": "duplicate", "price": "0.00"}


def _refused(status: int) -> list[OpenApiExample]:
    """Show one problem of a status in this face's words, and in those of the front."""
    told = next(one for one in EXPLANATIONS.values() if one.status == status)
    ours = answered(told.title, refusal(Problem(told.code, told.words.detail, told.words.errors)), str(status))
    plain = OpenApiExample(
        f"{told.title}, by the front", dict(told.example), response_only=True, status_codes=[str(status)], media_type=CONTENT_TYPE
    )
    return [ours, plain] if status in _FRONT else [ours]


_REFUSALS = [example for status in _REFUSED for example in _refused(status)]
PING_EXAMPLES: list[OpenApiExample] = [
    *in_three_kinds("A roofing lead", "lead", _PINGED),
    answered("A price", _PRICED),
    *_REFUSALS,
]
SUBMIT_EXAMPLES: list[OpenApiExample] = [
    *in_three_kinds("After a ping", "lead", _SUBMITTED),
    answered("Sold", _SOLD, "201"),
    answered("Not sold", _NOT_SOLD, "201"),
    *_REFUSALS,
]
