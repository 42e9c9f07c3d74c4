"""News for the live feed of how quotes ended: told after the commit, in the background, and lost rather than waited for.

The snapshot that a page gets when it connects reads PostgreSQL, so a lost word costs a page its freshness and nothing else.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from accounts.core.clock import to_ms
from accounts.core.ids import decode, encode, first_at, ms_of
from accounts.tenancy import act_as_exchange
from exchange.core.news import EndingNews, QuoteEnding, news_of_post
from exchange.core.record import PingFacts
from exchange.core.verdict import Verdict

log = logging.getLogger(__name__)

WAITING_MAX = 2_000
BATCH_MAX = 200
PAUSE_SECONDS = 0.5
DAY_MS = 86_400_000

# A bid is made before its ping's quotes are held, at most a day (a partition) apart from the ping's own id.
_ENDED = """
SELECT settlement.ping_id, settlement.publisher_id, settlement.quote_id, settlement.outcome, settlement.settled_at,
    settlement.answer, bid.organization_id, bid.campaign_id, bid.clearing_price, bid.currency, sale.payout_amount,
    EXISTS (SELECT 1 FROM auction_quotesettlement other WHERE other.ping_id = settlement.ping_id
            AND other.outcome = 'captured' AND other.quote_id <> ALL(%(quotes)s)) AND %(quotes)s <> '{}'
FROM auction_quotesettlement settlement
JOIN auction_bid bid ON bid.ping_id = settlement.ping_id AND bid.quote_id = settlement.quote_id AND bid.id >= %(oldest)s
LEFT JOIN auction_sale sale ON sale.quote_id = settlement.quote_id
WHERE settlement.ping_id = ANY(%(pings)s) AND (%(quotes)s = '{}' OR settlement.quote_id = ANY(%(quotes)s))
ORDER BY settlement.ping_id, bid.id
"""
_STATUS = {"captured": "sold", "refused": "refused", "expired": "expired"}


class Announcer:
    """Publishes on `auctions:<mode>` of the volatile Valkey from a thread of its own; `tell` never waits and never raises."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is opened before the first word."""
        self._url = url
        self._waiting: queue.Queue[tuple[str, EndingNews]] = queue.Queue(WAITING_MAX)
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._lost = 0
        self._closed = False

    def tell(self, mode: str, endings: Iterable[EndingNews]) -> None:
        """Hand news over to the thread; what finds no room is dropped."""
        for ending in endings:
            try:
                self._waiting.put_nowait((mode, ending))
            except queue.Full:
                self._lost += 1
        self._start()

    @property
    def waiting(self) -> int:
        """Count the news that were neither sent nor dropped."""
        return self._waiting.unfinished_tasks

    def drain(self, seconds: float) -> bool:
        """Wait until everything was sent or dropped; False when that took longer."""
        deadline = time.monotonic() + seconds
        while self.waiting and time.monotonic() < deadline:
            time.sleep(0.005)
        return not self.waiting

    def close(self) -> None:
        """Stop telling; what waits is dropped."""
        self._closed = True

    def _start(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="news", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        client = redis.Redis.from_url(
            self._url, socket_timeout=0.5, socket_connect_timeout=0.3, retry=Retry(NoBackoff(), 0), client_name="news"
        )
        while not self._closed:
            batch = self._gather()
            try:
                self._publish(client, batch)
            except RedisError as error:
                self._lost += len(batch)
                log.warning("%d endings were not announced: %s", self._lost, type(error).__name__)
                self._lost = 0
                time.sleep(PAUSE_SECONDS)
            finally:
                for _ in batch:
                    self._waiting.task_done()

    def _gather(self) -> list[tuple[str, EndingNews]]:
        batch = [self._waiting.get()]
        while len(batch) < BATCH_MAX:
            try:
                batch.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return batch

    def _publish(self, client: redis.Redis, batch: Iterable[tuple[str, EndingNews]]) -> None:
        by_mode: dict[str, list[EndingNews]] = defaultdict(list)
        for mode, ending in batch:
            by_mode[mode].append(ending)
        for mode, endings in by_mode.items():
            client.publish(f"auctions:{mode}", msgspec.json.encode(endings))


@lru_cache(maxsize=1)
def announcer() -> Announcer:
    """Give the announcer of this process."""
    return Announcer(settings.VALKEY_VOLATILE_URL)


def tell_of_post(mode: str, ping: PingFacts, verdicts: Sequence[Verdict], *, lead_id: UUID, at: datetime) -> None:
    """Announce how a committed post ended its quotes; a lead without quotes has nothing to announce."""
    if verdicts:
        announcer().tell(mode, [news_of_post(ping, verdicts, lead_id=lead_id, at=at)])


class _Ended(NamedTuple):
    ping_id: UUID
    publisher_id: UUID
    quote_id: UUID
    outcome: str
    settled_at: datetime
    answer: dict[str, Any] | None
    advertiser_id: UUID
    campaign_id: UUID
    price: int
    currency: str
    payout_amount: int | None
    sold_otherwise: bool


def endings_of(ping_ids: Sequence[UUID], quote_ids: Sequence[UUID] = ()) -> list[EndingNews]:
    """Read how the quotes of some pings ended (all that have, or those named), one entry a ping.

    A quote whose bid the journal has not carried over yet is left out.
    """
    if not ping_ids:
        return []
    oldest = first_at(max(min(ms_of(ping_id) for ping_id in ping_ids) - DAY_MS, 0))
    named: dict[str, Any] = {"oldest": oldest, "pings": list(ping_ids), "quotes": list(quote_ids)}
    with act_as_exchange("both parties hear how a quote ended"), connection.cursor() as cursor:
        cursor.execute(_ENDED, named)
        rows = [_Ended(*row) for row in cursor.fetchall()]
    return [_ending(tuple(ended)) for _, ended in groupby(rows, key=lambda row: row.ping_id)]


def _ending(rows: Sequence[_Ended]) -> EndingNews:
    first, statuses = rows[0], {_STATUS[row.outcome] for row in rows}
    answer = next((_loaded(row.answer) for row in rows if row.answer), {})
    lead_id = answer.get("lead_id")
    return EndingNews(
        ping_id=first.ping_id,
        publisher_id=first.publisher_id,
        # A ping stays sold when another of its quotes ends later.
        status=None if first.sold_otherwise else next(one for one in ("sold", "refused", "expired") if one in statuses),
        payout_amount=sum(row.payout_amount or 0 for row in rows),
        currency=first.currency,
        at_ms=to_ms(max(row.settled_at for row in rows)),
        quotes=tuple(_quote_ending(row) for row in rows),
        lead_id=decode("lead", lead_id) if lead_id else None,
        reasons=tuple(reason["code"] for reason in answer.get("reasons", ())),
    )


def _quote_ending(row: _Ended) -> QuoteEnding:
    status, quote = _STATUS[row.outcome], encode("quote", row.quote_id)
    legs = _loaded(row.answer).get("legs", ()) if row.answer else ()
    reasons = tuple(reason["code"] for leg in legs if leg["quote_id"] == quote for reason in leg["reasons"])
    return QuoteEnding(row.advertiser_id, row.campaign_id, status, row.price if status == "sold" else 0, reasons)


def _loaded(value: Any) -> dict[str, Any]:
    # Django's cursors leave jsonb as text.
    loaded: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return loaded
