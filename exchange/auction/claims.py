"""A post's way to its quotes: what is known of the person, the claim in Valkey, the answer in PostgreSQL, the hold's end."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.exceptions import RedisError

from accounts.core.errors import Problem, not_found
from accounts.tenancy import act_as_exchange
from exchange.auction import settlement
from exchange.auction.counters import Counters
from exchange.auction.holds import NotReady
from exchange.core.dedupe import ContactKeys
from exchange.core.record import PingFacts, QuoteFacts, decode_ping, decode_quote
from exchange.core.verdict import Standing, Verdict

log = logging.getLogger(__name__)
REMEMBER_MS = 365 * 86_400_000


def standing_of(counters: Counters, keys: ContactKeys) -> Standing:
    """Ask who bought or suppressed a person whose full contact is known."""
    found = counters.facts(keys.all)
    return Standing(found.seen, found.suppressed)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a post may sell on; without `quotes` they have ended, or the ping is not known (`ping` is None then)."""

    ping: PingFacts | None
    quotes: tuple[QuoteFacts, ...]


def claim(counters: Counters, ping_id: UUID, organization_id: UUID, wanted: Sequence[UUID]) -> Claim:
    """Keep a ping's quotes alive for this post; all of them or none. Raises Problem not_found for a quote of another ping."""
    found = counters.claim(ping_id=ping_id, organization_id=organization_id, quote_ids=wanted)
    if found is None:
        return Claim(None, ())
    if wanted and {quote.quote_id for quote in found.quotes} != set(wanted):
        raise not_found("quote")
    live = all(quote.live for quote in found.quotes)
    return Claim(decode_ping(found.ping_facts), tuple(decode_quote(quote.facts) for quote in found.quotes) if live else ())


def first_answer(ping_id: UUID, organization_id: UUID, fingerprint: str, *, quoted: bool) -> dict[str, Any]:
    """Give the answer that ended a ping's quotes; raises Problem quote_used, quote_expired, conflict or not_found.

    `quoted` says that Valkey knows the ping as quoted, which the journal may not have written yet.
    """
    with act_as_exchange("quotes end in the exchange's table"):
        known = settlement.known_settlements(ping_id, organization_id)
        status = "quoted" if known or quoted else settlement.status_of_ping(ping_id, organization_id)
    if status is None:
        raise not_found("ping")
    if status != "quoted":
        raise Problem("conflict", "This ping got no quote, so there is nothing to post against; send the lead as a new ping.")
    for one in known:
        if one.answer is not None and one.fingerprint == fingerprint:
            return one.answer
    if any(one.outcome != "expired" for one in known):
        raise Problem("quote_used", "A post with another body ended this quote; ping again for a new one.")
    raise Problem("quote_expired", "The quote's lifetime is over; ping again for a new one.")


def settle(counters: Counters, verdicts: Sequence[Verdict], keys: ContactKeys) -> None:
    """End the holds as PostgreSQL has said. When Valkey is away the sweeper does it later; the answer to the publisher stands."""
    try:
        counters.settle_many((one.quote.quote_id, one.sold, _seen(one.quote, keys)) for one in verdicts)
    except (RedisError, NotReady) as error:
        log.warning("holds stay for the sweeper: %s", error)


def _seen(quote: QuoteFacts, keys: ContactKeys) -> Mapping[str, Mapping[str, int]]:
    return {key: {quote.advertiser_id.hex: REMEMBER_MS} for key in keys.all}
