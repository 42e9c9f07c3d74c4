"""Tells the counters what an account may spend: after a commit that gives credit, before one that takes some away."""

from __future__ import annotations

from redis.exceptions import RedisError

from accounts.core.errors import Problem, unavailable
from accounts.ledger.selectors import CreditFacts
from exchange.auction.snapshot import MODES
from exchange.auction.store import counters


def raise_credit(facts: tuple[CreditFacts, ...]) -> None:
    """Publish new credit. An account is asked for in its own market only, so both may hear of it."""
    for mode in MODES:
        for one in facts:
            counters(mode).set_credit(one.account_id, one.credit, one.version)


def lower_credit(facts: tuple[CreditFacts, ...]) -> None:
    """Publish less credit before the commit; raises Problem conflict, and lowers nothing, while open quotes hold the money.

    Raises Problem unavailable without Valkey: what nobody can ask must not be lowered.
    """
    for one in facts:
        if not _lower(one):
            raise Problem("conflict", "Open quotes hold this money; try again when they have ended.")


def _lower(one: CreditFacts) -> bool:
    try:
        return all(counters(mode).lower_credit(one.account_id, one.credit, one.version) for mode in MODES)
    except RedisError as error:
        raise unavailable("Valkey, which knows the open quotes,") from error
