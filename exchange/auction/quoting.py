"""From an auction in the making to firm quotes: the reservation that makes its result true.

The auction decides first; `reserve` then holds everything at once. A refusal names a candidate and a limit: it becomes the
candidate's reason and the auction runs again without it, at most ROUNDS_MAX times. When the source itself holds too many quotes,
no other candidate would help: the answer is a no-bid at once.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from exchange.auction import answers, records
from exchange.auction.bidding import Bidding, Stages, decide
from exchange.auction.counters import Counters
from exchange.auction.holds import Idempotency, Refused, Reserved, Stored
from exchange.core import record
from exchange.core.reasons import Reason

ROUNDS_MAX = 8


def reserve(counters: Counters, bidding: Bidding, stages: Stages, *, key: str, fingerprint: str) -> dict[str, Any]:
    """Hold the winners, or journal a no-bid; repeats the auction without candidates that met a limit. Gives the answer."""
    for _ in range(ROUNDS_MAX):
        decide(bidding)
        if not bidding.winners:
            break
        answer = answers.ping_answer(bidding)
        outcome = _hold(counters, bidding, stages, _idempotency(key, fingerprint, answer))
        if not isinstance(outcome, Refused):
            return _told(answer, outcome, fingerprint)
        if outcome.of_source:
            _note_full_source(bidding)
            break
        _note_refusal(bidding, outcome)
    bidding.winners, bidding.quote_ids = (), {}
    answer, ping = answers.ping_answer(bidding), bidding.ping.record
    written = counters.no_bid(
        record.encode(records.auction_record(bidding, stages.us)),
        ping_id=ping.id,
        organization_id=ping.organization_id,
        idempotency=_idempotency(key, fingerprint, answer),
    )
    return _told(answer, written, fingerprint)


def _idempotency(key: str, fingerprint: str, answer: dict[str, Any]) -> Idempotency | None:
    return Idempotency(key, fingerprint.encode(), record.encode(answer)) if key else None


def _told(answer: dict[str, Any], outcome: Reserved | Stored, fingerprint: str) -> dict[str, Any]:
    if isinstance(outcome, Stored):
        return answers.again(outcome, fingerprint)
    return answers.with_expiry(answer, outcome.expires_at_ms)


def _hold(counters: Counters, bidding: Bidding, stages: Stages, idempotency: Idempotency | None) -> Reserved | Refused | Stored:
    ping = bidding.ping.record
    return counters.reserve(
        ping_id=ping.id,
        organization_id=ping.organization_id,
        source_id=ping.source_id,
        ping_facts=record.encode(records.ping_facts(bidding)),
        quotes=[records.quote_hold(bidding, winner) for winner in bidding.winners],
        record=record.encode(records.auction_record(bidding, stages.us)),
        lifetime_ms=settings.QUOTE_LIFETIME_MS,
        open_quotes_max=settings.OPEN_QUOTES_MAX,
        idempotency=idempotency,
    )


def _note_full_source(bidding: Bidding) -> None:
    for contender in bidding.contenders:
        if contender.reason is None:
            contender.reason, contender.detail = Reason.OPEN_QUOTES, "the source holds too many open quotes"


def _note_refusal(bidding: Bidding, refused: Refused) -> None:
    campaign_id = bidding.winners[refused.index].candidate.campaign_id
    contender = next(one for one in bidding.contenders if one.terms.campaign_id == campaign_id)
    contender.reason, contender.detail = Reason(refused.reason), f"at {refused.key}"
    bidding.rounds.append(record.RoundRecord(campaign_id, refused.reason, refused.key))
