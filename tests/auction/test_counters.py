"""Exact values of reserve, claim and settle against a real Valkey."""

from __future__ import annotations

import time

import pytest

from accounts.core.ids import uuid7
from exchange.auction.counters import Counters
from exchange.auction.holds import (
    ClaimedQuote,
    DueQuote,
    Facts,
    Idempotency,
    JournalAway,
    NotReady,
    Refused,
    Reserved,
    Stored,
    StreamFull,
)
from tests.auction.conftest import FAR_MS, budget, cap, open_market, quote

MICROS = 1_000_000


def records(counters: Counters) -> list[dict[bytes, bytes]]:
    return [fields for _, fields in counters.client.xrange(counters.stream)]


def test_a_reservation_holds_every_nested_counter_and_the_balance(counters, advertiser, reserve):
    outcome = reserve(
        quote(advertiser, 25 * MICROS, cap("day", 50), budget("week", 500 * MICROS, 25 * MICROS)), lifetime_ms=60_000
    )
    assert isinstance(outcome, Reserved)
    assert outcome.expires_at_ms - outcome.now_ms == 60_000
    assert abs(outcome.now_ms - time.time() * 1000) < 5_000
    assert counters.usage(["day", "week", "other"]) == ((0, 1), (0, 25 * MICROS), (0, 0))
    assert counters.balance(advertiser) == (1000 * MICROS, 0, 25 * MICROS)


def test_the_finished_record_enters_the_stream_with_id_and_times(counters, advertiser, reserve):
    ping = uuid7()
    outcome = reserve(
        quote(advertiser, 1, facts=b"one"), quote(advertiser, 1, facts=b"two"), ping_id=ping, record=b"\x00\xff finished"
    )
    assert records(counters) == [
        {
            b"id": ping.hex.encode(),
            b"kind": b"quoted",
            b"at": str(outcome.now_ms).encode(),
            b"until": str(outcome.expires_at_ms).encode(),
            b"record": b"\x00\xff finished",
            b"q0": b"one",
            b"q1": b"two",
        }
    ]


def test_a_full_cap_names_the_quote_and_the_counter_and_nothing_is_held(counters, advertiser, reserve):
    reserve(quote(advertiser, MICROS, cap("day", 1)))
    outcome = reserve(quote(advertiser, MICROS, cap("free", 9)), quote(advertiser, MICROS, cap("month", 9), cap("day", 1)))
    assert (outcome.index, outcome.reason, outcome.key) == (1, "cap_reached", "day")
    assert counters.usage(["day", "free", "month"]) == ((0, 1), (0, 0), (0, 0))
    assert counters.balance(advertiser) == (1000 * MICROS, 0, MICROS)
    assert len(records(counters)) == 1


def test_two_quotes_of_one_call_see_each_others_holds(counters, advertiser, reserve):
    both = [quote(advertiser, MICROS, cap("day", 1)), quote(advertiser, MICROS, cap("day", 1))]
    outcome = reserve(*both)
    assert (outcome.index, outcome.reason) == (1, "cap_reached")
    assert counters.usage(["day"]) == ((0, 0),)


def test_a_budget_is_filled_to_the_last_micro(counters, advertiser, reserve):
    assert isinstance(reserve(quote(advertiser, MICROS, budget("day", 40 * MICROS, 40 * MICROS))), Reserved)
    outcome = reserve(quote(advertiser, 1, budget("day", 40 * MICROS, 1)))
    assert (outcome.reason, outcome.key) == ("budget_reached", "day")


def test_a_balance_is_credit_less_spent_less_held(counters, reserve):
    account = uuid7()
    counters.set_credit(account, 30 * MICROS, 1)
    first = quote(account, 20 * MICROS)
    assert isinstance(reserve(first), Reserved)
    outcome = reserve(quote(account, 11 * MICROS))
    assert (outcome.reason, outcome.key) == ("insufficient_balance", account.hex)
    counters.settle(first.quote_id, captured=True)
    assert counters.balance(account) == (30 * MICROS, 20 * MICROS, 0)
    assert isinstance(reserve(quote(account, 10 * MICROS)), Reserved)
    assert isinstance(reserve(quote(account, 1)), Refused)


def test_an_unknown_account_has_no_balance(counters, reserve):
    assert reserve(quote(uuid7(), 1)).reason == "insufficient_balance"


