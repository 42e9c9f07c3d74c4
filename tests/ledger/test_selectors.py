"""Balances, pages and statements."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.core.errors import Problem
from accounts.ledger import services
from accounts.ledger.core.balances import Credit
from accounts.ledger.core.postings import AccountKind, EventKind
from accounts.ledger.selectors import get_account, get_balance, get_house_account, get_statement, list_entries
from accounts.tenancy import act_as
from tests.ledger.conftest import ACTOR, DOLLAR, NOON, Cast

pytestmark = pytest.mark.services


def test_a_wallet_has_credit_and_a_payable_has_none(cast: Cast) -> None:
    cast.deposit(100)
    cast.refund(cast.capture(price=25))
    cast.capture(price=30)
    with act_as(cast.advertiser.id):
        wallet = get_balance(account_id=cast.wallet)
    with act_as(cast.publisher.id):
        payable = get_balance(account_id=cast.payable)
    assert (wallet.balance_amount, wallet.credit) == (70 * DOLLAR, Credit(125 * DOLLAR, 55 * DOLLAR))
    assert (payable.balance_amount, payable.credit) == (20 * DOLLAR, None)


def test_entries_are_filtered_newest_first(cast: Cast) -> None:
    cast.deposit(100)
    cast.capture(price=25)
    cast.capture(price=30)
    with act_as(cast.advertiser.id):
        assert [entry.amount // DOLLAR for entry in list_entries()] == [-30, -25, 100]
        assert [entry.amount // DOLLAR for entry in list_entries(kind=EventKind.DEPOSIT)] == [100]
        assert list_entries(account_kind=AccountKind.PAYABLE).count() == 0


def test_a_statement_opens_where_the_last_one_closed(cast: Cast) -> None:
    for day, dollars in enumerate((10, 20, 40)):
        at = NOON + timedelta(days=day)
        services.deposit(idempotency_key=f"day {day}", account_id=cast.wallet, amount=dollars * DOLLAR, at=at, actor=ACTOR)
    cast.capture(price=5, payout=4)
    with act_as(cast.advertiser.id):
        first = get_statement(account_id=cast.wallet, since=NOON, until=NOON + timedelta(days=2))
        second = get_statement(account_id=cast.wallet, since=NOON + timedelta(days=2), until=NOON + timedelta(days=9))
    assert (first.opening_amount, first.closing_amount) == (0, 25 * DOLLAR)
    assert first.totals == {EventKind.DEPOSIT: 30 * DOLLAR, EventKind.CAPTURE: -5 * DOLLAR}
    assert (second.opening_amount, second.closing_amount) == (25 * DOLLAR, 65 * DOLLAR)
    assert second.totals == {EventKind.DEPOSIT: 40 * DOLLAR}


def test_accounts_are_found_by_owner_and_house(cast: Cast) -> None:
    found = get_account(organization_id=cast.advertiser.id, kind=AccountKind.WALLET, currency="USD")
    assert found == cast.accounts["wallet USD"]
    assert get_house_account(kind=AccountKind.MARGIN, currency="XTS") == cast.accounts["margin XTS"]
    with pytest.raises(Problem, match="not_found"):
        get_account(organization_id=cast.advertiser.id, kind=AccountKind.PAYABLE, currency="USD")
    with pytest.raises(Problem, match="not_found"):
        get_house_account(kind=AccountKind.WALLET, currency="USD")
