"""Reads of the overview pages: today so far beside yesterday until the same time, the last 24 hours, and the newest rows.

Days are UTC days. Publisher and advertiser read inside their own door; the operator's view opens the exchange's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncHour

from accounts.core.clock import to_ms
from accounts.core.ids import first_at
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import Balance, list_balances
from accounts.selectors import OrganizationFacts, list_organizations
from accounts.tenancy import act_as_exchange
from campaigns.selectors import list_campaigns, source_rows
from campaigns.verticals import load_verticals
from exchange.auction.models import Auction, Bid, Sale, SaleSide
from exchange.core.reasons import MEANINGS, Reason
from exchange.delivery.selectors import states_of_sales
from exchange.intake.models import Lead, Ping
from reporting.selectors import SaleFacts, records_of, sale_facts

ROWS = 12
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HOURS = 24
OPERATES = "the operator looks at the whole market"


@dataclass(frozen=True, slots=True)
class Tally:
    """A period: how many came, how many of them were quoted or won, how many were sold, for how much in micros."""

    came: int
    wanted: int
    sold: int
    amount: int


@dataclass(frozen=True, slots=True)
class HourSum:
    """What was sold in one hour, in micros."""

    hour: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class PingRow:
    """A ping in the publisher's list; `status` is quoted, sold, expired or no_bid."""

    ping_id: UUID
    at: datetime
    source: str
    vertical: str
    place: str
    score: int | None
    status: str
    reason: str
    reason_sentence: str
    payout_amount: int | None


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A bought lead in the advertiser's list; `state` is its delivery's."""

    lead_id: UUID
    at: datetime
    campaign: str
    vertical: str
    place: str
    score: int | None
    state: str
    price: int


@dataclass(frozen=True, slots=True)
class Overview:
    """One side's day; `balance` is the advertiser's wallet."""

    today: Tally
    yesterday: Tally
    hours: tuple[HourSum, ...]
    rows: tuple[PingRow, ...] | tuple[LeadRow, ...]
    balance: Balance | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """An organization and its day."""

    organization: OrganizationFacts
    pings: int
    bids: int
    sold: int
    amount: int


@dataclass(frozen=True, slots=True)
class AuctionRow:
    """An auction in the operator's list."""

    ping_id: UUID
    at: datetime
    publisher: str
    vertical: str
    place: str
    status: str
    bids: int
    best_price: int | None


@dataclass(frozen=True, slots=True)
class MarketOverview:
    """The market's day; the amount of a tally is what advertisers paid."""

    today: Tally
    yesterday: Tally
    margin_amount: int
    participants: tuple[Participant, ...]
    rows: tuple[AuctionRow, ...]


def publisher_overview(*, at: datetime, currency: str) -> Overview:
    """Give the day of the publisher inside whose door we stand."""
    today, yesterday = _tallies(Ping.objects.all(), Q(status="quoted"), "publisher", at, currency)
    return Overview(today, yesterday, _hours("publisher", at, currency), _pings(at))


def advertiser_overview(*, at: datetime, currency: str) -> Overview:
    """Give the day of the advertiser inside whose door we stand."""
    today, yesterday = _tallies(Bid.objects.all(), Q(status="won"), "advertiser", at, currency)
    wallets = [one for one in list_balances() if one.account.kind is AccountKind.WALLET and one.account.currency == currency]
    return Overview(today, yesterday, _hours("advertiser", at, currency), _leads(), wallets[0] if wallets else None)


def market_overview(*, at: datetime, mode: str, currency: str) -> MarketOverview:
    """Give the day of a market to its operator."""
    with act_as_exchange(OPERATES):
        today, yesterday = _tallies(Auction.objects.filter(mode=mode), Q(status="quoted"), "advertiser", at, currency)
        paid, paid_out = (_sum_of_side(side, at, currency) for side in ("advertiser", "publisher"))
        return MarketOverview(today, yesterday, paid - paid_out, participants(at, mode, currency), _auctions(at, mode))


def _since(instant: datetime) -> UUID:
    return first_at(to_ms(instant))


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _periods(at: datetime) -> tuple[Q, Q]:
    """Give today so far and yesterday until the same time, as ranges of ids."""
    start = _midnight(at)
    return Q(id__gte=_since(start)), Q(id__gte=_since(start - DAY), id__lt=_since(at - DAY))


def _tallies(came: Any, wanted: Q, side: str, at: datetime, currency: str) -> tuple[Tally, Tally]:
    today, before = _periods(at)
    both = Q(id__gte=_since(_midnight(at) - DAY))
    counts = came.filter(both).aggregate(
        now=Count("id", filter=today), then=Count("id", filter=before),
        now_wanted=Count("id", filter=today & wanted), then_wanted=Count("id", filter=before & wanted),
    )  # fmt: skip
    sums = SaleSide.objects.filter(both, side=side, currency=currency).aggregate(
        now=Count("id", filter=today), then=Count("id", filter=before),
        now_amount=Sum("amount", filter=today), then_amount=Sum("amount", filter=before),
    )  # fmt: skip
    return (
        Tally(counts["now"], counts["now_wanted"], sums["now"], int(sums["now_amount"] or 0)),
        Tally(counts["then"], counts["then_wanted"], sums["then"], int(sums["then_amount"] or 0)),
    )


def _hours(side: str, at: datetime, currency: str) -> tuple[HourSum, ...]:
    first = at.replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * HOUR
    sold = SaleSide.objects.filter(id__gte=_since(first), side=side, currency=currency)
    found = dict(sold.annotate(hour=TruncHour("created_at")).values_list("hour").annotate(Sum("amount")))
    return tuple(HourSum(hour, int(found.get(hour) or 0)) for hour in (first + number * HOUR for number in range(HOURS)))