def test_credit_is_absolute_and_only_a_newer_version_counts(counters):
    account = uuid7()
    assert counters.set_credit(account, 50 * MICROS, 7) is True
    assert counters.set_credit(account, 90 * MICROS, 7) is False
    assert counters.set_credit(account, 10 * MICROS, 6) is False
    assert counters.balance(account) == (50 * MICROS, 0, 0)
    assert counters.set_credit(account, 20 * MICROS, 8) is True
    assert counters.balance(account) == (20 * MICROS, 0, 0)


def test_credit_is_lowered_only_as_far_as_sales_and_open_quotes_allow(counters, reserve):
    account = uuid7()
    counters.set_credit(account, 50 * MICROS, 1)
    sold, held = quote(account, 20 * MICROS), quote(account, 10 * MICROS)
    reserve(sold)
    reserve(held)
    counters.settle(sold.quote_id, captured=True)
    assert counters.lower_credit(account, 30 * MICROS - 1, 2) is False
    assert counters.balance(account) == (50 * MICROS, 20 * MICROS, 10 * MICROS)
    assert counters.lower_credit(account, 30 * MICROS, 2) is True
    assert counters.balance(account) == (30 * MICROS, 20 * MICROS, 10 * MICROS)
    assert reserve(quote(account, 1)).reason == "insufficient_balance"


def test_money_stays_exact_in_the_billions(counters, reserve):
    account = uuid7()
    counters.set_credit(account, 4_000_000_000 * MICROS + 1, 1)
    held = quote(account, 4_000_000_000 * MICROS, budget("month", 4_000_000_000 * MICROS, 4_000_000_000 * MICROS))
    assert isinstance(reserve(held), Reserved)
    assert isinstance(reserve(quote(account, 1)), Reserved)
    assert reserve(quote(account, 1)).reason == "insufficient_balance"
    counters.settle(held.quote_id, captured=True)
    assert counters.balance(account) == (4_000_000_000_000_001, 4_000_000_000_000_000, 1)
    assert counters.usage(["month"]) == ((4_000_000_000_000_000, 0),)


def test_settling_moves_held_to_spent_once(counters, advertiser, reserve):
    held = quote(advertiser, 25 * MICROS, cap("day", 50), budget("week", 100 * MICROS, 25 * MICROS))
    reserve(held)
    assert counters.settle(held.quote_id, captured=True) is True
    assert counters.settle(held.quote_id, captured=True) is False
    assert counters.settle(held.quote_id, captured=False) is False
    assert counters.usage(["day", "week"]) == ((1, 0), (25 * MICROS, 0))
    assert counters.balance(advertiser) == (1000 * MICROS, 25 * MICROS, 0)


def test_releasing_gives_everything_back_once(counters, advertiser, reserve):
    source = uuid7()
    held = quote(advertiser, 25 * MICROS, cap("day", 1))
    reserve(held, source_id=source)
    assert counters.open_quotes(source) == 1
    assert counters.settle(held.quote_id, captured=False) is True
    assert counters.settle(held.quote_id, captured=False) is False
    assert counters.usage(["day"]) == ((0, 0),)
    assert counters.balance(advertiser) == (1000 * MICROS, 0, 0)
    assert counters.open_quotes(source) == 0
    assert isinstance(reserve(quote(advertiser, 1, cap("day", 1)), source_id=source), Reserved)


def test_settling_many_is_one_trip_and_counts_what_ended(counters, advertiser, reserve):
    held = [quote(advertiser, MICROS, cap("day", 50)) for _ in range(3)]
    reserve(*held)
    outcomes = [(held[0].quote_id, True, None), (held[1].quote_id, False, None), (uuid7(), True, None)]
    assert counters.settle_many(outcomes) == 2
    assert counters.usage(["day"]) == ((1, 1),)


def test_a_counter_lives_until_an_hour_after_its_window(counters, advertiser, reserve):
    ends = int(time.time() * 1000) + 1_000_000
    held = quote(advertiser, 1, cap("day", 9, expires_at_ms=ends))
    reserve(held)
    assert counters.client.pexpiretime(counters.key("c", "day")) == ends + 3_600_000
    counters.settle(held.quote_id, captured=True)
    assert counters.client.pexpiretime(counters.key("c", "day")) == ends + 3_600_000


def test_a_counter_that_is_gone_is_not_made_again_by_settling(counters, advertiser, reserve):
    held = quote(advertiser, MICROS, cap("day", 9))
    reserve(held)
    counters.client.delete(counters.key("c", "day"))
    assert counters.settle(held.quote_id, captured=True) is True
    assert counters.client.exists(counters.key("c", "day")) == 0
    assert counters.balance(advertiser) == (1000 * MICROS, MICROS, 0)


