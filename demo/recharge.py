"""The demo's advertisers pay in again before their wallets run dry, so that a demo left running for weeks goes on selling."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account, list_credit
from accounts.selectors import get_organization
from demo.cast import Plan

ACTOR = "system:demo"
BELOW_AMOUNT, RECHARGE_AMOUNT = 50_000_000_000, 250_000_000_000
EACH_SECONDS = 60.0


def recharge(plans: Iterable[Plan], *, at: datetime) -> int:
    """Pay in for each advertiser that has less than BELOW_AMOUNT left, at most once a minute each; gives how many did."""
    slugs = [plan.slug for plan in plans if plan.demo and plan.kind == "advertiser"]
    owners = [get_organization(slug=slug).id for slug in slugs]
    wallets = [get_account(organization_id=owner, kind=AccountKind.WALLET, currency="USD").id for owner in owners]
    low = [one for one in list_credit(account_ids=wallets) if one.credit - one.spent < BELOW_AMOUNT]
    booked = [
        ledger.deposit(
            idempotency_key=f"demo:recharge:{one.account_id.hex}:{at:%Y%m%d%H%M}", account_id=one.account_id,
            amount=RECHARGE_AMOUNT, at=at, actor=ACTOR, memo="automatic recharge",
        )
        for one in low
    ]  # fmt: skip
    return sum(not one.replayed for one in booked)
