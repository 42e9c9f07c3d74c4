"""Bid-rule experiments for tests: the advertiser's campaign with two revisions, 50.00 and 60.00, and one experiment on both."""

from __future__ import annotations

from typing import Any

from accounts.core.clock import utc_now
from accounts.core.ids import decode
from campaigns.services import demand
from exchange.auction import experiments, snapshot
from scoring.experiments import ExperimentFacts
from tests.cast import Member
from tests.reporting.conftest import World, usd

ARMS = [{"name": "control", "weight": 1, "setting": "1"}, {"name": "sixty", "weight": 1, "setting": "2"}]
WEIGHTS = {"control": 1, "sixty": 1}


def wish(campaign_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Dearer leads", "hypothesis": "Sixty dollars win more of them.", "campaign_id": campaign_id, "unit": "ping",
        "metric": "sold", "arms": ARMS, "window_days": 14, "guardrails": [{"metric": "spend", "harm_max": 20}], **changes,
    }  # fmt: skip


def who(member: Member) -> dict[str, Any]:
    return {"mode": "live", "at": utc_now(), "organization_id": member.organization_id, "actor": "system:test"}


def revise(world: World, member: Member, name: str, price: str, **draft: Any) -> None:
    """Publish another revision of a campaign, at another base price."""
    with world.capture(execute=True):
        publish_again(member, world.campaigns[name], price, **draft)
    snapshot.refresh()


def publish_again(member: Member, campaign_id: str, price: str, **draft: Any) -> None:
    """Change the base price of a campaign and publish it."""
    place = {"organization_id": member.organization_id, "campaign_id": decode("campaign", campaign_id)}
    demand.update_draft(**place, changes={"bid": {"base_price": usd(price)}, **draft}, actor="system:test")
    demand.publish(**place, actor="system:test")


def drafted(world: World, **changes: Any) -> ExperimentFacts:
    """Publish 60.00 as the second revision of Austin, then the first rule again, and draft an experiment on the two."""
    revise(world, world.advertiser, "Austin", "60.00")
    revise(world, world.advertiser, "Austin", "50.00")
    return drafted_on_bid_rules(world.advertiser, world.campaigns["Austin"], **changes)


def drafted_on_bid_rules(member: Member, campaign_id: str, **changes: Any) -> ExperimentFacts:
    """Draft an experiment on the first two revisions of a campaign."""
    return experiments.create_experiment(data=wish(campaign_id, **changes), **who(member))


def start(world: World, found: ExperimentFacts) -> ExperimentFacts:
    begun = experiments.start_experiment(experiment_id=found.experiment_id, **who(world.advertiser))
    snapshot.refresh()
    return begun
