"""A wrong shape is named by pointer and code, in words that say what to send."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from exchange.intake.bodies import PingBody, PostBody
from exchange.intake.wording import explain

PING = {"source": "src_1", "vertical": "home.roofing", "lead": {}}
POST = {"ping_id": "png_1", "contact": {}}
INSTANT = "Must be an instant with its offset, such as 2026-11-22T13:05:09Z."
WRONG: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "text for a number": ({"max_sales": "3"}, "/max_sales", "wrong_type", "Must be a whole number, not text."),
    "a fraction": ({"max_sales": 1.5}, "/max_sales", "wrong_type", "Must be a whole number, not a fraction."),
    "too little": ({"max_sales": 0}, "/max_sales", "out_of_range", "Must be 1 or more."),
    "too much": ({"max_sales": 99}, "/max_sales", "out_of_range", "Must be 10 or less."),
    "a float beyond": (
        {"behaviour": {"pages_viewed": 1e9}}, "/behaviour/pages_viewed", "out_of_range", "Must be 1,000,000 or less.",
    ),
    "a long text": ({"sub_id": "x" * 121}, "/sub_id", "too_long", "At most 120 characters."),
    "many entries": ({"touchpoints": [{"channel": "a"}] * 51}, "/touchpoints", "too_many", "At most 50 entries."),
    "a choice inside": (
        {"behaviour": {"device": "fridge"}}, "/behaviour/device", "not_a_choice",
        "Must be one of desktop, mobile, tablet, other.",
    ),
    "a choice": ({"kind": "letter"}, "/kind", "not_a_choice", "Must be one of form, call, click_to_call."),
    "an area code": (
        {"contact_hints": {"area_code": "12"}}, "/contact_hints/area_code", "malformed", "Must be three digits, such as 512.",
    ),
    "a state": (
        {"contact_hints": {"ip_state": "tx"}}, "/contact_hints/ip_state", "malformed", "Must be two capital letters, such as TX.",
    ),
    "an amount": (
        {"min_price": {"amount": "1,5", "currency": "USD"}}, "/min_price/amount", "malformed",
        "Must be an amount, such as 12.50.",
    ),
    "a short text": (
        {"min_price": {"amount": "1", "currency": "US"}}, "/min_price/currency", "too_short", "At least 3 characters.",
    ),
    "no instant": ({"touchpoints": [{"channel": "a", "at": "yesterday"}]}, "/touchpoints/0/at", "wrong_type", INSTANT),
    "no offset": ({"touchpoints": [{"channel": "a", "at": "2026-01-01T00:00:00"}]}, "/touchpoints/0/at", "wrong_type", INSTANT),
    "a field is missing": ({"touchpoints": [{}]}, "/touchpoints/0/channel", "required", "channel is required."),
    "a list for an object": ({"lead": []}, "/lead", "wrong_type", "Must be an object, not a list."),
    "null": ({"source": None}, "/source", "wrong_type", "Must be text, not null."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_ping_is_explained(case: str) -> None:
    extra, pointer, code, detail = WRONG[case]
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({**PING, **extra}, PingBody)
    found = explain(str(refused.value), PingBody)
    assert (found.pointer, found.code, found.detail) == (pointer, code, detail)


def test_no_quote_is_too_few() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({**POST, "quote_ids": []}, PostBody)
    found = explain(str(refused.value), PostBody)
    assert (found.pointer, found.code) == ("/quote_ids", "too_few")


def test_what_msgspec_may_say_one_day_is_passed_on_without_its_quotes() -> None:
    found = explain("Something `new` is wrong - at `$.lead[3].zip`", PingBody)
    assert (found.pointer, found.code, found.detail) == ("/lead/3/zip", "invalid", "Something new is wrong.")
