"""The terms of a published campaign: everything the market needs of it, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from campaigns.core.bids import BidRule
from campaigns.core.filters import Filter
from campaigns.core.limits import Limit
from campaigns.core.schedule import Schedule


@dataclass(frozen=True, slots=True)
class CampaignTerms:
    """One published campaign as the market sees it: immutable, made from one revision and the limits in force.

    `sales_max`: to how many advertisers in all a lead may go that this campaign buys; 1 is exclusive.
    """

    campaign_id: UUID
    revision_id: UUID
    organization_id: UUID
    account_id: UUID
    name: str
    advertiser_name: str
    vertical: str
    filter: Filter
    bid_rule: BidRule
    limits: tuple[Limit, ...] = ()
    schedule: Schedule | None = None
    priority: int = 0
    sales_max: int = 1
    score_percentile_min: Decimal | None = None
    dedupe_days: int = 90
    allowed_sources: frozenset[UUID] = frozenset()
    blocked_sources: frozenset[UUID] = frozenset()
    consent_policy: str = "basic"
    consent_age_days_max: int = 30

    @property
    def exclusive(self) -> bool:
        """Say whether nobody else may buy the same lead."""
        return self.sales_max == 1
