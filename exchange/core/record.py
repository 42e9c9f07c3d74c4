"""The auction record: what a ping leaves behind, written once on the hot path and read by journal, replay and trace.

One record travels from the reservation call through the stream into PostgreSQL. Amounts are int micros, times Unix milliseconds.
What follows from the rest is not in it: `exchange.core.reading` puts it in for those who read.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import msgspec.structs

from campaigns.core.bids import Step


class ReasonCount(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A reason with its words, and how many candidates it met."""

    code: str
    detail: str = ""
    count: int = 1


class PingRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The ping as accepted: normalised, without personal data."""

    id: UUID
    organization_id: UUID
    source_id: UUID
    vertical: str
    kind: str
    status: str
    received_at_ms: int
    lead: dict[str, Any]
    sub_ids: list[str] = []
    behaviour: dict[str, Any] = {}
    touchpoints: list[dict[str, Any]] = []
    consent: dict[str, Any] = {}
    contact_keys: dict[str, str] = {}
    contact_hints: dict[str, str] = {}
    payout_min: int = 0
    sales_max: int = 1
    reasons: list[ReasonCount] = []
    request_id: str = ""


class ScoreRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The score and its features exactly as served; `base_probability` is 0 where the level moved nothing."""

    probability: float
    score: int
    percentile: float
    model_version: str
    features: list[float | None] = []
    proven: bool = False
    base_probability: float = 0.0


class BidRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One matched campaign's bid and what became of it."""

    organization_id: UUID
    campaign_id: UUID
    revision_id: UUID
    bid_price: int
    status: str
    reason: str = ""
    detail: str = ""
    clearing_price: int = 0
    payout_amount: int = 0
    margin_amount: int = 0
    quote_id: UUID | None = None
    arithmetic: tuple[Step, ...] = ()
    priority: int = 0
    sales_max: int = 1


class RoundRecord(msgspec.Struct, frozen=True, gc=False):
    """A reservation that was refused: which candidate met which limit."""

    campaign_id: UUID
    reason: str
    key: str


class ArmRecord(msgspec.Struct, frozen=True, gc=False):
    """The arm of an experiment that the ping was served, with the keyed hash of the unit it was drawn by."""

    experiment_id: UUID
    arm: str
    unit: str


class AuctionRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything a replay needs: inputs, rules, candidates, reservations, clock and seed.

    `sales_max` is 0 where no experiment sold to fewer advertisers than the ping allows.
    """

    id: UUID
    mode: str
    engine_version: int
    snapshot_version: int
    seed: str
    currency: str
    pricing: str
    floor_price: int
    floor_payout: int
    margin: dict[str, Any]
    ping: PingRecord
    score: ScoreRecord | None = None
    bids: list[BidRecord] = []
    rounds: list[RoundRecord] = []
    stages_us: list[tuple[str, int]] = []
    sales_max: int = 0
    arms: list[ArmRecord] = []


class Hold(msgspec.Struct, frozen=True, gc=False):
    """One counter that a quote presses on, in the record, in the sale and in the counters' calls.

    `key` is `campaigns.core.limits.counter_of(...).key`, `limit` the most that may be spent and held together, `amount` what this
    quote takes (1, or micros), `expires_at_ms` the end of the window (the counter lives one hour longer), `reason` what a full
    counter is called: cap_reached or budget_reached.
    """

    key: str
    limit: int
    amount: int
    expires_at_ms: int
    reason: str


class QuoteFacts(msgspec.Struct, frozen=True, gc=False):
    """What a post must know of a quote without asking PostgreSQL; opaque to the counters."""

    quote_id: UUID
    auction_id: UUID
    campaign_id: UUID
    revision_id: UUID
    advertiser_id: UUID
    advertiser_account: UUID
    advertiser_name: str
    price: int
    payout_amount: int
    margin_amount: int
    currency: str
    pricing: str
    consent_policy: str
    consent_age_days_max: int
    dedupe_days: int
    quoted_at_ms: int
    holds: tuple[Hold, ...]


class PingFacts(msgspec.Struct, frozen=True, gc=False):
    """What a post must know of its ping: whose, and which fields must come again unchanged."""

    ping_id: UUID
    organization_id: UUID
    account_id: UUID
    source_id: UUID
    vertical: str
    lead: dict[str, Any]
    contact_keys: dict[str, str]
    currency: str


encode = msgspec.json.Encoder().encode
decode_record = msgspec.json.Decoder(AuctionRecord).decode
decode_quote = msgspec.json.Decoder(QuoteFacts).decode
decode_ping = msgspec.json.Decoder(PingFacts).decode


def replace(ping: PingRecord, **changes: Any) -> PingRecord:
    """Give a ping's record with some fields changed."""
    return msgspec.structs.replace(ping, **changes)
