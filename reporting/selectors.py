"""Reads across the stages: who may see a ping, a lead, a sale, and which part. Alone beside the stages it knows their models.

Auction, settlement and sale are the exchange's rows: they are read only after a row of the caller's own (Ping, Bid, Lead,
SaleSide) has proven that it took part; the operator needs no such proof. Callers stand in the door of the caller's organization.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db.models import Count, Q, QuerySet

from accounts import sealed
from accounts.core.clock import to_ms
from accounts.core.errors import not_found
from accounts.core.ids import first_at
from accounts.identity import Caller
from accounts.tenancy import act_as_exchange, current_organization
from exchange.auction.models import Auction, Bid, QuoteSettlement, Sale, SaleSide
from exchange.auction.news import endings_of
from exchange.auction.snapshot import Market
from exchange.core.news import AuctionNews, news_of_auction
from exchange.core.reading import in_words, read_record
from exchange.core.record import AuctionRecord, QuoteFacts
from exchange.delivery.selectors import DeliveryFacts, list_deliveries_of_lead
from exchange.intake.models import ConsentRecord, Lead, Ping
from reporting.core.masking import mask_contact
from reporting.core.news import Event, auction_part, auction_row, endings, events_of
from reporting.filtered import filtered_events, verticals_of
from reporting.stream import find_record
from scoring.evidence import get_commitment
from scoring.experiments import ExperimentFacts, list_own

Role = Literal["publisher", "advertiser", "operator"]
WHY = "a row of the caller's own proves that it may know how this was decided"
OPERATES = "the operator may read any id"
PASSED_MAX = 20


@dataclass(frozen=True, slots=True)
class Decision:
    """An auction as its reader may know it; `outcomes` says of each quote how it ended: captured, refused or expired.

    `commitment` is the hash its score is committed to by, "" without one; `arms` are those of the reader's own experiments that
    priced a bid, by campaign: nobody else is told of them.
    """

    role: Role
    record: AuctionRecord
    quotes: tuple[QuoteFacts, ...]
    expires_at: datetime | None
    outcomes: Mapping[UUID, str]
    lead_id: UUID | None
    commitment: str
    arms: Mapping[UUID, OwnArm]


@dataclass(frozen=True, slots=True)
class OwnArm:
    """The arm of an advertiser's own experiment that a bid was priced by, and the number of the revision whose rule that is."""

    experiment_id: UUID
    name: str
    arm: str
    revision: int


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """A sale as one side sees it; `amount` in micros is the buyer's price or the publisher's payout."""

    sale_id: UUID
    side: str
    status: str
    amount: int
    currency: str
    vertical: str
    quote_id: UUID
    ping_id: UUID | None
    lead_id: UUID
    source_id: UUID | None
    campaign_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentSummary:
    """What was agreed to, without who and where."""

    consent_id: UUID
    method: str
    text_sha256: str
    captured_at: datetime | None
    sellers: tuple[str, ...]
    decision: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PostedLead:
    """A lead for its publisher or the operator: the contact masked, the legs as answered; `sales` for the operator only."""

    role: Role
    lead_id: UUID
    ping_id: UUID
    source_id: UUID
    vertical: str
    status: str
    reasons: Sequence[Mapping[str, Any]]
    fields: Mapping[str, Any]
    contact: Mapping[str, str]
    payout_amount: int
    currency: str
    external_id: str | None
    received_at: datetime
    legs: Sequence[Mapping[str, Any]]
    consent: ConsentSummary | None
    sales: tuple[SaleFacts, ...]
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class BoughtLead:
    """A lead for an advertiser that bought it."""

    lead_id: UUID
    sales: tuple[SaleFacts, ...]
    deliveries: tuple[DeliveryFacts, ...]
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many of each there were."""

    pings: int = 0
    quotes: int = 0
    sales: int = 0


def get_ping(caller: Caller, ping_id: UUID) -> Decision:
    """Give a ping's auction as the caller may see it; raises Problem not_found.

    A record leaves the stream only when its row is in PostgreSQL, so looking there once more misses none that moved meanwhile.
    """
    found = _journalled(caller, ping_id) or _on_its_way(caller, ping_id) or _journalled(caller, ping_id)
    if found is None:
        raise not_found("ping")
    return found


def get_lead(caller: Caller, lead_id: UUID) -> PostedLead | BoughtLead:
    """Give a lead to who posted it, to an advertiser that bought it, or to the operator; raises Problem not_found."""
    own = Lead.objects.filter(id=lead_id).first()
    if own is not None:
        return _posted(caller, "publisher", own)
    bought = tuple(sale_facts(row) for row in SaleSide.objects.filter(lead_id=lead_id, side="advertiser").order_by("id"))
    if bought:
        return _bought(caller, lead_id, bought)
    if caller.kind == "operator":
        with act_as_exchange(OPERATES):
            lead = Lead.objects.filter(id=lead_id, **_market_of(caller)).first()
            if lead is not None:
                return _posted(caller, "operator", lead)
    raise not_found("lead")


def reach(caller: Caller) -> AbstractContextManager[object]:
    """Open the door behind which a caller lists sales: its own, where it stands already; for the operator the exchange's."""
    return act_as_exchange(OPERATES) if caller.kind == "operator" else nullcontext()


