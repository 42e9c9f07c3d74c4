"""Auction records as they are read back: what the hot path left out because it follows from the rest.

The order of the bids, their ids and the words for those that lost cost a tenth of a ping, and nobody waits for them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import msgspec.structs

from accounts.core.money import text_from_micros
from campaigns.core.bids import Step
from exchange.core.auction import Candidate, Rules, loss_in_words
from exchange.core.payouts import Margin
from exchange.core.reasons import Reason
from exchange.core.record import AuctionRecord, BidRecord

_decode = msgspec.json.Decoder(AuctionRecord).decode
_LOST_IN_AUCTION = frozenset({Reason.OUTBID.value, Reason.BELOW_FLOOR.value})
_PLACES = 0xFF  # more than an auction has candidates


def decode_record(raw: bytes) -> AuctionRecord:
    """Read a record from its bytes; raises msgspec.DecodeError."""
    return _in_words(_decode(raw))


def convert_record(stored: Any) -> AuctionRecord:
    """Read a record from its JSON as PostgreSQL gives it; raises msgspec.ValidationError."""
    return _in_words(msgspec.convert(stored, AuctionRecord))


def bid_id(record: AuctionRecord, place: int) -> UUID:
    """Give the id of the n-th bid of an auction: the auction's own, with the place in its last eight bits."""
    return UUID(int=record.id.int & ~_PLACES | place)


def steps_out(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Write the arithmetic of a bid for those who read it."""
    return [
        {
            "step": step.label,
            "factor": None if step.factor is None else str(step.factor),
            "price": text_from_micros(step.price),
        }
        for step in steps
    ]


def rules_of(record: AuctionRecord) -> Rules:
    """Give the rules an auction was held under."""
    kind, value = record.margin["kind"], record.margin["value"]
    margin = Margin(kind, Decimal(value) if kind == "percent" else int(value))
    return Rules(record.floor_price, record.floor_payout, margin, record.pricing, record.seed, record.ping.sales_max)


def _in_words(record: AuctionRecord) -> AuctionRecord:
    chosen, rules = [_candidate(bid) for bid in record.bids if bid.status == "won"], rules_of(record)
    bids = [
        msgspec.structs.replace(bid, detail=loss_in_words(_candidate(bid), chosen, rules))
        if bid.reason in _LOST_IN_AUCTION
        else bid
        for bid in sorted(record.bids, key=_place)
    ]
    return msgspec.structs.replace(record, bids=bids)


def _place(bid: BidRecord) -> tuple[int, int, bool]:
    return -bid.priority, -bid.bid_price, bid.status != "won"


def _candidate(bid: BidRecord) -> Candidate:
    return Candidate(bid.campaign_id, bid.organization_id, bid.bid_price, bid.priority, bid.sales_max)
