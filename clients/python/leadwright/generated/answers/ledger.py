"""What the exchange answers of ledger. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadwright.generated.answers.campaigns import Money

LedgerAccountKind = Literal["wallet", "payable", "margin", "cash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account; the last three only for a wallet."""

    id: str
    kind: LedgerAccountKind
    balance: Money
    """What the exchange owes you; below zero, what you owe it."""
    credit_limit: Money | None = None
    """How far the balance may go below zero."""
    spent: Money | None = None
    """The price of all leads bought, returned ones included."""
    unspent: Money | None = None
    """Balance and credit limit together; open quotes may hold a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The accounts of an organization."""

    accounts: list[Account]


LedgerEventKind = Literal["deposit", "capture", "refund", "adjustment", "payout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money on one account."""

    id: str
    event_id: str
    """Entries of one event carry the same id."""
    account_id: str
    account_kind: LedgerAccountKind
    kind: LedgerEventKind
    amount: Money
    """Above zero for you, below zero against you."""
    quote_id: str | None
    """The quote that was sold or returned."""
    occurred_at: datetime
