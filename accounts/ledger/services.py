"""Writes of the ledger: one transaction each, one event per key of idempotency, audited, announced to the market.

A repeated key with the same legs gives the first event again; with other legs it raises Problem idempotency_key_reused.
Amounts are micros; `actor` is as in accounts.audit.record. The market registers what it wants to hear in the two lists of hooks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode
from accounts.core.money import text_from_micros
from accounts.ledger import inserts
from accounts.ledger.core import postings
from accounts.ledger.core.postings import AccountKind, Capture, EventKind, Leg, Posting, PostingError
from accounts.ledger.models import HOUSE, Account, Entry, Event
from accounts.ledger.selectors import AccountFacts, CreditFacts, facts_of, get_balance, get_house_account, list_credit
from accounts.selectors import get_organization
from accounts.tenancy import act_as_exchange

KEY_LENGTH_MAX = 120
MEMO_LENGTH_MAX = 200
_LOCK_OF_CREDIT = 0x6C656467  # one lock for all changes of credit: versions are committed in order

Made = TypeVar("Made")
CreditHook = Callable[[tuple[CreditFacts, ...]], None]

on_credit_changed: list[CreditHook] = []
"""Called after the commit with the new credit. A failure is logged; the poller of list_credit(since_version=...) repairs it."""

before_credit_decrease: list[CreditHook] = []
"""Called before a decrease commits. Raises Problem("conflict", ...) when open quotes still hold the money: nothing is written."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The event behind a key; `replayed` says that it was written by an earlier call."""

    event_id: UUID
    replayed: bool


OPENED = {
    "advertiser": (AccountKind.WALLET,),
    "publisher": (AccountKind.PAYABLE,),
    "both": (AccountKind.WALLET, AccountKind.PAYABLE),
    "operator": (AccountKind.MARGIN, AccountKind.CASH),
}


def open_accounts(*, organization_id: UUID, actor: str) -> tuple[AccountFacts, ...]:
    """Open the accounts of an organization's kind in its market's currency, and those of its sandbox twin; safe to repeat."""
    owner = get_organization(organization_id=organization_id)
    twins = () if owner.sandbox_id is None else (get_organization(organization_id=owner.sandbox_id),)
    with act_as_exchange("accounts are opened for an organization"):
        for facts in (owner, *twins):
            currency = "USD" if facts.mode == "live" else "XTS"
            for kind in OPENED[facts.kind]:
                _open(facts.id, kind, currency, actor)
        wanted = [facts.id for facts in (owner, *twins)]
        return tuple(facts_of(row) for row in Account.objects.filter(organization_id__in=wanted).order_by("currency", "kind"))


def _open(organization_id: UUID, kind: AccountKind, currency: str, actor: str) -> None:
    if kind in HOUSE and Account.objects.filter(kind=kind, currency=currency).exclude(organization_id=organization_id).exists():
        raise Problem("conflict", f"The exchange has its {kind} account in {currency} already.")
    row, created = Account.objects.get_or_create(organization_id=organization_id, kind=kind, currency=currency)
    if created:
        _audit(facts_of(row), actor, "ledger.account_opened", {"kind": kind.value, "currency": currency})


def deposit(*, idempotency_key: str, account_id: UUID, amount: int, at: datetime, actor: str, memo: str = "") -> Recorded:
    """Book money that an advertiser paid in."""
    with act_as_exchange("the exchange books a deposit"):
        wallet = _locked(account_id)
        cash = get_house_account(kind=AccountKind.CASH, currency=wallet.currency)
        posting = _posted(lambda: postings.deposit(wallet=wallet.ref, cash=cash.ref, amount=amount))
        return _book(posting, wallet, key=_own_key(idempotency_key), at=at, actor=actor, memo=memo)


def adjust(*, idempotency_key: str, account_id: UUID, amount: int, at: datetime, actor: str, memo: str) -> Recorded:
    """Correct a wallet or a payable, up or down; a wallet never below what it has spent."""
    with act_as_exchange("the operator adjusts a balance"):
        account = _locked(account_id)
        margin = get_house_account(kind=AccountKind.MARGIN, currency=account.currency)
        posting = _posted(lambda: postings.adjustment(account=account.ref, margin=margin.ref, amount=amount))
        return _book(posting, account, key=_own_key(idempotency_key), at=at, actor=actor, memo=memo)


