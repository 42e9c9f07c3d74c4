"""What the exchange answers of leads. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leadwright.generated.answers.campaigns import Money

LeadStatus = Literal["sold", "rejected", "duplicate", "queued"]

PostLegStatus = Literal["sold", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why nobody bought: a code of the reasons' list, the clause that decided, and how many campaigns it met."""

    code: str
    detail: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLeg:
    """What became of one quote."""

    quote_id: str
    status: PostLegStatus
    payout: Money
    reasons: list[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The lead as stored, and what it pays."""

    lead_id: str
    status: LeadStatus
    payout: Money
    legs: list[PostLeg]
    reasons: list[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReason:
    """A reason; `count` says how many candidates it met."""

    code: str
    detail: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedLeg:
    """One quote of a post and what came of it."""

    quote_id: str
    status: str
    """sold or refused"""
    payout: Money
    reasons: list[DecisionReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSummary:
    """What was agreed to, and what the policy made of it."""

    id: str
    method: str | None
    captured_at: datetime | None
    sellers: list[str]
    text_sha256: str | None
    rule_set: str | None
    reasons: list[DecisionReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionStage:
    """A stage of the ping and how long it took."""

    stage: str
    ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """How many campaigns took part."""

    matched: int
    won: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherTrace:
    """How the decision came about, in counts."""

    stages: list[DecisionStage]
    candidates: Candidates
    reasons: list[DecisionReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherLead:
    """Your lead."""

    role: str
    id: str
    status: str
    """sold, rejected, duplicate or queued"""
    payout: Money
    reasons: list[DecisionReason]
    legs: list[EndedLeg]
    received_at: datetime
    ping_id: str
    commitment: str | None
    """SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET
    /evidence/file must show the same. Null without a score, and for a moment after the ping."""
    source_id: str
    external_id: str | None
    vertical: str
    lead: dict[str, Any]
    """The fields without personal data."""
    contact: dict[str, str]
    """The contact, each value masked."""
    consent: ConsentSummary | None
    trace: PublisherTrace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtSale:
    """One purchase of a lead."""

    id: str
    campaign_id: str | None
    quote_id: str
    status: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDelivery:
    """How far the handing over is."""

    id: str
    sale_id: str
    state: str
    """queued, sent, accepted, refused, failed or dead"""
    attempts: int
    reason: str | None
    next_attempt_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWindow:
    """An hour in which the lead may be called."""

    starts_at: datetime
    ends_at: datetime
    chance: float | None
    """That a call in it reaches somebody; null for the first legal hour, where too few are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTiming:
    """When to call the lead. Advice is given while it is open; legal hours are those that the exchange knows of."""

    state: str
    """open, contacted or ended"""
    contacted_at: datetime | None
    """By when somebody had spoken to it, as you reported."""
    call_within_minutes: float | None
    """Counted from the sale."""
    call_by: datetime | None
    chance: float | None
    """That a first call by then reaches somebody."""
    basis: str | None
    """own_calls, drawn from your reports, or documented: too few of them."""
    time_zone: str | None
    """Where the lead lives, such as America/Chicago."""
    may_call_now: bool | None
    """Null where the time zone is not known."""
    next_window: CallWindow | None
    """The best legal hour of the next 48."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BidStep:
    """One step of a bid's arithmetic."""

    step: str
    factor: str | None
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBid:
    """One of your bids: its arithmetic, and the reason if it lost."""

    campaign_id: str
    revision_id: str
    status: str
    """won or lost"""
    reason: DecisionReason | None
    bid: Money
    price: Money | None
    """The clearing price of a bid that won."""
    quote_id: str | None
    arithmetic: list[BidStep]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerTrace:
    """How the decision came about: your own bids."""

    stages: list[DecisionStage]
    bids: list[OwnBid]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertiserLead:
    """A lead you bought."""

    role: str
    id: str
    status: str
    price: Money
    bought_at: datetime
    ping_id: str | None
    commitment: str | None
    """SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET
    /evidence/file must show the same. Null without a score, and for a moment after the ping."""
    source_id: str | None
    vertical: str
    sales: list[BoughtSale]
    deliveries: list[LeadDelivery]
    timing: LeadTiming
    trace: BuyerTrace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One side of a sale: the advertiser's price or the publisher's payout."""

    id: str
    side: str
    """advertiser or publisher"""
    status: str
    amount: Money
    """What you paid, or what you are paid."""
    vertical: str
    sold_at: datetime
    quote_id: str
    ping_id: str | None
    source_id: str | None
    """The publisher's side only."""
    campaign_id: str | None
    """The advertiser's side only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorBid:
    """Anybody's bid, with payout and margin."""

    campaign_id: str
    revision_id: str
    status: str
    """won or lost"""
    reason: DecisionReason | None
    bid: Money
    price: Money | None
    """The clearing price of a bid that won."""
    quote_id: str | None
    arithmetic: list[BidStep]
    organization_id: str
    payout: Money
    margin: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A reservation that was refused: which campaign met which limit."""

    campaign_id: str
    reason: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorTrace:
    """Everything the decision hangs on."""

    stages: list[DecisionStage]
    auction_id: str
    mode: str
    engine_version: int
    snapshot_version: int
    seed: str
    pricing: str
    sales_max: int
    """To how many advertisers the lead might go."""
    floor: Money
    floor_payout: Money
    margin: dict[str, Any]
    model_version: str | None
    probability: float | None
    bids: list[OperatorBid]
    rounds: list[Round]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorLead:
    """Anybody's lead, with both sides of its sales."""

    role: str
    id: str
    status: str
    """sold, rejected, duplicate or queued"""
    payout: Money
    reasons: list[DecisionReason]
    legs: list[EndedLeg]
    received_at: datetime
    ping_id: str
    commitment: str | None
    """SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET
    /evidence/file must show the same. Null without a score, and for a moment after the ping."""
    source_id: str
    external_id: str | None
    vertical: str
    lead: dict[str, Any]
    """The fields without personal data."""
    contact: dict[str, str]
    """The contact, each value masked."""
    consent: ConsentSummary | None
    sales: list[Sale]
    trace: OperatorTrace | None


LeadDetail = PublisherLead | AdvertiserLead | OperatorLead
