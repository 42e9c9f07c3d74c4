"""A publisher, two advertisers and a stranger, and rules to write down."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from accounts.core.ids import decode
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from campaigns import selectors, services
from campaigns.models import Campaign, CampaignRevision, Destination, FloorRule, Limit, Source
from tests.cast import Member, join

ACTOR = "system:test"
_numbers = itertools.count(1)


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


RULES: dict[str, Any] = {
    "zone": "America/Chicago",
    "filter": {"all": [{"field": "state", "op": "in", "value": ["OK", "TX"]}]},
    "bid": {"base_price": usd("40.00"), "bands": [{"percentile_from": "80", "factor": "1.25"}], "max_price": usd("60.00")},
    "caps": [{"window": "day", "limit": 50}],
    "budgets": [{"window": "day", "limit": usd("1500.00")}],
}
DESTINATION = {"url": "https://crm.example.com/leads", "headers": {"X-Account": "7"}}


@dataclass(frozen=True)
class Cast:
    """Who trades in a test."""

    publisher: Member
    advertiser: Member
    rival: Member

    def campaign(self, *, publish: bool = True, **changes: Any) -> UUID:
        """Make a campaign of the advertiser."""
        owner = self.advertiser.organization_id
        row = services.create_campaign(
            organization_id=owner, name="Texas roofs", vertical="home.roofing", draft={**RULES, **changes},
            destination=DESTINATION, actor=ACTOR,
        )  # fmt: skip
        if publish:
            services.publish(organization_id=owner, campaign_id=row.id, actor=ACTOR)
        return row.id

    def edit(self, campaign_id: UUID, *, publish: bool = True, **changes: Any) -> None:
        """Change a campaign of the advertiser."""
        owner = self.advertiser.organization_id
        services.update_draft(organization_id=owner, campaign_id=campaign_id, changes=changes, actor=ACTOR)
        if publish:
            services.publish(organization_id=owner, campaign_id=campaign_id, actor=ACTOR)

    def source(self, **data: Any) -> UUID:
        """Make a source of the publisher."""
        owner = self.publisher.organization_id
        return services.create_source(organization_id=owner, data={"name": "roofs.example", **data}, actor=ACTOR).id


@pytest.fixture
def cast(db: None) -> Cast:
    number = next(_numbers)
    kinds = {"publisher": "publisher", "advertiser": "advertiser", "rival": "both"}
    return Cast(**{name: join(f"{name}-{number}", kind) for name, kind in kinds.items()})


def only_terms(campaign_id: UUID) -> Any:
    """Give the terms of one campaign in the live market, None when it is not in it."""
    found = [terms for terms in selectors.list_terms("live") if terms.campaign_id == campaign_id]
    return found[0] if found else None


def everything() -> dict[str, Any]:
    """Take a picture of all rows: what a denied action must leave alone."""
    with act_as_exchange("a test compares everything"):
        rows = {
            model.__name__: list(model.objects.order_by("id").values())
            for model in (Campaign, CampaignRevision, Limit, Destination, Source, FloorRule)
        }
        rows["audit"] = AuditEntry.objects.count()
    return {**rows, "versions": [selectors.market_version(mode) for mode in ("live", "test")]}


def uuid_of(kind: str, text: str) -> UUID:
    return decode(kind, text)
