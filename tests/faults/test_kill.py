"""kill -9 of any process at any moment: no lead sold twice, no cent lost, no answered sale missing."""

from __future__ import annotations

import random

import pytest

from tests.faults.empty_valkey import lose_valkey
from tests.faults.kill import VICTIMS, kill_under_load, own_load, report, victims
from tests.faults.own_exchange import shared_exchange

pytestmark = pytest.mark.race
SEED = 20261122


def test_every_promise_outlives_the_death_of_every_kind_of_process():
    exchange = shared_exchange()
    load = own_load(exchange, threads=2, pause_seconds=0.1)
    faults = kill_under_load(exchange, load, kills=len(VICTIMS), seed=SEED)
    report(load, faults)
    assert faults == []
    assert load.counts["sold"] >= len(VICTIMS), dict(load.counts)


def test_an_empty_valkey_is_rebuilt():
    assert lose_valkey(shared_exchange()) == []


def test_no_kind_of_process_is_forgotten():
    drawn = victims(3 * len(VICTIMS), random.Random(SEED))
    assert {name: drawn.count(name) for name in VICTIMS} == dict.fromkeys(VICTIMS, 3)
