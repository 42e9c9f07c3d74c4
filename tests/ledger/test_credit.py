"""Credit is announced to the market: absolute, with a version, a decrease before it commits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from accounts.core.errors import Problem
from accounts.ledger import services
from accounts.ledger.core.balances import Credit
from accounts.ledger.selectors import CreditFacts, list_credit
from tests.ledger.conftest import ACTOR, DOLLAR, NOON, Cast, scalar, written

pytestmark = pytest.mark.services


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int, int]]]:
    """What the market heard: when, credit in dollars, version above the first."""
    calls: list[tuple[str, int, int]] = []
    monkeypatch.setattr(services, "on_credit_changed", [lambda facts: note("after", facts)])
    monkeypatch.setattr(services, "before_credit_decrease", [lambda facts: note("before", facts)])

    def note(when: str, facts: tuple[CreditFacts, ...]) -> None:
        calls.extend((when, one.credit // DOLLAR, one.version) for one in facts)

    return calls


def limit(cast: Cast, dollars: int) -> int:
    return services.set_credit_limit(account_id=cast.wallet, credit_limit_amount=dollars * DOLLAR, actor=ACTOR)


def test_an_increase_is_announced_after_the_commit(cast: Cast, heard: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        cast.deposit(100)
        assert heard == []
    version = list_credit(account_ids=[cast.wallet])[0].version
    assert heard == [("after", 100, version)]


def test_a_decrease_is_announced_before_it_commits(cast: Cast, heard: list[tuple[str, int, int]]) -> None:
    first = limit(cast, 50)
    second = limit(cast, 20)
    assert heard == [("after", 50, first), ("before", 20, second), ("after", 20, second)]
    assert first < second


def test_a_repeated_deposit_announces_nothing(cast: Cast, heard: list[tuple[str, int, int]]) -> None:
    cast.deposit(100)
    cast.deposit(100)
    assert len(heard) == 1


def test_a_refund_raises_credit_and_a_sale_does_not_touch_it(cast: Cast, heard: list[tuple[str, int, int]]) -> None:
    cast.deposit(100)
    quote_id = cast.capture(price=25)
    cast.refund(quote_id)
    assert [(when, credit) for when, credit, _ in heard] == [("after", 100), ("after", 125)]


def test_credit_is_announced_again_as_a_new_version(cast: Cast, heard: list[tuple[str, int, int]]) -> None:
    first = limit(cast, 50)
    before = written()
    second = services.announce_credit(account_id=cast.wallet)
    assert heard == [("after", 50, first), ("after", 50, second)]
    assert first < second
    assert written() == before


def test_the_market_may_refuse_a_decrease(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(cast, 50)
    before, facts = written(), list_credit()

    def refuse(_: tuple[CreditFacts, ...]) -> None:
        raise Problem("conflict", "Open quotes hold 30.00 USD of this credit; they end within a minute.")

    monkeypatch.setattr(services, "before_credit_decrease", [refuse])
    with pytest.raises(Problem, match="Open quotes hold"):
        limit(cast, 20)
    assert (written(), list_credit()) == (before, facts)


def test_a_deaf_market_does_not_undo_a_deposit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: tuple[CreditFacts, ...]) -> None:
        raise ConnectionError("the counters are away")

    since = max(facts.version for facts in list_credit())
    monkeypatch.setattr(services, "on_credit_changed", [fail])
    cast.deposit(100)
    assert cast.balances()["wallet"] == 100
    assert [facts.credit for facts in list_credit(since_version=since)] == [100 * DOLLAR]


def test_a_limit_is_credit_without_an_entry(cast: Cast) -> None:
    cast.deposit(10)
    limit(cast, 50)
    cast.capture(price=41, payout=30)
    assert cast.credit() == Credit(credit=60, spent=41)
    assert cast.balances()["wallet"] == -31
    assert scalar_limit(cast) == 50 * DOLLAR


def scalar_limit(cast: Cast) -> int:
    from accounts.tenancy import act_as_exchange

    with act_as_exchange("a test reads the limit"):
        return scalar("SELECT credit_limit_amount FROM ledger_account WHERE id = %s", cast.wallet)


def test_a_limit_never_falls_below_what_is_used(cast: Cast) -> None:
    limit(cast, 50)
    cast.capture(price=41, payout=30)
    before = written()
    with pytest.raises(Problem, match=r"The wallet has spent 1\.00 USD more than this would leave\."):
        limit(cast, 40)
    assert (written(), scalar_limit(cast)) == (before, 50 * DOLLAR)
    limit(cast, 41)
    assert cast.credit() == Credit(credit=41, spent=41)


def test_the_same_limit_changes_nothing(cast: Cast, heard: list[tuple[str, int, int]]) -> None:
    version = limit(cast, 50)
    before = written()
    assert limit(cast, 50) == version
    assert (written(), len(heard)) == (before, 1)


@pytest.mark.parametrize(("account", "dollars"), [("payable USD", 5), ("margin USD", 5), ("wallet USD", -1)])
def test_only_a_wallet_has_a_limit(cast: Cast, account: str, dollars: int) -> None:
    before = written()
    with pytest.raises(Problem) as caught:
        services.set_credit_limit(account_id=cast.accounts[account].id, credit_limit_amount=dollars * DOLLAR, actor=ACTOR)
    assert (caught.value.code, written()) == ("invalid_request", before)


def test_credit_is_listed_by_account_and_by_version(cast: Cast) -> None:
    play = cast.accounts["wallet XTS"].id
    cast.deposit(100)
    services.deposit(idempotency_key="play", account_id=play, amount=7 * DOLLAR, at=NOON, actor=ACTOR)
    everything = list_credit()
    assert [(facts.account_id, facts.credit, facts.spent) for facts in everything] == [
        (cast.wallet, 100 * DOLLAR, 0),
        (play, 7 * DOLLAR, 0),
    ]
    assert list_credit(since_version=everything[0].version) == everything[1:]
    assert list_credit(since_version=everything[1].version) == ()
    assert list_credit(account_ids=[play]) == everything[1:]
    assert list_credit(account_ids=[]) == ()
