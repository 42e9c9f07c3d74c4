"""A ping: score, campaigns, bids, hold, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from benchmarks.baseline.matching import matches
from benchmarks.baseline.models import Advertiser, Campaign, Ping, Publisher, Quote, SoldContact, Source
from benchmarks.baseline.scoring import score

LIFETIME = timedelta(seconds=60)
CENT = Decimal("0.01")


def offer(publisher: Publisher, source: Source, data: Mapping[str, Any]) -> tuple[Ping, Quote | None]:
    """Find the best campaign that has room, hold its cap, budget and money, and store ping and quote."""
    lead, behaviour, hashes = data["lead"], data.get("behaviour", {}), data["contact_hashes"]
    probability = score(lead, behaviour)
    bids = _bids(data["vertical"], lead, probability, set(hashes.values()))
    with transaction.atomic():
        won = _hold_first(bids)
        ping = Ping.objects.create(
            publisher=publisher,
            source=source,
            vertical=data["vertical"],
            lead=lead,
            behaviour=behaviour,
            score=probability,
            status="quoted" if won else "no_bid",
            **hashes,
        )
        return ping, _quote(ping, publisher, *won) if won else None


def _bids(vertical: str, lead: Mapping[str, Any], probability: float, hashes: set[str]) -> list[tuple[Decimal, Campaign]]:
    bought = dict(SoldContact.objects.filter(contact_sha256__in=hashes).values_list("advertiser_id", "sold_at"))
    known = Campaign.objects.filter(vertical=vertical, active=True, states__contains=[lead["state"]]).defer("states", "name")
    matched = [campaign for campaign in known if matches(campaign.conditions, lead)]
    fresh = [one for one in matched if not _bought_lately(bought.get(one.advertiser_id), one.dedupe_days)]
    return sorted(((_bid(one, lead, probability), one) for one in fresh), key=lambda bid: (-bid[0], bid[1].pk))


def _bought_lately(sold_at: Any, days: int) -> bool:
    return sold_at is not None and sold_at > timezone.now() - timedelta(days=days)


def _bid(campaign: Campaign, lead: Mapping[str, Any], probability: float) -> Decimal:
    price = campaign.price
    if probability * 100 >= campaign.band_from:
        price *= campaign.band_factor
    if lead.get("storm_damage"):
        price *= campaign.storm_factor
    return price.quantize(CENT)


def _hold_first(bids: Sequence[tuple[Decimal, Campaign]]) -> tuple[Decimal, Campaign] | None:
    for price, candidate in bids:
        campaign = Campaign.objects.select_for_update().select_related("advertiser").get(pk=candidate.pk)
        owner = campaign.advertiser
        room = campaign.leads_today < campaign.cap_a_day and campaign.spent_today + price <= campaign.budget_a_day
        if room and owner.held + price <= owner.balance:
            Campaign.objects.filter(pk=campaign.pk).update(leads_today=F("leads_today") + 1, spent_today=F("spent_today") + price)
            Advertiser.objects.filter(pk=owner.pk).update(held=F("held") + price)
            return price, campaign
    return None


def _quote(ping: Ping, publisher: Publisher, price: Decimal, campaign: Campaign) -> Quote:
    payout = (price * (1 - publisher.margin)).quantize(CENT)
    return Quote.objects.create(ping=ping, campaign=campaign, price=price, payout=payout, expires_at=timezone.now() + LIFETIME)
