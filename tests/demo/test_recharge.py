"""An advertiser of the demo pays in again before its wallet runs dry, once a minute at most, and nobody else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.models import Account
from accounts.ledger.selectors import get_account, get_balance
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from demo.cast import read_plans
from demo.recharge import BELOW_AMOUNT, RECHARGE_AMOUNT, recharge
from tests.cast import Member, join

pytestmark = [pytest.mark.services, pytest.mark.django_db]
AT = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def members(db: None) -> dict[str, Member]:
    return {plan.slug: join(plan.slug, plan.kind) for plan in read_plans(demo=True)}


def balance(member: Member) -> int:
    with act_as_exchange("look"):
        account = get_account(organization_id=member.organization_id, kind=AccountKind.WALLET, currency="USD")
        return get_balance(account_id=account.id).balance_amount


def pay_in(member: Member, amount: int) -> None:
    account = get_account(organization_id=member.organization_id, kind=AccountKind.WALLET, currency="USD")
    ledger.deposit(idempotency_key=f"test {account.id}", account_id=account.id, amount=amount, at=AT, actor="system:test")


def test_who_has_little_left_pays_in_once_a_minute(members: dict[str, Member]) -> None:
    pay_in(members["summit-exteriors"], BELOW_AMOUNT)
    pay_in(members["northside-college"], BELOW_AMOUNT - 10_000)
    plans = read_plans(demo=True)
    # Lone Star Roofing has nothing at all; Summit Exteriors has just enough.
    assert [recharge(plans, at=AT), recharge(plans, at=AT + timedelta(seconds=29))] == [2, 0]
    assert balance(members["lone-star-roofing"]) == RECHARGE_AMOUNT
    assert balance(members["northside-college"]) == RECHARGE_AMOUNT + BELOW_AMOUNT - 10_000
    assert balance(members["summit-exteriors"]) == BELOW_AMOUNT
    assert balance(members["house"]) == 0


def test_it_is_in_the_books_and_in_the_trail(members: dict[str, Member]) -> None:
    recharge(read_plans(demo=True), at=AT)
    owner = members["lone-star-roofing"].organization_id
    with act_as_exchange("look"):
        trail = AuditEntry.objects.filter(organization_id=owner, verb="ledger.deposit").values_list("actor", "changes__amount")
        assert list(trail) == [("system:demo", "250000.00")]
        assert Account.objects.filter(organization_id=owner).count() == 1
