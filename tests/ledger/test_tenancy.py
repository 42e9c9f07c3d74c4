"""An organization sees its own accounts and entries, nobody else's, and writes none."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection

from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.ledger.models import Account, Entry, Event
from accounts.ledger.selectors import get_balance, get_statement, list_balances, list_entries
from accounts.tenancy import act_as
from tests.ledger.conftest import DOLLAR, NOON, Cast, scalar, written

pytestmark = pytest.mark.services


@pytest.fixture
def sold(cast: Cast) -> Cast:
    cast.deposit(100)
    cast.capture(price=25, payout=20)
    return cast


def amounts(organization_id: UUID) -> list[int]:
    with act_as(organization_id):
        return [entry.amount // DOLLAR for entry in list_entries()]


def test_each_side_sees_its_own_leg(sold: Cast) -> None:
    assert sorted(amounts(sold.advertiser.id)) == [-25, 100]
    assert amounts(sold.publisher.id) == [20]
    assert sorted(amounts(sold.operator.id)) == [-100, 5]
    assert amounts(uuid7()) == []


def test_row_level_security_stands_without_the_managers(sold: Cast) -> None:
    # Raw SQL passes the scoped managers by; the policies remain.
    for organization_id, entries, accounts in ((sold.advertiser.id, 2, 1), (sold.publisher.id, 1, 1), (uuid7(), 0, 0)):
        with act_as(organization_id):
            assert scalar("SELECT count(*) FROM ledger_entry") == entries
            assert scalar("SELECT count(*) FROM ledger_account") == accounts


def test_the_managers_stand_without_a_door(sold: Cast) -> None:
    with pytest.raises(Exception, match="scope"):
        Entry.objects.count()
    with pytest.raises(Exception, match="scope"):
        Account.objects.count()


def test_headers_are_for_the_exchange(sold: Cast) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), act_as(sold.advertiser.id):
        Event.objects.count()


def test_balances_of_others_are_unknown(sold: Cast) -> None:
    with act_as(sold.advertiser.id):
        mine = list_balances()
        assert [(one.account.id, one.balance_amount // DOLLAR) for one in mine] == [(sold.wallet, 75)]
        with pytest.raises(Problem, match="not_found"):
            get_balance(account_id=sold.payable)
        with pytest.raises(Problem, match="not_found"):
            get_statement(account_id=sold.payable, since=NOON, until=NOON)


def _insert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_entry SELECT * FROM ledger_entry")


def _raise_limit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET credit_limit_amount = 1000000000")


def _delete() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_entry")


def _take_a_version() -> None:
    scalar("SELECT nextval('ledger_credit_version')")


@pytest.mark.parametrize("change", [_insert, _raise_limit, _delete, _take_a_version])
def test_a_tenant_writes_nothing(sold: Cast, change: Callable[[], None]) -> None:
    before = written()
    with pytest.raises(ProgrammingError, match="permission denied"), act_as(sold.advertiser.id):
        change()
    assert written() == before
    assert sold.balances()["wallet"] == 75
