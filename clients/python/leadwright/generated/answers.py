"""What the exchange answers. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in the currency of the caller's market: USD with live keys, XTS with test keys."""

    amount: str
    """Decimal number as text, such as "41.50"."""
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BandShape:
    """From this score percentile upward: another price, or a factor."""

    percentile_from: str
    """0 to 100; higher is better."""
    price: Money | None = None
    factor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiplierShape:
    """A condition as in filters, and the factor it brings; 0 excludes."""

    field: str
    """A field of the vertical, sub_id, device, kind, source or hour_of_week."""
    op: str
    factor: str
    value: Any | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueShape:
    """Bid chance x value x (1 - margin), once the model is proven on real outcomes."""

    value: Money
    margin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BidShape:
    """What the campaign offers."""

    base_price: Money
    bands: list[BandShape] | None = None
    multipliers: list[MultiplierShape] | None = None
    min_price: Money | None = None
    max_price: Money | None = None
    value: ValueShape | None = None


Window = Literal["hour", "day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapShape:
    """At most so many leads in each window, of all sources or of one."""

    window: Window
    limit: int
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShape:
    """At most so much money in each window, for all sources or for one."""

    window: Window
    limit: Money
    source: str | None = None


ConsentPolicy = Literal["basic", "one_to_one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentShape:
    """What a lead's consent must be."""

    policy: ConsentPolicy | None = None
    age_days_max: int | None = None


DestinationKind = Literal["http"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A destination; its secret is shown only in the answer to the request that set it."""

    id: str
    kind: DestinationKind
    url: str
    secret: str | None = None


CampaignStatus = Literal["draft", "active", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The revision in force."""

    id: str
    number: int
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign: its draft, and which revision is in force."""

    name: str
    zone: str
    """Time zone of all its windows and hours, such as America/Chicago."""
    filter: dict[str, Any] | None
    """{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead."""
    bid: BidShape | None
    caps: list[CapShape]
    budgets: list[BudgetShape]
    schedule: dict[str, Any] | None
    """{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open."""
    exclusive: bool
    sales_max: int | None
    """Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows."""
    score_percentile_min: str | None
    dedupe_days: int
    allowed_sources: list[str]
    blocked_sources: list[str]
    consent: ConsentShape
    destination: Destination | None
    vertical: str
    id: str
    status: CampaignStatus
    paused_reason: str | None
    """Set when the exchange paused it; says what to do."""
    filter_text: str
    revision: Revision | None
    unpublished_changes: bool
    created_at: datetime
    updated_at: datetime


TrialVerdict = Literal["accepted", "refused", "retry", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was sent to the destination and what it really answered."""

    id: str
    """The webhook-id of the request; no such delivery is kept."""
    verdict: TrialVerdict
    """What a real lead's delivery would have made of it."""
    request: dict[str, Any]
    body: dict[str, Any]
    """The JSON that was sent: test is true, test_lead too."""
    status: int | None
    headers: dict[str, str]
    answer: str
    error: str | None
    duration_ms: int


DeliveryState = Literal["queued", "sent", "accepted", "refused", "failed", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTarget:
    """Where the last attempt went."""

    id: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A sold lead on its way to you."""

    id: str
    """Also the webhook-id of every attempt."""
    sale_id: str
    lead_id: str
    campaign_id: str
    state: DeliveryState
    reason: str | None
    """Why it is not accepted."""
    attempts: int
    destination: DeliveryTarget | None
    disclosed: list[str]
    """The personal fields in it, by name."""
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try."""

    number: int
    request: dict[str, Any]
    """Method, URL and headers; your own headers are sealed."""
    status: int | None
    """Null: no answer came, `error` says why."""
    answer: str
    """The start of the answer, without the person's data."""
    error: str | None
    duration_ms: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetail:
    """A delivery with its attempts."""

    id: str
    """Also the webhook-id of every attempt."""
    sale_id: str
    lead_id: str
    campaign_id: str
    state: DeliveryState
    reason: str | None
    """Why it is not accepted."""
    attempts: int
    destination: DeliveryTarget | None
    disclosed: list[str]
    """The personal fields in it, by name."""
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    tries: list[Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """How many are sent again."""

    resent: int


DispositionStage = Literal["open", "won", "lost", "invalid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A report as it is kept."""

    id: str
    sale_id: str
    lead_id: str
    campaign_id: str | None
    vertical: str
    status: str
    stage: DispositionStage
    """What the status means: won and lost are outcomes."""
    occurred_at: datetime
    revenue: Money | None
    agent: str | None
    recorded_at: datetime


DispositionResult = Literal["recorded", "repeated", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong field."""

    pointer: str
    """JSON pointer into the body"""
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one report of a batch."""

    place: int
    """Its place in the batch from 0; of a CSV the line below the header from 1."""
    result: DispositionResult
    id: str | None
    errors: list[FieldError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of a batch: each report stands for itself."""

    recorded: int
    repeated: int
    refused: int
    results: list[Told]


DispositionsAnswer = Batch | Disposition

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
    source_id: str | None
    vertical: str
    sales: list[BoughtSale]
    deliveries: list[LeadDelivery]
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

LedgerAccountKind = Literal["wallet", "payable", "margin", "cash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account; the last three only for a wallet."""

    id: str
    kind: LedgerAccountKind
    balance: Money
    """What the exchange owes you; below zero, what you owe it."""
    credit_limit: Money | None = None
    """How far the balance may go below zero."""
    spent: Money | None = None
    """The price of all leads bought, returned ones included."""
    unspent: Money | None = None
    """Balance and credit limit together; open quotes may hold a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The accounts of an organization."""

    accounts: list[Account]


LedgerEventKind = Literal["deposit", "capture", "refund", "adjustment", "payout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One movement of money on one account."""

    id: str
    event_id: str
    """Entries of one event carry the same id."""
    account_id: str
    account_kind: LedgerAccountKind
    kind: LedgerEventKind
    amount: Money
    """Above zero for you, below zero against you."""
    quote_id: str | None
    """The quote that was sold or returned."""
    occurred_at: datetime


OrganizationKind = Literal["publisher", "advertiser", "both", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The caller's organization."""

    id: str
    name: str
    kind: OrganizationKind


Mode = Literal["live", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """What a key is."""

    organization: Organization
    mode: Mode
    currency: str
    key_id: str
    scopes: list[str]
    rate_limit: int
    """requests a second for this key, 0 for no limit"""


PingStatus = Literal["quoted", "no_bid"]

Pricing = Literal["first_price", "second_price"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertiser:
    """The buyer: an opaque id, and its name only where the form must show it."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A firm price: what the publisher is paid when it posts before expires_at."""

    id: str
    payout: Money
    pricing: Pricing
    exclusive: bool
    advertiser: Advertiser
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """Quotes, one for each advertiser that buys, or the reasons why there is none."""

    id: str
    status: PingStatus
    payout: Money
    """what all quotes pay together"""
    quotes: list[Quote]
    reasons: list[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedAdvertiser:
    """A buyer: a stable id, and its name where the form must show it."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedQuote:
    """A quote and how it ended."""

    id: str
    status: str
    """quoted, sold, refused or expired"""
    payout: Money
    pricing: str
    """first_price or second_price"""
    advertiser: QuotedAdvertiser
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The lead's quality, 0 to 100, and its percentile within the vertical."""

    score: int
    percentile: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherPing:
    """Your ping."""

    role: str
    id: str
    status: str
    """quoted or no_bid"""
    received_at: datetime
    source_id: str
    sub_ids: list[str]
    vertical: str
    kind: str
    lead: dict[str, Any]
    """The fields as accepted."""
    payout: Money
    """What all quotes pay together."""
    quotes: list[EndedQuote]
    reasons: list[DecisionReason]
    """Why nobody bid; empty when there are quotes."""
    score: Quality | None
    lead_id: str | None
    """The lead that was posted against this ping."""
    trace: PublisherTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBid:
    """One of your bids, and how its quote ended."""

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
    quote_status: str | None
    """quoted, sold, refused or expired; null for a bid that lost"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagesTrace:
    """How long each stage took; the bids stand beside it."""

    stages: list[DecisionStage]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvertiserPing:
    """A ping you bid on."""

    role: str
    id: str
    received_at: datetime
    source_id: str
    """Stable and opaque; use it in filters and multipliers."""
    vertical: str
    bids: list[EndedBid]
    trace: StagesTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPing:
    """Anybody's ping."""

    role: str
    id: str
    status: str
    """quoted or no_bid"""
    received_at: datetime
    source_id: str
    sub_ids: list[str]
    vertical: str
    kind: str
    lead: dict[str, Any]
    """The fields as accepted."""
    payout: Money
    """What all quotes pay together."""
    quotes: list[EndedQuote]
    reasons: list[DecisionReason]
    """Why nobody bid; empty when there are quotes."""
    score: Quality | None
    lead_id: str | None
    """The lead that was posted against this ping."""
    publisher_id: str
    trace: OperatorTrace


PingDetail = PublisherPing | AdvertiserPing | OperatorPing


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSale:
    """A row of your sales. The trace is a publisher's, a buyer's or the operator's, and null for a moment after the sale."""

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
    lead_id: str
    trace: dict[str, Any] | None


SourceStatus = Literal["active", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorShape:
    """A smallest payout; null means every vertical, every sub-id."""

    floor_price: Money
    vertical: str | None = None
    sub_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source."""

    name: str
    status: SourceStatus
    verticals: list[str]
    """Empty means all."""
    floors: list[FloorShape]
    allowed_advertisers: list[str]
    """Ids org_...; when there are any, only those may buy."""
    blocked_advertisers: list[str]
    """Ids org_..."""
    sales_max: int
    """To how many advertisers a lead may go; a ping may say otherwise."""
    id: str
    created_at: datetime
    updated_at: datetime


WebhookEvent = Literal["ping.quoted", "lead.sold", "lead.delivered", "lead.returned"]

WebhookStatus = Literal["active", "disabled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook; a secret is shown only in the answer to the request that made it."""

    id: str
    url: str
    description: str | None
    events: list[WebhookEvent]
    status: WebhookStatus
    disabled_reason: str | None
    """Set when the exchange disabled it; says what to do."""
    failing_since: datetime | None
    created_at: datetime
    updated_at: datetime
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event on its way to one webhook."""

    id: str
    """Also the webhook-id of every attempt."""
    type: str
    state: DeliveryState
    reason: str | None
    attempts: int
    body: dict[str, Any]
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """An event with its attempts."""

    id: str
    """Also the webhook-id of every attempt."""
    type: str
    state: DeliveryState
    reason: str | None
    attempts: int
    body: dict[str, Any]
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    tries: list[Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrial:
    """What was sent to the webhook and what it really answered."""

    id: str
    """The webhook-id of the request; no such delivery is kept."""
    verdict: TrialVerdict
    """What a real lead's delivery would have made of it."""
    request: dict[str, Any]
    body: dict[str, Any]
    """The JSON that was sent: test is true, test_lead too."""
    status: int | None
    headers: dict[str, str]
    answer: str
    error: str | None
    duration_ms: int
