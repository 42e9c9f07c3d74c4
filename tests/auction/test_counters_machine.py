"""Any order of reserve, claim, settle and expire against a plain model: never beyond a limit, exact, released once."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.core.ids import uuid7
from exchange.auction.holds import Refused, Reserved, Wallet
from tests.auction.conftest import budget, cap, open_market, quote

SOURCES = tuple(uuid7() for _ in range(3))
CAP, BUDGET, CREDIT, OPEN_MAX = 20, 600, 1000, 8


@dataclass
class Model:
    """What the counters should say, in a few lines of plain Python."""

    spent: dict[str, int] = field(default_factory=lambda: {"cap": 0, "budget": 0, "account": 0})
    live: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)

    def held(self, name: str, source: UUID | None = None) -> int:
        mine = [amount for where, amount in self.live.values() if source in (None, where)]
        return len(mine) if name == "cap" else sum(mine)

    def refusal(self, source: UUID, amounts: list[int]) -> str | None:
        if sum(where == source for where, _ in self.live.values()) + len(amounts) > OPEN_MAX:
            return "open_quotes"
        number, money = self.held("cap"), self.held("budget")
        own_number, own_money = self.held("cap", source), self.held("budget", source)
        for amount in amounts:
            if self.spent["cap"] + number + 1 > CAP:
                return "cap_reached"
            if own_number + 1 > max(3, CAP // 5):
                return "open_quotes"
            if self.spent["budget"] + money + amount > BUDGET:
                return "budget_reached"
            if own_number + 1 > 3 and own_money + amount > BUDGET // 5:
                return "open_quotes"
            if self.spent["account"] + money + amount > CREDIT:
                return "insufficient_balance"
            number, money, own_number, own_money = number + 1, money + amount, own_number + 1, own_money + amount
        return None


class Market(RuleBasedStateMachine):
    """One campaign with a cap, a budget and a balance; three sources."""

    client: redis.Redis

    def __init__(self) -> None:
        super().__init__()
        self.counters = open_market(self.client)
        self.account = uuid7()
        self.counters.set_credit(self.account, CREDIT, 1)
        self.model = Model()
        self.quotes: list[UUID] = []
        self.pings: dict[UUID, tuple[UUID, UUID]] = {}
        self.records = 0

    @rule(source=st.sampled_from(SOURCES), amounts=st.lists(st.integers(1, 90), min_size=1, max_size=3))
    def reserve(self, source: UUID, amounts: list[int]) -> None:
        quotes = [quote(self.account, amount, cap("cap", CAP), budget("budget", BUDGET, amount)) for amount in amounts]
        ping, publisher = uuid7(), uuid7()
        outcome = self.counters.reserve(
            ping_id=ping,
            organization_id=publisher,
            source_id=source,
            ping_facts=b"",
            quotes=quotes,
            record=b"",
            open_quotes_max=OPEN_MAX,
        )
        expected = self.model.refusal(source, amounts)
        if expected is None:
            assert isinstance(outcome, Reserved)
            self.records += 1
            self.model.live |= {held.quote_id: (source, held.amount) for held in quotes}
            self.pings |= {held.quote_id: (ping, publisher) for held in quotes}
        else:
            assert isinstance(outcome, Refused)
            assert outcome.reason == expected
        self.quotes += [held.quote_id for held in quotes]

    @rule(data=st.data(), captured=st.booleans())
    def settle(self, data: st.DataObject, captured: bool) -> None:
        if not self.quotes:
            return
        chosen = data.draw(st.sampled_from(self.quotes))
        held = self.model.live.pop(chosen, None)
        assert self.counters.settle(chosen, captured) is (held is not None)
        if held is not None and captured:
            self.model.spent["cap"] += 1
            self.model.spent["budget"] += held[1]
            self.model.spent["account"] += held[1]

    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        if not self.pings:
            return
        chosen = data.draw(st.sampled_from(list(self.pings)))
        ping, publisher = self.pings[chosen]
        claimed = self.counters.claim(ping_id=ping, organization_id=publisher, quote_ids=[chosen])
        assert [found.live for found in claimed.quotes] == [chosen in self.model.live]

    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        if not self.model.live:
            return
        chosen = data.draw(st.sampled_from(list(self.model.live)))
        self.client.zadd(self.counters.key("due"), {chosen.hex: 1})
        assert [one.quote_id for one in self.counters.due(5)] == [chosen]
        assert self.counters.settle_many([(chosen, False, None)]) == 1
        del self.model.live[chosen]

    @rule()
    def reconcile(self) -> None:
        frozen = self.counters.freeze(self.account, 0)
        assert set(frozen.quote_ids) == set(self.model.live)
        differences = self.counters.correct(frozen.moves, Wallet(self.account, CREDIT, 1, self.model.spent["account"]), [])
        assert differences == (None if frozen.claimed else ())

    @invariant()
    def counters_are_exact(self) -> None:
        cap_use, budget_use = self.counters.usage(["cap", "budget"])
        assert cap_use == (self.model.spent["cap"], self.model.held("cap"))
        assert budget_use == (self.model.spent["budget"], self.model.held("budget"))
        assert self.counters.balance(self.account) == (CREDIT, self.model.spent["account"], self.model.held("budget"))
        assert sum(cap_use) <= CAP
        assert sum(budget_use) <= BUDGET
        for source in SOURCES:
            assert self.counters.open_quotes(source) == sum(where == source for where, _ in self.model.live.values())
        assert self.client.zcard(self.counters.key("due")) == len(self.model.live)
        assert self.client.xlen(self.counters.stream) == self.records

    def teardown(self) -> None:
        self.client.delete(*self.client.scan_iter(f"{{{self.counters.mode}}}:*", count=1000))


@pytest.mark.services
def test_any_order_of_calls_keeps_the_counters_exact(client: redis.Redis) -> None:
    machine = type("MarketHere", (Market,), {"client": client})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
        ),
    )
