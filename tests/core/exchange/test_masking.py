"""What a body shows in the request log: nothing about a person, no secret, and the form of each value."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.core.masking import DEPTH_MAX, TAKEN_OUT, TOO_DEEP, cover, mask

LEADS, MINE = "/api/v1/leads", "/api/v1/sources"
PERSON = {
    "source": "src_01k2j3h4g5f6e7d8c9b0a1z2y3",
    "lead": {"zip": "78701", "scope": "replace", "first_name": "Ann"},
    "contact": {"first_name": "Ann", "phone": "+15125550142", "age": 45, "address": {"city": "Austin", "lines": ["1 Main St"]}},
    "contact_hashes": {"phone_sha256": "a1b2"},
    "consent": {
        "method": "checkbox", "text": "Call me at 512-555-0199.", "ip": "203.0.113.77", "leadid_token": "9F-1",
        "certificate_url": "https://cert.example/abc",
    },
    "behaviour": {
        "pages_viewed": 5, "user_agent": "Mozilla/5.0", "ip": "2001:db8:1:2::3", "comments": "ring (512) 555-0142, thanks",
        "landing_page_url": "https://roofs.example/quote?utm_source=g&email=ann@example.com#top",
    },
    "consent_given": True,
    "external_id": None,
}  # fmt: skip
MASKED = {
    "source": "src_01k2j3h4g5f6e7d8c9b0a1z2y3",
    "lead": {"zip": "78701", "scope": "replace", "first_name": "***"},
    "contact": {"first_name": "***", "phone": "+***********", "age": "**", "address": {"city": "******", "lines": ["* **** **"]}},
    "contact_hashes": {"phone_sha256": "****"},
    "consent": {
        "method": "checkbox", "text": "Call me at 512-555-0199.", "ip": "203.0.113.0", "leadid_token": TAKEN_OUT,
        "certificate_url": "*****://****.*******/***",
    },
    "behaviour": {
        "pages_viewed": 5, "user_agent": "*******/*.*", "ip": "2001:db8:1::", "comments": "**** (***) ***-****, ******",
        "landing_page_url": "https://roofs.example/quote?utm_source=g…",
    },
    "consent_given": True,
    "external_id": None,
}  # fmt: skip


def test_a_lead_keeps_its_form_and_loses_its_person() -> None:
    assert mask(PERSON, LEADS) == MASKED


def test_nothing_is_changed_in_place() -> None:
    before = repr(PERSON)
    mask(PERSON, LEADS)
    assert repr(PERSON) == before


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"secret": "whsec_abc"}, {"secret": TAKEN_OUT}),
        ({"destination": {"headers": {"X-Crm": "k"}}}, {"destination": {"headers": {"X-Crm": TAKEN_OUT}}}),
        ({"client_secret": {"a": 1}}, {"client_secret": TAKEN_OUT}),
        (
            {"api_key": "k", "password": "p", "access_token": "t"},
            dict.fromkeys(("api_key", "password", "access_token"), TAKEN_OUT),
        ),
        ({"said": "my key is lx_live_0aZ9, ok"}, {"said": f"my key is {TAKEN_OUT}, ok"}),
        ({"said": "Authorization: Bearer abc.def"}, {"said": f"Authorization: {TAKEN_OUT}"}),
        ({"url": "https://u:p@crm.example/in?key=1"}, {"url": "https://crm.example/in…"}),
    ],
)
def test_secrets_are_taken_out(body: dict[str, Any], shown: dict[str, Any]) -> None:
    assert mask(body, MINE) == shown


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/sources", "/api/v1/campaigns/cmp_1", "/api/v1/webhooks"])
def test_the_name_of_a_thing_of_ones_own_is_shown(path: str) -> None:
    assert mask({"data": [{"name": "Main site", "first_name": "Ann"}]}, path) == {
        "data": [{"name": "Main site", "first_name": "***"}]
    }


@pytest.mark.parametrize("path", [LEADS, "/api/v1/pings", "/api/v1/posts", "/api/v1/mean", ""])
def test_elsewhere_a_name_is_that_of_a_person(path: str) -> None:
    assert mask({"name": "Ann Lee"}, path) == {"name": "*** ***"}


def test_a_key_may_be_personal_too() -> None:
    assert mask({"ann@example.com": 1}, LEADS) == {"***@*******.***": 1}


def test_what_is_not_an_object_is_masked_as_well() -> None:
    assert (mask("ann@example.com", ""), mask(7, ""), mask([None, False], "")) == ("***@*******.***", 7, [None, False])


def test_a_hostile_depth_ends() -> None:
    body: Any = "end"
    for _ in range(DEPTH_MAX + 10):
        body = [body]
    shown = mask(body, LEADS)
    for _ in range(DEPTH_MAX + 1):
        shown = shown[0]
    assert shown == TOO_DEEP


def test_a_cover_keeps_length_and_punctuation() -> None:
    assert cover("+1 (512) 555-0142 é") == "+* (***) ***-**** *"
