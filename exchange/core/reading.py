"""Auction records as they are read back: what the hot path left out because it follows from the rest.

The order of the bids and the words for those that lost cost a tenth of a ping, and nobody waits for them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import msgspec.structs

from accounts.core.money import text_from_micros
from campaigns.core.bids import Step
from exchange.core.auction import Candidate, Losses, Rules
from exchange.core.payouts import Margin
from exchange.core.reasons import Reason
from exchange.core.record import AuctionRecord, BidRecord

_LOST_IN_AUCTION = frozenset({Reason.OUTBID.value, Reason.BELOW_FLOOR.value})


def read_record(stored: Any) -> AuctionRecord:
    """Read a record from its JSON as PostgreSQL gives it, its bids in rank order; raises msgspec.ValidationError."""
    return in_words(msgspec.convert(stored, AuctionRecord))


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
    sales_max = record.sales_max or record.ping.sales_max
    return Rules(record.floor_price, record.floor_payout, margin, record.pricing, record.seed, sales_max)


def in_words(record: AuctionRecord) -> AuctionRecord:
    """Put a decoded record's bids into rank order, with words for those that lost."""
    words = Losses([_candidate(bid) for bid in record.bids if bid.status == "won"], rules_of(record))
    bids = [
        msgspec.structs.replace(bid, detail=words.of(_candidate(bid))) if bid.reason in _LOST_IN_AUCTION else bid
        for bid in sorted(record.bids, key=_place)
    ]
    return msgspec.structs.replace(record, bids=bids)


def _place(bid: BidRecord) -> tuple[int, int, bool]:
    return -bid.priority, -bid.bid_price, bid.status != "won"


def _candidate(bid: BidRecord) -> Candidate:
    return Candidate(bid.campaign_id, bid.organization_id, bid.bid_price, bid.priority, bid.sales_max)
