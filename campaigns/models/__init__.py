"""Tables of supply and demand. Imported by campaigns' selectors and services only."""

from campaigns.models.demand import Campaign, CampaignRevision, Destination, Limit
from campaigns.models.market import MarketVersion
from campaigns.models.supply import FloorRule, Source

__all__ = ["Campaign", "CampaignRevision", "Destination", "FloorRule", "Limit", "MarketVersion", "Source"]
