"""Personal data in a ping: found where it is, not seen where it is not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.verticals import load_verticals
from exchange.core import privacy
from exchange.core.privacy import ERRORS_MAX, personal_data_in, strip_url, truncate_ip

CLEAN: dict[str, Any] = {
    "source": "src_01kanyj8m0e3t8kq5v7x9y2z4b",
    "sub_id": "2125550123",
    "sub_id2": "aff-415-555-2671",
    "vertical": "mortgage.refinance",
    "kind": "click_to_call",
    "lead": {
        "zip": "78701",
        "state": "TX",
        "loan_amount": 4155550123,
        "property_value": "1,250,000.00",
        "drivers": [{"gender": "f", "licence_status": "valid", "age_band": "35-44"}],
        "vehicles": [{"year": 2019, "make": "Ford", "model": "F-150"}],
        "insurer": {"name": "Acme Mutual"},
        "home_ownership": "own",
    },
    "behaviour": {
        "landing_page_url": "https://shop.example/a/logo@2x.png?utm_source=news&email=ann@example.com",
        "referrer": "https://medium.com/@writer/story-4155552671",
        "device": "mobile",
        "user_agent": "Mozilla/5.0 (Linux; Android 14; SM-S901B) Contact/admin@bot.example 415-555-2671",
        "ip": "203.0.113.77",
        "events": [{"action": "scroll", "name": "hero", "at": "2026-11-22T13:05:09.123Z"}],
        "mobile": True,
        "comments": "Leaks since 2024-10-12, 2,500 sq ft, zip 78701-1234, budget $25,000 to 30000, order 1763816400123.",
        "session_id": "4111111111111111",
    },
    "touchpoints": [{"channel": "mail", "campaign": "23847561234560123", "name": "Spring", "at": "2026-11-20T10:00:00Z"}],
    "consent": {
        "method": "checkbox",
        "text": "Call 800-555-0199 or write to privacy@acme.example to opt out.",
        "text_id": "5125550123",
        "captured_at": "2026-11-22T13:05:00Z",
        "sellers": [{"name": "Acme Roofing"}],
        "certificate_url": "https://cert.trustedform.com/4111111111111111",
    },
    "contact_hashes": {"phone_sha256": "ab" * 32, "email_md5": "12345678901234567890123456789012"},
    "phone_type": "mobile",
    "Do Not Email": "No",
    "phone_verified": True,
    "email_domain": "gmail.com",
    "phone": None,
    "email": "",
    "min_price": {"amount": "4155.50", "currency": "USD"},
    "external_id": "1M8GDM9AXKP042788",
    "jornaya_lead_id": "01234567-89ab-cdef-0123-456789abcdef",
    "ip_address": "203.0.113.77",
    "utm_name": "spring sale",
}


def test_a_clean_ping_is_clean() -> None:
    assert personal_data_in(CLEAN) == ()


@pytest.mark.parametrize(
    ("body", "pointer", "kind"),
    [
        ({"lead": {"first_name": "Ann"}}, "/lead/first_name", "name"),
        ({"lead": {"lastName": "Lee"}}, "/lead/lastName", "name"),
        ({"lead": {"name": "Ann Lee"}}, "/lead/name", "name"),
        ({"drivers": [{}, {"full-name": "Ann"}]}, "/drivers/1/full-name", "name"),
        ({"lead": {"phone": "5125550123"}}, "/lead/phone", "phone"),
        ({"phone": 5125550123}, "/phone", "phone"),
        ({"lead": {"PrimaryPhone": "x"}}, "/lead/PrimaryPhone", "phone"),
        ({"phone_2": "5125550123"}, "/phone_2", "phone"),
        ({"mobile": "5125550123"}, "/mobile", "phone"),
        ({"caller_id": "+15125550123"}, "/caller_id", "phone"),
        ({"workEmail": "nobody"}, "/workEmail", "email"),
        ({"EMAIL": "ann@example.com"}, "/EMAIL", "email"),
        ({"a/b": {"street": "12 Oak"}}, "/a~1b/street", "address"),
        ({"address": {"line": "12 Oak"}}, "/address", "address"),
        ({"street_address": "12 Oak"}, "/street_address", "address"),
        ({"birth_date": "1980-02-03"}, "/birth_date", "birth date"),
        ({"dateOfBirth": "1980-02-03"}, "/dateOfBirth", "birth date"),
        ({"dob": "02/03/1980"}, "/dob", "birth date"),
        ({"vehicles": [{"vin": "1"}]}, "/vehicles/0/vin", "vehicle number"),
        ({"ssn": "x"}, "/ssn", "national id"),
        ({"drivers_license_number": "X123"}, "/drivers_license_number", "national id"),
        ({"card_number": "x"}, "/card_number", "account number"),
    ],
)
def test_found_by_key(body: dict[str, Any], pointer: str, kind: str) -> None:
    errors = personal_data_in(body)
    assert [(error.pointer, error.code) for error in errors] == [(pointer, "personal_data")]
    assert errors[0].detail.startswith(f"A ping carries no personal data ({kind}). ")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Call me at 512-555-0123 after 5", "phone"),
        ("ring (512) 555-0123.", "phone"),
        ("ring (512)555-0123", "phone"),
        ("my cell: 5125550123", "phone"),
        ("1.512.555.0123", "phone"),
        ("reach me on +44 20 7946 0958 please", "phone"),
        ("tel:+15125550123", "phone"),
        ("ann.lee@example.com", "email"),
        ("write to ANN_LEE+x@mail.example.co.uk, thanks", "email"),
        ("ann (at) example (dot) com", "email"),
        ("ann [at] example.com", "email"),
        ("my ssn 123-45-6789", "national id"),
        ("123 45 6789 is my number", "national id"),
        ("SSN: 123456789", "national id"),
        ("car 1M8GDM9AXKP042788 is mine", "vehicle number"),
        ("1m8gdm9axkp042788", "vehicle number"),
        ("card 4111 1111 1111 1111 exp 1/28", "account number"),
        ("5555-5555-5555-4444", "account number"),
        ("amex 378282246310005", "account number"),
    ],
)
def test_found_by_pattern(text: str, kind: str) -> None:
    errors = personal_data_in({"behaviour": {"comments": text}})
    assert [error.pointer for error in errors] == ["/behaviour/comments"]
    assert errors[0].detail.startswith(f"A ping carries no personal data ({kind}). ")
    assert text not in errors[0].detail


@pytest.mark.parametrize(
    "body",
    [
        {"sub_id": "ann@example.com"},
        {"landing_page_url": "https://shop.example/u/ann@example.com"},
        {"landing_page_url": "https://shop.example/?utm_content=ann%40example.com"},
        {"touchpoints": [{"campaign": "mail to ann@example.com"}]},
        {"anything": ["deep", [{"note": "5125550123"}]]},
        {"headline": "https://shop.example 512-555-0123"},
    ],
)
def test_found_in_odd_places(body: dict[str, Any]) -> None:
    assert [error.code for error in personal_data_in(body)] == ["personal_data"]


@pytest.mark.parametrize(
    "text",
    [
        "78701 78702 78703",
        "12345-6789",
        "loan of $4155550123",
        "4155550123.50",
        "2026-11-22 13:05:09.123456",
        "20261122130509",
        "1763816400",
        "0123456789",
        "555-1234",
        "000-12-3456",
        "4111 1111 1111 1112",
        "1M8GDM9AXKP042789 is not a vehicle",
        "3 bedrooms, 2 baths, 1800 sqft, 45 x 30",
        "v1.2.3-4.5.6 build 20240101",
        "icon@2x.png",
        "meet @ noon",
        "00000000-0000-4000-8000-000000000000",
        "between 200000 and 300000 USD",
    ],
)
def test_no_false_alarm(text: str) -> None:
    assert personal_data_in({"behaviour": {"comments": text}}) == ()


def test_no_field_that_a_ping_may_carry_is_an_alarm() -> None:
    fields = [
        (vertical.slug, field)
        for vertical in load_verticals().values()
        for field in vertical.fields.values()
        if field.stage == "ping"
    ]
    for slug, field in fields:
        for value in (*field.choices, "yes", "some words", 250_000, "250000", True):
            assert personal_data_in({"vertical": slug, "lead": {field.name: value}}) == ()


def test_many_places_are_cut_off_in_order() -> None:
    errors = personal_data_in({"rows": [{"phone": "1"} for _ in range(100)]})
    assert [error.pointer for error in errors] == [f"/rows/{place}/phone" for place in range(ERRORS_MAX)]


def test_a_personal_container_is_named_once() -> None:
    assert [error.pointer for error in personal_data_in({"phone": ["5125550123", "5125550124"]})] == ["/phone"]


def test_hostile_bodies_cost_little() -> None:
    deep: Any = {"phone": "x"}
    for _ in range(20_000):
        deep = [deep]
    texts = [
        "a@" * 30_000,
        "1" * 60_000,
        "(512) " * 10_000,
        "1 " * 30_000,
        "a" * 60_000 + "@",
        "@a." * 20_000,
        "x [at] " * 9_000,
        "http://" + "a" * 60_000,
    ]
    started = time.perf_counter()
    assert [error.code for error in personal_data_in({"deep": deep})] == ["personal_data"]
    for text in texts:
        personal_data_in({"comments": text})
    assert time.perf_counter() - started < 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_body_gets_an_answer(value: Any) -> None:
    errors = personal_data_in({"lead": value})
    assert all(json.dumps(error.as_json()) for error in errors)


KEYS = st.sampled_from(["comments", "phone", "phone_sha256", "name", "insurer", "mobile", "user_agent", "sub_id", "note", "x"])
TEXTS = st.sampled_from(
    [
        "512-555-0123",
        "5125550123",
        "ann@example.com",
        "ann (at) example.com",
        "1M8GDM9AXKP042788",
        "123-45-6789",
        "a%40b.co",
        "ok",
    ]
) | st.text(st.sampled_from("0123456789 -.@ax(t)"), max_size=24)


@given(st.recursive(TEXTS | st.none(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12))
def test_the_quick_look_misses_nothing(value: Any) -> None:
    body = {"lead": value, "consent": {"text": value}}
    assert personal_data_in(body) == privacy._every_place(body)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("203.0.113.77", "203.0.113.0"),
        (" 203.0.113.77 ", "203.0.113.0"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("203.0.113", None),
        ("", None),
    ],
)
def test_truncate_ip(text: str, cut: str | None) -> None:
    assert truncate_ip(text) == cut


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "https://a.example/x/y?utm_source=g&email=a%40b.co&utm_term=new+roof#top",
            "https://a.example/x/y?utm_source=g&utm_term=new+roof",
        ),
        ("http://user:pass@A.example:8080/p", "http://a.example:8080/p"),
        ("https://[2001:db8::1]/p?x=1", "https://[2001:db8::1]/p"),
        ("https://a.example", "https://a.example"),
        ("https://a.example/a b/%41", "https://a.example/a%20b/%41"),
        ("ftp://a.example/x", None),
        ("javascript:alert(1)", None),
        ("https://a.example:99999/", None),
        ("https://[bad/", None),
        ("", None),
        ("https://a.example/" + "x" * 2048, None),
    ],
)
def test_strip_url(text: str, kept: str | None) -> None:
    assert strip_url(text) == kept
