"""An advertiser's experiment on its bid rule: whoever matches is drawn, priced by the arm's revision, and stored as served."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import decode, encode
from accounts.tenancy import act_as_exchange
from campaigns.models import CampaignRevision
from campaigns.services import demand
from exchange.auction import experiments, snapshot
from exchange.auction.journal import Journal, keep_exposures
from exchange.auction.models import Sale
from exchange.auction.store import counters
from reporting.experiments import results_of
from scoring.core.experiments import Tally, arm_of
from scoring.experiments import ExperimentFacts
from scoring.models import Experiment, Exposure
from tests.reporting.bid_rules import WEIGHTS, drafted, revise, start, who, wish
from tests.reporting.conftest import LEAD, World, person, report
from tests.reporting.test_pages import visit

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


def test_everything_but_the_bid_rule_stays_that_of_the_revision_in_force(world: World) -> None:
    found = drafted(world)
    revise(world, world.advertiser, "Austin", "10.00", caps=[{"window": "day", "limit": 1}])
    start(world, found)
    answer = world.ping()
    # The third revision bids 10.00, and neither arm does; its cap holds for both arms.
    assert own_bid(world, answer)["bid_price"] == PRICES[arm_for(found, answer)]
    second = own_bid(world, world.ping())
    assert (second["bid_price"] in PRICES.values(), second["status"], second["reason"]) == (True, "lost", "cap_reached")


def test_stopped_the_campaign_bids_by_the_revision_in_force(world: World) -> None:
    found = start(world, drafted(world))
    revise(world, world.advertiser, "Austin", "55.00")
    answer = world.ping()
    assert own_bid(world, answer)["bid_price"] == PRICES[arm_for(found, answer)]
    experiments.stop_experiment(experiment_id=found.experiment_id, **who(world.advertiser))
    snapshot.refresh()
    after = [own_bid(world, world.ping()) for _ in range(6)]
    assert {(bid["bid_price"], bid["revision_id"]) for bid in after} == {(55_000_000, revisions(world)[4])}
    assert len(exposures()) == 1


def test_paused_it_serves_no_arm_and_resumed_it_goes_on(world: World) -> None:
    start(world, drafted(world))
    place = {"organization_id": world.advertiser.organization_id, "campaign_id": decode("campaign", world.campaigns["Austin"])}
    with world.capture(execute=True):
        demand.pause(**place, actor="system:test")
    snapshot.refresh()
    world.ping()
    assert exposures() == {}
    with world.capture(execute=True):
        demand.resume(**place, actor="system:test")
    snapshot.refresh()
    assert set(exposures()) == set()
    answer = world.ping()
    assert set(exposures()) == {decode("ping", answer["id"])}


def test_removed_it_serves_no_arm_starts_none_and_can_be_stopped(world: World) -> None:
    found = start(world, drafted(world))
    second = experiments.create_experiment(data=wish(world.campaigns["Austin"]), **who(world.advertiser))
    place = {"organization_id": world.advertiser.organization_id, "campaign_id": decode("campaign", world.campaigns["Austin"])}
    with world.capture(execute=True):
        demand.archive(**place, actor="system:test")
    snapshot.refresh()
    world.ping()
    assert exposures() == {}
    assert experiments.stop_experiment(experiment_id=found.experiment_id, **who(world.advertiser)).state == "stopped"
    with pytest.raises(Problem, match="was removed") as refused:
        experiments.start_experiment(experiment_id=second.experiment_id, **who(world.advertiser))
    assert (refused.value.code, states()) == ("conflict", ["stopped", "draft"])


def states() -> list[str]:
    with act_as_exchange("look"):
        return list(Experiment.objects.order_by("id").values_list("state", flat=True))


def test_one_runs_on_a_campaign_at_a_time(world: World) -> None:
    start(world, drafted(world))
    second = experiments.create_experiment(data=wish(world.campaigns["Austin"]), **who(world.advertiser))
    with pytest.raises(Problem) as refused:
        experiments.start_experiment(experiment_id=second.experiment_id, **who(world.advertiser))
    assert (refused.value.code, refused.value.detail, states()) == (
        "conflict", "Another experiment of this kind runs on this campaign; stop it first.", ["running", "draft"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (("1", "9"), {"/arms/1/setting": "unknown"}),
        (("1", "3"), {"/arms/1/setting": "repeated"}),
        (("1", "01"), {"/arms": "repeated"}),
        (("1", "new"), {"/arms/1/setting": "invalid"}),
    ],
)
def test_arms_are_published_revisions_that_bid_differently(world: World, settings: Any, found: dict[str, str]) -> None:
    drafted(world)
    arms = [{"name": f"arm {place}", "weight": 1, "setting": one} for place, one in enumerate(settings)]
    with pytest.raises(Problem) as refused:
        experiments.create_experiment(data=wish(world.campaigns["Austin"], arms=arms), **who(world.advertiser))
    assert {one.pointer: one.code for one in refused.value.errors} == found
    assert states() == ["draft"]


def test_a_revision_that_cannot_be_read_any_more_leaves_the_rule_in_force(world: World) -> None:
    found = drafted(world)
    with act_as_exchange("the test makes a revision vanish from the arms"):
        row = Experiment.objects.get()
        row.arms[1]["setting"] = "9"
        row.save()
    start(world, found)
    assert {own_bid(world, world.ping())["bid_price"] for _ in range(6)} == {50_000_000}
    assert exposures() == {}


def test_a_direct_lead_is_drawn_by_its_contact(world: World) -> None:
    found = start(world, drafted(world, unit="person"))
    body = {"source": world.source, "vertical": "home.roofing", "lead": LEAD, "external_id": "form-7", **person(7)}
    answer = world.client.post("/api/v1/leads", body, content_type="application/json", headers=world.publisher.headers)
    assert answer.status_code == 201
    ((ping_id, arm),) = exposures().items()
    with act_as_exchange("look"):
        keys = Sale.objects.get(ping_id=ping_id).contact_keys
    assert arm == arm_of(keys["phone_sha256"], found.salt, WEIGHTS)


def test_a_ping_costs_no_query_more_while_one_runs(world: World) -> None:
    found = drafted(world)
    world.ping()
    with CaptureQueriesContext(connection) as before:
        world.ping()
    start(world, found)
    with CaptureQueriesContext(connection) as after:
        world.ping()
    assert len(after) == len(before)


def test_the_figures_are_of_what_the_campaign_bought(world: World) -> None:
    world.publish(world.stranger, "Shares", "58.00")
    found = start(world, drafted(world))
    arms, bought = dict.fromkeys(WEIGHTS, 0), 0
    for number in range(12):
        answer = world.ping()
        arm = arm_for(found, answer)
        arms[arm] += 1
        assert world.post(answer["id"], number)["status"] == "sold"
        bought += arm == "sixty"
    exposures()
    results = results_of(found, at=utc_now() + timedelta(minutes=20))
    latest = results.points[-1].tallies
    # The stranger bids 58.00: it outbids the control, whose campaign buys nothing then.
    assert results.exposed == arms
    assert (latest["control"]["sold"], latest["sixty"]["sold"]) == (
        Tally(arms["control"], 0.0, 0.0), Tally(arms["sixty"], bought, bought, bought),
    )  # fmt: skip
    assert latest["sixty"]["spend"] == Tally(arms["sixty"], 60.0 * bought, 3600.0 * bought, bought)
    assert results.costs == {"control": None, "sixty": None}


def test_a_conversion_costs_what_was_spent_by_the_units_that_are_due(world: World) -> None:
    found = start(world, drafted(world, metric="conversion"))
    spent, told = {"control": 0.0, "sixty": 0.0}, {"control": 0, "sixty": 0}
    for number in range(10):
        answer = world.ping()
        sold, arm = world.post(answer["id"], number), arm_for(found, answer)
        spent[arm] += PRICES[arm] / 1_000_000
        if number % 2:
            exposures()
            report(world.advertiser, sold["lead_id"], "sale")
            told[arm] += 1
    exposures()
    results = results_of(found, at=utc_now() + timedelta(days=14, minutes=1))
    assert results.costs == {arm: spent[arm] / told[arm] if told[arm] else None for arm in spent}
    assert {arm: one["conversion"].total for arm, one in results.points[-1].tallies.items()} == told


def test_the_owner_reads_its_arm_and_nobody_else_does(world: World) -> None:
    found = start(world, drafted(world))
    answer = world.ping()
    exposures()
    arm, experiment_id = arm_for(found, answer), encode("experiment", found.experiment_id)
    mine = world.get(f"pings/{answer['id']}", world.advertiser)[1]["bids"][0]
    number = {"control": 1, "sixty": 2}[arm]
    assert mine["experiment"] == {"id": experiment_id, "name": "Dearer leads", "arm": arm, "revision": number}
    assert mine["revision_id"] == encode("revision", UUID(revisions(world)[number]))
    assert "Dearer leads" in visit(world.advertiser, f"pings/{answer['id']}").content.decode()
    for reader in (world.publisher, world.rival_advertiser, world.operator):
        seen = json.dumps(world.get(f"pings/{answer['id']}", reader)[1])
        page = visit(reader, f"pings/{answer['id']}", "operator" if reader is world.operator else "viewer").content.decode()
        assert [word for word in (experiment_id, "Dearer leads", "sixty") if word in seen + page] == []
