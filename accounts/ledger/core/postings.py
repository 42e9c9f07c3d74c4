"""Business events as balanced legs.

Sign convention, one for all accounts: an amount is what the exchange owes because of it. Positive credits the account, negative
debits it: a wallet or a payable above zero is money the exchange owes its owner, margin above zero is what the exchange earned,
and cash stands below zero by exactly what is in the bank. The legs of every event add up to 0 in one currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.core.money import MICROS_MAX


class AccountKind(StrEnum):
    """What an account stands for; a credit limit is a property of a wallet, never an account."""

    WALLET = "wallet"  # an advertiser's prepaid money: a liability of the exchange
    PAYABLE = "payable"  # what a publisher has earned and was not yet paid: a liability of the exchange
    MARGIN = "margin"  # what the exchange keeps
    CASH = "cash"  # clearing towards the bank: minus what is there


class EventKind(StrEnum):
    """The closed list of things that move money."""

    DEPOSIT = "deposit"
    CAPTURE = "capture"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"
    PAYOUT = "payout"


class PostingError(ValueError):
    """An event that cannot be written in the books as given."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account as the rules see it."""

    id: UUID
    kind: AccountKind
    currency: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an event: micros that credit (above 0) or debit (below 0) an account."""

    account: AccountRef
    amount: int


@dataclass(frozen=True, slots=True)
class Posting:
    """An event with its balanced legs, in the order debit to credit of the story it tells."""

    kind: EventKind
    legs: tuple[Leg, ...]

    @property
    def currency(self) -> str:
        """The one currency of all legs."""
        return self.legs[0].account.currency


@dataclass(frozen=True, slots=True)
class Capture:
    """A sale as the market hands it over: by quote, by accounts, in micros. The margin is what the payout leaves of the price."""

    quote_id: UUID
    advertiser_account_id: UUID
    publisher_account_id: UUID
    price_amount: int
    payout_amount: int
    at: datetime


def deposit(*, wallet: AccountRef, cash: AccountRef, amount: int) -> Posting:
    """An advertiser pays in: the wallet grows, the bank holds the money."""
    _expect(wallet, AccountKind.WALLET)
    _expect(cash, AccountKind.CASH)
    _positive("deposit", amount)
    return _posting(EventKind.DEPOSIT, Leg(cash, -amount), Leg(wallet, amount))


def capture(*, wallet: AccountRef, payable: AccountRef, margin: AccountRef, price_amount: int, payout_amount: int) -> Posting:
    """A lead is sold: the wallet pays, the publisher earns the payout, the exchange keeps the rest; 0 <= payout <= price."""
    _expect(wallet, AccountKind.WALLET)
    _expect(payable, AccountKind.PAYABLE)
    _expect(margin, AccountKind.MARGIN)
    accounts = {account.kind: account for account in (wallet, payable, margin)}
    amounts = capture_amounts(price_amount, payout_amount)
    return _posting(EventKind.CAPTURE, *(Leg(accounts[kind], amount) for kind, amount in amounts.items()))


def capture_amounts(price_amount: int, payout_amount: int) -> dict[AccountKind, int]:
    """Give what a sale moves on each kind of account, without the zeros; raises PostingError unless 0 <= payout <= price."""
    _positive("price", price_amount)
    if not 0 <= payout_amount <= price_amount:
        raise PostingError(f"a payout of {payout_amount} micros does not lie between 0 and the price of {price_amount}")
    moved = (
        (AccountKind.WALLET, -price_amount),
        (AccountKind.PAYABLE, payout_amount),
        (AccountKind.MARGIN, price_amount - payout_amount),
    )
    return {kind: amount for kind, amount in moved if amount}


def refund(captured: Posting) -> Posting:
    """A sale is returned: every leg of its capture is reversed, the charge as well as the payout."""
    if captured.kind is not EventKind.CAPTURE:
        raise PostingError(f"only a capture can be refunded, not a {captured.kind}")
    return _posting(EventKind.REFUND, *(Leg(leg.account, -leg.amount) for leg in captured.legs))


def adjustment(*, account: AccountRef, margin: AccountRef, amount: int) -> Posting:
    """The operator corrects a wallet or a payable, up or down, at the cost or gain of the margin."""
    if account.kind not in (AccountKind.WALLET, AccountKind.PAYABLE):
        raise PostingError(f"an adjustment is made to a wallet or a payable, not to {account.kind}")
    _expect(margin, AccountKind.MARGIN)
    _positive("adjustment", abs(amount))
    return _posting(EventKind.ADJUSTMENT, Leg(margin, -amount), Leg(account, amount))


def payout(*, payable: AccountRef, cash: AccountRef, amount: int) -> Posting:
    """A publisher is paid: the payable shrinks, the money leaves the bank."""
    _expect(payable, AccountKind.PAYABLE)
    _expect(cash, AccountKind.CASH)
    _positive("payout", amount)
    return _posting(EventKind.PAYOUT, Leg(payable, -amount), Leg(cash, amount))


def check_balanced(legs: Iterable[Leg]) -> None:
    """Raise PostingError unless there are two legs or more, in one currency, none of them 0, with the sum 0."""
    given = tuple(legs)
    if len(given) < 2:
        raise PostingError("an event has at least two legs")
    currencies = sorted({leg.account.currency for leg in given})
    if len(currencies) > 1:
        raise PostingError(f"one event cannot mix {' and '.join(currencies)}")
    if any(leg.amount == 0 for leg in given):
        raise PostingError("a leg of 0 says nothing: leave it out")
    total = sum(leg.amount for leg in given)
    if total:
        raise PostingError(f"the legs add up to {total} micros, not to 0")


def _posting(kind: EventKind, *legs: Leg) -> Posting:
    moved = tuple(leg for leg in legs if leg.amount)
    check_balanced(moved)
    return Posting(kind, moved)


def _expect(account: AccountRef, kind: AccountKind) -> None:
    if account.kind is not kind:
        raise PostingError(f"expected the account of kind {kind}, got {account.kind}")


def _positive(what: str, amount: int) -> None:
    if not 0 < amount <= MICROS_MAX:
        raise PostingError(f"the {what} must lie between 1 and {MICROS_MAX} micros, not {amount}")
