"""Many at once against a real PostgreSQL: one event per key, every cent accounted for."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.ledger import services
from accounts.ledger.books import check_books
from accounts.ledger.core.balances import Credit
from accounts.ledger.selectors import list_credit
from tests.ledger.conftest import ACTOR, DOLLAR, NOON, Cast, written

pytestmark = [pytest.mark.services, pytest.mark.race]
THREADS = 20


def at_once(action: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run an action in many threads that start together; give results, a Problem's code for those refused."""
    start = threading.Barrier(threads)

    def run(number: int) -> Any:
        try:
            start.wait(timeout=20)
            return action(number)
        except Problem as problem:
            return problem.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_race_one_deposit_per_key(cast: Cast) -> None:
    before = written()
    results = at_once(lambda _: cast.deposit(100))
    assert len({result.event_id for result in results}) == 1
    assert Counter(result.replayed for result in results) == {True: 19, False: 1}
    assert tuple(now - then for now, then in zip(written(), before, strict=True)) == (1, 2, 1)
    assert cast.credit() == Credit(credit=100, spent=0)


def test_race_one_sale_per_quote(cast: Cast) -> None:
    quote_id = uuid7()
    before = written()
    assert set(at_once(lambda _: cast.capture(25, 20, quote_id))) == {quote_id}
    assert tuple(now - then for now, then in zip(written(), before, strict=True)) == (1, 3, 1)
    assert cast.balances() == {"wallet": -25, "payable": 20, "margin": 5, "cash": 0}


def test_race_one_key_two_amounts(cast: Cast) -> None:
    results = at_once(lambda number: cast.deposit(100 + number % 2))
    refused = results.count("idempotency_key_reused")
    assert refused == 10
    assert cast.balances()["wallet"] in (100, 101)


def test_race_one_refund_per_sale(cast: Cast) -> None:
    quote_id = cast.capture(25, 20)
    results = at_once(lambda number: cast.refund(quote_id, key=f"return {number}"))
    assert results.count("conflict") == 19
    assert set(cast.balances().values()) == {0}


def test_race_sales_deposits_and_limits_balance(cast: Cast) -> None:
    cast.deposit(1000)

    def act(number: int) -> None:
        if number % 4 == 0:
            cast.deposit(10, key=f"deposit {number}")
        elif number % 4 == 1:
            services.set_credit_limit(account_id=cast.wallet, credit_limit_amount=number * DOLLAR, actor=ACTOR)
        else:
            for _ in range(5):
                cast.capture(25, 20)

    at_once(act)
    assert cast.balances()["wallet"] == 1000 + 5 * 10 - 50 * 25
    assert cast.balances()["payable"] == 50 * 20
    assert [difference.check for difference in check_books()] == ["credit"]


def test_race_versions_are_committed_in_order(cast: Cast) -> None:
    """A poller that remembers the last version it saw misses no change."""
    done = threading.Event()
    seen: dict[int, int] = {}

    def poll() -> None:
        last, ended = -1, False
        while not ended:
            ended = done.is_set()
            for facts in list_credit(account_ids=[cast.wallet], since_version=last):
                last = facts.version
                seen[facts.version] = facts.credit
        connections.close_all()

    poller = threading.Thread(target=poll)
    poller.start()
    at_once(lambda number: cast.deposit(1, key=f"deposit {number}"), threads=10)
    done.set()
    poller.join(timeout=20)
    versions = sorted(seen)
    assert [seen[version] for version in versions] == sorted(seen.values())
    assert seen[versions[-1]] == 10 * DOLLAR


def test_race_a_payout_never_overdraws(cast: Cast) -> None:
    cast.deposit(100)
    cast.capture(price=25, payout=20)

    def pay(number: int) -> services.Recorded:
        arguments = {"account_id": cast.payable, "amount": 15 * DOLLAR, "at": NOON, "actor": ACTOR}
        return services.pay_out(idempotency_key=f"payout {number}", **arguments)

    assert at_once(pay).count("conflict") == 19
    assert cast.balances()["payable"] == 5
