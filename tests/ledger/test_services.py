"""What each service books, that a repeated key books nothing, and that a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.ledger import services
from accounts.ledger.core.balances import Credit
from accounts.ledger.models import Entry, Event
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from tests.ledger.conftest import ACTOR, DOLLAR, NOON, Cast, scalar, written

pytestmark = pytest.mark.services


def refused(action: Callable[..., Any], **arguments: Any) -> Problem:
    """Run an action that must be refused and leave every row alone."""
    before = written()
    with pytest.raises(Problem) as caught:
        action(**arguments)
    assert written() == before
    return caught.value


def test_accounts_are_opened_once(cast: Cast) -> None:
    before = written()
    again = services.open_accounts(organization_id=cast.operator.id, actor=ACTOR)
    assert [(facts.kind.value, facts.currency) for facts in again] == [
        ("cash", "USD"), ("margin", "USD"), ("cash", "XTS"), ("margin", "XTS"),
    ]  # fmt: skip
    assert {facts.id for facts in again} <= {facts.id for facts in cast.accounts.values()}
    assert written() == before


def test_a_second_operator_has_no_second_margin(cast: Cast) -> None:
    problem = refused(create_organization, name="second", slug="second-operator", kind="operator", actor=ACTOR)
    assert (problem.code, problem.detail) == ("conflict", "The exchange has its margin account in USD already.")


def test_deposit_sale_return(cast: Cast) -> None:
    cast.deposit(100)
    assert cast.balances() == {"wallet": 100, "payable": 0, "margin": 0, "cash": -100}
    quote_id = cast.capture(price=25, payout=20)
    assert cast.balances() == {"wallet": 75, "payable": 20, "margin": 5, "cash": -100}
    assert cast.credit() == Credit(credit=100, spent=25)
    cast.refund(quote_id)
    assert cast.balances() == {"wallet": 100, "payable": 0, "margin": 0, "cash": -100}
    assert cast.credit() == Credit(credit=125, spent=25)


def test_entries_repeat_their_header_and_belong_to_their_account(cast: Cast) -> None:
    quote_id = cast.capture(price=25, payout=20)
    with act_as_exchange("a test reads all entries"):
        event = Event.objects.get()
        rows = {(e.organization_id, e.amount, e.currency, e.kind, e.occurred_at, e.quote_id) for e in Entry.objects.all()}
    same = ("USD", "capture", NOON, quote_id)
    assert (event.legs, event.idempotency_key) == (3, f"capture:{quote_id.hex}")
    assert rows == {
        (cast.advertiser.id, -25 * DOLLAR, *same),
        (cast.publisher.id, 20 * DOLLAR, *same),
        (cast.operator.id, 5 * DOLLAR, *same),
    }


def test_every_movement_is_audited_once(cast: Cast) -> None:
    for _ in range(2):
        cast.deposit(100)
        quote_id = cast.capture(quote_id=cast.wallet)
        cast.refund(quote_id)
    with act_as_exchange("a test reads the audit trail"):
        verbs = scalar(
            "SELECT array_agg(verb ORDER BY id) FROM accounts_auditentry WHERE verb NOT IN (%s, %s)",
            "organization.created",
            "ledger.account_opened",
        )
        changes = scalar("SELECT changes FROM accounts_auditentry WHERE verb = 'ledger.deposit'")
    assert verbs == ["ledger.deposit", "ledger.capture", "ledger.refund"]
    assert '"amount": "100.00", "currency": "USD"' in str(changes).replace("'", '"')


def test_a_repeated_key_gives_the_first_event(cast: Cast) -> None:
    first = cast.deposit(100)
    before = written()
    again = cast.deposit(100)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.event_id == first.event_id
    assert written() == before


def test_a_key_with_another_amount_is_refused(cast: Cast) -> None:
    cast.deposit(100)
    assert refused(cast.deposit, dollars=101).code == "idempotency_key_reused"
    assert cast.balances()["wallet"] == 100


def test_a_key_of_another_kind_is_refused(cast: Cast) -> None:
    cast.deposit(100)
    arguments = {
        "idempotency_key": "first deposit",
        "account_id": cast.wallet,
        "amount": 100 * DOLLAR,
        "at": NOON,
        "actor": ACTOR,
    }
    assert refused(services.adjust, **arguments, memo="again").code == "idempotency_key_reused"


def test_a_quote_is_captured_once(cast: Cast) -> None:
    quote_id = cast.capture(25, 20)
    assert cast.capture(25, 20, quote_id) == quote_id
    assert refused(cast.capture, price=26, payout=20, quote_id=quote_id).code == "idempotency_key_reused"
    assert cast.balances() == {"wallet": -25, "payable": 20, "margin": 5, "cash": 0}


def test_a_sale_is_refunded_once(cast: Cast) -> None:
    quote_id = cast.capture()
    first = cast.refund(quote_id)
    assert cast.refund(quote_id) == services.Recorded(first.event_id, replayed=True)
    problem = refused(cast.refund, quote_id=quote_id, key="second return")
    assert (problem.code, problem.detail) == ("conflict", "This sale has been refunded before, under another key.")
    assert set(cast.balances().values()) == {0}


def test_what_was_not_sold_is_not_refunded(cast: Cast) -> None:
    assert refused(cast.refund, quote_id=uuid7()).code == "not_found"


def test_a_refund_keeps_its_link(cast: Cast) -> None:
    quote_id = cast.capture()
    recorded = cast.refund(quote_id)
    with act_as_exchange("a test reads events"):
        back = Event.objects.get(id=recorded.event_id)
        assert (back.kind, back.quote_id, back.reverses_id) == ("refund", quote_id, Event.objects.get(kind="capture").id)


def adjust(cast: Cast, dollars: int, account: str = "wallet USD") -> services.Recorded:
    return services.adjust(
        idempotency_key=f"adjust {dollars}",
        account_id=cast.accounts[account].id,
        amount=dollars * DOLLAR,
        at=NOON,
        actor=ACTOR,
        memo="goodwill",
    )


def test_adjustments_are_paid_by_the_margin(cast: Cast) -> None:
    cast.deposit(10)
    adjust(cast, 5)
    adjust(cast, -3)
    adjust(cast, 4, "payable USD")
    assert cast.balances() == {"wallet": 12, "payable": 4, "margin": -6, "cash": -10}
    assert cast.credit() == Credit(credit=12, spent=0)


def test_an_adjustment_never_takes_what_was_spent(cast: Cast) -> None:
    cast.deposit(30)
    cast.capture(price=25, payout=20)
    problem = refused(adjust, cast=cast, dollars=-6)
    assert (problem.code, problem.detail) == ("conflict", "The wallet has spent 1.00 USD more than this would leave.")
    adjust(cast, -5)
    assert cast.balances()["wallet"] == 0


def pay_out(cast: Cast, dollars: int, key: str = "march") -> services.Recorded:
    return services.pay_out(idempotency_key=key, account_id=cast.payable, amount=dollars * DOLLAR, at=NOON, actor=ACTOR)


def test_a_publisher_is_paid_what_it_earned(cast: Cast) -> None:
    cast.deposit(100)
    cast.capture(price=25, payout=20)
    problem = refused(pay_out, cast=cast, dollars=21)
    assert (problem.code, problem.detail) == ("conflict", "This is 1.00 USD more than the publisher has earned.")
    pay_out(cast, 20)
    assert pay_out(cast, 20).replayed
    assert cast.balances() == {"wallet": 75, "payable": 0, "margin": 5, "cash": -80}


@pytest.mark.parametrize("amount", [0, -DOLLAR, 10**15 + 1])
def test_a_deposit_of_no_amount_is_refused(cast: Cast, amount: int) -> None:
    arguments = {"idempotency_key": "odd", "account_id": cast.wallet, "amount": amount, "at": NOON, "actor": ACTOR}
    problem = refused(services.deposit, **arguments)
    assert (problem.code, problem.errors[0].pointer) == ("invalid_request", "/amount")


@pytest.mark.parametrize("key", ["", "x" * 121, "capture:0195"])
def test_a_key_is_short_and_not_that_of_a_sale(cast: Cast, key: str) -> None:
    assert refused(cast.deposit, key=key).errors[0].pointer == "/idempotency_key"


def test_a_long_memo_is_refused(cast: Cast) -> None:
    arguments = {"idempotency_key": "k", "account_id": cast.wallet, "amount": 1, "at": NOON, "actor": ACTOR, "memo": "x" * 201}
    assert refused(services.deposit, **arguments).errors[0].pointer == "/memo"


def test_unknown_accounts_and_wrong_kinds_are_refused(cast: Cast) -> None:
    arguments = {"idempotency_key": "k", "amount": DOLLAR, "at": NOON, "actor": ACTOR}
    assert refused(services.deposit, account_id=uuid7(), **arguments).code == "not_found"
    problem = refused(services.deposit, account_id=cast.payable, **arguments)
    assert problem.errors[0].detail == "Expected the account of kind wallet, got payable."


def test_play_money_never_pays_a_publisher_in_dollars(cast: Cast) -> None:
    before = written()
    play = cast.accounts["wallet XTS"].id
    with pytest.raises(IntegrityError, match="mixes 2 currencies"):
        services.capture(
            quote_id=uuid7(), advertiser_account_id=play, publisher_account_id=cast.payable,
            price_amount=DOLLAR, payout_amount=DOLLAR, at=NOON, actor=ACTOR,
        )  # fmt: skip
    assert written() == before
