"""The sweeper: each second it ends the quotes whose time has passed, as PostgreSQL says, and carries new credit to the counters.

It alone releases a hold that no post has settled. It writes 'expired' unless an ending is there already, waits for a post that is
just committing, and settles with the ending that stands.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from threading import Event
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from accounts.core.clock import utc_now
from accounts.ledger.selectors import list_credit
from accounts.tenancy import act_as_exchange
from exchange.auction.counters import Counters
from exchange.auction.holds import DueQuote
from exchange.auction.news import announcer, endings_of
from exchange.intake.partitions import ensure_partitions

log = logging.getLogger(__name__)

EACH_SECONDS = 1.0
AT_ONCE = 1_000
DAY_MS = 86_400_000
REMEMBER_DAYS = 365  # longer than any campaign's dedupe_days, so that raising those finds older sales
WHY = "the sweeper ends everybody's quotes"

_EXPIRE = """
INSERT INTO auction_quotesettlement (quote_id, ping_id, publisher_id, outcome, fingerprint, answer, settled_at)
SELECT due.quote_id, due.ping_id, due.publisher_id, 'expired', '', NULL, clock_timestamp()
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS due (quote_id, ping_id, publisher_id)
ORDER BY due.quote_id
ON CONFLICT DO NOTHING
"""
_ENDED = """
SELECT settlement.quote_id, settlement.outcome, sale.advertiser_id, sale.contact_keys
FROM auction_quotesettlement settlement LEFT JOIN auction_sale sale USING (quote_id)
WHERE settlement.quote_id = ANY(%s)
"""

Seen = Mapping[str, Mapping[str, int]]


def seen_by(advertiser_id: UUID, contact_keys: Iterable[str]) -> Seen:
    """Say what a captured quote lets the counters remember: contact key -> {advertiser (hex): milliseconds}."""
    return {key: {advertiser_id.hex: REMEMBER_DAYS * DAY_MS} for key in contact_keys}


def end_quotes(due: Sequence[DueQuote]) -> list[tuple[UUID, bool, Seen | None]]:
    """Write 'expired' for quotes that have no ending, and give how each of them ended: (quote, captured, seen)."""
    quotes, pings, publishers = zip(*((one.quote_id, one.ping_id, one.organization_id) for one in due), strict=True)
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_EXPIRE, [list(quotes), list(pings), list(publishers)])
        cursor.execute(_ENDED, [list(quotes)])
        return [_ending(*row) for row in cursor.fetchall()]


def _ending(quote_id: UUID, outcome: str, advertiser_id: UUID | None, contact_keys: Any) -> tuple[UUID, bool, Seen | None]:
    keys = json.loads(contact_keys) if isinstance(contact_keys, str) else contact_keys or {}
    captured = outcome == "captured"
    return quote_id, captured, seen_by(advertiser_id, keys.values()) if captured and advertiser_id else None


def sweep(market: Counters) -> int:
    """End everything of a market that is due now, and announce it; gives how many holds ended."""
    ended = 0
    while due := market.due(AT_ONCE):
        ended += market.settle_many(end_quotes(due))
        announcer().tell(market.mode, endings_of([one.ping_id for one in due], [one.quote_id for one in due]))
        if len(due) < AT_ONCE:
            break
    return ended


class Sweeper:
    """What the journal process does each second beside the journal itself."""

    def __init__(self, markets: Sequence[Counters]) -> None:
        """Take every market."""
        self.markets = markets
        self._credit_version = -1
        self._epochs: dict[str, str | None] = {}
        self._partitioned_on: date | None = None

    def run(self, stop: Event) -> None:
        """Work each second until told to stop; what fails is tried again in the next."""
        while not stop.is_set():
            for work in (self.make_partitions, self.sweep, self.carry_credit):
                self._try(work)
            stop.wait(EACH_SECONDS)
        connection.close()

    def sweep(self) -> None:
        """End what is due in every market."""
        for market in self.markets:
            sweep(market)

    def carry_credit(self) -> None:
        """Tell the counters every credit that has changed, so that a lost announcement costs a second and not a sale.

        An account sells in one market and is never asked for in the other, so both are told.
        """
        epochs = {market.mode: market.epoch() for market in self.markets}
        if epochs != self._epochs:
            self._credit_version = -1
        for credit in list_credit(since_version=self._credit_version):
            for market in self.markets:
                market.set_credit(credit.account_id, credit.credit, credit.version)
            self._credit_version = max(self._credit_version, credit.version)
        self._epochs = epochs

    def make_partitions(self) -> None:
        """Make the journal tables' partitions once a day."""
        today = utc_now().date()
        if today != self._partitioned_on:
            with act_as_exchange("the journal's tables need tomorrow's partitions"):
                made = ensure_partitions(today)
            log.info("%d partitions made", made)
            self._partitioned_on = today

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (DatabaseError, InterfaceError, RedisError) as error:
            log.warning("the sweeper waits: %s", str(error).strip())
            connection.close()