def place_of(lead: Mapping[str, Any]) -> str:
    """Name the region of a lead without naming the street: "TX 787••"."""
    zip_code = str(lead.get("zip") or "")
    return " ".join(part for part in (str(lead.get("state") or ""), f"{zip_code[:3]}••" if zip_code else "") if part)


def label_of(vertical: str) -> str:
    """Name a vertical; one that is no longer known shows its slug."""
    known = load_verticals().get(vertical)
    return known.label if known else vertical


def _pings(at: datetime) -> tuple[PingRow, ...]:
    return ping_rows(list(Ping.objects.order_by("-id")[:ROWS]), at)


def ping_rows(rows: Sequence[Ping], at: datetime) -> tuple[PingRow, ...]:
    """Write pings of the publisher inside whose door we stand for its list."""
    sold = set(Lead.objects.filter(ping_id__in=[row.id for row in rows], status="sold").values_list("ping_id", flat=True))
    names = dict(source_rows().values_list("id", "name"))
    return tuple(_ping_row(row, row.id in sold, names, at) for row in rows)


def _ping_row(row: Ping, sold: bool, names: Mapping[UUID, str], at: datetime) -> PingRow:
    status = _ended(row.status, sold, row.received_at, at)
    reason = str(row.reasons[-1]["code"]) if row.reasons and status == "no_bid" else ""
    payout = row.payout_amount if row.status == "quoted" else None
    return PingRow(
        ping_id=row.id, at=row.received_at, source=names.get(row.source_id, ""), vertical=label_of(row.vertical),
        place=place_of(row.lead), score=row.score, status=status, reason=reason, payout_amount=payout,
        reason_sentence=MEANINGS[Reason(reason)].sentence if reason else "",
    )  # fmt: skip


def _leads() -> tuple[LeadRow, ...]:
    return lead_rows(SaleSide.objects.filter(side="advertiser").order_by("-id")[:ROWS])


def lead_rows(rows: Iterable[SaleSide]) -> tuple[LeadRow, ...]:
    """Write purchases of the advertiser inside whose door we stand for its list."""
    sales = [sale_facts(row) for row in rows]
    records, names = records_of(sales), dict(list_campaigns().values_list("id", "name"))
    states = states_of_sales([one.sale_id for one in sales])
    return tuple(_lead_row(sale, records.get(sale.sale_id), names, states.get(sale.sale_id, "queued")) for sale in sales)


def _lead_row(sale: SaleFacts, record: Any, names: Mapping[UUID, str], state: str) -> LeadRow:
    campaign = names.get(sale.campaign_id, "") if sale.campaign_id else ""
    place = place_of(record.ping.lead) if record is not None else ""
    score = record.score.score if record is not None and record.score is not None else None
    return LeadRow(sale.lead_id, sale.created_at, campaign, label_of(sale.vertical), place, score, state, sale.amount)


def _sum_of_side(side: str, at: datetime, currency: str) -> int:
    today, _ = _periods(at)
    return int(SaleSide.objects.filter(today, side=side, currency=currency).aggregate(total=Sum("amount"))["total"] or 0)


def participants(at: datetime, mode: str, currency: str) -> tuple[Participant, ...]:
    """Give the day of every organization but the operator, the largest amounts first. Needs the exchange's door."""
    today, _ = _periods(at)
    pings, bids = _per_organization(Ping.objects.filter(today)), _per_organization(Bid.objects.filter(today))
    sides = SaleSide.objects.filter(today, currency=currency).values_list("organization_id").annotate(Count("id"), Sum("amount"))
    sales = {organization: (number, int(amount or 0)) for organization, number, amount in sides}
    made = (
        Participant(one, pings.get(one.id, 0), bids.get(one.id, 0), *sales.get(one.id, (0, 0)))
        for one in list_organizations(mode=mode)
        if one.kind != "operator"
    )
    return tuple(sorted(made, key=lambda one: (-one.amount, -one.pings - one.bids, one.organization.name)))


def _per_organization(rows: Any) -> dict[UUID, int]:
    return dict(rows.values_list("organization_id").annotate(Count("id")))


def _auctions(at: datetime, mode: str) -> tuple[AuctionRow, ...]:
    return auction_rows(list(Auction.objects.filter(mode=mode).order_by("-id")[:ROWS]), at, mode)


def auction_rows(rows: Sequence[Auction], at: datetime, mode: str) -> tuple[AuctionRow, ...]:
    """Write auctions for the operator's list; needs the exchange's door."""
    names = _names(mode, {row.publisher_id for row in rows})
    sold = set(Sale.objects.filter(ping_id__in=[row.ping_id for row in rows]).values_list("ping_id", flat=True))
    return tuple(_auction_row(row, names, _ended(row.status, row.ping_id in sold, row.at, at)) for row in rows)


def _ended(status: str, sold: bool, received_at: datetime, at: datetime) -> str:
    """Say what became of a quote so far: quoted, sold or expired."""
    if status != "quoted" or sold:
        return "sold" if sold else status
    return "expired" if at - received_at > timedelta(milliseconds=settings.QUOTE_LIFETIME_MS) else "quoted"


def _names(mode: str, wanted: Iterable[UUID]) -> dict[UUID, str]:
    chosen = set(wanted)
    return {one.id: one.name for one in list_organizations(mode=mode) if one.id in chosen}


def _auction_row(row: Auction, names: Mapping[UUID, str], status: str) -> AuctionRow:
    bids = row.record.get("bids") or []
    best = max((int(bid["bid_price"]) for bid in bids), default=None)
    place = place_of(row.record["ping"]["lead"])
    return AuctionRow(
        row.ping_id, row.at, names.get(row.publisher_id, ""), label_of(row.vertical), place, status, len(bids), best
    )
