"""Reads of supply and demand. What a tenant reads runs inside its own door; what the market reads enters the exchange's."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Literal, cast
from uuid import UUID

from django.db.models import QuerySet

from accounts.core.errors import Problem, not_found
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account
from accounts.sealed import unseal
from accounts.tenancy import act_as_exchange
from campaigns.core.bids import BidRule
from campaigns.core.destinations import DestinationFacts
from campaigns.core.drafts import Draft, parse_draft
from campaigns.core.floors import FloorRule
from campaigns.core.limits import Limit
from campaigns.core.schema import SALES_MAX
from campaigns.core.sources import SourceWish
from campaigns.core.supply import SourceFacts
from campaigns.core.terms import CampaignTerms
from campaigns.models import Campaign, CampaignRevision, Destination, MarketVersion, Source
from campaigns.models import FloorRule as FloorRow
from campaigns.models import Limit as LimitRow
from campaigns.verticals import load_verticals

log = logging.getLogger(__name__)
WHY = "the market is made of everybody's sources and campaigns"
REVISIONS_KEPT = 20_000


def currency_of(mode: str) -> str:
    """Give the currency a mode trades in."""
    return "USD" if mode == "live" else "XTS"


def market_version(mode: str) -> int:
    """Give the version of a mode's market; it rises with every change that concerns the market."""
    with act_as_exchange(WHY):
        return MarketVersion.objects.filter(mode=mode).values_list("version", flat=True).first() or 0


# ------------------------------------------------------------------------------------------------------------------ demand


def list_terms(mode: str) -> tuple[CampaignTerms, ...]:
    """List the terms of every active campaign of a mode, oldest first.

    A campaign whose terms cannot be read any more, or whose advertiser has no wallet, is left out and logged.
    """
    with act_as_exchange(WHY):
        active = Campaign.objects.filter(status="active", organization__mode=mode, published__isnull=False)
        return _terms_of(active.order_by("id"), {})


def get_terms(*, revision_id: UUID) -> CampaignTerms:
    """Give the terms of one revision as published, with the limits now in force; raises Problem not_found."""
    with act_as_exchange(WHY):
        campaign_id = CampaignRevision.objects.filter(id=revision_id).values_list("campaign_id", flat=True).first()
        found = _terms_of(Campaign.objects.filter(id=campaign_id), {campaign_id: revision_id}) if campaign_id else ()
    if not found:
        raise not_found("revision")
    return found[0]


def _terms_of(campaigns: QuerySet[Campaign], instead: Mapping[UUID, UUID]) -> tuple[CampaignTerms, ...]:
    rows = list(campaigns.select_related("organization").defer("draft"))
    revisions = {row.id: instead.get(row.id, cast(UUID, row.published_id)) for row in rows}
    _learn(revisions.values())
    limits = _limits_by_owner({row.organization_id for row in rows})
    return tuple(terms for row in rows if (terms := _terms_or_none(row, revisions[row.id], limits)) is not None)


def terms_by_revision(terms: CampaignTerms, numbers: Collection[int]) -> dict[int, CampaignTerms]:
    """Give a campaign's terms with the bid rule of each of these revisions instead of their own; all else stays in force.

    Terms name the revision that prices. A revision that cannot be read any more is left out.
    """
    with act_as_exchange(WHY):
        rows = CampaignRevision.objects.filter(campaign_id=terms.campaign_id, number__in=numbers).values_list("number", "id")
        revisions = dict(rows)
        _learn(revisions.values())
    rules = {number: _rule_of(revision_id) for number, revision_id in revisions.items()}
    return {
        number: replace(terms, revision_id=revisions[number], bid_rule=rule) for number, rule in rules.items() if rule is not None
    }


def bid_rules_of(*, campaign_id: UUID) -> dict[int, BidRule]:
    """Give the bid rule of each published revision of a campaign inside the present door, by number."""
    revisions = dict(CampaignRevision.objects.filter(campaign_id=campaign_id).order_by("number").values_list("number", "id"))
    with act_as_exchange(WHY):
        _learn(revisions.values())
    rules = {number: _rule_of(revision_id) for number, revision_id in revisions.items()}
    return {number: rule for number, rule in rules.items() if rule is not None}


def _rule_of(revision_id: UUID) -> BidRule | None:
    draft = _drafts.get(revision_id)
    return None if draft is None else draft.bid_rule


