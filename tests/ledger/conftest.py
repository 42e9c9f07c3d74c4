"""An operator, an advertiser and a publisher with their accounts, in a database that really commits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from accounts.core.ids import uuid7
from accounts.ledger import services
from accounts.ledger.core.balances import Credit
from accounts.ledger.core.postings import AccountKind, Capture
from accounts.ledger.selectors import AccountFacts, get_balance, list_credit
from accounts.models import Organization
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ACTOR = "system:test"
DOLLAR = 1_000_000
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cast:
    """Who moves money in a test."""

    operator: Organization
    advertiser: Organization
    publisher: Organization
    accounts: dict[str, AccountFacts]

    @property
    def wallet(self) -> UUID:
        return self.accounts["wallet USD"].id

    @property
    def payable(self) -> UUID:
        return self.accounts["payable USD"].id

    def deposit(self, dollars: int = 100, key: str = "first deposit") -> services.Recorded:
        return services.deposit(idempotency_key=key, account_id=self.wallet, amount=dollars * DOLLAR, at=NOON, actor=ACTOR)

    def sale(self, price: int = 25, payout: int = 20, quote_id: UUID | None = None) -> Capture:
        return Capture(quote_id or uuid7(), self.wallet, self.payable, price * DOLLAR, payout * DOLLAR, NOON)

    def capture(self, price: int = 25, payout: int = 20, quote_id: UUID | None = None) -> UUID:
        """Book a sale and give its quote."""
        sale = self.sale(price, payout, quote_id)
        services.capture(
            quote_id=sale.quote_id, advertiser_account_id=self.wallet, publisher_account_id=self.payable,
            price_amount=sale.price_amount, payout_amount=sale.payout_amount, at=NOON, actor=ACTOR,
        )  # fmt: skip
        return sale.quote_id

    def refund(self, quote_id: UUID, key: str = "first return") -> services.Recorded:
        return services.refund(idempotency_key=key, quote_id=quote_id, at=NOON, actor=ACTOR)

    def balances(self) -> dict[str, int]:
        """Give the balances of the live accounts in whole dollars."""
        with act_as_exchange("a test looks at all balances"):
            live = {name.split()[0]: facts for name, facts in self.accounts.items() if facts.currency == "USD"}
            return {name: get_balance(account_id=facts.id).balance_amount // DOLLAR for name, facts in live.items()}

    def credit(self) -> Credit:
        """Give credit and spent of the live wallet in whole dollars."""
        facts = list_credit(account_ids=[self.wallet])[0]
        return Credit(facts.credit // DOLLAR, facts.spent // DOLLAR)


def written() -> tuple[int, int, int]:
    """Count events, entries and audit entries: what a denied action must leave alone."""
    with act_as_exchange("a test counts rows"):
        return tuple(scalar(f"SELECT count(*) FROM {table}") for table in ("ledger_event", "ledger_entry", "accounts_auditentry"))  # type: ignore[return-value]


def scalar(sql: str, *arguments: Any, using: str = "default") -> Any:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchone()[0]


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let a test commit, and take away what it wrote as the owner of the tables, who alone may switch the triggers off."""
    with django_db_blocker.unblock():
        yield
        with connections["owner"].cursor() as cursor:
            tables = ("ledger_entry", "ledger_event", "accounts_auditentry")
            cursor.execute("; ".join(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
            cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))
            cursor.execute("DELETE FROM ledger_account")
            cursor.execute("; ".join(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
            cursor.execute("DELETE FROM accounts_apikey; DELETE FROM accounts_organization WHERE live_id IS NOT NULL")
            cursor.execute("DELETE FROM accounts_organization")
        connections.close_all()


@pytest.fixture
def cast(committed: None) -> Cast:
    made = {
        kind: create_organization(name=kind, slug=f"{kind}-{next(_numbers)}", kind=kind, actor=ACTOR)
        for kind in ("operator", "advertiser", "publisher")
    }
    opened = [facts for owner in made.values() for facts in services.open_accounts(organization_id=owner.id, actor=ACTOR)]
    accounts = {f"{facts.kind} {facts.currency}": facts for facts in opened}
    assert set(accounts) == {f"{kind} {currency}" for kind in AccountKind for currency in ("USD", "XTS")}
    return Cast(made["operator"], made["advertiser"], made["publisher"], accounts)
