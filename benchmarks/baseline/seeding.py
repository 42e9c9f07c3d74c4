"""Makes the baseline's tables and market: the same campaigns as the exchange has."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from django.core.management import call_command

from benchmarks import market
from benchmarks.baseline.models import Advertiser, Campaign, Publisher, Source
from benchmarks.market import CampaignPlan


def seed(campaigns: int, key: str, source: str) -> int:
    """Write everything for a publisher's key and source; gives the number of campaigns."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    digest = hashlib.sha256(key.encode()).hexdigest()
    publisher = Publisher.objects.create(name="Bench publisher", key_sha256=digest, margin=Decimal("0.20"))
    Source.objects.create(publisher=publisher, slug=source)
    owners = [Advertiser.objects.create(name=f"Buyer {number}", balance=1_000_000_000) for number in range(market.ADVERTISERS)]
    return len(Campaign.objects.bulk_create(_campaign(plan, owners[plan.advertiser]) for plan in market.campaigns(campaigns)))


def _campaign(plan: CampaignPlan, owner: Advertiser) -> Campaign:
    states, *conditions = plan.conditions
    return Campaign(
        advertiser=owner,
        name=plan.name,
        vertical=market.VERTICAL,
        states=states["value"],
        conditions=conditions,
        price=plan.price,
        band_from=80,
        band_factor=Decimal("1.25"),
        storm_factor=Decimal("1.10"),
        cap_a_day=10_000_000,
        budget_a_day=100_000_000,
    )
