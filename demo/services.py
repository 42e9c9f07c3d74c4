"""Brings an empty exchange to life: models, the operator, the house buyer, and in the demo a market. Safe to repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from accounts import selectors as accounts
from accounts import services as identity
from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.money import micros_from_text
from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account
from accounts.selectors import OrganizationFacts
from accounts.tenancy import act_as
from campaigns import selectors as campaigns
from campaigns.services import demand, supply
from campaigns.verticals import load_verticals
from demo.cast import CampaignPlan, Plan, read_plans
from exchange.delivery import services as deliveries
from exchange.delivery import webhooks
from exchange.delivery.selectors import webhook_rows
from scoring.core.features import spec_of
from scoring.services import train_missing_priors

ACTOR = "system:prepare"
OPERATOR = "leadwright"
BUYER_PATH = "/demo/buyer"
FLAKY_PATH = "/demo/buyer?flaky=1"
RESENT = timedelta(days=1)


def prepare() -> dict[str, OrganizationFacts]:
    """Make what is missing; gives the organizations by slug."""
    plans = read_plans(demo=settings.DEMO)
    found = _join(plans)
    for plan in plans:
        # Before the models: the operator's hears of the first champions. Its receiver is a page of the demo alone.
        if plan.webhook and settings.DEMO:
            _webhook(found[plan.slug].id)
    specs = [spec_of(vertical) for vertical in load_verticals().values()]
    train_missing_priors(specs, at=utc_now(), organization_id=found[OPERATOR].id, actor=ACTOR)
    for plan in plans:
        _outfit(plan, found[plan.slug])
    return found


def open_sandbox() -> dict[str, OrganizationFacts]:
    """Make the operator and the house buyer alone: they answer every sandbox, with models or without."""
    plans = read_plans(demo=False)
    found = _join(plans)
    for plan in plans:
        _outfit(plan, found[plan.slug])
    return found


def _join(plans: Iterable[Plan]) -> dict[str, OrganizationFacts]:
    return {plan.slug: _organization(plan) for plan in plans}


def _organization(plan: Plan) -> OrganizationFacts:
    try:
        return accounts.get_organization(slug=plan.slug)
    except Problem:
        made = identity.create_organization(name=plan.name, slug=plan.slug, kind=plan.kind, actor=ACTOR)
        # Only then: an owner of the demo may have chosen otherwise since.
        identity.set_pooling(organization_id=made.id, pools=plan.pools, actor=ACTOR)
        return accounts.get_organization(slug=plan.slug)


def _outfit(plan: Plan, facts: OrganizationFacts) -> None:
    sandbox_id = facts.sandbox_id
    assert sandbox_id is not None, "every live organization has a twin"
    for organization_id, currency, deposit in ((facts.id, "USD", plan.deposit), (sandbox_id, "XTS", plan.test_deposit)):
        if deposit:
            _deposit(organization_id, currency, deposit)
        for source in plan.sources:
            _source(organization_id, source)
    for campaign in plan.campaigns:
        _campaign(facts.id, campaign, "USD")
    for campaign in plan.test_campaigns or plan.campaigns:
        _campaign(sandbox_id, campaign, "XTS")
    for organization_id in (facts.id, sandbox_id):
        follow_address(organization_id)


def _deposit(organization_id: UUID, currency: str, amount: str) -> None:
    wallet = get_account(organization_id=organization_id, kind=AccountKind.WALLET, currency=currency)
    # One key per wallet: however often this runs, the money comes once, also when the plan's amount has changed since.
    key = f"demo:{wallet.id.hex}"
    with suppress_reuse():
        ledger.deposit(
            idempotency_key=key,
            account_id=wallet.id,
            amount=micros_from_text(amount),
            at=utc_now(),
            actor=ACTOR,
            memo="demo market",
        )


@contextmanager
def suppress_reuse() -> Iterator[None]:
    """Let a key that was used for another amount pass: the wallet was funded by an earlier plan."""
    try:
        yield
    except Problem as problem:
        if problem.code != "idempotency_key_reused":
            raise


def _source(organization_id: UUID, data: dict[str, object]) -> None:
    with act_as(organization_id):
        if campaigns.source_rows().filter(name=data["name"]).exists():
            return
    supply.create_source(organization_id=organization_id, data=data, actor=ACTOR)


def _webhook(organization_id: UUID) -> None:
    with act_as(organization_id):
        if webhook_rows().exists():
            return
    data = {"url": settings.BASE_URL + BUYER_PATH, "description": "Demo"}
    webhooks.create_webhook(organization_id=organization_id, data=data, actor=ACTOR)


def follow_address(organization_id: UUID) -> None:
    """Let what goes to the demo's own buyer follow it to another port, and send what failed in between."""
    with act_as(organization_id):
        rows = campaigns.list_campaigns().filter(destination__isnull=False)
        moved = [(row.id, _here(row.destination.url)) for row in rows if _moved(row.destination.url)]
        hooks = [(row.id, _here(row.url)) for row in webhook_rows() if _moved(row.url)]
    for campaign_id, url in moved:
        wish = {"kind": "http", "url": url}
        demand.update_draft(
            organization_id=organization_id, campaign_id=campaign_id, changes={}, destination=wish, actor=ACTOR
        )  # fmt: skip
    for webhook_id, url in hooks:
        webhooks.update_webhook(organization_id=organization_id, webhook_id=webhook_id, data={"url": url}, actor=ACTOR)
    if moved:
        now = utc_now()
        deliveries.resend_since(organization_id=organization_id, since=now - RESENT, actor=ACTOR, at=now)


def _moved(url: str) -> bool:
    return urlsplit(url).path == BUYER_PATH and not url.startswith(settings.BASE_URL + "/")


def _here(url: str) -> str:
    old = urlsplit(url)
    return f"{settings.BASE_URL}{old.path}" + (f"?{old.query}" if old.query else "")


PRICES = frozenset({"base_price", "min_price", "max_price", "price", "limit"})


def _priced(part: Any, currency: str) -> Any:
    """Turn the plan's "31.25" into money of the market; caps are whole numbers and stay."""
    if isinstance(part, list):
        return [_priced(one, currency) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: {"amount": value, "currency": currency} if name in PRICES and isinstance(value, str) else _priced(value, currency)
        for name, value in part.items()
    }


def _campaign(organization_id: UUID, plan: CampaignPlan, currency: str) -> None:
    for vertical in plan.verticals:
        with act_as(organization_id):
            if campaigns.list_campaigns().filter(name=plan.name, vertical=vertical).exists():
                continue
        path = FLAKY_PATH if plan.flaky else BUYER_PATH
        destination = {"kind": "http", "url": settings.BASE_URL + path}
        row = demand.create_campaign(
            organization_id=organization_id,
            name=plan.name,
            vertical=vertical,
            draft=_priced(plan.draft, currency),
            destination=destination,
            actor=ACTOR,
        )
        if plan.priority:
            demand.set_priority(organization_id=organization_id, campaign_id=row.id, priority=plan.priority, actor=ACTOR)
        demand.publish(organization_id=organization_id, campaign_id=row.id, actor=ACTOR)
