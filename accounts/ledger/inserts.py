"""The one statement that writes events with their entries, for one event or for all sales of a post.

Nothing is updated and no balance row is touched, so any number of sales on one wallet run side by side. Entries are selected from
the headers that were really inserted: a repeated key, or a quote that was sold before, writes nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from accounts.core.ids import uuid7
from accounts.ledger.core.postings import AccountKind, Capture, EventKind, Posting, PostingError, capture_amounts

_WRITE = """
SELECT ledger_write(
    %(ids)s::uuid[], %(kinds)s::text[], %(keys)s::text[], %(quotes)s::uuid[], %(reverses)s::uuid[], %(legs)s::int[],
    %(times)s::timestamptz[], %(memos)s::text[],
    %(leg_ids)s::uuid[], %(leg_events)s::uuid[], %(leg_accounts)s::uuid[], %(leg_kinds)s::text[], %(leg_amounts)s::bigint[]
)
"""


class Cursor(Protocol):
    """What this module needs of a database cursor."""

    def execute(self, sql: str, params: dict[str, Any]) -> Any:
        """Run one statement."""

    def fetchall(self) -> list[Any]:
        """Give its rows."""


@dataclass(frozen=True, slots=True)
class Header:
    """An event about to be written; its legs are (account id or None for the margin, kind of account, micros)."""

    id: UUID
    kind: EventKind
    key: str
    legs: tuple[tuple[UUID | None, AccountKind, int], ...]
    at: datetime
    quote_id: UUID | None = None
    reverses_id: UUID | None = None
    memo: str = ""


def header_of(posting: Posting, *, key: str, at: datetime, memo: str, quote_id: UUID | None, reverses_id: UUID | None) -> Header:
    """Make the header of a posting, with a fresh id."""
    legs = tuple((leg.account.id, leg.account.kind, leg.amount) for leg in posting.legs)
    return Header(uuid7(), posting.kind, key, legs, at, quote_id, reverses_id, memo)


def capture_key(quote_id: UUID) -> str:
    """Give the key of idempotency of a sale: its quote."""
    return f"capture:{quote_id.hex}"


def header_of_capture(capture: Capture) -> Header:
    """Make the header of a sale; raises PostingError for amounts that make no sense."""
    accounts = {AccountKind.WALLET: capture.advertiser_account_id, AccountKind.PAYABLE: capture.publisher_account_id}
    amounts = capture_amounts(capture.price_amount, capture.payout_amount)
    legs = tuple((accounts.get(kind), kind, amount) for kind, amount in amounts.items())
    return Header(uuid7(), EventKind.CAPTURE, capture_key(capture.quote_id), legs, capture.at, capture.quote_id)


def capture_sql() -> str:
    """Give the statement itself, for `capture_parameters`; it returns the event's id once per entry written."""
    return _WRITE


def capture_parameters(captures: Iterable[Capture]) -> dict[str, Any]:
    """Give the parameters of `capture_sql`; all captures are in one currency."""
    return _parameters([header_of_capture(capture) for capture in captures])


def insert_captures(cursor: Cursor, captures: Sequence[Capture]) -> frozenset[UUID]:
    """Write the sales of one post in one statement, in one currency; give the quotes that were captured by this call.

    A quote that is missing in the answer was captured before. Must run as the engine. Raises PostingError when an account does
    not exist or is of the wrong kind; the transaction must then be rolled back, and the triggers refuse to commit it.
    """
    headers = {header.id: header for header in map(header_of_capture, captures)}
    written = insert(cursor, tuple(headers.values()))
    return frozenset(quote_id for event_id, header in headers.items() if event_id in written and (quote_id := header.quote_id))


def insert_capture(cursor: Cursor, capture: Capture) -> bool:
    """Write one sale in one statement; False when its quote was captured before. See `insert_captures`."""
    return bool(insert_captures(cursor, (capture,)))


def insert(cursor: Cursor, headers: Sequence[Header]) -> frozenset[UUID]:
    """Write events with their entries; give the ids of the new ones. Raises PostingError when a leg found no account."""
    cursor.execute(_WRITE, _parameters(headers))
    found = [row[0] for row in cursor.fetchall()]
    for header in headers:
        if found.count(header.id) not in (0, len(header.legs)):
            raise PostingError(f"an account of the {header.kind} {header.key!r} does not exist or is of another kind")
    return frozenset(found)


def _parameters(headers: Sequence[Header]) -> dict[str, Any]:
    legs = [(uuid7(), header.id, *leg) for header in headers for leg in header.legs]
    return {
        "ids": [header.id for header in headers],
        "kinds": [header.kind.value for header in headers],
        "keys": [header.key for header in headers],
        "quotes": [header.quote_id for header in headers],
        "reverses": [header.reverses_id for header in headers],
        "legs": [len(header.legs) for header in headers],
        "times": [header.at for header in headers],
        "memos": [header.memo for header in headers],
        "leg_ids": [leg[0] for leg in legs],
        "leg_events": [leg[1] for leg in legs],
        "leg_accounts": [leg[2] for leg in legs],
        "leg_kinds": [leg[3].value for leg in legs],
        "leg_amounts": [leg[4] for leg in legs],
    }
