"""The journal: carries finished records from the streams of both markets into PostgreSQL, each exactly once.

Read a batch -> one transaction -> acknowledge and delete -> announce. A crash between commit and acknowledgement brings the
batch again, and ON CONFLICT DO NOTHING takes it twice without a trace. While PostgreSQL is away nothing is read, and after five
seconds without `journal_is_up` the market makes no promise that could be lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event
from typing import Any, cast

import msgspec
import redis
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from redis.exceptions import RedisError, ResponseError

from accounts.core.clock import from_ms
from accounts.tenancy import act_as_exchange
from exchange.auction.counters import Counters
from exchange.auction.journal_rows import Entry, Rows, insert_rows, read_entry
from exchange.core.news import AuctionNews, news_of_auction
from exchange.core.record import AuctionRecord, ScoreRecord
from scoring.core.arms import Exposed
from scoring.core.evidence import Commitment
from scoring.core.examples import ServedExample
from scoring.evidence import commit_scores
from scoring.experiments import Exposure, store_exposures
from scoring.services import store_examples

log = logging.getLogger(__name__)

GROUP = "journal"
CONSUMER = "journal"
BATCH = 1_000
BLOCK_MS = 250
GATHERED = 200  # after a smaller batch it waits a moment: one record costs 2 ms alone and 0.2 ms in company
GATHER_SECONDS = 0.05
ALIVE_SECONDS = 1.0
RECHECK_SECONDS = 5.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
WHY = "the journal writes everybody's pings, auctions and bids"

Keep = Callable[[Sequence[AuctionRecord]], None]
"""Stores what others want of the records, in the transaction of the batch; must bear a record that comes twice."""
Announce = Callable[[Sequence[AuctionRecord]], None]
"""Tells the world after the commit; may lose a word, must not raise."""

Raw = tuple[bytes, dict[bytes, bytes]]


class PostgresAway(Exception):
    """PostgreSQL could not be reached or stopped in the middle; the batch will come again."""


class Journal:
    """One consumer of the streams of all markets. Not safe for threads: one thread runs it."""

    def __init__(self, markets: Sequence[Counters], *, keep: Keep | None = None, announce: Announce | None = None) -> None:
        """Take markets that share one client without repeats: a read whose answer got lost must not be repeated unseen."""
        self.markets = {market.stream.encode(): market for market in markets}
        self.client = markets[0].client
        self._keep = keep
        self._announce = announce
        self._looked_back_at = -RECHECK_SECONDS
        self._alive_at = -ALIVE_SECONDS

    def run(self, stop: Event, *, between: Callable[[], None] = lambda: None) -> None:
        """Work until told to stop; `between` runs after each batch (a rebuild when the counters are gone)."""
        failures = 0
        while not stop.is_set():
            try:
                carried = self.step()
                between()
                failures = 0
                if 0 < carried < GATHERED:
                    stop.wait(GATHER_SECONDS)
            except (PostgresAway, RedisError, OperationalError, InterfaceError) as error:
                log.warning("the journal waits: %s", str(error).strip())
                connection.close()
                self._looked_back_at = -RECHECK_SECONDS
                stop.wait(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
                failures += 1

    def step(self, block_ms: int | None = BLOCK_MS) -> int:
        """Carry one batch over, waiting for one at most so long (None: not at all), and show a sign of life.

        Gives the number of records. Raises PostgresAway or RedisError.
        """
        self._show_life()
        batches = self._left_behind() or self._new(block_ms)
        return sum(self._carry(self.markets[stream], entries) for stream, entries in batches.items())

    def drain(self) -> int:
        """Carry everything over that is in the streams now."""
        total = 0
        while carried := self.step(block_ms=None):
            total += carried
        return total

    def _show_life(self) -> None:
        now = time.monotonic()
        if now - self._alive_at < ALIVE_SECONDS:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        except (OperationalError, InterfaceError) as error:
            raise PostgresAway(str(error)) from error
        for market in self.markets.values():
            market.journal_is_up()
        self._alive_at = now

    def _left_behind(self) -> dict[bytes, list[Raw]]:
        """Read what was delivered before and never acknowledged: after a crash, a failure, or a lost answer."""
        now = time.monotonic()
        if now - self._looked_back_at < RECHECK_SECONDS:
            return {}
        found = self._read("0", None)
        if not found:
            self._looked_back_at = now
        return found

    def _new(self, block_ms: int | None) -> dict[bytes, list[Raw]]:
        return self._read(">", block_ms)

    def _read(self, since: str, block_ms: int | None) -> dict[bytes, list[Raw]]:
        streams = {stream.decode(): since for stream in self.markets}
        try:
            # Redis-py types what the streams are called by as the union of all that Redis might take.
            answer = self.client.xreadgroup(GROUP, CONSUMER, cast("dict[Any, Any]", streams), count=BATCH, block=block_ms)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            self._make_groups()
            return {}
        return {stream: entries for stream, entries in cast("list[tuple[bytes, list[Raw]]]", answer or []) if entries}

    def _make_groups(self) -> None:
        for market in self.markets.values():
            try:
                self.client.xgroup_create(market.stream, GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    def _carry(self, market: Counters, raws: list[Raw]) -> int:
        entries, unreadable = _readable(raws)
        try:
            self._write(entries)
        except DatabaseError as error:
            log.error("a batch of %d records was refused, trying one by one: %s", len(entries), str(error).strip())
            entries = self._one_by_one(entries, unreadable)
        self._put_aside(market, raws, unreadable)
        self._acknowledge(market, [stream_id for stream_id, _ in raws])
        self._tell(entries)
        return len(raws)

    def _write(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        rows = Rows()
        for entry in entries:
            rows.add(entry)
        try:
            with act_as_exchange(WHY):
                insert_rows(rows)
                if self._keep is not None:
                    self._keep([entry.record for entry in entries])
        except (OperationalError, InterfaceError) as error:
            raise PostgresAway(str(error)) from error

    def _one_by_one(self, entries: Iterable[Entry], unreadable: dict[bytes, str]) -> list[Entry]:
        written = []
        for entry in entries:
            try:
                self._write([entry])
                written.append(entry)
            except DatabaseError as error:
                unreadable[entry.stream_id] = str(error).strip()
        return written

    def _put_aside(self, market: Counters, raws: Iterable[Raw], unreadable: Mapping[bytes, str]) -> None:
        """Keep a record that PostgreSQL will never take where an operator finds it, and let the market go on."""
        for stream_id, fields in raws:
            if stream_id in unreadable and fields:
                log.error("record %s of %s was put aside: %s", stream_id.decode(), market.mode, unreadable[stream_id])
                aside: dict[Any, Any] = {**fields, b"error": unreadable[stream_id].encode()}
                self.client.xadd(market.key("unreadable"), aside)

    def _acknowledge(self, market: Counters, stream_ids: list[bytes]) -> None:
        with self.client.pipeline(transaction=True) as pipeline:
            pipeline.xack(market.stream, GROUP, *stream_ids)
            pipeline.xdel(market.stream, *stream_ids)
            pipeline.execute()

    def _tell(self, entries: Sequence[Entry]) -> None:
        if self._announce is not None and entries:
            self._announce([entry.record for entry in entries])


def _readable(raws: Iterable[Raw]) -> tuple[list[Entry], dict[bytes, str]]:
    entries, unreadable = [], {}
    for stream_id, fields in raws:
        try:
            entries.append(read_entry(stream_id, fields))
        except (KeyError, ValueError, msgspec.DecodeError) as error:
            unreadable[stream_id] = f"{type(error).__name__}: {error}"
    return entries, unreadable


def keep_examples(records: Sequence[AuctionRecord]) -> None:
    """Store the scores of the records, with their features as served, as examples to learn from."""
    store_examples([_example(record, record.score) for record in records if record.score is not None])


def keep_commitments(records: Sequence[AuctionRecord]) -> None:
    """Commit to the scores of the records, long before anybody can know what became of the leads."""
    commit_scores([_commitment(record, record.score) for record in records if record.score is not None])


def _commitment(record: AuctionRecord, score: ScoreRecord) -> Commitment:
    return Commitment(
        ping_id=record.ping.id,
        mode=record.mode,
        vertical=record.ping.vertical,
        model_version=score.model_version,
        probability=score.probability,
        state=str(record.ping.lead.get("state") or ""),
        served_at=from_ms(record.ping.received_at_ms),
    )


def keep_exposures(records: Sequence[AuctionRecord]) -> None:
    """Store which arm of which experiment each ping was served."""
    store_exposures([exposure for record in records if record.arms for exposure in _exposures(record)])


def _exposures(record: AuctionRecord) -> Iterable[Exposure]:
    served_at = from_ms(record.ping.received_at_ms)
    for arm in record.arms:
        yield Exposure(record.ping.id, served_at, Exposed(arm.experiment_id, arm.arm, arm.unit))


def _example(record: AuctionRecord, score: ScoreRecord) -> ServedExample:
    return ServedExample(
        ping_id=record.ping.id,
        mode=record.mode,
        vertical=record.ping.vertical,
        features=score.features,
        probability=score.probability,
        base_probability=score.base_probability or score.probability,
        model_version=score.model_version,
        source_id=record.ping.source_id,
        sub_id=next(iter(record.ping.sub_ids), ""),
        state=str(record.ping.lead.get("state") or ""),
        served_at=from_ms(record.ping.received_at_ms),
    )


def publisher(client: redis.Redis) -> Announce:
    """Make the announcer: one message per market and batch on `auctions:<mode>` of the volatile Valkey."""

    def announce(records: Sequence[AuctionRecord]) -> None:
        by_mode: dict[str, list[AuctionNews]] = {}
        for record in records:
            by_mode.setdefault(record.mode, []).append(news_of_auction(record))
        try:
            for mode, news in by_mode.items():
                client.publish(f"auctions:{mode}", msgspec.json.encode(news))
        except RedisError as error:
            log.warning("auctions could not be announced: %s", error)

    return announce
