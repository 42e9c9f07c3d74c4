"""What an experiment may ask, which arm a ping gets, and what may be concluded."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

import pytest

from accounts.core.errors import Problem
from exchange.core.dedupe import HASH_NAMES, keys_of_contact, read_hashes
from scoring.core.arms import (
    ADVERTISER,
    PERSON_KEYS,
    Arm,
    Drawn,
    Exposed,
    Guardrail,
    Running,
    change_of,
    draw,
    expose,
    read_wish,
    unit_of,
)
from scoring.core.comparison import compare, in_words
from scoring.core.experiments import ALPHA, Interval, Tally, rate_difference, rate_interval

WISH = {
    "name": "Second version", "hypothesis": "It ranks better.", "vertical": "home.roofing", "kind": "model", "unit": "ping",
    "metric": "conversion",
    "arms": [
        {"name": "champion", "weight": 3, "setting": "home.roofing/1"},
        {"name": "challenger", "weight": 1, "setting": "home.roofing/2"},
    ],
}  # fmt: skip

SOURCE = UUID(int=7)


@dataclass(frozen=True)
class Ping:
    id: UUID
    source_id: UUID = SOURCE
    contact_keys: dict[str, str] = field(default_factory=dict)


def running(kind: str = "model", unit: str = "ping", **settings: str) -> Running:
    changes = {name: change_of(kind, setting) for name, setting in settings.items()}
    return Running(UUID(int=1), kind, unit, "salt", dict.fromkeys(settings, 1), changes)


def faults(**changes: object) -> dict[str, str]:
    with pytest.raises(Problem) as refused:
        read_wish({**WISH, **changes})
    return {error.pointer: error.code for error in refused.value.errors}


def test_a_wish_of_sound_form_is_read():
    wish = read_wish({**WISH, "guardrails": [{"metric": "sold", "harm_max": 0.02}]})
    assert wish.arms == (Arm("champion", 3, "home.roofing/1"), Arm("challenger", 1, "home.roofing/2"))
    assert (wish.guardrails, wish.window_days) == ((Guardrail("sold", 0.02),), 14)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"name": " "}, {"/name": "required"}),
        ({"name": "n" * 81}, {"/name": "too_long"}),
        ({"kind": "bid"}, {"/kind": "not_a_choice"}),
        ({"arms": WISH["arms"][:1]}, {"/arms": "out_of_range"}),
        ({"arms": [WISH["arms"][0]] * 2}, {"/arms": "repeated"}),
        ({"arms": [WISH["arms"][0], {"name": "b", "weight": 0, "setting": "x"}]}, {"/arms/1/weight": "out_of_range"}),
        ({"arms": [WISH["arms"][0], {"name": "", "weight": 1, "setting": ""}]},
         {"/arms/1/name": "required", "/arms/1/setting": "invalid"}),
        ({"arms": [WISH["arms"][0], "b"]}, {"/arms/1": "wrong_type"}),
        ({"kind": "sharing"}, {"/arms/0/setting": "invalid", "/arms/1/setting": "invalid"}),
        ({"window_days": True}, {"/window_days": "out_of_range"}),
        ({"guardrails": [{"metric": "sold", "harm_max": -1}]}, {"/guardrails/0/harm_max": "out_of_range"}),
        ({"guardrails": [{"metric": "sold", "harm_max": 1}]}, {"/guardrails/0/harm_max": "out_of_range"}),
        ({"guardrails": [{"metric": "conversion", "harm_max": 2.0}]}, {"/guardrails/0/harm_max": "out_of_range"}),
        ({"guardrails": [{"metric": "luck", "harm_max": 1}]}, {"/guardrails/0/metric": "not_a_choice"}),
        ({"guardrails": [{"metric": {}, "harm_max": 1}]}, {"/guardrails/0/metric": "not_a_choice"}),
        ({"unit": []}, {"/unit": "not_a_choice"}),
        ({"salt": "mine"}, {"/salt": "unknown_field"}),
    ],
)  # fmt: skip
def test_each_fault_of_a_wish_is_named_where_it_stands(changes, found):
    assert faults(**changes) == found


@pytest.mark.parametrize("price", ["-1", "1.005", "cheap", "1e9"])
def test_a_smallest_price_is_an_amount_in_whole_cents(price):
    arms = [{"name": "a", "weight": 1, "setting": "0"}, {"name": "b", "weight": 1, "setting": price}]
    assert faults(kind="floor", arms=arms) == {"/arms/1/setting": "invalid"}


def test_an_arm_changes_one_thing():
    ping = Ping(UUID(int=3))
    assert draw([running(a="home/1", b="home/1")], ping).version == "home/1"
    assert draw([running("floor", a="12.50", b="12.50")], ping).price_min == 12_500_000
    found = draw([running("sharing", a="2", b="2"), running("floor", a="1.00", b="1.00")], ping)
    assert (found.version, found.price_min, found.sales_max, len(found.exposed)) == ("", 1_000_000, 2, 2)
    assert draw([], ping) == Drawn()


def test_the_unit_decides_and_its_hash_names_nobody():
    both = dict(read_hashes(b"pepper", {"email_sha256": "1" * 64, "phone_sha256": "2" * 64})[0].by_name)
    assert set(both) == {"email_sha256", "phone_sha256"}
    by_person = [draw([running(unit="person", a="1", b="2")], Ping(UUID(int=n), contact_keys=both)).exposed for n in range(9)]
    assert len(set(by_person)) == 1
    assert unit_of("person", Ping(UUID(int=1), contact_keys=both)) == both["phone_sha256"]
    assert by_person[0][0].unit not in both.values()
    nobody = {draw([running(unit="person", a="1", b="2")], Ping(UUID(int=n))).exposed[0].unit for n in range(9)}
    assert len(nobody) == 9
    known = draw([running(a="1", b="2")], Ping(UUID(int=4))).exposed
    assert known == (Exposed(UUID(int=1), known[0].arm, known[0].unit),)
    assert len(known[0].unit) == 32


def test_a_person_is_known_by_the_first_hash_in_the_order_of_the_exchange():
    assert tuple(name for name, (kind, _) in HASH_NAMES.items() if kind != "address") == PERSON_KEYS
    contact = keys_of_contact(b"pepper", phone="+15125550100", email="a@example.com", address="x").by_name
    hashed = read_hashes(b"pepper", {"phone_sha1": "3" * 40})[0].by_name
    direct, ping = Ping(UUID(int=1)), Ping(UUID(int=2), contact_keys=dict(hashed))
    assert unit_of("person", direct, contact) == contact["phone_sha256"]
    assert unit_of("person", ping) == hashed["phone_sha1"]
    assert unit_of("person", Ping(UUID(int=3), contact_keys={"address_sha256": "a"})) == str(UUID(int=3))
    assert unit_of("ping", direct, contact) == str(UUID(int=1))


@pytest.mark.parametrize(("kind", "setting"), [("sharing", "9" * 5_000), ("floor", "1" * 81), ("model", "v" * 81)])
def test_a_setting_of_any_length_is_refused_in_words(kind: str, setting: str):
    arms = [{"name": "a", "weight": 1, "setting": "1"}, {"name": "b", "weight": 1, "setting": setting}]
    assert faults(kind=kind, arms=arms) == {"/arms/1/setting": "invalid"}


@pytest.mark.parametrize(("kind", "one", "same"), [("floor", "0", "0.00"), ("floor", "12.5", "12.50"), ("sharing", "2", "02")])
def test_two_ways_to_write_one_setting_are_one_setting(kind: str, one: str, same: str):
    arms = [{"name": "a", "weight": 1, "setting": one}, {"name": "b", "weight": 1, "setting": same}]
    assert faults(kind=kind, arms=arms) == {"/arms": "repeated"}


def tallies(control: int, challenger: int, units: int = 4_000, sold: tuple[int, int] = (2_000, 2_000)):
    rows = zip(("champion", "challenger"), (control, challenger), sold, strict=True)
    return {arm: {"conversion": Tally(units, won), "sold": Tally(units, bought)} for arm, won, bought in rows}


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [
        (tallies(200, 480), "better", "challenger is better than the control."),
        (tallies(480, 200), "worse", "challenger is worse than the control."),
        (tallies(200, 210), "open", "challenger is not yet told apart from the control."),
        ({}, "open", "challenger is not yet told apart from the control."),
    ],
)
def test_the_verdict_in_words(found, verdict, words):
    comparison = compare(read_wish(WISH), found)
    assert ([one.verdict for one in comparison.differences], in_words(comparison)) == ([verdict], words)


@pytest.mark.parametrize(("sold", "state"), [((2_000, 2_000), "safe"), ((2_000, 1_400), "harmed"), ((2_000, 1_850), "open")])
def test_a_guardrail_is_safe_broken_or_open(sold, state):
    wish = read_wish({**WISH, "guardrails": [{"metric": "sold", "harm_max": 0.08}]})
    comparison = compare(wish, tallies(200, 480, sold=sold))
    assert [(one.arm, one.verdict) for one in comparison.guardrails] == [("challenger", state)]
    assert ("Stop the experiment" in in_words(comparison)) == (state == "harmed")


def test_a_guardrail_spends_its_part_of_the_error():
    wish = read_wish({**WISH, "guardrails": [{"metric": "sold", "harm_max": 0.08}]})
    found, seen = compare(wish, tallies(200, 480)), tallies(200, 480)
    before, after = (Tally(4_000, won) for won in (200, 480))
    assert found.differences[0].interval == rate_difference(before, after, ALPHA / 2)
    assert found.guardrails[0].interval == rate_difference(seen["champion"]["sold"], seen["challenger"]["sold"], ALPHA / 2)
    assert found.arms[0].interval == rate_interval(200, 4_000, ALPHA)


@pytest.mark.parametrize("few", [Tally(2, 0.0), Tally(2, 100.0, 5_000.0, 2), Tally(199, 9.0, 9.0, 199), Tally(200, 0.0)])
def test_few_units_or_few_sold_say_nothing_about_a_mean(few):
    wish = read_wish({**WISH, "metric": "revenue", "guardrails": [{"metric": "margin", "harm_max": 0.05}]})
    found = compare(wish, {arm: {"revenue": few, "margin": few} for arm in ("champion", "challenger")})
    nothing = Interval(-inf, inf)
    assert [one.interval for one in found.arms] == [nothing, nothing]
    assert [(one.interval, one.verdict) for one in (*found.differences, *found.guardrails)] == [(nothing, "open")] * 2


@pytest.mark.simulation
def test_three_arms_that_are_alike_are_seldom_told_apart():
    """Alpha is divided: over 200 experiments of two treatments, looked at 20 times, few ever call one better or worse."""
    generator = random.Random(5)
    arms = [{"name": name, "weight": 1, "setting": f"home/{name}"} for name in "abc"]
    wish, wrong = read_wish({**WISH, "arms": arms}), 0
    for _ in range(200):
        won, called = dict.fromkeys("abc", 0), False
        for look in range(1, 21):
            for arm in won:
                won[arm] += sum(generator.random() < 0.1 for _ in range(40))
            found = {arm: {"conversion": Tally(40 * look, total)} for arm, total in won.items()}
            called = called or any(one.verdict != "open" for one in compare(wish, found).differences)
        wrong += called
    assert wrong <= 10


RULES = {
    **WISH, "kind": "bid_rule",
    "arms": [{"name": "champion", "weight": 1, "setting": "4"}, {"name": "challenger", "weight": 1, "setting": "5"}],
}  # fmt: skip


def test_each_side_asks_its_own_kinds_and_figures():
    assert read_wish({**RULES, "metric": "spend"}, ADVERTISER).arms[1] == Arm("challenger", 1, "5")
    assert faults(kind="bid_rule") == {"/kind": "not_a_choice"}
    assert faults(metric="spend") == {"/metric": "not_a_choice"}
    for changes, pointer in (
        ({"kind": "floor"}, "/kind"), ({"metric": "revenue"}, "/metric"), ({"metric": "payout"}, "/metric"),
        ({"guardrails": [{"metric": "margin", "harm_max": 1}]}, "/guardrails/0/metric"),
    ):  # fmt: skip
        with pytest.raises(Problem) as refused:
            read_wish({**RULES, **changes}, ADVERTISER)
        assert pointer in {error.pointer for error in refused.value.errors}


@pytest.mark.parametrize("setting", ["0", "-1", "new", "", "1.5"])
def test_an_arm_bids_by_the_number_of_a_revision(setting: str):
    with pytest.raises(Problem) as refused:
        read_wish({**RULES, "arms": [RULES["arms"][0], {"name": "b", "weight": 1, "setting": setting}]}, ADVERTISER)
    assert {error.pointer: error.code for error in refused.value.errors} == {"/arms/1/setting": "invalid"}
    assert change_of("bid_rule", "5") == {"revision": 5}


def test_one_experiment_is_drawn_as_many_are():
    asked = running("bid_rule", a="4", b="5")
    pings = [Ping(UUID(int=number)) for number in range(64)]
    assert [expose(asked, ping) for ping in pings] == [draw([running(a="4", b="5")], ping).exposed[0] for ping in pings]
    assert {expose(asked, ping).arm for ping in pings} == {"a", "b"}


def spent(before: float, after: float):
    """Give arms of 4,000 units that spent so much each, half of them all of it."""
    return {
        arm: {"spend": Tally(4_000, 4_000 * mean, 8_000 * mean**2, 4_000), "conversion": Tally(4_000, 200)}
        for arm, mean in (("champion", before), ("challenger", after))
    }


@pytest.mark.parametrize(("after", "verdict"), [(5.0, "better"), (10.0, "open"), (20.0, "worse")])
def test_of_a_cost_less_is_better(after: float, verdict: str):
    (found,) = compare(read_wish({**RULES, "metric": "spend"}, ADVERTISER), spent(10.0, after)).differences
    assert found.verdict == verdict
    assert found.interval.low < after - 10.0 < found.interval.high


@pytest.mark.parametrize(("after", "state"), [(5.0, "safe"), (12.0, "safe"), (20.0, "harmed"), (14.0, "open")])
def test_a_guardrail_on_a_cost_says_how_far_it_may_rise(after: float, state: str):
    wish = read_wish({**RULES, "guardrails": [{"metric": "spend", "harm_max": 4}]}, ADVERTISER)
    comparison = compare(wish, spent(10.0, after))
    assert [one.verdict for one in comparison.guardrails] == [state]
    said = "Spend per unit of challenger rose by more than allowed. Stop the experiment."
    assert (said in in_words(comparison)) == (state == "harmed")
