"""Which legs an event has, and which events are refused."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.core.money import MICROS_MAX
from accounts.ledger.core import postings
from accounts.ledger.core.postings import AccountKind, AccountRef, EventKind, Leg, Posting, PostingError, check_balanced

WALLET = AccountRef(UUID(int=1), AccountKind.WALLET, "USD")
PAYABLE = AccountRef(UUID(int=2), AccountKind.PAYABLE, "USD")
MARGIN = AccountRef(UUID(int=3), AccountKind.MARGIN, "USD")
CASH = AccountRef(UUID(int=4), AccountKind.CASH, "USD")
PLAY_CASH = AccountRef(UUID(int=5), AccountKind.CASH, "XTS")


def sold(price: int = 25_000_000, payout: int = 20_000_000) -> Posting:
    return postings.capture(wallet=WALLET, payable=PAYABLE, margin=MARGIN, price_amount=price, payout_amount=payout)


def test_capture_has_three_legs() -> None:
    assert sold() == Posting(EventKind.CAPTURE, (Leg(WALLET, -25_000_000), Leg(PAYABLE, 20_000_000), Leg(MARGIN, 5_000_000)))


def test_capture_without_payout_has_two_legs() -> None:
    assert sold(payout=0).legs == (Leg(WALLET, -25_000_000), Leg(MARGIN, 25_000_000))


def test_refund_mirrors_its_capture() -> None:
    expected = (Leg(WALLET, 25_000_000), Leg(PAYABLE, -20_000_000), Leg(MARGIN, -5_000_000))
    assert postings.refund(sold()) == Posting(EventKind.REFUND, expected)


def test_refund_of_a_refund_is_refused() -> None:
    with pytest.raises(PostingError, match="only a capture can be refunded, not a refund"):
        postings.refund(postings.refund(sold()))


def test_deposit_and_payout_face_the_bank() -> None:
    assert postings.deposit(wallet=WALLET, cash=CASH, amount=7).legs == (Leg(CASH, -7), Leg(WALLET, 7))
    assert postings.payout(payable=PAYABLE, cash=CASH, amount=7).legs == (Leg(PAYABLE, -7), Leg(CASH, 7))


def test_adjustment_goes_both_ways() -> None:
    assert postings.adjustment(account=PAYABLE, margin=MARGIN, amount=-3).legs == (Leg(MARGIN, 3), Leg(PAYABLE, -3))


@pytest.mark.parametrize("amount", [0, -1, MICROS_MAX + 1])
def test_deposit_of_no_amount_is_refused(amount: int) -> None:
    with pytest.raises(PostingError, match=f"must lie between 1 and {MICROS_MAX} micros, not {amount}"):
        postings.deposit(wallet=WALLET, cash=CASH, amount=amount)


def test_wrong_kind_of_account_is_refused() -> None:
    with pytest.raises(PostingError, match="expected the account of kind wallet, got payable"):
        postings.deposit(wallet=PAYABLE, cash=CASH, amount=1)
    with pytest.raises(PostingError, match="not to margin"):
        postings.adjustment(account=MARGIN, margin=MARGIN, amount=1)


def test_currencies_never_mix() -> None:
    with pytest.raises(PostingError, match="cannot mix USD and XTS"):
        postings.deposit(wallet=WALLET, cash=PLAY_CASH, amount=1)


@pytest.mark.parametrize(
    ("legs", "words"),
    [
        ((), "at least two legs"),
        ((Leg(WALLET, 1),), "at least two legs"),
        ((Leg(WALLET, 0), Leg(CASH, 0)), "a leg of 0"),
        ((Leg(WALLET, 5), Leg(CASH, -4)), "add up to 1 micros"),
    ],
)
def test_unbalanced_legs_are_refused(legs: tuple[Leg, ...], words: str) -> None:
    with pytest.raises(PostingError, match=words):
        check_balanced(legs)
