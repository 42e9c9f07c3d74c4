"""Compares the counters of a running market with the books and puts right what differs; normally nothing does.

One account at a time: new quotes on it are refused (reason paused) until its claimed holds are settled, its sales are summed,
and the counters are written in one step, which refuses itself when a quote has moved meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from django.db import connection

from accounts.core.ids import encode
from accounts.ledger.selectors import list_credit
from accounts.tenancy import act_as_exchange
from exchange.auction.counters import Counters
from exchange.auction.holds import Difference, Frozen, Spent
from exchange.auction.rebuild import list_spent, list_wallets, wallet_of

FREEZE_MS = 10_000
WAIT_SECONDS = 120.0  # longer than a quote lives: without new ones, every hold ends within it
PAUSE_SECONDS = 0.1
WHY = "the counters are compared with everybody's sales"


class StillBusy(Exception):
    """The holds of an account did not come to rest; it was left as it is."""


def reconcile(
    market: Counters, *, account_ids: Sequence[UUID] | None = None, wait_seconds: float = WAIT_SECONDS
) -> dict[UUID | None, tuple[Difference, ...]]:
    """Put the accounts of a market right, all or some; gives the differences by account, None standing for sources.

    Raises StillBusy, and NotReady for a market that must be rebuilt first.
    """
    market.facts([])
    with act_as_exchange(WHY):
        known = [wallet.account_id for wallet in list_wallets(market.mode)]
    chosen = known if account_ids is None else [account_id for account_id in known if account_id in account_ids]
    counters = _counters_by_account(market)
    found: dict[UUID | None, tuple[Difference, ...]] = {
        account_id: _reconcile_account(market, account_id, counters.get(account_id.hex, ()), wait_seconds)
        for account_id in chosen
    }
    found[None] = market.correct_sources(_names(market, "s"))
    return {name: differences for name, differences in found.items() if differences}


def _reconcile_account(
    market: Counters, account_id: UUID, counters: Sequence[str], wait_seconds: float
) -> tuple[Difference, ...]:
    deadline = time.monotonic() + wait_seconds
    try:
        while time.monotonic() < deadline:
            frozen = market.freeze(account_id, FREEZE_MS)
            differences = None if frozen.claimed else _correct(market, account_id, frozen, counters)
            if differences is not None:
                return differences
            time.sleep(PAUSE_SECONDS)
    finally:
        market.freeze(account_id, 0)
    raise StillBusy(f"the holds of account {account_id} did not come to rest within {wait_seconds:.0f} s")


def _correct(market: Counters, account_id: UUID, frozen: Frozen, counters: Sequence[str]) -> tuple[Difference, ...] | None:
    with act_as_exchange(WHY), connection.cursor() as cursor:
        # Whoever changes an account's credit locks its row first: what we write cannot be older than what it wrote.
        cursor.execute("SELECT 1 FROM ledger_account WHERE id = %s FOR NO KEY UPDATE", [account_id])
        (credit,) = list_credit(account_ids=[account_id])
        spent = list_spent(market.mode, account_id)
        # A sale may be in the sums while its hold still waits to be settled; asked last, so that none is missed.
        cursor.execute("SELECT 1 FROM auction_quotesettlement WHERE quote_id = ANY(%s) LIMIT 1", [list(frozen.quote_ids)])
        if cursor.fetchone() is not None:
            return None
        unsold = set(counters) - {counter.key for counter in spent}
        everything = [*spent, *(Spent(key, 0, 0, account_id) for key in sorted(unsold))]
        return market.correct(frozen.moves, wallet_of(credit), everything)


def _counters_by_account(market: Counters) -> Mapping[str, Sequence[str]]:
    names = _names(market, "c")
    with market.client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hget(market.key("c", name), "o")
        owners = cast("list[bytes | None]", pipeline.execute())
    found: dict[str, list[str]] = {}
    for name, owner in zip(names, owners, strict=True):
        if owner is not None:
            found.setdefault(owner.decode(), []).append(name)
    return found


def _names(market: Counters, kind: str) -> list[str]:
    start = len(market.key(kind, "x")) - 1
    return sorted(key.decode()[start:] for key in market.client.scan_iter(market.key(kind, "*"), count=1000))


def lines_of(mode: str, found: Mapping[UUID | None, Sequence[Difference]]) -> list[str]:
    """Write each difference of a market as a line."""
    return [
        f"{mode} {'source' if account_id is None else 'account ' + encode('account', account_id)}:"
        f" {one.name} {one.field} was {one.found}, is {one.truth}"
        for account_id, differences in found.items()
        for one in differences
    ]