def pay_out(*, idempotency_key: str, account_id: UUID, amount: int, at: datetime, actor: str, memo: str = "") -> Recorded:
    """Book money that was paid to a publisher, never more than it has earned."""
    with act_as_exchange("the exchange pays a publisher"):
        payable = _locked(account_id)
        cash = get_house_account(kind=AccountKind.CASH, currency=payable.currency)
        posting = _posted(lambda: postings.payout(payable=payable.ref, cash=cash.ref, amount=amount))
        return _book(posting, payable, key=_own_key(idempotency_key), at=at, actor=actor, memo=memo)


def capture(
    *,
    quote_id: UUID,
    advertiser_account_id: UUID,
    publisher_account_id: UUID,
    price_amount: int,
    payout_amount: int,
    at: datetime,
    actor: str,
) -> Recorded:
    """Book one sale outside the post's own transaction; the post itself uses inserts.insert_captures."""
    sale = Capture(quote_id, advertiser_account_id, publisher_account_id, price_amount, payout_amount, at)
    with act_as_exchange("a sale moves money of two organizations"):
        header = _posted(lambda: inserts.header_of_capture(sale))
        account = facts_of(_account(advertiser_account_id))
        recorded = _insert(header)
        if not recorded.replayed:
            changes = {"quote": encode("quote", quote_id), "price": text_from_micros(price_amount)}
            _audit(account, actor, "ledger.capture", changes)
        return recorded


def refund(*, idempotency_key: str, quote_id: UUID, at: datetime, actor: str, memo: str = "") -> Recorded:
    """Reverse a sale, charge and payout; raises Problem not_found when the quote was not sold, conflict when refunded before."""
    with act_as_exchange("a return moves money of two organizations"):
        _lock_credit()
        sold = Event.objects.filter(kind=EventKind.CAPTURE, quote_id=quote_id).first()
        if sold is None:
            raise not_found("sale")
        legs = _legs_of(sold)
        posting = postings.refund(Posting(EventKind.CAPTURE, legs))
        wallet = _locked(next(leg.account.id for leg in legs if leg.account.kind is AccountKind.WALLET))
        key = _own_key(idempotency_key)
        return _book(posting, wallet, key=key, at=at, actor=actor, memo=memo, quote_id=quote_id, reverses_id=sold.id)


def set_credit_limit(*, account_id: UUID, credit_limit_amount: int, actor: str) -> int:
    """Set how far a wallet may go below zero; gives the credit version. Raises Problem conflict when more is used already."""
    if credit_limit_amount < 0:
        raise invalid([FieldError("/credit_limit", "out_of_range", "Give 0 or more.")])
    with act_as_exchange("the operator sets a credit limit"):
        account = _locked(account_id)
        if account.kind is not AccountKind.WALLET:
            raise invalid([FieldError("/account_id", "wrong_kind", "Only an advertiser's wallet has a credit limit.")])
        before = account.credit_limit_amount
        if before == credit_limit_amount:
            return int(Account.objects.values_list("credit_version", flat=True).get(id=account_id))
        Account.objects.filter(id=account_id).update(credit_limit_amount=credit_limit_amount)
        changes = {"before": text_from_micros(before), "after": text_from_micros(credit_limit_amount)}
        _audit(account, actor, "ledger.credit_limit_set", changes)
        return _announce(account, decrease=credit_limit_amount < before)


def announce_credit(*, account_id: UUID) -> int:
    """Tell the market a wallet's credit again, as a new version: when a decrease was announced whose transaction then failed."""
    with act_as_exchange("the market hears the credit again"):
        return _announce(_locked(account_id), decrease=False)


def _book(
    posting: Posting,
    account: AccountFacts,
    *,
    key: str,
    at: datetime,
    actor: str,
    memo: str,
    quote_id: UUID | None = None,
    reverses_id: UUID | None = None,
) -> Recorded:
    """Insert the event, audit it, and announce what it does to the credit of the locked account."""
    if len(memo) > MEMO_LENGTH_MAX:
        raise invalid([FieldError("/memo", "too_long", f"Give at most {MEMO_LENGTH_MAX} characters.")])
    header = inserts.header_of(posting, key=key, at=at, memo=memo, quote_id=quote_id, reverses_id=reverses_id)
    recorded = _insert(header)
    if recorded.replayed:
        return recorded
    moved = sum(leg.amount for leg in posting.legs if leg.account.id == account.id)
    changes = {"event": encode("event", recorded.event_id), "amount": text_from_micros(moved), "currency": account.currency}
    _audit(account, actor, f"ledger.{posting.kind}", changes)
    if account.kind is AccountKind.WALLET:
        _announce(account, decrease=moved < 0)
    elif posting.kind is EventKind.PAYOUT:
        _refuse_overdraft(account)
    return recorded


