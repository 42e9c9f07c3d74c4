"""Writes the market of the bench into an exchange: organizations and money by the services, thousands of campaigns in bulk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts import services as accounts
from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.core.money import micros_from_text
from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account
from accounts.tenancy import act_as
from benchmarks import market
from benchmarks.market import CampaignPlan
from campaigns.core.drafts import LimitWish, draft_as_json, parse_draft
from campaigns.models import Campaign, CampaignRevision, Limit
from campaigns.services import create_source, touch_market
from campaigns.verticals import load_verticals
from scoring.core.features import spec_of
from scoring.services import train_missing_priors

ACTOR = "system:bench"
DEPOSIT = "1000000000"


def seed(campaigns: int) -> dict[str, str]:
    """Write everything; gives the publisher's key, and one source each for pings and for posts."""
    operator = accounts.create_organization(name="Bench operator", slug="bench", kind="operator", actor=ACTOR)
    specs = [spec_of(load_verticals()[market.VERTICAL])]
    train_missing_priors(specs, at=utc_now(), organization_id=operator.id, actor=ACTOR)
    publisher = accounts.create_organization(name="Bench publisher", slug="bench-publisher", kind="publisher", actor=ACTOR)
    plans = market.campaigns(campaigns)
    for number in range(market.ADVERTISERS):
        owner = _advertiser(number)
        _publish(owner, [plan for plan in plans if plan.advertiser == number])
    touch_market("live")
    sources = {name: create_source(organization_id=publisher.id, data={"name": name}, actor=ACTOR) for name in ("pings", "posts")}
    key = accounts.issue_key(organization_id=publisher.id, name="bench", actor=ACTOR).key
    return {"key": key, **{name: encode("source", row.id) for name, row in sources.items()}}


def _advertiser(number: int) -> UUID:
    owner = accounts.create_organization(name=f"Buyer {number}", slug=f"buyer-{number}", kind="advertiser", actor=ACTOR)
    wallet = get_account(organization_id=owner.id, kind=AccountKind.WALLET, currency="USD")
    ledger.deposit(
        idempotency_key=f"bench:{wallet.id.hex}",
        account_id=wallet.id,
        amount=micros_from_text(DEPOSIT),
        at=utc_now(),
        actor=ACTOR,
        memo="bench",
    )
    owner_id: UUID = owner.id
    return owner_id


def _publish(owner: UUID, plans: list[CampaignPlan]) -> None:
    """Write the rows that create and publish would write; one by one that takes minutes."""
    rows, revisions, limits = [], [], []
    vertical = load_verticals()[market.VERTICAL]
    for plan in plans:
        terms = parse_draft(plan.draft(), vertical, currency="USD")
        wire: dict[str, Any] = draft_as_json(terms, "USD")
        row = Campaign(organization_id=owner, name=plan.name, vertical=vertical.slug, status="active", draft=wire)
        revision = CampaignRevision(
            organization_id=owner, campaign=row, number=1, vertical_version=vertical.version, terms=wire, actor=ACTOR,
            published_at=utc_now(),
        )  # fmt: skip
        row.published = revision
        rows.append(row)
        revisions.append(revision)
        limits += [_limit(row, one, terms.zone) for one in terms.limits]
    with act_as(owner):
        # Foreign keys are checked at commit, so a campaign may name a revision that is written a moment later.
        Campaign.objects.bulk_create(rows)
        CampaignRevision.objects.bulk_create(revisions)
        Limit.objects.bulk_create(limits)


def _limit(row: Campaign, wish: LimitWish, zone: str) -> Limit:
    return Limit(
        organization_id=row.organization_id,
        campaign=row,
        level=wish.level,
        unit=wish.unit,
        window=wish.window,
        limit=wish.limit,
        zone=zone,
    )
