"""What a publisher reads: quotes with its payout, reasons without any buyer's amounts, and how a post ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from accounts.core.clock import from_ms, rfc3339
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.money import text_from_micros
from exchange.auction.bidding import Bidding, Quote, reasons_of
from exchange.auction.holds import Stored
from exchange.core import verdict
from exchange.core.reasons import public_form
from exchange.core.verdict import Verdict

ONE_TO_ONE = "one_to_one"


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """How a post ended, with the amounts its lead row needs beside the wire form."""

    lead_id: UUID
    status: str
    payout_amount: int
    reasons: list[dict[str, Any]]
    body: dict[str, Any]


def ping_answer(bidding: Bidding) -> dict[str, Any]:
    """Give the answer to a ping without the quotes' expiry, which only the reservation knows."""
    quotes = [_quote(bidding, quote) for quote in bidding.quotes]
    return {
        "id": encode("ping", bidding.ping.record.id),
        "status": "quoted" if quotes else "no_bid",
        "payout": _money(sum(quote.sale.payout_amount for quote in bidding.quotes), bidding.ping.caller.currency),
        "quotes": quotes,
        "reasons": []
        if quotes
        else [{"code": one.code, "detail": one.detail, "count": one.count} for one in reasons_of(bidding)],
    }


def with_expiry(answer: dict[str, Any], expires_at_ms: int) -> dict[str, Any]:
    """Add the instant until which each quote is firm."""
    expires_at = rfc3339(from_ms(expires_at_ms))
    return {**answer, "quotes": [{**quote, "expires_at": expires_at} for quote in answer["quotes"]]}


def again(stored: Stored, fingerprint: str) -> dict[str, Any]:
    """Give the first answer to a key of idempotency; raises Problem idempotency_key_reused for another body."""
    if stored.fingerprint != fingerprint.encode():
        raise Problem("idempotency_key_reused", "This Idempotency-Key came with another body before; use a fresh key.")
    return with_expiry(msgspec.json.decode(stored.answer), stored.expires_at_ms)


def _quote(bidding: Bidding, quote: Quote) -> dict[str, Any]:
    terms = quote.terms
    named = terms.consent_policy == ONE_TO_ONE
    return {
        "id": encode("quote", quote.id),
        "payout": _money(quote.sale.payout_amount, bidding.ping.caller.currency),
        "pricing": bidding.rules.pricing,
        "exclusive": terms.exclusive,
        # A buyer's name is shown only where the form must name it; elsewhere its id tells buyers apart.
        "advertiser": {"id": encode("organization", terms.organization_id), "name": terms.advertiser_name if named else None},
    }


def post_answer(lead_id: UUID, verdicts: Sequence[Verdict], currency: str, ping_reasons: Sequence[dict[str, Any]]) -> PostAnswer:
    """Give the answer to a post; `ping_reasons` say why a direct lead got no quote at all."""
    status, payout = verdict.status_of(verdicts), verdict.payout_of(verdicts)
    reasons = [*ping_reasons, *({"code": code} for code in verdict.codes_of(verdicts))]
    body = {
        "lead_id": encode("lead", lead_id),
        "status": status,
        "payout": _money(payout, currency),
        "legs": [_leg(one, currency) for one in verdicts],
        "reasons": reasons,
    }
    return PostAnswer(lead_id, status, payout, reasons, body)


def _leg(one: Verdict, currency: str) -> dict[str, Any]:
    return {
        "quote_id": encode("quote", one.quote.quote_id),
        "status": "sold" if one.sold else "refused",
        "payout": _money(one.quote.payout_amount if one.sold else 0, currency),
        "reasons": [{"code": public_form(reason).value} for reason in one.reasons],
    }


def _money(micros: int, currency: str) -> dict[str, str]:
    return {"amount": text_from_micros(micros), "currency": currency}
