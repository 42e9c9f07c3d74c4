"""Webhook verification: the published vector, another library as oracle, and everything that must not pass."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from leadwright import BadSignature, Event, read_event, verify

PUBLISHED = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 32
AT = 1614265330
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": str(AT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_the_published_vector_verifies() -> None:
    verify(BODY, HEADERS, PUBLISHED, now=AT)
    verify(BODY, {name.title(): value for name, value in HEADERS.items()}, [OTHER, PUBLISHED], now=AT + 300)
    rotated = {**HEADERS, "webhook-signature": "v1,bm90aGluZw== v1a,x " + HEADERS["webhook-signature"]}
    verify(BODY, rotated, PUBLISHED, now=AT - 300)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"webhook-id": "msg_other"}, "no signature fits"),
        ({"webhook-timestamp": str(AT + 1)}, "no signature fits"),
        ({"webhook-timestamp": "soon"}, "no time in Unix seconds"),
        ({"webhook-timestamp": str(AT - 301)}, "more than 300 s"),
        ({"webhook-signature": ""}, "no signature fits"),
        ({"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF="}, "no signature fits"),
        ({"webhook-signature": "v1,ümlaut"}, "no signature fits"),
    ],
)
def test_what_was_changed_is_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadSignature, match=words):
        verify(BODY, {**HEADERS, **change}, PUBLISHED, now=AT)


def test_another_body_another_secret_and_a_missing_header_are_refused() -> None:
    for body, headers, secret in ((BODY + b" ", HEADERS, PUBLISHED), (BODY, HEADERS, OTHER), (BODY, {}, PUBLISHED)):
        with pytest.raises(BadSignature):
            verify(body, headers, secret, now=AT)


def test_a_secret_that_is_none_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify(BODY, HEADERS, "hunter2!", now=AT)


@given(st.binary(min_size=24, max_size=64), st.text(st.characters(codec="utf-8"), max_size=200))
def test_whatever_another_library_signs_verifies(key: bytes, text: str) -> None:
    secret, body = "whsec_" + base64.b64encode(key).decode(), json.dumps(text)
    signature = Webhook(secret).sign("evt_1", datetime.fromtimestamp(AT, UTC), body)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(AT), "webhook-signature": signature}
    verify(body.encode(), headers, secret, now=AT)


def test_an_event_is_read() -> None:
    said = {"id": "evt_1", "type": "lead.sold", "timestamp": "2026-11-22T13:05:09.120Z", "data": {"sale_id": "sal_1"}}
    body, now = json.dumps(said), datetime.now(UTC)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = Webhook(PUBLISHED).sign("evt_1", now, body)
    at = datetime(2026, 11, 22, 13, 5, 9, 120000, tzinfo=UTC)
    assert read_event(body.encode(), headers, PUBLISHED) == Event("evt_1", "lead.sold", at, {"sale_id": "sal_1"})