_drafts: dict[UUID, Draft] = {}


def _learn(revisions: Iterable[UUID]) -> None:
    # A revision never changes, so each process reads it once.
    if len(_drafts) > REVISIONS_KEPT:
        _drafts.clear()
    unknown = [revision for revision in revisions if revision not in _drafts]
    columns = ("id", "campaign__vertical", "campaign__organization__mode", "terms")
    for revision_id, vertical, mode, terms in CampaignRevision.objects.filter(id__in=unknown).values_list(*columns):
        try:
            _drafts[revision_id] = parse_draft(terms, load_verticals()[vertical], currency=currency_of(mode))
        except (Problem, KeyError) as error:
            log.error("revision %s cannot be read: %s", revision_id, error)


LimitsByOwner = dict[UUID, tuple[tuple[UUID | None, Limit], ...]]


def _limits_by_owner(organizations: Iterable[UUID]) -> LimitsByOwner:
    found: dict[UUID, list[tuple[UUID | None, Limit]]] = {}
    for row in LimitRow.objects.filter(organization_id__in=organizations, in_force=True).order_by("unit", "window", "id"):
        limit = Limit(row.id, row.level, row.unit, row.window, row.limit, row.zone, row.source_id)
        found.setdefault(row.organization_id, []).append((row.campaign_id, limit))
    return {owner: tuple(limits) for owner, limits in found.items()}


def _terms_or_none(row: Campaign, revision_id: UUID, limits: LimitsByOwner) -> CampaignTerms | None:
    draft, owner = _drafts.get(revision_id), row.organization
    if draft is None or draft.bid_rule is None:
        return None
    try:
        account_id = account_of(owner.id, AccountKind.WALLET, currency_of(owner.mode))
    except Problem as error:
        log.error("campaign %s is left out of the market: %s", row.id, error)
        return None
    return CampaignTerms(
        campaign_id=row.id,
        revision_id=revision_id,
        organization_id=owner.id,
        account_id=account_id,
        name=row.name,
        advertiser_name=owner.name,
        vertical=row.vertical,
        filter=draft.filter,
        bid_rule=draft.bid_rule,
        limits=tuple(limit for campaign_id, limit in limits.get(owner.id, ()) if campaign_id in {None, row.id}),
        schedule=draft.schedule,
        priority=row.priority,
        sales_max=1 if draft.exclusive else draft.sales_max or SALES_MAX,
        score_percentile_min=draft.score_percentile_min,
        dedupe_days=draft.dedupe_days,
        allowed_sources=draft.allowed_sources,
        blocked_sources=draft.blocked_sources,
        consent_policy=draft.consent_policy,
        consent_age_days_max=draft.consent_age_days_max,
    )


@lru_cache(maxsize=20_000)
def account_of(organization_id: UUID, kind: AccountKind, currency: str) -> UUID:
    """Give the id of an organization's account, which never changes; raises Problem not_found."""
    return get_account(organization_id=organization_id, kind=kind, currency=currency).id


def list_campaigns() -> QuerySet[Campaign]:
    """Give the campaigns inside the present door, to be cut into pages by id."""
    rows: QuerySet[Campaign] = Campaign.objects.exclude(status="archived").select_related("published", "destination")
    return rows


def get_campaign(*, campaign_id: UUID) -> Campaign:
    """Find one campaign inside the present door; raises Problem not_found for unknown, foreign and archived ones."""
    row = list_campaigns().filter(id=campaign_id).first()
    if row is None:
        raise not_found("campaign")
    return row