def _insert(header: inserts.Header) -> Recorded:
    with connection.cursor() as cursor:
        written = _posted(lambda: inserts.insert(cursor, (header,)), "/account_id")
    return Recorded(header.id, replayed=False) if written else _replay(header)


def _replay(header: inserts.Header) -> Recorded:
    """Give the event that kept this one out; it is committed, because the insertion waited for it."""
    first = Event.objects.filter(idempotency_key=header.key).first()
    if first is None:
        raise Problem("conflict", "This sale has been refunded before, under another key.")
    wanted = sorted((leg_account or _margin_of(first), amount) for leg_account, _, amount in header.legs)
    stored = sorted((leg.account.id, leg.amount) for leg in _legs_of(first))
    if (first.kind, first.reverses_id, stored) != (header.kind, header.reverses_id, wanted):
        raise Problem("idempotency_key_reused", f"The key {header.key!r} belongs to another movement of money; use a new key.")
    return Recorded(first.id, replayed=True)


def _margin_of(event: Event) -> UUID:
    currency = Entry.objects.filter(event=event).values_list("currency", flat=True)[0]
    return get_house_account(kind=AccountKind.MARGIN, currency=currency).id


def _legs_of(event: Event) -> tuple[Leg, ...]:
    rows = Entry.objects.select_related("account").filter(event=event).order_by("id")
    return tuple(Leg(facts_of(row.account).ref, row.amount) for row in rows)


def _account(account_id: UUID) -> Account:
    row = Account.objects.filter(id=account_id).first()
    if row is None:
        raise not_found("account")
    return row


def _lock_credit() -> None:
    """Take the lock that every change of credit takes first, so that two of them can neither overtake nor deadlock each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_OF_CREDIT])


def _locked(account_id: UUID) -> AccountFacts:
    """Lock an account's row against other changes of its credit; sales on it go on."""
    _lock_credit()
    row = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if row is None:
        raise not_found("account")
    return facts_of(row)


def _announce(account: AccountFacts, *, decrease: bool) -> int:
    """Take the next version, refuse to go below what is used, and tell the market before (a decrease) and after the commit."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET credit_version = nextval('ledger_credit_version') WHERE id = %s", [account.id])
    facts = list_credit(account_ids=[account.id])
    if decrease:
        short = facts[0].spent - facts[0].credit
        if short > 0:
            words = f"The wallet has spent {text_from_micros(short)} {account.currency} more than this would leave."
            raise Problem("conflict", words)
        for hook in before_credit_decrease:
            hook(facts)
    for hook in on_credit_changed:
        _tell_after_commit(hook, facts)
    return facts[0].version


def _tell_after_commit(hook: CreditHook, facts: tuple[CreditFacts, ...]) -> None:
    def tell() -> None:
        hook(facts)

    # Robust: a market that cannot listen does not turn a committed deposit into an error.
    transaction.on_commit(tell, robust=True)


def _refuse_overdraft(account: AccountFacts) -> None:
    owed = get_balance(account_id=account.id).balance_amount
    if owed < 0:
        raise Problem("conflict", f"This is {text_from_micros(-owed)} {account.currency} more than the publisher has earned.")


def _posted(make: Callable[[], Made], pointer: str = "/amount") -> Made:
    try:
        return make()
    except PostingError as error:
        raise invalid([FieldError(pointer, "invalid", f"{str(error).capitalize()}.")]) from error


def _own_key(key: str) -> str:
    """Check a caller's key: 1 to 120 characters, not one of those that belong to sales."""
    if not 0 < len(key) <= KEY_LENGTH_MAX or key.startswith("capture:"):
        words = f"Give 1 to {KEY_LENGTH_MAX} characters that do not begin with capture:."
        raise invalid([FieldError("/idempotency_key", "invalid", words)])
    return key


def _audit(account: AccountFacts, actor: str, verb: str, changes: dict[str, str]) -> None:
    audit.record(
        organization_id=account.organization_id, actor=actor, verb=verb, subject=encode("account", account.id), changes=changes
    )
