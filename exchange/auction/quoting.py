"""From an auction in the making to firm quotes: the reservation that makes its result true.

The auction decides first, as if nobody knew this person and no limit were full; `reserve` then holds everything at once, in one
round trip. What the counters answer instead becomes a reason of a candidate, and the auction runs again: who bought or suppressed
the person, or which limit a candidate met; at most ROUNDS_MAX times. When the source itself holds too many quotes, no other
candidate would help: the answer is a no-bid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from exchange.auction import answers, records
from exchange.auction.bidding import Bidding, Stages, decide, exclude_known
from exchange.auction.counters import Counters
from exchange.auction.holds import Facts, Idempotency, Refused, Reserved, Stored
from exchange.core import record
from exchange.core.reasons import Reason

ROUNDS_MAX = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A publisher's key of idempotency, and the fingerprint of the body it came with."""

    text: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The answer to a ping; `replayed` when an earlier one is given again."""

    body: dict[str, Any]
    replayed: bool = False


def reserve(counters: Counters, bidding: Bidding, stages: Stages, key: Key | None = None) -> Quoted:
    """Hold the winners, or journal a no-bid. Raises Problem idempotency_key_reused for a key that came with another body."""
    # Without candidates nobody's knowledge changes the answer.
    unknown = bidding.ping.keys.all if bidding.contenders else ()
    for _ in range(ROUNDS_MAX):
        decide(bidding)
        answer = answers.ping_answer(bidding)
        outcome = _ask(counters, bidding, stages, unknown, _idempotency(key, answer))
        if isinstance(outcome, Reserved | Stored):
            return _told(answer, outcome, key)
        if isinstance(outcome, Facts):
            exclude_known(bidding, outcome)
            unknown = ()
        else:
            _note_refusal(bidding, outcome)
    bidding.withdraw()
    answer = answers.ping_answer(bidding)
    outcome = _ask(counters, bidding, stages, (), _idempotency(key, answer))
    assert isinstance(outcome, Reserved | Stored), "nothing refuses a no-bid"
    return _told(answer, outcome, key)


def _idempotency(key: Key | None, answer: dict[str, Any]) -> Idempotency | None:
    return Idempotency(key.text, key.fingerprint.encode(), record.encode(answer)) if key else None


def _told(answer: dict[str, Any], outcome: Reserved | Stored, key: Key | None) -> Quoted:
    if isinstance(outcome, Stored):
        assert key is not None, "only a key of idempotency brings an earlier answer"
        return Quoted(answers.again(outcome, key.fingerprint), replayed=True)
    return Quoted(answers.with_expiry(answer, outcome.expires_at_ms))


def _ask(
    counters: Counters, bidding: Bidding, stages: Stages, unknown: Sequence[str], idempotency: Idempotency | None
) -> Reserved | Refused | Stored | Facts:
    ping = bidding.ping.record
    written = record.encode(records.auction_record(bidding, stages.us))
    who: dict[str, Any] = {"ping_id": ping.id, "organization_id": ping.organization_id}
    if not bidding.quotes:
        return counters.no_bid(written, **who, contact_keys=unknown, idempotency=idempotency)
    return counters.reserve(
        **who,
        source_id=ping.source_id,
        ping_facts=record.encode(records.ping_facts(bidding)),
        quotes=[records.quote_hold(bidding, quote) for quote in bidding.quotes],
        record=written,
        lifetime_ms=settings.QUOTE_LIFETIME_MS,
        open_quotes_max=settings.OPEN_QUOTES_MAX,
        contact_keys=unknown,
        idempotency=idempotency,
    )


def _note_refusal(bidding: Bidding, refused: Refused) -> None:
    if refused.of_source:
        for contender in bidding.contenders:
            if contender.reason is None:
                contender.reason, contender.detail = Reason.OPEN_QUOTES, "the source holds too many open quotes"
        return
    contender = next(one for one in bidding.contenders if one.quote is bidding.quotes[refused.index])
    contender.reason, contender.detail = Reason(refused.reason), f"at {refused.key}"
    bidding.rounds.append(record.RoundRecord(contender.offer.terms.campaign_id, refused.reason, refused.key))
