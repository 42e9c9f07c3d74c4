"""Writes of demand: campaigns, their revisions, limits and destinations."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import encode, uuid7
from accounts.ledger.core.postings import AccountKind
from accounts.sealed import seal, unseal
from accounts.tenancy import act_as
from campaigns import selectors
from campaigns.core.amounts import Faults, read_text
from campaigns.core.destinations import PREFIX, DestinationWish, parse_destination
from campaigns.core.drafts import Draft, LimitWish, draft_as_json, parse_draft
from campaigns.models import Campaign, CampaignRevision, Destination, Limit
from campaigns.services.market import mode_of, touch_market
from campaigns.verticals import get_vertical, load_verticals

NAME_LENGTH_MAX = 120


def create_campaign(
    *,
    organization_id: UUID,
    name: str,
    vertical: str,
    draft: Mapping[str, Any],
    destination: Mapping[str, Any] | None = None,
    actor: str,
) -> Campaign:
    """Write down a new campaign; nothing of it is in the market before `publish`.

    `draft` and `destination` are the wire forms of campaigns.core.drafts and .destinations. Raises Problem
    invalid_request naming every fault by pointer.
    """
    currency = selectors.currency_of(mode_of(organization_id))
    faults = Faults()
    kept_name = faults.read("/name", read_text, name, NAME_LENGTH_MAX) or ""
    known = faults.read("", get_vertical, vertical)
    terms = faults.read("", lambda: parse_draft(draft, known, currency=currency)) if known else None
    target = None if destination is None else faults.read("", parse_destination, destination)
    faults.raise_any()
    with act_as(organization_id):
        row = Campaign.objects.create(
            organization_id=organization_id, name=kept_name, vertical=vertical, draft=draft_as_json(_read(terms), currency)
        )
        if target is not None:
            _put_destination(row, target)
        _audit(row, actor, "campaign.created", {"name": kept_name, "vertical": vertical})
        return selectors.get_campaign(campaign_id=row.id)


def update_draft(
    *,
    organization_id: UUID,
    campaign_id: UUID,
    changes: Mapping[str, Any],
    name: str | None = None,
    destination: Mapping[str, Any] | None = None,
    actor: str,
) -> Campaign:
    """Replace some parts of a draft (null: the default); the rules in force stay until `publish`.

    Name and destination change at once. Raises Problem not_found, or invalid_request naming every fault by pointer.
    """
    mode = mode_of(organization_id)
    currency = selectors.currency_of(mode)
    with act_as(organization_id):
        row = _locked(campaign_id)
        faults = Faults()
        kept_name = row.name if name is None else faults.read("/name", read_text, name, NAME_LENGTH_MAX) or ""
        wire = {**row.draft, **changes}
        terms = faults.read("", lambda: parse_draft(wire, load_verticals()[row.vertical], currency=currency))
        target = None if destination is None else faults.read("", parse_destination, destination)
        faults.raise_any()
        row.draft, renamed, row.name = draft_as_json(_read(terms), currency), row.name != kept_name, kept_name
        row.save(update_fields=["draft", "name", "updated_at"])
        if target is not None:
            _put_destination(row, target)
        changed = sorted({*changes, *(["name"] if renamed else []), *(["destination"] if destination else [])})
        _audit(row, actor, "campaign.edited", {"changed": changed})
        if renamed and row.status == "active":
            touch_market(mode)
        return selectors.get_campaign(campaign_id=row.id)


def publish(*, organization_id: UUID, campaign_id: UUID, actor: str) -> Campaign:
    """Put the draft in force as a new revision; a first publication also starts the campaign, a paused one stays paused.

    Publishing an unchanged draft again changes nothing. Raises Problem not_found; invalid_request when bid or destination is
    missing; conflict when the advertiser has no wallet.
    """
    mode = mode_of(organization_id)
    with act_as(organization_id):
        row = _locked(campaign_id)
        terms = _ready(row, selectors.currency_of(mode))
        if row.published is not None and row.published.terms == row.draft:
            return row
        revision = CampaignRevision.objects.create(
            organization_id=organization_id,
            campaign=row,
            number=CampaignRevision.objects.filter(campaign=row).count() + 1,
            vertical_version=load_verticals()[row.vertical].version,
            terms=row.draft,
            actor=actor,
            published_at=utc_now(),
        )
        _put_limits(organization_id, row.id, terms.limits, terms.zone)
        row.published = revision
        row.status = "active" if row.status == "draft" else row.status
        row.save(update_fields=["published", "status", "updated_at"])
        _audit(row, actor, "campaign.published", {"revision": encode("revision", revision.id), "number": revision.number})
        touch_market(mode)
        return selectors.get_campaign(campaign_id=row.id)


def pause(*, organization_id: UUID, campaign_id: UUID, actor: str, reason: str = "") -> Campaign:
    """Take a campaign out of the market; safe to repeat. Raises Problem not_found, conflict for one never published.

    `reason` says why, and what to do about it, when it is not its owner who pauses.
    """
    return _switch(organization_id, campaign_id, "paused", "campaign.paused", actor, reason)


def resume(*, organization_id: UUID, campaign_id: UUID, actor: str) -> Campaign:
    """Put a paused campaign back into the market; safe to repeat. Raises Problem not_found, conflict for one never published."""
    return _switch(organization_id, campaign_id, "active", "campaign.resumed", actor)


def archive(*, organization_id: UUID, campaign_id: UUID, actor: str) -> None:
    """Remove a campaign for good; what it bought, and its revisions, stay. Raises Problem not_found."""
    mode = mode_of(organization_id)
    with act_as(organization_id):
        row = _locked(campaign_id)
        row.status = "archived"
        row.save(update_fields=["status", "updated_at"])
        _audit(row, actor, "campaign.archived", {})
        touch_market(mode)


def set_priority(*, organization_id: UUID, campaign_id: UUID, priority: int, actor: str) -> Campaign:
    """Set the tier of a campaign, which comes before price: a decision of the exchange, never of the advertiser."""
    mode = mode_of(organization_id)
    with act_as(organization_id):
        row = _locked(campaign_id)
        row.priority = priority
        row.save(update_fields=["priority", "updated_at"])
        _audit(row, actor, "campaign.priority_set", {"priority": priority})
        touch_market(mode)
        return selectors.get_campaign(campaign_id=row.id)


def set_advertiser_limits(*, organization_id: UUID, limits: Iterable[LimitWish], zone: str, actor: str) -> None:
    """Replace the caps and budgets that hold for all campaigns of an advertiser together."""
    mode = mode_of(organization_id)
    wished = tuple(limits)
    with act_as(organization_id):
        _put_limits(organization_id, None, wished, zone)
        subject = encode("organization", organization_id)
        changes = {"zone": zone, "limits": [f"{wish.unit} {wish.limit} {wish.window}" for wish in wished]}
        audit.record(organization_id=organization_id, actor=actor, verb="limits.set", subject=subject, changes=changes)
        touch_market(mode)


def _read(terms: Draft | None) -> Draft:
    # Faults were raised before: whoever comes here has read a whole draft.
    if terms is None:
        raise Problem("internal", "A draft was neither read nor refused.")
    return terms


def _locked(campaign_id: UUID) -> Campaign:
    selectors.get_campaign(campaign_id=campaign_id)
    Campaign.objects.select_for_update().get(id=campaign_id)
    # Read again behind the lock: another change may have been committed while we waited.
    return selectors.get_campaign(campaign_id=campaign_id)


def _ready(row: Campaign, currency: str) -> Draft:
    terms = parse_draft(row.draft, load_verticals()[row.vertical], currency=currency)
    faults = Faults()
    if terms.bid_rule is None:
        faults.add("/bid", "required", "A campaign needs a bid before it can be published.")
    if not Destination.objects.filter(campaign_id=row.id).exists():
        faults.add("/destination", "required", "A campaign needs a destination before it can be published.")
    faults.raise_any()
    try:
        selectors.account_of(row.organization_id, AccountKind.WALLET, currency)
    except Problem:
        raise Problem("conflict", f"This organization has no wallet in {currency} yet.") from None
    return terms


def _switch(organization_id: UUID, campaign_id: UUID, status: str, verb: str, actor: str, reason: str = "") -> Campaign:
    mode = mode_of(organization_id)
    with act_as(organization_id):
        row = _locked(campaign_id)
        if row.status == "draft":
            raise Problem("conflict", "This campaign was never published; publish it first.")
        if row.status != status:
            row.status, row.paused_reason = status, reason
            row.save(update_fields=["status", "paused_reason", "updated_at"])
            _audit(row, actor, verb, {"reason": reason} if reason else {})
            touch_market(mode)
        return row


def _put_limits(organization_id: UUID, campaign_id: UUID | None, wished: tuple[LimitWish, ...], zone: str) -> None:
    mine = Limit.objects.filter(campaign__isnull=True) if campaign_id is None else Limit.objects.filter(campaign_id=campaign_id)
    known = {(row.unit, row.window, row.source_id): row for row in mine}
    kept = []
    for wish in wished:
        row = known.get((wish.unit, wish.window, wish.source_id)) or Limit(
            organization_id=organization_id,
            campaign_id=campaign_id,
            level="advertiser" if campaign_id is None else wish.level,
            unit=wish.unit,
            window=wish.window,
            source_id=wish.source_id,
        )
        row.limit, row.zone, row.in_force = wish.limit, zone, True
        row.save()
        kept.append(row.id)
    mine.exclude(id__in=kept).update(in_force=False)


def _put_destination(row: Campaign, wish: DestinationWish) -> None:
    known = Destination.objects.filter(campaign_id=row.id).first()
    target = known or Destination(id=uuid7(), organization_id=row.organization_id, campaign_id=row.id)
    secret = wish.secret or (_secret_of(known) if known else PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())
    target.kind, target.url = wish.kind, wish.url
    target.credentials = seal(json.dumps({"headers": dict(wish.headers), "secret": secret}).encode(), target.id.bytes)
    target.save()


def _secret_of(row: Destination) -> str:
    return str(json.loads(unseal(bytes(row.credentials), row.id.bytes))["secret"])


def _audit(row: Campaign, actor: str, verb: str, changes: Mapping[str, Any]) -> None:
    audit.record(organization_id=row.organization_id, actor=actor, verb=verb, subject=encode("campaign", row.id), changes=changes)
