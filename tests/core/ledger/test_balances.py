"""Whatever happens, the books add up to 0 and every way of adding gives the same balances."""

from __future__ import annotations

from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from accounts.ledger.core import postings
from accounts.ledger.core.balances import Credit, credit_of, fold, lines_of
from accounts.ledger.core.postings import AccountKind, AccountRef, EventKind, Posting

amounts = st.integers(min_value=1, max_value=10**12)
wallets = st.sampled_from([AccountRef(UUID(int=number), AccountKind.WALLET, "USD") for number in (1, 2, 3)])
payables = st.sampled_from([AccountRef(UUID(int=number), AccountKind.PAYABLE, "USD") for number in (4, 5)])
MARGIN = AccountRef(UUID(int=6), AccountKind.MARGIN, "USD")
CASH = AccountRef(UUID(int=7), AccountKind.CASH, "USD")


class Books(RuleBasedStateMachine):
    """Events in any order, beside a plain model of what each account should hold."""

    captures: Bundle[Posting] = Bundle("captures")

    @initialize()
    def open(self) -> None:
        self.posted: list[Posting] = []
        self.running: dict[UUID, int] = {}
        self.deposited: dict[UUID, int] = {}
        self.charged: dict[UUID, int] = {}

    def _post(self, posting: Posting) -> Posting:
        self.posted.append(posting)
        self.running = fold(lines_of([posting]), self.running)
        return posting

    @rule(wallet=wallets, amount=amounts)
    def deposit(self, wallet: AccountRef, amount: int) -> None:
        self._post(postings.deposit(wallet=wallet, cash=CASH, amount=amount))
        self.deposited[wallet.id] = self.deposited.get(wallet.id, 0) + amount

    @rule(target=captures, wallet=wallets, payable=payables, price=amounts, share=st.integers(0, 100))
    def capture(self, wallet: AccountRef, payable: AccountRef, price: int, share: int) -> Posting:
        self.charged[wallet.id] = self.charged.get(wallet.id, 0) + price
        payout = price * share // 100
        return self._post(
            postings.capture(wallet=wallet, payable=payable, margin=MARGIN, price_amount=price, payout_amount=payout)
        )

    @rule(captured=consumes(captures))
    def refund(self, captured: Posting) -> None:
        refunded = self._post(postings.refund(captured))
        assert set(fold(lines_of([captured, refunded])).values()) == {0}
        wallet, price = captured.legs[0].account, -captured.legs[0].amount
        self.deposited[wallet.id] = self.deposited.get(wallet.id, 0) + price

    @rule(wallet=wallets, amount=amounts, sign=st.sampled_from([-1, 1]))
    def adjust(self, wallet: AccountRef, amount: int, sign: int) -> None:
        self._post(postings.adjustment(account=wallet, margin=MARGIN, amount=sign * amount))
        self.deposited[wallet.id] = self.deposited.get(wallet.id, 0) + sign * amount

    @rule(payable=payables, amount=amounts)
    def pay_out(self, payable: AccountRef, amount: int) -> None:
        self._post(postings.payout(payable=payable, cash=CASH, amount=amount))

    @invariant()
    def books_add_up_to_0(self) -> None:
        assert sum(self.running.values()) == 0
        assert all(sum(leg.amount for leg in posting.legs) == 0 for posting in self.posted)

    @invariant()
    def balance_is_the_fold_of_the_entries_in_any_order(self) -> None:
        lines = lines_of(self.posted)
        assert fold(lines) == self.running
        assert fold(reversed(lines)) == self.running

    @invariant()
    def credit_is_paid_in_and_spent_is_charged(self) -> None:
        lines = lines_of(self.posted)
        for number in (1, 2, 3):
            mine = [line for line in lines if line.account_id == UUID(int=number)]
            credit = credit_of(mine, credit_limit=500)
            paid_in, charged = self.deposited.get(UUID(int=number), 0), self.charged.get(UUID(int=number), 0)
            assert credit == Credit(credit=500 + paid_in, spent=charged)
            assert credit.unspent == 500 + self.running.get(UUID(int=number), 0)


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_available_is_credit_less_spent_less_held() -> None:
    assert Credit(credit=30_000_000, spent=12_000_000).available(11_500_000) == 6_500_000


def test_a_line_names_account_kind_and_amount() -> None:
    posting = postings.deposit(wallet=AccountRef(UUID(int=1), AccountKind.WALLET, "USD"), cash=CASH, amount=9)
    assert [(line.account_id.int, line.kind, line.amount) for line in lines_of([posting])] == [
        (7, EventKind.DEPOSIT, -9),
        (1, EventKind.DEPOSIT, 9),
    ]
