"""An advertiser with a campaign, and sales to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.core.ids import uuid7
from accounts.tenancy import act_as_exchange
from campaigns.services import create_campaign
from exchange.core.consent import ConsentFacts
from exchange.core.dedupe import ContactKeys
from exchange.core.record import PingFacts, QuoteFacts
from exchange.delivery import services
from exchange.delivery.models import Attempt, Delivery
from exchange.intake.posts import AcceptedPost
from tests.cast import Member, join

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# Names of two words: a page's random tokens hold three letters by chance, but never a space.
PERSONAL = {
    "first_name": "Ann Mary",
    "last_name": "Lee Wood",
    "phone": "+15125550123",
    "email": "ann.lee@example.com",
    "street": "12 Oak St",
}
CONSENT = ConsentFacts(method="checkbox", text="I agree.", captured_at=AT, ip="203.0.113.9")


@dataclass(frozen=True)
class Buyer:
    member: Member
    campaign_id: UUID

    @classmethod
    def joined(cls, url: str, slug: str = "advertiser") -> Buyer:
        member = join(slug, "advertiser")
        campaign = create_campaign(
            organization_id=member.organization_id,
            name="Roofs",
            vertical="home.roofing",
            draft={},
            destination={"kind": "http", "url": url, "secret": SECRET, "headers": {"X-Api-Key": "k-123"}},
            actor="system:test",
        )
        return cls(member, campaign.id)

    def sell(self, publisher: Member, *, at: datetime = AT, **personal: Any) -> UUID:
        """Queue one sold lead as a post does; gives the delivery's id."""
        post = AcceptedPost({"project": "new"}, {**PERSONAL, **personal}, ContactKeys({}), CONSENT)
        with act_as_exchange("a test sells a lead"):
            return services.queue(sale_id=uuid7(), lead_id=uuid7(), ping=ping_of(publisher), post=post, quote=self.quote(), at=at)

    def quote(self) -> QuoteFacts:
        facts: dict[str, Any] = {
            "quote_id": uuid7(),
            "auction_id": uuid7(),
            "campaign_id": self.campaign_id,
            "revision_id": uuid7(),
            "advertiser_id": self.member.organization_id,
            "advertiser_account": uuid7(),
            "advertiser_name": "Acme",
            "price": 41_500_000,
            "payout_amount": 33_200_000,
            "margin_amount": 8_300_000,
            "currency": "USD",
            "pricing": "first_price",
            "consent_policy": "basic",
            "consent_age_days_max": 30,
            "dedupe_days": 90,
            "quoted_at_ms": 1,
            "holds": [],
        }
        return QuoteFacts(**{name: facts[name] for name in QuoteFacts.__struct_fields__})


def ping_of(publisher: Member) -> PingFacts:
    facts: dict[str, Any] = {
        "ping_id": uuid7(),
        "organization_id": publisher.organization_id,
        "account_id": uuid7(),
        "source_id": uuid7(),
        "vertical": "home.roofing",
        "lead": {"zip": "78701", "state": "TX"},
        "contact_keys": {},
        "currency": "USD",
    }
    return PingFacts(**{name: facts[name] for name in PingFacts.__struct_fields__})


def row_of(delivery_id: UUID) -> Delivery:
    with act_as_exchange("a test looks at a delivery"):
        return Delivery.objects.get(id=delivery_id)


def attempts_of(delivery_id: UUID) -> list[Attempt]:
    with act_as_exchange("a test looks at attempts"):
        return list(Attempt.objects.filter(delivery_id=delivery_id).order_by("number", "id"))
