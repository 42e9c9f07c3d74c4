"""Reads of the operator's organizations: all of them with money, traffic and people, and one with everything it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Count

from accounts.core.errors import not_found
from accounts.identity import Caller
from accounts.invitations import list_open
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import AccountFacts, Balance, list_balances, list_books
from accounts.members import MemberRow, count_members, list_members
from accounts.selectors import AuditFacts, OrganizationFacts, count_keys, get_organization, latest_audit, list_organizations
from accounts.tenancy import act_as, act_as_exchange
from campaigns.selectors import list_campaigns, source_rows
from reporting.overview import Participant, participants
from reporting.selectors import OPERATES

AUDITED = 12
# Reported by the thousand: they say how leads go, not who changed what.
TRADE = ("dispositions.recorded",)
State = Literal["trading", "quiet", "invited"]


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """One organization in the list. Amounts in micros; None where it has no such account."""

    organization: OrganizationFacts
    wallet_amount: int | None
    credit_limit_amount: int
    payable_amount: int | None
    today: Participant
    people: int
    state: State


@dataclass(frozen=True, slots=True)
class OrganizationDetail:
    """One organization with what it has; `invited` are addresses that have not come yet. People and keys as in its mode."""

    organization: OrganizationFacts
    members: tuple[MemberRow, ...]
    invited: tuple[str, ...]
    keys: int
    campaigns: Mapping[str, int]
    sources: Mapping[str, int]
    balances: tuple[Balance, ...]
    audit: tuple[AuditFacts, ...]

    @property
    def wallet(self) -> Balance | None:
        """Its wallet, if it buys."""
        return next((one for one in self.balances if one.account.kind is AccountKind.WALLET), None)


def list_participants(caller: Caller, *, at: datetime) -> tuple[OrganizationRow, ...]:
    """List the organizations of the operator's market, those with the most money today first."""
    with act_as_exchange(OPERATES):
        books, today = list_books(currency=caller.currency), participants(at, caller.mode, caller.currency)
    people = _people(caller.mode)
    return tuple(_row(one, books, people.get(one.organization.id, 0)) for one in today)


def get_participant(caller: Caller, organization_id: UUID, *, at: datetime) -> OrganizationDetail:
    """Give one organization of the operator's market; raises Problem not_found."""
    found = get_organization(organization_id=organization_id)
    if found.mode != caller.mode or found.kind == "operator":
        raise not_found("organization")
    # Read as it sees itself: each of these selectors shows the rows of the organization inside whose door it is called.
    with act_as(found.id):
        return OrganizationDetail(
            organization=found, members=list_members(organization_id=found.id), keys=count_keys(at=at),
            invited=tuple(list_open(at=at).values_list("email", flat=True)), audit=latest_audit(AUDITED, without=TRADE),
            campaigns=_by_status(list_campaigns()), sources=_by_status(source_rows()), balances=list_balances(),
        )  # fmt: skip


def _people(mode: str) -> dict[UUID, int]:
    """Count people; a sandbox has those of its live half."""
    counted = count_members()
    if mode == "live":
        return counted
    return {one.sandbox_id: counted.get(one.id, 0) for one in list_organizations(mode="live") if one.sandbox_id}


def _row(today: Participant, books: tuple[tuple[AccountFacts, int], ...], people: int) -> OrganizationRow:
    own = {account.kind: (account, amount) for account, amount in books if account.organization_id == today.organization.id}
    wallet, payable = own.get(AccountKind.WALLET), own.get(AccountKind.PAYABLE)
    traded = today.pings or today.bids or today.sold
    state: State = "trading" if traded else "quiet" if people else "invited"
    return OrganizationRow(
        today.organization, wallet[1] if wallet else None, wallet[0].credit_limit_amount if wallet else 0,
        payable[1] if payable else None, today, people, state,
    )  # fmt: skip


def _by_status(rows: object) -> dict[str, int]:
    found = rows.order_by("status").values_list("status").annotate(Count("id"))  # type: ignore[attr-defined]
    return dict(found)