@pytest.mark.parametrize(("limit", "most"), [(4, 3), (10, 3), (20, 4), (50, 10)])
def test_one_source_holds_at_most_three_quotes_or_a_fifth_of_a_cap(counters, advertiser, reserve, limit, most):
    greedy = uuid7()
    outcomes = [reserve(quote(advertiser, 1, cap("day", limit)), source_id=greedy) for _ in range(most + 1)]
    assert [type(outcome) for outcome in outcomes] == [Reserved] * most + [Refused]
    assert (outcomes[-1].reason, outcomes[-1].key) == ("open_quotes", "day")
    assert isinstance(reserve(quote(advertiser, 1, cap("day", limit))), Reserved)


def test_the_share_of_a_budget_is_counted_in_money(counters, advertiser, reserve):
    greedy = uuid7()
    amounts = [5, 5, 5, 5, 1]
    outcomes = [reserve(quote(advertiser, n, budget("day", 100, n)), source_id=greedy) for n in amounts]
    assert [type(outcome) for outcome in outcomes] == [Reserved, Reserved, Reserved, Reserved, Refused]
    assert outcomes[-1].reason == "open_quotes"


def test_a_settled_quote_frees_the_share_of_its_source(counters, advertiser, reserve):
    source, held = uuid7(), [quote(advertiser, 1, cap("day", 10)) for _ in range(3)]
    for one in held:
        reserve(one, source_id=source)
    assert reserve(quote(advertiser, 1, cap("day", 10)), source_id=source).reason == "open_quotes"
    counters.settle(held[0].quote_id, captured=True)
    assert isinstance(reserve(quote(advertiser, 1, cap("day", 10)), source_id=source), Reserved)


def test_a_source_has_a_limit_of_open_quotes_in_all(counters, advertiser, reserve):
    source = uuid7()
    outcomes = [reserve(quote(advertiser, 1), source_id=source, open_quotes_max=2) for _ in range(3)]
    assert [type(outcome) for outcome in outcomes] == [Reserved, Reserved, Refused]
    assert outcomes[2].of_source
    assert (outcomes[2].reason, outcomes[2].key, outcomes[2].index) == ("open_quotes", source.hex, -1)


@pytest.mark.parametrize(("posted", "lifetime_ms"), [(2, 15_000), (3, 60_000)])
def test_a_source_that_hardly_posts_gets_short_quotes(counters, advertiser, reserve, posted, lifetime_ms):
    source = uuid7()
    for n in range(50):
        before = reserve(held := quote(advertiser, 1), source_id=source)
        assert before.expires_at_ms - before.now_ms == 60_000
        counters.settle(held.quote_id, captured=n < posted)
    after = reserve(quote(advertiser, 1), source_id=source)
    assert after.expires_at_ms - after.now_ms == lifetime_ms


def test_a_repeated_call_gives_the_first_reservation_and_holds_nothing_more(counters, advertiser, reserve):
    ping, held = uuid7(), quote(advertiser, MICROS, cap("day", 9))
    first = reserve(held, ping_id=ping)
    time.sleep(0.005)
    assert reserve(held, ping_id=ping) == first
    assert counters.usage(["day"]) == ((0, 1),)
    assert len(records(counters)) == 1


def test_a_key_of_idempotency_gives_the_first_answer_and_holds_nothing(counters, advertiser, reserve):
    publisher, ping = uuid7(), uuid7()
    first = reserve(
        quote(advertiser, MICROS),
        organization_id=publisher,
        ping_id=ping,
        idempotency=Idempotency("k 1", b"print", b"\x00answer"),
    )
    again = reserve(quote(advertiser, MICROS), organization_id=publisher, idempotency=Idempotency("k 1", b"other", b"second"))
    assert again == Stored(again.now_ms, b"print", b"\x00answer", ping, first.now_ms, first.expires_at_ms)
    assert counters.balance(advertiser) == (1000 * MICROS, 0, MICROS)
    stranger = reserve(quote(advertiser, MICROS), idempotency=Idempotency("k 1", b"print", b"third"))
    assert isinstance(stranger, Reserved)


def test_an_answer_is_kept_as_long_as_its_quotes(counters, advertiser, reserve):
    publisher = uuid7()
    first = reserve(
        quote(advertiser, 1), organization_id=publisher, lifetime_ms=40, idempotency=Idempotency("k", b"print", b"answer")
    )
    assert first.expires_at_ms - first.now_ms == 40
    time.sleep(0.06)
    later = reserve(quote(advertiser, 1), organization_id=publisher, idempotency=Idempotency("k", b"other", b"second"))
    assert isinstance(later, Reserved)


