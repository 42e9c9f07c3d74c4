"""Reads of the lists: an organization's pings, its posted or bought leads, everybody's auctions; and which ping an id leads to.

Lists are cut by id, newest first. Callers stand in the door of the reader's organization; the operator's open the exchange's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from accounts.core.clock import to_ms
from accounts.core.errors import not_found
from accounts.core.ids import BadId, decode, first_at
from accounts.identity import Caller
from accounts.selectors import list_organizations
from accounts.tenancy import act_as_exchange
from campaigns.selectors import source_rows
from exchange.auction.models import Auction, QuoteSettlement, Sale, SaleSide
from exchange.intake.models import Lead, Ping
from reporting.overview import AuctionRow, LeadRow, PingRow, auction_rows, label_of, lead_rows, ping_rows, place_of
from reporting.selectors import OPERATES

ROWS = 50
HEARD_DAYS = timedelta(days=7)
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Shown]):
    """One page of a list; `older` is the id the next page lies before, None on the last one."""

    rows: tuple[Shown, ...]
    older: UUID | None


@dataclass(frozen=True, slots=True)
class PostedRow:
    """A posted lead; `origin` is the source, for the operator the publisher."""

    lead_id: UUID
    at: datetime
    origin: str
    vertical: str
    place: str
    status: str
    payout_amount: int | None
    currency: str


def list_pings(*, at: datetime, before: UUID | None = None) -> Listing[PingRow]:
    """List the pings of the publisher inside whose door we stand."""
    rows, older = _cut(Ping.objects.all(), before)
    return Listing(ping_rows(rows, at), older)


def newest_ping(source_id: UUID, *, at: datetime) -> PingRow | None:
    """Give the newest ping of an own source in the last days; call it inside the publisher's door."""
    recent = Ping.objects.filter(source_id=source_id, id__gte=first_at(to_ms(at - HEARD_DAYS)))
    rows = ping_rows(list(recent.order_by("-id")[:1]), at)
    return rows[0] if rows else None


def list_bought(*, before: UUID | None = None) -> Listing[LeadRow]:
    """List the purchases of the advertiser inside whose door we stand."""
    rows, older = _cut(SaleSide.objects.filter(side="advertiser"), before)
    return Listing(lead_rows(rows), older)


def list_posted(*, before: UUID | None = None) -> Listing[PostedRow]:
    """List the leads that the publisher inside whose door we stand has posted."""
    names = dict(source_rows().values_list("id", "name"))
    rows, older = _cut(Lead.objects.defer("personal"), before)
    return Listing(tuple(_posted(row, names.get(row.source_id, "")) for row in rows), older)


def list_all_posted(caller: Caller, *, before: UUID | None = None) -> Listing[PostedRow]:
    """List everybody's posted leads in the operator's currency."""
    names = {one.id: one.name for one in list_organizations(mode=caller.mode)}
    with act_as_exchange(OPERATES):
        rows, older = _cut(Lead.objects.defer("personal").filter(currency=caller.currency), before)
        return Listing(tuple(_posted(row, names.get(row.organization_id, "")) for row in rows), older)


def list_auctions(caller: Caller, *, at: datetime, before: UUID | None = None) -> Listing[AuctionRow]:
    """List everybody's auctions of the operator's market."""
    with act_as_exchange(OPERATES):
        rows, older = _cut(Auction.objects.filter(mode=caller.mode), before)
        return Listing(auction_rows(rows, at, caller.mode), older)


def ping_of(caller: Caller, text: str) -> UUID:
    """Find the ping behind an id of a ping, lead, quote, sale or auction; raises Problem not_found. For the operator only."""
    with act_as_exchange(OPERATES):
        for kind, find in _WAYS.items():
            try:
                wanted = decode(kind, text.strip())
            except BadId:
                continue
            found = find(wanted, caller)
            if found is not None:
                return found
    raise not_found("id")


def _cut(rows: QuerySet[Any], before: UUID | None) -> tuple[list[Any], UUID | None]:
    wanted = rows if before is None else rows.filter(id__lt=before)
    found = list(wanted.order_by("-id")[: ROWS + 1])
    return found[:ROWS], found[ROWS - 1].id if len(found) > ROWS else None


def _posted(row: Lead, origin: str) -> PostedRow:
    payout = row.payout_amount if row.status == "sold" else None
    return PostedRow(
        row.id, row.received_at, origin, label_of(row.vertical), place_of(row.fields), row.status, payout, row.currency
    )


def _of_lead(wanted: UUID, caller: Caller) -> UUID | None:
    return Lead.objects.filter(id=wanted, currency=caller.currency).values_list("ping_id", flat=True).first()


def _of_quote(wanted: UUID, caller: Caller) -> UUID | None:
    sold = Sale.objects.filter(quote_id=wanted, mode=caller.mode).values_list("ping_id", flat=True).first()
    return sold or QuoteSettlement.objects.filter(quote_id=wanted).values_list("ping_id", flat=True).first()


def _of_sale(wanted: UUID, caller: Caller) -> UUID | None:
    return Sale.objects.filter(id=wanted, mode=caller.mode).values_list("ping_id", flat=True).first()


def _of_auction(wanted: UUID, caller: Caller) -> UUID | None:
    return Auction.objects.filter(id=wanted, mode=caller.mode).values_list("ping_id", flat=True).first()


_WAYS: Mapping[str, Callable[[UUID, Caller], UUID | None]] = {
    "ping": lambda wanted, caller: wanted,
    "lead": _of_lead,
    "quote": _of_quote,
    "sale": _of_sale,
    "auction": _of_auction,
}
