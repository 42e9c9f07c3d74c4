"""Reads of the ledger. What a tenant reads runs inside its own door; what the market reads enters the exchange's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce, TruncDate

from accounts.core.errors import not_found
from accounts.ledger.core.balances import Credit
from accounts.ledger.core.postings import AccountKind, AccountRef, EventKind
from accounts.ledger.models import HOUSE, Account, Entry
from accounts.tenancy import act_as_exchange

WHY = "the market reads every account"


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account as others see it."""

    id: UUID
    organization_id: UUID
    kind: AccountKind
    currency: str
    credit_limit_amount: int

    @property
    def ref(self) -> AccountRef:
        """The account as the rules of posting see it."""
        return AccountRef(self.id, self.kind, self.currency)


@dataclass(frozen=True, slots=True)
class Balance:
    """An account with what its entries add up to, in micros; `credit` is None unless it is a wallet."""

    account: AccountFacts
    balance_amount: int
    credit: Credit | None


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """What the market's counters are told about one wallet, in micros. Only a newer version may replace an older one."""

    account_id: UUID
    credit: int
    spent: int
    version: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over a period: since <= occurred_at < until; totals by kind of event, in micros."""

    account: AccountFacts
    opening_amount: int
    closing_amount: int
    totals: dict[EventKind, int]


def facts_of(row: Account) -> AccountFacts:
    """Take the facts of a row."""
    return AccountFacts(row.id, row.organization_id, AccountKind(row.kind), row.currency, row.credit_limit_amount)


def get_account(*, organization_id: UUID, kind: AccountKind, currency: str) -> AccountFacts:
    """Find an organization's account; raises Problem not_found."""
    with act_as_exchange(WHY):
        row = Account.objects.filter(organization_id=organization_id, kind=kind, currency=currency).first()
    if row is None:
        raise not_found("account")
    return facts_of(row)


def get_house_account(*, kind: AccountKind, currency: str) -> AccountFacts:
    """Find the exchange's own margin or cash account; raises Problem not_found."""
    with act_as_exchange(WHY):
        row = Account.objects.filter(kind=kind, currency=currency).filter(kind__in=HOUSE).first()
    if row is None:
        raise not_found("account of the exchange")
    return facts_of(row)


def list_balances() -> tuple[Balance, ...]:
    """List the accounts of the organization inside whose door we stand, with their balances."""
    return tuple(_balance(row) for row in Account.objects.order_by("kind", "currency"))


def get_balance(*, account_id: UUID) -> Balance:
    """Give one account's balance inside the present door; raises Problem not_found for unknown and foreign accounts."""
    row = Account.objects.filter(id=account_id).first()
    if row is None:
        raise not_found("account")
    return _balance(row)


def _balance(row: Account) -> Balance:
    sums = Entry.objects.filter(account_id=row.id).aggregate(balance=_total(Q()), captured=_total(Q(kind=EventKind.CAPTURE)))
    account, balance = facts_of(row), sums["balance"]
    if account.kind is not AccountKind.WALLET:
        return Balance(account, balance, None)
    return Balance(account, balance, Credit(balance - sums["captured"] + row.credit_limit_amount, -sums["captured"]))


def _total(condition: Q) -> Coalesce:
    return Coalesce(Cast(Sum("amount", filter=condition), BigIntegerField()), 0)


def list_entries(*, kind: EventKind | None = None, account_kind: AccountKind | None = None) -> QuerySet[Entry]:
    """Give the entries inside the present door, newest first, to be cut into pages by id."""
    entries: QuerySet[Entry] = Entry.objects.select_related("account").order_by("-id")
    if kind is not None:
        entries = entries.filter(kind=kind)
    if account_kind is not None:
        entries = entries.filter(account__kind=account_kind)
    return entries


def get_statement(*, account_id: UUID, since: datetime, until: datetime) -> Statement:
    """Sum up one account over a period inside the present door; raises Problem not_found for unknown and foreign accounts."""
    row = Account.objects.filter(id=account_id).first()
    if row is None:
        raise not_found("account")
    entries = Entry.objects.filter(account_id=account_id)
    opening = entries.filter(occurred_at__lt=since).aggregate(total=_total(Q()))["total"]
    period = entries.filter(occurred_at__gte=since, occurred_at__lt=until)
    totals = {EventKind(kind): int(total) for kind, total in period.order_by("kind").values_list("kind").annotate(Sum("amount"))}
    return Statement(facts_of(row), opening, opening + sum(totals.values()), totals)


def earnings_by_day(*, account_kind: AccountKind, currency: str, since: datetime) -> dict[date, int]:
    """Sum sales and returns inside the present door by UTC day from `since` on, in micros, as the account sees them."""
    moved = Entry.objects.filter(
        account__kind=account_kind, currency=currency, occurred_at__gte=since, kind__in=(EventKind.CAPTURE, EventKind.REFUND)
    )
    days = moved.annotate(day=TruncDate("occurred_at", tzinfo=UTC)).order_by("day").values_list("day").annotate(Sum("amount"))
    return {day: int(amount) for day, amount in days}


@dataclass(frozen=True, slots=True)
class KindTotal:
    """All accounts of one kind in one currency together."""

    currency: str
    kind: AccountKind
    accounts: int
    amount: int


def list_totals(*, currency: str) -> tuple[KindTotal, ...]:
    """Sum up the books by kind of account; together they are 0. Needs the exchange's door."""
    counts = dict(Account.objects.filter(currency=currency).order_by("kind").values_list("kind").annotate(Count("id")))
    sums = dict(Entry.objects.filter(currency=currency).order_by().values_list("account__kind").annotate(Sum("amount")))
    return tuple(KindTotal(currency, AccountKind(kind), n, int(sums.get(kind) or 0)) for kind, n in sorted(counts.items()))


def list_books(*, currency: str) -> tuple[tuple[AccountFacts, int], ...]:
    """List every account with its balance in micros, the largest amounts first. Needs the exchange's door."""
    sums = dict(Entry.objects.filter(currency=currency).order_by().values_list("account_id").annotate(Sum("amount")))
    made = ((facts_of(row), int(sums.get(row.id) or 0)) for row in Account.objects.filter(currency=currency).order_by("id"))
    return tuple(sorted(made, key=lambda one: (one[0].kind, -abs(one[1]))))


_CREDIT = """
SELECT account.id, account.credit_limit_amount + coalesce(sum(entry.amount) FILTER (WHERE entry.kind <> 'capture'), 0)::bigint,
       coalesce(-sum(entry.amount) FILTER (WHERE entry.kind = 'capture'), 0)::bigint, account.credit_version
FROM ledger_account account LEFT JOIN ledger_entry entry ON entry.account_id = account.id
WHERE account.kind = 'wallet' AND (%(everyone)s OR account.id = ANY(%(ids)s)) AND account.credit_version > %(since)s
GROUP BY account.id ORDER BY account.credit_version, account.id
"""


def list_credit(*, account_ids: Iterable[UUID] | None = None, since_version: int = -1) -> tuple[CreditFacts, ...]:
    """List the credit of all wallets, or of some, whose version is newer than `since_version`; oldest change first.

    Versions come from one counter and are committed in its order, so polling with the last version seen misses nothing. It is one
    statement: the numbers of a wallet belong together.
    """
    parameters: dict[str, Any] = {"everyone": account_ids is None, "ids": list(account_ids or ()), "since": since_version}
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_CREDIT, parameters)
        return tuple(CreditFacts(*row) for row in cursor.fetchall())
