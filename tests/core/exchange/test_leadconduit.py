"""LeadConduit's flat fields as our bodies, and what its clients read."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.core.errors import CATALOGUE, FieldError, Problem, invalid
from campaigns.core.fields import parse_vertical
from exchange.core import leadconduit

PING, LEAD = "png_" + "0" * 26, "led_" + "1" * 26
VERTICAL = parse_vertical(
    {
        "slug": "made.up",
        "label": "Made up",
        "version": 1,
        "fields": {
            "zip": {"kind": "zip"},
            "scope": {"kind": "text"},
            "phone": {"kind": "text", "stage": "post"},
            "first_name": {"kind": "text", "stage": "post"},
            "street": {"kind": "text", "stage": "post"},
        },
    }
)
SAID = {
    "postal_code": "78701", "scope": "repair", "phone_1": "5125550123", "first_name": "Ann", "address_1": "1 Elm St",
    "phone_2": "5", "ip_address": "198.51.100.7", "landing_page_url": "https://a.example/x", "sub_id": "s1", "price": "3.5",
    "company": {"name": "X"},
    "trustedform_cert_url": "https://cert.trustedform.com/abc", "universal_leadid": "U", "consent_method": "button",
    "consent_unknown": "z",
}  # fmt: skip
CONSENT = {"certificate_url": "https://cert.trustedform.com/abc", "leadid_token": "U", "method": "button"}
CONTACT = {"phone": "5125550123", "first_name": "Ann", "street": "1 Elm St"}


def test_standard_fields_take_our_names() -> None:
    ping = {
        "source": "src_1", "vertical": "made.up", "lead": {"zip": "78701", "scope": "repair"}, "sub_id": "s1",
        "behaviour": {"ip": "198.51.100.7", "landing_page_url": "https://a.example/x"}, "consent": CONSENT,
    }  # fmt: skip
    assert leadconduit.ping_body(SAID, "src_1", VERTICAL) == ping
    said = {**SAID, "lead_id": "lc-1"}
    assert leadconduit.lead_body(said, "src_1", VERTICAL) == {**ping, "contact": CONTACT, "external_id": "lc-1"}
    assert leadconduit.post_body({**SAID, "ping_id": PING}, VERTICAL) == {
        "ping_id": PING, "contact": CONTACT, "lead": {"zip": "78701", "scope": "repair"}, "consent": CONSENT,
    }  # fmt: skip


def test_own_names_come_before_standard_ones_and_hashes_stand_for_the_contact() -> None:
    said = {"zip": "78702", "postal_code": "78701", "phone_1_sha256": "a", "email_md5": "b", "consent": {"text": "I agree."}}
    assert leadconduit.ping_body(said, "src_1", VERTICAL) == {
        "source": "src_1", "vertical": "made.up", "lead": {"zip": "78702"}, "consent": {"text": "I agree."},
        "contact_hashes": {"phone_sha256": "a", "email_md5": "b"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "vendor", "ping"),
    [
        ({"lead_id": "a", "id": "b"}, "a", ""),
        ({"lead": {"id": "c"}}, "c", ""),
        ({"lead": {"id": PING}, "id": "b"}, "b", PING),
        ({"ping_id": PING, "external_id": 7}, "7", PING),
        ({"id": PING}, "", PING),
        ({"lead": "x", "lead_id": ["y"], "ping_id": "other"}, "", ""),
        ({"lead_id": "x" * 200}, "x" * 120, ""),
        ({}, "", ""),
    ],
)
def test_ids_of_the_vendor_and_of_our_ping(said: dict[str, Any], vendor: str, ping: str) -> None:
    assert (leadconduit.vendor_id(said), leadconduit.ping_id(said)) == (vendor, ping)


def test_a_quote_is_a_success_with_its_price() -> None:
    quoted = {"id": PING, "status": "quoted", "payout": {"amount": "33.20", "currency": "USD"}, "reasons": []}
    assert leadconduit.ping_answer(quoted) == {
        "outcome": "success", "reason": "", "price": "33.20", "ping_id": PING, "lead": {"id": PING},
    }  # fmt: skip
    reasons = [{"code": "filtered", "detail": "x"}, {"code": "outbid"}, {"code": "filtered"}]
    nothing = {"id": PING, "status": "no_bid", "payout": {"amount": "0.00", "currency": "USD"}, "reasons": reasons}
    assert leadconduit.ping_answer(nothing) == {"outcome": "failure", "reason": "filtered, outbid", "price": "0.00"}


@pytest.mark.parametrize(
    ("status", "codes", "outcome", "reason"),
    [
        ("sold", [], "success", ""),
        ("sold", ["outbid"], "success", ""),
        ("queued", [], "success", ""),
        ("rejected", ["consent_missing"], "failure", "consent_missing"),
        ("duplicate", [], "failure", "duplicate"),
    ],
)
def test_a_lead_is_a_success_when_it_is_sold(status: str, codes: list[str], outcome: str, reason: str) -> None:
    body = {"lead_id": LEAD, "status": status, "payout": {"amount": "1.00"}, "reasons": [{"code": code} for code in codes]}
    assert leadconduit.submit_answer(body) == {"outcome": outcome, "reason": reason, "price": "1.00", "lead": {"id": LEAD}}


def test_wrong_fields_are_a_failure_in_leadconduits_words() -> None:
    errors = [FieldError("/lead/zip", "required", "zip is required."), FieldError("/contact/phone", "invalid", "No phone.")]
    errors += [
        FieldError("/consent/text", "x", "Long."),
        FieldError("/lead/cars/0/year", "x", "Old."),
        FieldError("", "x", "All."),
    ]
    assert leadconduit.refusal(invalid(errors)) == {
        "outcome": "failure", "price": "0.00", "code": "invalid_request",
        "reason": "postal_code: zip is required.; phone_1: No phone.; consent.text: Long.; cars.0.year: Old.; body: All.",
    }  # fmt: skip


def test_every_problem_has_an_outcome() -> None:
    outcomes = {code: leadconduit.refusal(Problem(code, "Because."))["outcome"] for code in CATALOGUE}
    assert {code for code, outcome in outcomes.items() if outcome == "failure"} == {
        "invalid_request", "idempotency_key_reused", "quote_used", "quote_expired",
    }  # fmt: skip
    assert leadconduit.refusal(Problem("unauthenticated", "Because."))["reason"] == "Because."
