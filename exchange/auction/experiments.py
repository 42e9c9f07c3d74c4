"""An advertiser's experiments on the bid rule of one of its campaigns: each arm is a published revision.

The experiment is scoring's, its revisions are the campaign's, and the market must hear of it: so it is written here, in one
transaction. Paused, a campaign serves no arm, and goes on when it is resumed; removed, it serves none any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.core.errors import FieldError, Problem, invalid
from accounts.core.ids import BadId, decode
from accounts.tenancy import act_as
from campaigns import selectors
from campaigns.core.bids import BidRule
from campaigns.services import touch_market
from scoring import experiments
from scoring.core.arms import BID_RULE
from scoring.experiments import ExperimentFacts, Subject

WHOSE = FieldError("/campaign_id", "unknown", "Give the id of one of your campaigns; GET /api/v1/campaigns lists them.")


def create_experiment(*, data: Mapping[str, Any], mode: str, at: datetime, organization_id: UUID, actor: str) -> ExperimentFacts:
    """Draft an experiment on one campaign's bid rule; nothing is served by it yet. Raises Problem invalid_request."""
    if "vertical" in data:
        raise invalid([FieldError("/vertical", "not_allowed", "The vertical is the campaign's; leave it out.")])
    with act_as(organization_id):
        campaign_id, vertical = _campaign_of(data)
        asked = {name: value for name, value in data.items() if name != "campaign_id"}
        made = experiments.create_experiment(
            data={"kind": BID_RULE, **asked, "vertical": vertical}, mode=mode, at=at, organization_id=organization_id,
            actor=actor, subject=Subject(organization_id, campaign_id),
        )  # fmt: skip
        _check_revisions(made)
        return made


def start_experiment(*, experiment_id: UUID, mode: str, at: datetime, organization_id: UUID, actor: str) -> ExperimentFacts:
    """Divide the leads that the campaign matches among the revisions' bid rules. Raises Problem not_found or conflict."""
    with act_as(organization_id):
        begun = experiments.start_experiment(
            experiment_id=experiment_id, mode=mode, at=at, organization_id=organization_id, actor=actor,
            advertiser_id=organization_id,
        )  # fmt: skip
        if begun.campaign_id is None or not selectors.list_campaigns().filter(id=begun.campaign_id).exists():
            raise Problem("conflict", "The campaign of this experiment was removed: nothing can be tried on it any more.")
        touch_market(mode)
        return begun


def stop_experiment(*, experiment_id: UUID, mode: str, at: datetime, organization_id: UUID, actor: str) -> ExperimentFacts:
    """Let the campaign bid by the revision in force again; the exposures stay. Raises Problem not_found or conflict."""
    with act_as(organization_id):
        ended = experiments.stop_experiment(
            experiment_id=experiment_id, mode=mode, at=at, organization_id=organization_id, actor=actor,
            advertiser_id=organization_id,
        )  # fmt: skip
        touch_market(mode)
        return ended


def _campaign_of(data: Mapping[str, Any]) -> tuple[UUID, str]:
    try:
        row = selectors.get_campaign(campaign_id=decode("campaign", str(data.get("campaign_id", ""))))
        return row.id, row.vertical
    except (BadId, Problem):
        # A foreign campaign reads as one that does not exist.
        raise invalid([WHOSE]) from None


def _check_revisions(made: ExperimentFacts) -> None:
    """Refuse what was never published, and a revision that bids as another arm does."""
    rules = {} if made.campaign_id is None else selectors.bid_rules_of(campaign_id=made.campaign_id)
    errors: list[FieldError] = []
    seen: list[BidRule] = []
    for place, arm in enumerate(made.wish.arms):
        rule = rules.get(int(arm.setting))
        if rule is None:
            known = ", ".join(map(str, sorted(rules))) or "none yet"
            errors.append(FieldError(f"/arms/{place}/setting", "unknown", f"Choose a published revision: {known}."))
        elif rule in seen:
            words = "Its bid rule is that of an arm before: choose a revision that bids otherwise."
            errors.append(FieldError(f"/arms/{place}/setting", "repeated", words))
        else:
            seen.append(rule)
    if errors:
        raise invalid(errors)
