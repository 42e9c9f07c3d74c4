"""Campaigns whose bid rule is tried: the terms each arm bids with, drawn among those that match and no others."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from campaigns.core.bids import BidRule
from exchange.auction import tested
from exchange.auction.tested import draw_terms
from scoring.core.arms import Exposed, Running, expose
from tests.core.campaigns.test_matching import terms
from tests.core.scoring.test_arms import Ping

RULES = {"control": BidRule(base_price=50_000_000), "sixty": BidRule(base_price=60_000_000)}
TRIED, OTHER = terms(1, bid_rule=RULES["control"]), terms(2, bid_rule=BidRule(base_price=7_000_000))
ARMS = {name: replace(TRIED, revision_id=UUID(int=number), bid_rule=rule) for number, (name, rule) in enumerate(RULES.items())}
RUNNING = Running(UUID(int=9), "bid_rule", "ping", "salt", {"control": 1, "sixty": 1}, {})
SHELF = {TRIED.campaign_id: tested.Tested(RUNNING, ARMS)}


def test_whoever_matches_bids_by_its_arm_in_its_own_place() -> None:
    for number in range(50):
        ping = Ping(UUID(int=number))
        wanted = expose(RUNNING, ping)
        assert draw_terms(SHELF, (OTHER, TRIED), ping, None) == ((OTHER, ARMS[wanted.arm]), (wanted,))


def test_who_does_not_match_is_not_drawn() -> None:
    assert draw_terms(SHELF, (OTHER,), Ping(UUID(int=1)), None) == ((OTHER,), ())


def test_two_campaigns_are_drawn_apart() -> None:
    second = tested.Tested(replace(RUNNING, experiment_id=UUID(int=10), salt="other"), dict.fromkeys(RULES, OTHER))
    both = {**SHELF, OTHER.campaign_id: second}
    drawn = [draw_terms(both, (TRIED, OTHER), Ping(UUID(int=number)), None)[1] for number in range(200)]
    pairs = {(first.arm, second.arm) for first, second in drawn}
    assert pairs == {(one, other) for one in RULES for other in RULES}
    assert all(isinstance(one, Exposed) for found in drawn for one in found)


def test_a_person_known_by_contact_is_drawn_by_it() -> None:
    by_person = {TRIED.campaign_id: tested.Tested(replace(RUNNING, unit="person"), ARMS)}
    keys = {"phone_sha256": "5" * 64}
    found = {draw_terms(by_person, (TRIED,), Ping(UUID(int=number)), keys)[1] for number in range(9)}
    assert len(found) == 1
