"""The closed list of reasons and its page."""

from __future__ import annotations

from pathlib import Path

from exchange.core.reasons import MEANINGS, Reason, as_markdown, public_form

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "reasons.md"


def test_every_reason_has_a_meaning_in_the_same_order() -> None:
    assert list(MEANINGS) == list(Reason)
    assert len(Reason) == 27


def test_page_is_fresh() -> None:
    assert PAGE.read_text() == as_markdown()


def test_a_publisher_never_learns_of_a_buyers_balance() -> None:
    assert public_form(Reason.INSUFFICIENT_BALANCE) is Reason.PAUSED
    assert [reason for reason in Reason if public_form(reason) is not reason] == [Reason.INSUFFICIENT_BALANCE]


def test_codes_are_the_wire_form() -> None:
    assert str(Reason.BELOW_FLOOR) == "below_floor"
    assert Reason("outbid") is Reason.OUTBID