def test_a_no_bid_is_one_record_and_repeats_its_answer(counters):
    publisher, ping = uuid7(), uuid7()
    key = Idempotency("k", b"print", b"nobody")
    outcome = counters.no_bid(b"record", ping_id=ping, organization_id=publisher, idempotency=key)
    assert isinstance(outcome, Reserved)
    again = counters.no_bid(b"second", ping_id=uuid7(), organization_id=publisher, idempotency=key)
    assert (again.ping_id, again.answer) == (ping, b"nobody")
    assert [(fields[b"kind"], fields[b"record"]) for fields in records(counters)] == [(b"no_bid", b"record")]


def test_without_an_epoch_nothing_is_promised(client, advertiser):
    market = Counters(client, f"closed{uuid7().hex}")
    market.journal_is_up()
    facts = {"ping_id": uuid7(), "organization_id": uuid7(), "source_id": uuid7(), "ping_facts": b"", "record": b""}
    for call in (
        lambda: market.facts(["x"]),
        lambda: market.reserve(quotes=[quote(advertiser, 1)], **facts),
        lambda: market.no_bid(b"", ping_id=uuid7(), organization_id=uuid7()),
        lambda: market.claim(ping_id=uuid7(), organization_id=uuid7()),
    ):
        with pytest.raises(NotReady, match="NOT_READY"):
            call()
    assert market.ready() is False
    assert client.xlen(market.stream) == 0
    client.delete(market.key("journal_up"))


def test_the_market_stops_when_the_journal_is_silent(counters, advertiser, reserve):
    counters.journal_is_up(keep_ms=20)
    time.sleep(0.04)
    with pytest.raises(JournalAway):
        reserve(quote(advertiser, 1))
    with pytest.raises(JournalAway):
        counters.no_bid(b"", ping_id=uuid7(), organization_id=uuid7())
    assert counters.balance(advertiser) == (1000 * MICROS, 0, 0)
    counters.journal_is_up()
    assert isinstance(reserve(quote(advertiser, 1)), Reserved)


def test_the_market_stops_when_the_stream_is_too_long(client):
    market = open_market(client, stream_max=2)
    for _ in range(3):
        market.no_bid(b"", ping_id=uuid7(), organization_id=uuid7())
    with pytest.raises(StreamFull):
        market.no_bid(b"", ping_id=uuid7(), organization_id=uuid7())
    assert client.xlen(market.stream) == 3
    client.delete(*client.scan_iter(f"{{{market.mode}}}:*"))


def test_a_frozen_account_is_paused(counters, advertiser, reserve):
    counters.freeze(advertiser, 60_000)
    assert (reserve(quote(advertiser, 1)).reason, counters.balance(advertiser)) == ("paused", (1000 * MICROS, 0, 0))
    counters.freeze(advertiser, 0)
    assert isinstance(reserve(quote(advertiser, 1)), Reserved)


def test_a_sale_is_remembered_by_contact_and_a_suppression_until_taken_back(counters, advertiser, reserve):
    buyer, other = uuid7().hex, uuid7().hex
    held, loses = quote(advertiser, 1), quote(advertiser, 1)
    reserve(held, loses)
    counters.settle(loses.quote_id, captured=False, seen={"phone": {buyer: 5000}})
    assert counters.facts(["phone"]).seen == {}
    counters.settle(held.quote_id, captured=True, seen={"phone": {buyer: 60_000, "campaign": 5000}, "mail": {buyer: 5000}})
    counters.suppress(other, ["mail"])
    counters.suppress("exchange", ["mail", "phone"])
    found = counters.facts(["phone", "mail", "new"])
    assert set(found.seen) == {"phone", "mail"}
    assert set(found.seen["phone"]) == {buyer, "campaign"}
    assert abs(found.seen["phone"][buyer] - found.now_ms) < 1000
    assert found.suppressed == {"phone": frozenset({"exchange"}), "mail": frozenset({other, "exchange"})}
    assert 5000 < counters.client.pttl(counters.key("d", "phone")) <= 60_000
    assert counters.client.pttl(counters.key("d", "mail")) <= 5000
    counters.unsuppress("exchange", ["mail"])
    assert counters.facts(["mail"]).suppressed == {"mail": frozenset({other})}


