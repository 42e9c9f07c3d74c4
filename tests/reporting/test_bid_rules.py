"""An advertiser's experiment on its bid rule: whoever matches is drawn, priced by the arm's revision, and stored as served."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.core.ids import decode
from accounts.tenancy import act_as_exchange
from campaigns.models import CampaignRevision
from exchange.auction import snapshot
from exchange.auction.journal import Journal, keep_exposures
from exchange.auction.store import counters
from scoring.core.experiments import arm_of
from scoring.experiments import ExperimentFacts
from scoring.models import Exposure
from tests.reporting.bid_rules import WEIGHTS, drafted, revise, start
from tests.reporting.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db]
PRICES = {"control": 50_000_000, "sixty": 60_000_000}
CALIFORNIA = {"zip": "90001", "scope": "repair", "home_ownership": "own"}


def exposures() -> dict[Any, str]:
    Journal([counters(mode) for mode in snapshot.MODES], keep=keep_exposures).drain()
    with act_as_exchange("look"):
        return {row.ping_id: row.arm for row in Exposure.objects.all()}


def own_bid(world: World, answer: dict[str, Any]) -> dict[str, Any]:
    exposures()
    mine = str(decode("campaign", world.campaigns["Austin"]))
    (found,) = (bid for bid in world.record(answer["id"])["bids"] if bid["campaign_id"] == mine)
    return found


def revisions(world: World) -> dict[int, str]:
    with act_as_exchange("look"):
        rows = CampaignRevision.objects.filter(campaign_id=decode("campaign", world.campaigns["Austin"]))
        return {row.number: str(row.id) for row in rows}


def arm_for(found: ExperimentFacts, answer: dict[str, Any]) -> str:
    return arm_of(str(decode("ping", answer["id"])), found.salt, WEIGHTS)


def test_each_ping_is_priced_by_the_rule_of_its_arm_and_says_which(world: World) -> None:
    found, numbers = start(world, drafted(world)), revisions(world)
    answers = [world.ping() for _ in range(16)]
    stored = exposures()
    for answer in answers:
        arm, bid = arm_for(found, answer), own_bid(world, answer)
        assert stored[decode("ping", answer["id"])] == arm
        assert (bid["bid_price"], bid["revision_id"]) == (PRICES[arm], numbers[{"control": 1, "sixty": 2}[arm]])
    assert set(stored.values()) == {"control", "sixty"}


def test_a_ping_the_campaign_does_not_match_is_not_exposed(world: World) -> None:
    only_texas = {"filter": {"all": [{"field": "state", "op": "in", "value": ["TX"]}]}}
    found = drafted(world)
    revise(world, world.advertiser, "Austin", "50.00", **only_texas)
    start(world, found)
    pings = [world.ping(), world.ping(lead=CALIFORNIA)]
    assert set(exposures()) == {decode("ping", pings[0]["id"])}
