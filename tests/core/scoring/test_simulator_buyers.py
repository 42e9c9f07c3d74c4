"""Buyers, returns, elasticity and consent of simulated leads: what the page says, and nothing of the leads moves for them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from scoring.core.places import STATES
from scoring.core.simulator import BOT, CLEAN, DUPLICATE, RECYCLED, contact_chance, draw, make_world
from scoring.core.simulator_buyers import (
    CONSENT_SHARES,
    GIVEN,
    KEPT,
    REPEATED,
    STALE,
    UNREACHABLE,
    UNWANTED,
    Buyer,
    appetite,
    buy,
    chances,
    consent_states,
    elasticities,
    make_buyers,
    return_chances,
    volumes,
)

START = datetime(2025, 1, 6, tzinfo=UTC)
EVERYWHERE = (1.0,) * len(STATES)


@pytest.fixture
def world(roofing):
    return make_world(roofing)


@pytest.fixture
def leads(world):
    return draw(world, count=40_000, seed=5, starts_at=START, days=364.0)


def buyer(*, value: float = 1.0, minutes: float = 8.0, states: tuple[float, ...] = EVERYWHERE, care: float = 1.0) -> Buyer:
    return Buyer(value, minutes, states, care)


def test_buyers_follow_from_the_world_and_are_1_on_average(world, roofing):
    buyers = make_buyers(world, 400)
    assert buyers == make_buyers(make_world(roofing), 400)
    assert buyers[:6] == make_buyers(world)
    assert make_buyers(make_world(roofing, seed=2), 6) != buyers[:6]
    assert np.mean([one.value for one in buyers]) == pytest.approx(1.0, abs=0.05)
    assert np.mean([one.care for one in buyers]) == pytest.approx(1.0, abs=0.08)
    assert np.median([one.call_minutes for one in buyers]) == pytest.approx(8.0, rel=0.15)
    weights = np.array([state.weight for state in STATES.values()])
    for one in buyers[:6]:
        assert np.average(one.states, weights=weights) == pytest.approx(1.0)


def test_leads_stay_what_they_are_whoever_buys_them(world, leads):
    before = leads.p_true.copy(), leads.outcome.copy(), leads.contact_minutes.copy()
    buy(leads, make_buyers(world), np.zeros(len(leads), dtype=np.int64))
    again = draw(world, count=40_000, seed=5, starts_at=START, days=364.0)
    for old, new in zip(before, (again.p_true, again.outcome, again.contact_minutes), strict=True):
        assert (old == new).all()


def test_who_calls_sooner_wins_more_by_the_chance_of_contact(leads):
    by_buyer, minutes = chances(leads, (buyer(minutes=1.0), buyer(minutes=8.0), buyer(minutes=240.0)))
    assert np.median(minutes, axis=0) == pytest.approx([1.0, 8.0, 240.0], rel=0.03)
    means = by_buyer.mean(axis=0)
    assert means[0] > means[1] > means[2]
    assert means[1] == pytest.approx(leads.p_true.mean(), rel=0.01)  # eight minutes are the market's own speed
    half_life = leads.world.half_life_minutes
    close = leads.p_true / contact_chance(leads.contact_minutes, half_life)
    assert by_buyer[:, 2] == pytest.approx(close * contact_chance(minutes[:, 2], half_life))
    assert ((by_buyer > 0) & (by_buyer < 1)).all()


def test_what_a_lead_is_worth_follows_value_and_state(leads):
    states = list(EVERYWHERE)
    states[3] = 4.0
    wanted = appetite(leads, (buyer(), buyer(value=1.5, states=tuple(states))))
    assert (wanted[:, 0] == 1.0).all()
    assert (wanted[:, 1] == np.where(leads.state == 3, 3.0, 1.5)).all()


def test_returns_follow_the_kind_of_lead_and_the_care_of_the_buyer_and_never_what_was_won(leads):
    careful, usual = buyer(care=1.5), buyer()
    bought = buy(leads, (usual, careful), np.zeros(len(leads), dtype=np.int64))
    assert bought.won.mean() == pytest.approx(bought.p_true.mean(), abs=0.004)
    assert (bought.returned[bought.won] == KEPT).all()
    open_ = ~bought.won
    for kind, reason, share in ((BOT, UNREACHABLE, 0.6), (DUPLICATE, REPEATED, 0.5), (RECYCLED, STALE, 0.2)):
        there = open_ & (leads.kind == kind)
        assert set(bought.returned[there]) == {KEPT, reason, UNWANTED}
        assert (bought.returned[there] == reason).mean() == pytest.approx(share, abs=0.04)
    clean = open_ & (leads.kind == CLEAN)
    assert set(bought.returned[clean]) == {KEPT, UNWANTED}
    assert (bought.returned[clean] == UNWANTED).mean() == pytest.approx(0.02, abs=0.003)
    expected = return_chances(leads, (usual, careful))
    assert expected[leads.kind == BOT][0] == pytest.approx([1 - 0.4 * 0.98, 1 - 0.1 * 0.97])
    assert expected[leads.kind == CLEAN][0] == pytest.approx([0.02, 0.03])


def test_volume_follows_the_price_by_each_publishers_own_power(world):
    powers = elasticities(world)
    assert len(powers) == len(world.publishers)
    assert (powers > 0).all()
    assert volumes(world, np.ones(12)).tolist() == [1.0] * 12
    assert volumes(world, np.full(12, 2.0)) == pytest.approx(2.0**powers)
    assert volumes(world, np.array([0.0, -1.0] + [1.0] * 10))[:2].tolist() == [0.0, 0.0]
    many = np.concatenate([elasticities(make_world(world.spec, seed=seed)) for seed in range(1, 30)])
    assert np.median(many) == pytest.approx(0.8, rel=0.06)


def test_consent_follows_the_kind_of_lead(leads):
    states = consent_states(leads)
    assert (states == consent_states(leads)).all()
    for kind, shares in CONSENT_SHARES.items():
        found = np.bincount(states[leads.kind == kind], minlength=4) / (leads.kind == kind).sum()
        assert found == pytest.approx(shares, abs=0.04)
    assert (states == GIVEN).mean() > 0.9
