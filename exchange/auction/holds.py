"""What passes between the market and its counters: frozen values, amounts in int micros (a count is 1), times in Unix ms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from exchange.core.record import Hold


@dataclass(frozen=True, slots=True)
class QuoteHold:
    """One quote to hold: `amount` micros of the advertiser's balance, each nested counter, and opaque facts for the post."""

    quote_id: UUID
    account_id: UUID
    amount: int
    holds: tuple[Hold, ...]
    facts: bytes


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A publisher's key for one ping: the body's fingerprint, and what a repeat needs to give the first answer again."""

    key: str
    fingerprint: bytes
    answer: bytes


@dataclass(frozen=True, slots=True)
class Reserved:
    """The record is in the journal's stream; the quotes, if any, are firm until `expires_at_ms`."""

    now_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was held: the quote at `index` met `reason` on the counter or account `key`; -1 means the source `key` itself."""

    now_ms: int
    index: int
    reason: str
    key: str

    @property
    def of_source(self) -> bool:
        """Say whether the source holds too many quotes, so that no choice of candidates would be taken."""
        return self.index < 0


@dataclass(frozen=True, slots=True)
class Stored:
    """The first answer to a key of idempotency; another `fingerprint` than the caller's is a conflict."""

    now_ms: int
    fingerprint: bytes
    answer: bytes
    ping_id: UUID
    made_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of some contacts: who bought them when (owner hex -> Unix ms), and who wants no lead of them.

    As the answer of a reservation it says that nothing was held: the caller decides again with what it now knows.
    """

    now_ms: int
    seen: Mapping[str, Mapping[str, int]]
    suppressed: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ClaimedQuote:
    """A quote of a claimed ping; not `live` when it has ended, expired or was settled: then PostgreSQL says how."""

    quote_id: UUID
    facts: bytes
    expires_at_ms: int
    live: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A ping of this organization, with the quotes that were asked for."""

    now_ms: int
    ping_facts: bytes
    quotes: tuple[ClaimedQuote, ...]


@dataclass(frozen=True, slots=True)
class DueQuote:
    """A quote whose time has passed and whose hold is still there."""

    quote_id: UUID
    ping_id: UUID
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class Frozen:
    """An account that takes no new quotes: a number that every claim and settlement raises, and its living quotes."""

    moves: int
    claimed: int
    quote_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Wallet:
    """What the books say of an account: credit (absolute, with its version) and spent, in micros."""

    account_id: UUID
    credit: int
    version: int
    spent: int


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale to be remembered: by which contact, bought by whom (organization hex), when, until when."""

    contact_key: str
    owner: str
    sold_at_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class OpenPing:
    """A ping whose quotes are unsettled, as the journal tables know it."""

    ping_id: UUID
    organization_id: UUID
    source_id: UUID
    facts: bytes
    made_at_ms: int
    expires_at_ms: int
    quotes: tuple[QuoteHold, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What an account's sales in one window add up to: a count, or micros. The end of the window is 0 where nobody knows it."""

    key: str
    spent: int
    expires_at_ms: int
    account_id: UUID


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that reconciling put right: a counter's or account's `field` said `found`, the truth is `truth`."""

    name: str
    field: str
    found: int
    truth: int


class NotReady(Exception):
    """The market cannot promise anything now: no epoch, no journal or no room. A caller answers 503 with Retry-After."""


class JournalAway(NotReady):
    """The journal has not reached PostgreSQL for five seconds."""


class StreamFull(NotReady):
    """The journal is more than 200,000 records behind."""
