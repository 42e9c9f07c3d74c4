"""The services as a state machine beside a plain model: sum 0, balances = fold, a replay changes nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.ledger import services
from accounts.ledger.books import check_books
from accounts.ledger.core.balances import Credit
from tests.ledger.conftest import ACTOR, DOLLAR, Cast, written

pytestmark = pytest.mark.services
dollars = st.integers(min_value=1, max_value=50)


class Services(RuleBasedStateMachine):
    """Deposits, sales, returns, limits and payouts in any order, each of which may be repeated at any time."""

    cast: Cast
    expected: Counter[str]
    limit: int
    spent: int

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[Any, dict[str, Any]]] = []
        self.sold: list[tuple[UUID, int, int]] = []

    def _do(self, action: Any, **arguments: Any) -> None:
        action(**arguments)
        self.done.append((action, arguments))

    def _move(self, **amounts: int) -> None:
        # Counter.update adds, below zero as well.
        type(self).expected.update(amounts)

    @rule(amount=dollars)
    def deposit(self, amount: int) -> None:
        self._do(self.cast.deposit, dollars=amount, key=str(uuid7()))
        self._move(wallet=amount, cash=-amount)

    @rule(price=dollars, kept=st.integers(0, 10))
    def sell(self, price: int, kept: int) -> None:
        """Like the market: only what the credit allows."""
        if self.expected["wallet"] + self.limit < price:
            return
        quote_id, margin = uuid7(), min(kept, price)
        self._do(self.cast.capture, price=price, payout=price - margin, quote_id=quote_id)
        self._move(wallet=-price, payable=price - margin, margin=margin)
        type(self).spent += price
        self.sold.append((quote_id, price, margin))

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if not self.sold:
            return
        quote_id, price, margin = self.sold.pop(data.draw(st.integers(0, len(self.sold) - 1)))
        self._do(self.cast.refund, quote_id=quote_id, key=str(uuid7()))
        self._move(wallet=price, payable=margin - price, margin=-margin)

    @rule(amount=st.integers(0, 100))
    def limit_credit(self, amount: int) -> None:
        change = {"account_id": self.cast.wallet, "credit_limit_amount": amount * DOLLAR, "actor": ACTOR}
        if self.expected["wallet"] + amount < 0:
            self._refused(services.set_credit_limit, **change)
            return
        services.set_credit_limit(**change)
        type(self).limit = amount

    @rule(amount=dollars)
    def pay_out(self, amount: int) -> None:
        from tests.ledger.test_services import pay_out

        if self.expected["payable"] < amount:
            self._refused(pay_out, cast=self.cast, dollars=amount, key=str(uuid7()))
            return
        self._do(pay_out, cast=self.cast, dollars=amount, key=str(uuid7()))
        self._move(payable=-amount, cash=amount)

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if not self.done:
            return
        action, arguments = self.done[data.draw(st.integers(0, len(self.done) - 1))]
        before = written()
        action(**arguments)
        assert written() == before

    def _refused(self, action: Any, **arguments: Any) -> None:
        before = written()
        with pytest.raises(Problem, match="conflict"):
            action(**arguments)
        assert written() == before

    @invariant()
    def balances_are_the_model(self) -> None:
        assert self.cast.balances() == {kind: self.expected[kind] for kind in ("wallet", "payable", "margin", "cash")}
        credit = self.cast.credit()
        assert credit == Credit(credit=self.expected["wallet"] + self.limit + self.spent, spent=self.spent)

    def teardown(self) -> None:
        assert check_books() == ()


def test_the_services_keep_the_books(cast: Cast) -> None:
    # The examples share one database, so the model goes on where the last example stopped.
    Services.cast, Services.expected, Services.limit, Services.spent = cast, Counter(), 0, 0
    bounded = settings(
        max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    run_state_machine_as_test(Services, settings=bounded)