def list_sales(
    caller: Caller, *, side: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[SaleSide]:
    """List the caller's sides of sales (the operator: everybody's), from `since` on, before `until`. Read it inside `reach`."""
    wanted = {"side": side, "created_at__gte": since, "created_at__lt": until}
    rows: QuerySet[SaleSide] = SaleSide.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    # The operator reads everybody's, but never adds play money to real money.
    return rows.filter(currency=caller.currency) if caller.kind == "operator" else rows


def sale_facts(row: SaleSide) -> SaleFacts:
    """Give one side of a sale as a value."""
    return SaleFacts(
        sale_id=row.sale_id, side=row.side, status=row.status, amount=row.amount, currency=row.currency, vertical=row.vertical,
        quote_id=row.quote_id, ping_id=row.ping_id, lead_id=row.lead_id, source_id=row.source_id, campaign_id=row.campaign_id,
        created_at=row.created_at,
    )  # fmt: skip


def records_of(sales: Iterable[SaleFacts]) -> dict[UUID, AuctionRecord]:
    """Give the auction records of sales the caller has a side of, by sale; one still on its way to the journal is left out."""
    with act_as_exchange(WHY):
        auctions = dict(Sale.objects.filter(id__in=[sale.sale_id for sale in sales]).values_list("id", "auction_id"))
        rows = Auction.objects.filter(id__in=auctions.values()).values_list("id", "record")
        records = {auction_id: read_record(record) for auction_id, record in rows}
    return {sale_id: records[auction_id] for sale_id, auction_id in auctions.items() if auction_id in records}


def latest_of(caller: Caller, limit: int, *, market: Market | None = None) -> list[Event]:
    """Give the newest rows of a caller's live feed, newest first, as they stand now; call it inside the caller's door.

    With its market also the newest pings that an advertiser's campaigns did not want.
    """
    return latest_auctions(limit, mode=caller.mode) if caller.kind == "operator" else latest_events(limit, market=market)


def latest_auctions(limit: int, *, mode: str) -> list[Event]:
    """Give the newest rows of the operator's live feed."""
    with act_as_exchange(OPERATES):
        newest = Auction.objects.filter(mode=mode).order_by("-id").values_list("id", flat=True)[:limit]
        news = _news_of(Q(id__in=list(newest)))
    rows = {row["key"]: row for row in map(auction_row, news)}
    for part in map(auction_part, endings_of([one.ping_id for one in news])):
        if part is not None:
            rows[part["key"]].update(part)
    return _newest_first(rows.values())


def latest_events(limit: int, *, market: Market | None = None) -> list[Event]:
    """Give the newest rows of the live feed of the organization inside whose door we are."""
    pings, bids = list(Ping.objects.order_by("-id")[:limit]), list(Bid.objects.order_by("-id")[:limit])
    mine = current_organization()
    with act_as_exchange(WHY):
        news = _news_of(Q(id__in={bid.auction_id for bid in bids} | {ping.auction_id for ping in pings}))
        passed = _passed_by(mine, market) if market else ()
    rows = {event["key"]: event for one in news for owner, event in events_of(one) if owner == mine}
    shown = {row["key"]: row for row in [*_newest_first(rows.values())[:limit], *passed]}
    for ending in endings_of([ping.id for ping in pings] + [bid.ping_id for bid in bids]):
        for owner, part in endings(ending):
            if owner == mine and part["key"] in shown:
                shown[part["key"]].update(part)
    return _newest_first(shown.values())


def _newest_first(rows: Iterable[Event]) -> list[Event]:
    return sorted(rows, key=lambda row: (row["at"], row["key"]), reverse=True)


def _news_of(wanted: Q) -> list[AuctionNews]:
    records = Auction.objects.filter(wanted).order_by("-id").values_list("record", flat=True)
    return [news_of_auction(msgspec.convert(record, AuctionRecord)) for record in records]


def _passed_by(organization_id: UUID, market: Market) -> list[Event]:
    """Give the rows of the newest pings that an organization's campaigns did not want."""
    wanted = Q(mode=market.mode, vertical__in=verticals_of(market, organization_id))
    newest = Auction.objects.filter(wanted).order_by("-id").values_list("id", flat=True)[:PASSED_MAX]
    return [event for one in _news_of(Q(id__in=list(newest))) for _, event in filtered_events(market, one, (organization_id,))]


def traffic_since(instant: datetime) -> dict[str, Traffic]:
    """Count auctions, those with a quote, and sales of each market made since an instant. Needs the exchange's door."""
    first = first_at(to_ms(instant))
    recent = Auction.objects.filter(id__gte=first).values("mode")
    auctions = recent.annotate(n=Count("id"), quoted=Count("id", filter=Q(status="quoted")))
    sales = dict(Sale.objects.filter(id__gte=first).values_list("mode").annotate(n=Count("id")))
    counted = {row["mode"]: Traffic(row["n"], row["quoted"], sales.get(row["mode"], 0)) for row in auctions}
    return {mode: counted.get(mode, Traffic(sales=sales.get(mode, 0))) for mode in ("live", "test")}


def _journalled(caller: Caller, ping_id: UUID) -> Decision | None:
    role, wanted = _proof(caller, ping_id)
    if role is None:
        return None
    with act_as_exchange(WHY):
        row = Auction.objects.filter(**wanted).first()
        if row is None:
            return None
        record, quotes = read_record(row.record), msgspec.convert(row.quotes, list[QuoteFacts])
        return _decision(role, record, tuple(quotes), row.expires_at)


def _proof(caller: Caller, ping_id: UUID) -> tuple[Role | None, dict[str, Any]]:
    """Say in which role the caller took part and how to find the auction: by its key, which names the partition, if known."""
    if caller.kind == "operator":
        return "operator", {"ping_id": ping_id, "mode__in": _modes(caller)}
    auction_id = Ping.objects.filter(id=ping_id).values_list("auction_id", flat=True).first()
    if auction_id is not None:
        return "publisher", {"id": auction_id}
    auction_id = Bid.objects.filter(ping_id=ping_id).values_list("auction_id", flat=True).first()
    if auction_id is not None:
        return "advertiser", {"id": auction_id}
    return None, {}


def _on_its_way(caller: Caller, ping_id: UUID) -> Decision | None:
    entry = find_record(_modes(caller), ping_id)
    role = None if entry is None else _role_in(caller, entry.record)
    if entry is None or role is None:
        return None
    quotes = tuple(msgspec.json.decode(facts, type=QuoteFacts) for facts in entry.quotes)
    with act_as_exchange(WHY):
        return _decision(role, in_words(entry.record), quotes, entry.until)


def _role_in(caller: Caller, record: AuctionRecord) -> Role | None:
    if record.ping.organization_id == caller.organization_id:
        return "publisher"
    if any(bid.organization_id == caller.organization_id for bid in record.bids):
        return "advertiser"
    return "operator" if caller.kind == "operator" else None


def _decision(role: Role, record: AuctionRecord, quotes: tuple[QuoteFacts, ...], expires_at: datetime | None) -> Decision:
    ping_id = record.ping.id
    outcomes = dict(QuoteSettlement.objects.filter(ping_id=ping_id).values_list("quote_id", "outcome"))
    owner = {"organization_id": record.ping.organization_id, "ping_id": ping_id}
    lead_id = Lead.objects.filter(**owner).order_by("id").values_list("id", flat=True).first()
    commitment = get_commitment(ping_id) if record.score else ""
    return Decision(role, record, quotes, expires_at, outcomes, lead_id, commitment, _own_arms(role, record))


def _own_arms(role: Role, record: AuctionRecord) -> dict[UUID, OwnArm]:
    drawn = {one.experiment_id: one.arm for one in record.arms} if role == "advertiser" else {}
    own = list_own(drawn, current_organization()) if drawn else ()
    return {one.campaign_id: _own_arm(one, drawn[one.experiment_id]) for one in own if one.campaign_id}


def _own_arm(found: ExperimentFacts, name: str) -> OwnArm:
    revision = next(int(arm.setting) for arm in found.wish.arms if arm.name == name)
    return OwnArm(found.experiment_id, found.wish.name, name, revision)


def _modes(caller: Caller) -> tuple[str, ...]:
    """Name the markets a caller may look into: its own; the live operator both, while its sandbox twin stays in the sandbox."""
    return ("live", "test") if caller.kind == "operator" and caller.mode == "live" else (caller.mode,)


def _market_of(caller: Caller) -> dict[str, Any]:
    """Keep the operator's sandbox twin to play money."""
    return {} if caller.mode == "live" else {"currency": caller.currency}


def _decision_or_none(caller: Caller, ping_id: UUID | None) -> Decision | None:
    if ping_id is None:
        return None
    return _journalled(caller, ping_id) or _on_its_way(caller, ping_id)


def _posted(caller: Caller, role: Role, lead: Lead) -> PostedLead:
    consent = ConsentRecord.objects.filter(lead_id=lead.id).first()
    sales = SaleSide.objects.filter(lead_id=lead.id).order_by("id") if role == "operator" else ()
    return PostedLead(
        role=role, lead_id=lead.id, ping_id=lead.ping_id, source_id=lead.source_id, vertical=lead.vertical, status=lead.status,
        reasons=lead.reasons, fields=lead.fields, contact=_contact(lead), payout_amount=lead.payout_amount,
        currency=lead.currency, external_id=lead.external_id, received_at=lead.received_at, legs=_legs(lead),
        consent=_summary(consent) if consent else None,
        sales=tuple(sale_facts(row) for row in sales), decision=_decision_or_none(caller, lead.ping_id),
    )  # fmt: skip


def _contact(lead: Lead) -> dict[str, str]:
    try:
        return mask_contact(msgspec.json.decode(sealed.unseal(bytes(lead.personal), lead.id.bytes)))
    except sealed.Unreadable:
        # Erased: its key is gone for good.
        return {}


def _legs(lead: Lead) -> list[Mapping[str, Any]]:
    """Find the legs in the answer that ended the quotes; a lead without a quote has none."""
    with act_as_exchange(WHY):
        ended = QuoteSettlement.objects.filter(ping_id=lead.ping_id, publisher_id=lead.organization_id, answer__isnull=False)
        answer = ended.values_list("answer", flat=True).first()
    return list(answer["legs"]) if answer else []


def _summary(row: ConsentRecord) -> ConsentSummary:
    return ConsentSummary(row.id, row.method, row.text_sha256, row.captured_at, tuple(row.sellers), row.decision)


def _bought(caller: Caller, lead_id: UUID, sales: tuple[SaleFacts, ...]) -> BoughtLead:
    return BoughtLead(lead_id, sales, list_deliveries_of_lead(lead_id), _decision_or_none(caller, sales[0].ping_id))
