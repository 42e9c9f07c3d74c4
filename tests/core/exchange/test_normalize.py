"""Normal forms of contact fields."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.errors import FieldError
from exchange.core import normalize


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("(512) 555-0123", "+15125550123"),
        ("512.555.0123", "+15125550123"),
        ("1-512-555-0123", "+15125550123"),
        ("+1 512 555 0123 x45", "+15125550123"),
        ("  5125550123 ", "+15125550123"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_phone(typed: str, normal: str) -> None:
    assert normalize.phone(typed) == normal


@pytest.mark.parametrize(
    "typed", ["555-555-1234", "212555", "0000000000", "no phone", "5" * 41, "+1", "512555****", "51255*50123"]
)
def test_phone_that_cannot_exist(typed: str) -> None:
    found = normalize.phone(typed, pointer="/contact/phone")
    assert isinstance(found, FieldError)
    assert (found.pointer, found.code) == ("/contact/phone", "invalid_phone")
    assert typed not in found.detail


def test_email_is_lower_case_and_trimmed() -> None:
    assert normalize.email(" Ann.Lee@Example.COM ") == "ann.lee@example.com"
    assert normalize.email("José@exämple.com") == "josé@exämple.com"


@pytest.mark.parametrize("typed", ["ann.lee", "a@localhost", "a@b..com", "a b@example.com", "x" * 250 + "@example.com"])
def test_email_that_cannot_exist(typed: str) -> None:
    found = normalize.email(typed)
    assert isinstance(found, FieldError)
    assert (found.pointer, found.code) == ("/contact/email", "invalid_email")


@pytest.mark.parametrize(
    "call", [normalize.phone, normalize.email, normalize.street, lambda text: normalize.name(text, pointer="/x")]
)
@pytest.mark.parametrize("nothing", ["", "  ", "\t\n"])
def test_nothing_is_required_not_invalid(call, nothing) -> None:
    assert call(nothing).code == "required"


def test_name_keeps_its_letters_and_loses_needless_spaces() -> None:
    assert normalize.name("  Mary-Jane  O’Neil\u200b Ph.D ", pointer="/n") == "Mary-Jane O’Neil Ph.D"
    assert normalize.name("Jose\u0301", pointer="/n") == "José"
    assert normalize.name("李小龍", pointer="/n") == "李小龍"


@pytest.mark.parametrize(("typed", "code"), [("<b>Ann</b>", "invalid_name"), ("12345", "invalid_name"), ("a" * 101, "too_long")])
def test_name_that_is_none(typed: str, code: str) -> None:
    found = normalize.name(typed, pointer="/contact/first_name")
    assert isinstance(found, FieldError)
    assert (found.pointer, found.code) == ("/contact/first_name", code)


def test_street() -> None:
    assert normalize.street(" 12  Oak Street, Apt #4 ") == "12 Oak Street, Apt #4"
    assert normalize.street("{}").code == "invalid_street"
    assert normalize.street("x" * 201).code == "too_long"


def test_address_form_ignores_writing() -> None:
    forms = {
        normalize.address_form(text, zip_code) for text, zip_code in [("12 Oak Street", "78701"), ("12  OAK ST.", "78701-1234")]
    }
    assert forms == {"12 oak st|78701"}
    assert normalize.address_form("12 Oak Avenue", "78701") == "12 oak ave|78701"
    assert normalize.address_form("", "78701") == ""
    assert normalize.address_form("12 Oak Street", " ") == ""


def test_digest_is_of_the_published_form() -> None:
    assert normalize.digest("+15125550123") == hashlib.sha256(b"+15125550123").hexdigest()
    assert normalize.digest("ann.lee@example.com", "md5") == hashlib.md5(b"ann.lee@example.com").hexdigest()
    assert normalize.digest("ann.lee@example.com", "sha1") == hashlib.sha1(b"ann.lee@example.com").hexdigest()
    with pytest.raises(ValueError, match="empty"):
        normalize.digest("")


@given(st.text(max_size=60))
def test_normal_forms_are_fixed_points(text: str) -> None:
    for call in (normalize.phone, normalize.email, normalize.street, lambda value: normalize.name(value, pointer="/n")):
        first = call(text)
        if isinstance(first, str):
            assert call(first) == first
