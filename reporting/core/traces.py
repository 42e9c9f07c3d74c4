"""The decision trace: how one auction came to its result, told to each role as far as it may know.

A publisher reads counts and public reasons, a buyer its own bids with their arithmetic, the operator everything. Nobody but the
operator reads another organization's amounts.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.core.ids import encode
from accounts.core.money import Money
from exchange.core.reading import steps_out
from exchange.core.reasons import Reason
from exchange.core.record import AuctionRecord, BidRecord

OUTBID = Reason.OUTBID.value


def publisher_trace(record: AuctionRecord) -> dict[str, Any]:
    """Give stages in ms, how many campaigns matched, and each reason with its count."""
    outbid = sum(bid.reason == OUTBID for bid in record.bids)
    reasons = [{"code": one.code, "detail": one.detail, "count": one.count} for one in record.ping.reasons]
    if outbid:
        reasons.append({"code": OUTBID, "detail": "", "count": outbid})
    candidates = {"matched": len(record.bids), "won": sum(bid.status == "won" for bid in record.bids)}
    return {"stages": stages(record), "candidates": candidates, "reasons": reasons}


def buyer_trace(record: AuctionRecord, organization_id: UUID) -> dict[str, Any]:
    """Give stages in ms and the organization's own bids."""
    return {"stages": stages(record), "bids": [bid_out(bid, record.currency) for bid in bids_of(record, organization_id)]}


def operator_trace(record: AuctionRecord) -> dict[str, Any]:
    """Give everything a decision hangs on, without the contact's hashes."""
    score = record.score
    return {
        "auction_id": encode("auction", record.id),
        "mode": record.mode,
        "engine_version": record.engine_version,
        "snapshot_version": record.snapshot_version,
        "seed": record.seed,
        "pricing": record.pricing,
        "sales_max": record.sales_max or record.ping.sales_max,
        "floor": Money(record.floor_price, record.currency).as_json(),
        "floor_payout": Money(record.floor_payout, record.currency).as_json(),
        "margin": record.margin,
        "model_version": score.model_version if score else None,
        "probability": score.probability if score else None,
        "stages": stages(record),
        "bids": [_operator_bid(bid, record.currency) for bid in record.bids],
        "rounds": [
            {"campaign_id": encode("campaign", one.campaign_id), "reason": one.reason, "key": one.key} for one in record.rounds
        ],
    }


def stages(record: AuctionRecord) -> list[dict[str, Any]]:
    """Give the stages of the ping in order, each with its milliseconds."""
    return [{"stage": name, "ms": micros / 1000} for name, micros in record.stages_us]


def bids_of(record: AuctionRecord, organization_id: UUID) -> list[BidRecord]:
    """Give the bids of one organization."""
    return [bid for bid in record.bids if bid.organization_id == organization_id]


def bid_out(bid: BidRecord, currency: str) -> dict[str, Any]:
    """Write a bid for its owner: amounts, arithmetic, and the reason if it lost."""
    return {
        "campaign_id": encode("campaign", bid.campaign_id),
        "revision_id": encode("revision", bid.revision_id),
        "status": bid.status,
        "reason": {"code": bid.reason, "detail": bid.detail} if bid.reason else None,
        "bid": Money(bid.bid_price, currency).as_json(),
        "price": Money(bid.clearing_price, currency).as_json() if bid.status == "won" else None,
        "quote_id": None if bid.quote_id is None else encode("quote", bid.quote_id),
        "arithmetic": [{**step, "price": {"amount": step["price"], "currency": currency}} for step in steps_out(bid.arithmetic)],
    }


def _operator_bid(bid: BidRecord, currency: str) -> dict[str, Any]:
    return {
        "organization_id": encode("organization", bid.organization_id),
        **bid_out(bid, currency),
        "payout": Money(bid.payout_amount, currency).as_json(),
        "margin": Money(bid.margin_amount, currency).as_json(),
    }
