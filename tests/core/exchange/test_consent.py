"""Reading a consent and the basic policy."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchange.core.consent import ConsentFacts, decide, names_advertiser, read_consent
from exchange.core.reasons import Reason

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
TEXT = "By ticking this box I agree to be called by Acme Roofing at the number given."
FULL: dict[str, Any] = {
    "method": "checkbox",
    "text": TEXT,
    "text_id": "roof-7",
    "form_version": "12",
    "page_url": "https://roofs.example/quote?utm_source=x",
    "sellers": ["Acme Roofing, Inc.", {"id": "org_x", "name": "Best Roofs"}],
    "channels": ["call", "text"],
    "purpose": "roofing offers",
    "page_loaded_at": "2026-11-22T06:58:00-06:00",
    "captured_at": "2026-11-22T12:59:00Z",
    "submitted_at": "2026-11-22T12:59:01Z",
    "expires_at": "2026-12-22T12:59:01Z",
    "zone": "America/Chicago",
    "session_seconds": 61.9,
    "ip": "203.0.113.9",
    "user_agent": "Mozilla/5.0",
    "certificate_url": "https://cert.trustedform.com/0123456789abcdef",
    "leadid_token": "C0FFEE00-0000-0000-0000-000000000000",
    "recording_id": "rec-1",
    "language": "en",
}
GOOD = ConsentFacts(method="checkbox", text_id="roof-7", captured_at=AT - timedelta(minutes=1))


def test_reads_every_field() -> None:
    consent, errors = read_consent(FULL, at=AT)
    assert errors == ()
    assert consent is not None
    assert consent.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert consent.page_domain == "roofs.example"
    assert consent.sellers == ("Acme Roofing, Inc.", "Best Roofs")
    assert consent.page_loaded_at == datetime(2026, 11, 22, 12, 58, tzinfo=UTC)
    assert consent.session_seconds == 61
    shown = consent.as_json()
    assert set(shown) == set(FULL) | {"text_sha256", "page_domain"}
    assert shown["page_loaded_at"] == "2026-11-22T12:58:00.000Z"
    assert shown["channels"] == ["call", "text"]


def test_absent_is_absent() -> None:
    assert read_consent(None, at=AT) == (None, ())
    assert read_consent({}, at=AT) == (ConsentFacts(), ())
    assert read_consent({"method": None, "text": "", "sellers": []}, at=AT) == (ConsentFacts(), ())
    assert ConsentFacts().as_json() == {}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"method": "telepathy"}, "/consent/method", "invalid_choice"),
        ({"method": ["checkbox"]}, "/consent/method", "invalid_choice"),
        ({"text": 5}, "/consent/text", "invalid_type"),
        ({"text": "x" * 10_001}, "/consent/text", "too_long"),
        ({"text": "a\x00b"}, "/consent/text", "invalid_text"),
        ({"text_sha256": "abc"}, "/consent/text_sha256", "invalid_hash"),
        ({"text_sha256": "0" * 64}, "/consent/text_sha256", "contradiction"),
        ({"captured_at": "yesterday"}, "/consent/captured_at", "invalid_time"),
        ({"captured_at": "2026-11-22T12:59:00"}, "/consent/captured_at", "invalid_time"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "/consent/captured_at", "invalid_time"),
        ({"captured_at": 1763816400}, "/consent/captured_at", "invalid_time"),
        ({"captured_at": "2026-11-22T13:06:00Z"}, "/consent/captured_at", "in_future"),
        ({"page_url": "javascript:alert(1)"}, "/consent/page_url", "invalid_url"),
        ({"certificate_url": "https://[bad"}, "/consent/certificate_url", "invalid_url"),
        ({"sellers": "Acme"}, "/consent/sellers", "invalid_type"),
        ({"sellers": [1]}, "/consent/sellers", "invalid_type"),
        ({"sellers": ["a"] * 101}, "/consent/sellers", "too_long"),
        ({"channels": ["fax"]}, "/consent/channels", "invalid_choice"),
        ({"session_seconds": True}, "/consent/session_seconds", "invalid_number"),
        ({"session_seconds": -1}, "/consent/session_seconds", "invalid_number"),
        ({"session_seconds": float("nan")}, "/consent/session_seconds", "invalid_number"),
        ({"tick/ed": "yes"}, "/consent/tick~1ed", "unknown_field"),
    ],
)
def test_malformed_fields_are_named(change: dict[str, Any], pointer: str, code: str) -> None:
    consent, errors = read_consent({**FULL, **change}, at=AT)
    assert consent is None
    assert [(error.pointer, error.code) for error in errors] == [(pointer, code)]


def test_every_error_at_once() -> None:
    _, errors = read_consent({"method": 1, "captured_at": "x", "colour": "red"}, at=AT)
    assert [error.pointer for error in errors] == ["/consent/method", "/consent/captured_at", "/consent/colour"]
    assert read_consent([1], at=AT)[1][0].code == "invalid_type"


def _reasons(consent: ConsentFacts | None, **options: Any) -> tuple[Reason, ...]:
    defaults: dict[str, Any] = {"policy": "basic", "advertiser_names": ["Acme Roofing Inc"], "age_days_max": 30, "at": AT}
    return decide(consent, **{**defaults, **options})


def test_good_consent_is_allowed() -> None:
    assert _reasons(GOOD) == ()


@pytest.mark.parametrize("lacking", [{"method": ""}, {"text_id": ""}, {"captured_at": None}])
def test_incomplete_consent_is_missing(lacking: dict[str, Any]) -> None:
    assert _reasons(replace(GOOD, **lacking)) == (Reason.CONSENT_MISSING,)
    assert _reasons(None) == (Reason.CONSENT_MISSING,)


def test_age() -> None:
    assert _reasons(replace(GOOD, captured_at=AT - timedelta(days=30))) == ()
    assert _reasons(replace(GOOD, captured_at=AT - timedelta(days=30, microseconds=1))) == (Reason.CONSENT_EXPIRED,)
    assert _reasons(replace(GOOD, expires_at=AT)) == (Reason.CONSENT_EXPIRED,)
    assert _reasons(replace(GOOD, expires_at=AT + timedelta(microseconds=1))) == ()


def test_one_to_one_must_name_the_advertiser() -> None:
    named = replace(GOOD, sellers=("Best Roofs", "ACME  Roofing, Inc."))
    assert _reasons(named, policy="one_to_one") == ()
    assert _reasons(named, policy="one_to_one", advertiser_names=["Other Roofs"]) == (Reason.CONSENT_SCOPE,)
    assert _reasons(GOOD, policy="one_to_one") == (Reason.CONSENT_SCOPE,)
    assert _reasons(GOOD, policy="one_to_one", advertiser_names=[""]) == (Reason.CONSENT_SCOPE,)
    assert _reasons(GOOD, policy="basic", advertiser_names=[]) == ()


def test_a_brand_name_counts_as_the_advertiser() -> None:
    assert names_advertiser(["Roof Pros"], ["Acme Roofing Inc", "Roof Pros!"])
    assert not names_advertiser(["Acme"], ["Acme Roofing Inc"])
    assert not names_advertiser(["..."], ["!!!"])


def test_channel() -> None:
    by_mail = replace(GOOD, channels=("email",))
    assert _reasons(by_mail, channel="call") == (Reason.CONSENT_SCOPE,)
    assert _reasons(by_mail, channel="email") == ()
    assert _reasons(GOOD, channel="call") == ()
    assert _reasons(by_mail) == ()


def test_both_reasons_are_told() -> None:
    old = replace(GOOD, captured_at=AT - timedelta(days=99))
    assert _reasons(old, policy="one_to_one") == (Reason.CONSENT_EXPIRED, Reason.CONSENT_SCOPE)


def test_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown consent policy"):
        _reasons(GOOD, policy="none")