def test_a_known_person_holds_nothing_until_the_caller_knows_it(counters, advertiser, reserve):
    buyer, key = uuid7().hex, Idempotency("k", b"print", b"answer")
    counters.suppress(buyer, ["mail"])
    publisher = uuid7()
    asked = {"organization_id": publisher, "contact_keys": ["phone", "mail"], "idempotency": key}
    told = reserve(quote(advertiser, MICROS), **asked)
    assert told == Facts(told.now_ms, {}, {"mail": frozenset({buyer})})
    refused = counters.no_bid(b"record", ping_id=uuid7(), **asked)
    assert refused == Facts(refused.now_ms, {}, {"mail": frozenset({buyer})})
    assert (counters.balance(advertiser), records(counters)) == ((1000 * MICROS, 0, 0), [])
    assert isinstance(reserve(quote(advertiser, MICROS), **(asked | {"contact_keys": ["phone"]})), Reserved)
    assert counters.balance(advertiser) == (1000 * MICROS, 0, MICROS)


def test_a_claim_gives_the_facts_and_keeps_the_quotes(counters, advertiser, reserve):
    publisher, ping = uuid7(), uuid7()
    one, two = quote(advertiser, 1, facts=b"\x00one"), quote(advertiser, 1, facts=b"two")
    made = reserve(one, two, ping_id=ping, organization_id=publisher, ping_facts=b"\xffping", lifetime_ms=100)
    claimed = counters.claim(ping_id=ping, organization_id=publisher)
    assert claimed.ping_facts == b"\xffping"
    assert claimed.quotes == (
        ClaimedQuote(one.quote_id, b"\x00one", made.expires_at_ms, True),
        ClaimedQuote(two.quote_id, b"two", made.expires_at_ms, True),
    )
    kept = counters.client.zscore(counters.key("due"), one.quote_id.hex)
    assert kept == claimed.now_ms + 15_000
    only = counters.claim(ping_id=ping, organization_id=publisher, quote_ids=[two.quote_id, uuid7()])
    assert [found.quote_id for found in only.quotes] == [two.quote_id]


def test_a_claim_of_a_long_quote_keeps_its_own_expiry(counters, advertiser, reserve):
    publisher, ping, held = uuid7(), uuid7(), quote(advertiser, 1)
    made = reserve(held, ping_id=ping, organization_id=publisher, lifetime_ms=60_000)
    counters.claim(ping_id=ping, organization_id=publisher)
    assert counters.client.zscore(counters.key("due"), held.quote_id.hex) == made.expires_at_ms


def test_a_foreign_or_unknown_ping_is_not_found(counters, advertiser, reserve):
    ping, held = uuid7(), quote(advertiser, 1)
    made = reserve(held, ping_id=ping)
    assert counters.claim(ping_id=ping, organization_id=uuid7()) is None
    assert counters.claim(ping_id=uuid7(), organization_id=uuid7()) is None
    assert counters.client.zscore(counters.key("due"), held.quote_id.hex) == made.expires_at_ms


def test_an_expired_or_settled_quote_is_no_longer_live(counters, advertiser, reserve):
    publisher, ping = uuid7(), uuid7()
    one, two = quote(advertiser, 1), quote(advertiser, 1)
    reserve(one, two, ping_id=ping, organization_id=publisher, lifetime_ms=30)
    counters.settle(one.quote_id, captured=False)
    assert [found.live for found in counters.claim(ping_id=ping, organization_id=publisher).quotes] == [False, True]
    time.sleep(0.05)
    assert [found.live for found in counters.claim(ping_id=ping, organization_id=publisher).quotes] == [False, False]


def test_quotes_fall_due_at_their_release_and_claimed_ones_later(counters, advertiser, reserve):
    publisher, ping = uuid7(), uuid7()
    early, late, claimed = quote(advertiser, 1), quote(advertiser, 1), quote(advertiser, 1)
    early_ping = uuid7()
    reserve(early, lifetime_ms=1, ping_id=early_ping, organization_id=publisher)
    reserve(late, lifetime_ms=60_000)
    reserve(claimed, ping_id=ping, organization_id=publisher, lifetime_ms=30)
    counters.claim(ping_id=ping, organization_id=publisher)
    time.sleep(0.05)
    assert counters.due(10) == (DueQuote(early.quote_id, early_ping, publisher),)
    assert counters.due(0) == ()
    counters.settle(early.quote_id, captured=False)
    assert counters.due(10) == ()


def test_a_settled_quote_leaves_no_hold_behind(counters, advertiser, reserve):
    held = quote(advertiser, 1, cap("day", 9))
    reserve(held)
    counters.settle(held.quote_id, captured=True)
    assert counters.client.exists(counters.key("q", held.quote_id.hex)) == 0
    assert counters.client.hgetall(counters.key("c", "day")) == {b"s": b"1", b"h": b"0", b"o": advertiser.hex.encode()}
    assert counters.client.pttl(counters.key("c", "day")) > FAR_MS - time.time() * 1000
