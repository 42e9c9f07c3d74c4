"""What the exchange answers of pings. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from leadwright.generated.answers.campaigns import Money
from leadwright.generated.answers.leads import (
    BidStep,
    DecisionReason,
    DecisionStage,
    OperatorTrace,
    PublisherTrace,
    Reason,
)

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
class Completeness:
    """How much of what a ping can bring was sent."""

    share: float
    """Share of the columns that were present, 0 to 1."""
    words: str
    absent: list[str]
    """Parts of a ping that were not sent."""
    unanswered: list[str]
    """Questions of the vertical without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One thing that moved the score."""

    feature: str
    """The strongest column of it, as in the reference of features."""
    words: str
    beside: list[str]
    """What tells the same and is counted in."""
    odds: float
    """By what it multiplied the odds of the outcome; 1 is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The lead's score, 0 to 100, and its percentile within the vertical; for a publisher without the exact probability."""

    score: int
    percentile: float
    model_version: str
    badge: str | None
    """What the version learned from."""
    outcome: str | None
    """What it is the chance of."""
    horizon_days: int | None
    """Within so many days of the sale."""
    low: float | None
    """Lower end of the interval that holds the probability; for a publisher in whole percents."""
    high: float | None
    completeness: Completeness | None
    factors: list[Factor]
    """At most five, strongest first."""
    note: str | None
    """Why something is null."""
    probability: float | None = None
    """For buyers and the operator."""


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
    commitment: str | None
    """SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET
    /evidence/file must show the same. Null without a score, and for a moment after the ping."""
    lead_id: str | None
    """The lead that was posted against this ping."""
    trace: PublisherTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class BidArm:
    """The arm of your own experiment that a bid was priced by."""

    id: str
    name: str
    arm: str
    revision: int
    """The number of the revision whose bid rule priced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedBid:
    """One of your bids, how its quote ended, and the arm of your experiment whose rule it followed, if one did."""

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
    experiment: BidArm | None
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
    score: Quality | None
    commitment: str | None
    """SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET
    /evidence/file must show the same. Null without a score, and for a moment after the ping."""
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
    commitment: str | None
    """SHA-256 that commits to the score, in hex. Who buys the lead keeps it with the version: its file of GET
    /evidence/file must show the same. Null without a score, and for a moment after the ping."""
    lead_id: str | None
    """The lead that was posted against this ping."""
    publisher_id: str
    trace: OperatorTrace


PingDetail = PublisherPing | AdvertiserPing | OperatorPing