def names_of(campaign_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the name of each of these campaigns inside the present door, removed ones too."""
    return dict(Campaign.objects.filter(id__in=campaign_ids).values_list("id", "name")) if campaign_ids else {}


def list_revisions(*, campaign_id: UUID) -> QuerySet[CampaignRevision]:
    """Give the revisions of a campaign inside the present door, to be cut into pages by id."""
    rows: QuerySet[CampaignRevision] = CampaignRevision.objects.filter(campaign_id=campaign_id)
    return rows


def get_destination(*, campaign_id: UUID) -> DestinationFacts:
    """Give where a campaign's leads go, credentials opened; raises Problem not_found."""
    with act_as_exchange("a sold lead is handed to its buyer"):
        row = Destination.objects.filter(campaign_id=campaign_id).first()
    if row is None:
        raise not_found("destination")
    credentials = json.loads(unseal(bytes(row.credentials), row.id.bytes))
    return DestinationFacts(
        row.id, row.organization_id, row.campaign_id, row.kind, row.url, credentials["headers"], credentials["secret"]
    )


# ------------------------------------------------------------------------------------------------------------------ supply


def list_sources(mode: str) -> tuple[SourceFacts, ...]:
    """List every source of a mode that is not archived, paused ones too; one whose publisher has no account is left out."""
    with act_as_exchange(WHY):
        rows = list(
            Source.objects.filter(organization__mode=mode)
            .exclude(status="archived")
            .select_related("organization")
            .order_by("id")
        )
        floors = _floors_by_owner({row.organization_id for row in rows})
        found = [_facts_or_none(row, floors) for row in rows]
    return tuple(facts for facts in found if facts is not None)


def get_source_facts(*, source_id: UUID) -> SourceFacts:
    """Give what the market needs of one source; raises Problem not_found."""
    with act_as_exchange(WHY):
        row = Source.objects.select_related("organization").exclude(status="archived").filter(id=source_id).first()
        facts = None if row is None else _facts_or_none(row, _floors_by_owner({row.organization_id}))
    if facts is None:
        raise not_found("source")
    return facts


def source_rows() -> QuerySet[Source]:
    """Give the sources inside the present door, to be cut into pages by id."""
    rows: QuerySet[Source] = Source.objects.exclude(status="archived").prefetch_related("floors")
    return rows


def source_names(source_ids: Collection[UUID]) -> dict[UUID, str]:
    """Give the name of each of these sources inside the present door, archived ones too."""
    return dict(Source.objects.filter(id__in=source_ids).values_list("id", "name")) if source_ids else {}


def get_source(*, source_id: UUID) -> Source:
    """Find one source inside the present door; raises Problem not_found for unknown, foreign and archived ones."""
    row = source_rows().filter(id=source_id).first()
    if row is None:
        raise not_found("source")
    return row


def wish_of(row: Source) -> SourceWish:
    """Give a source as its publisher wrote it."""
    floors = [FloorRule("source", floor.vertical or None, floor.floor_price, floor.sub_id or None) for floor in row.floors.all()]
    return SourceWish(
        row.name,
        row.status,
        tuple(row.verticals),
        tuple(sorted(floors, key=lambda floor: (floor.vertical or "", floor.sub_id or ""))),
        frozenset(row.allowed_advertisers),
        frozenset(row.blocked_advertisers),
        row.sales_max,
    )


FloorsByOwner = dict[UUID, tuple[tuple[UUID | None, FloorRule], ...]]


def _floors_by_owner(organizations: Iterable[UUID]) -> FloorsByOwner:
    found: dict[UUID, list[tuple[UUID | None, FloorRule]]] = {}
    for row in FloorRow.objects.filter(organization_id__in=organizations).order_by("id"):
        level = "publisher" if row.source_id is None else "source"
        rule = FloorRule(level, row.vertical or None, row.floor_price, row.sub_id or None)
        found.setdefault(row.organization_id, []).append((row.source_id, rule))
    return {owner: tuple(rules) for owner, rules in found.items()}


def _facts_or_none(row: Source, floors: FloorsByOwner) -> SourceFacts | None:
    owner = row.organization
    try:
        account_id = account_of(owner.id, AccountKind.PAYABLE, currency_of(owner.mode))
    except Problem as error:
        log.error("source %s is left out of the market: %s", row.id, error)
        return None
    facts = SourceFacts(
        source_id=row.id,
        organization_id=owner.id,
        account_id=account_id,
        name=row.name,
        verticals=frozenset(row.verticals),
        active=row.status == "active",
        floors=tuple(rule for source_id, rule in floors.get(owner.id, ()) if source_id in {None, row.id}),
        allowed_advertisers=frozenset(row.allowed_advertisers),
        blocked_advertisers=frozenset(row.blocked_advertisers),
        sales_max=row.sales_max,
    )
    return facts if row.margin_value is None else _with_margin(facts, row)


def _with_margin(facts: SourceFacts, row: Source) -> SourceFacts:
    value = row.margin_value or 0
    kind = cast(Literal["percent", "absolute"], row.margin_kind)
    return replace(facts, margin_kind=kind, margin_value=value if kind == "percent" else int(value))
