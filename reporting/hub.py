"""The live hub: one subscription per process, one frame per feed, one bounded queue per socket.

A feed is an organization's, or a market's for its operator. The journal announces each batch after its commit. The hub cuts the
news into events, gathers a feed's events for at most a quarter of a second, encodes the frame once, and offers it to each socket.
A socket that does not keep up loses frames, never memory: it gets a fresh snapshot instead. Everything here runs in one event
loop and takes no locks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import redis.asyncio
from channels.db import database_sync_to_async
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from accounts.core.errors import Problem
from accounts.identity import Caller
from exchange.auction import snapshot
from exchange.core.news import AuctionNews, EndingNews
from reporting.admission import Credential, FeedKey, feed_of, market_feed, refused_among
from reporting.core.news import Event, auction_part, auction_row, decode_news, endings, events_of
from reporting.filtered import filtered_events

log = logging.getLogger(__name__)

CHANNELS = ("auctions:live", "auctions:test")
FRAME_SECONDS = 0.25
EVENTS_MAX = 200
ENDED_MAX = 20_000
FRAMES_WAITING_MAX = 8
# The cache of keys lives in this process too and is passed by, so a revoked key loses its socket within five seconds.
CHECK_SECONDS = 4.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SUBSCRIBE_SECONDS_MAX = 2.0


@dataclass(frozen=True, slots=True)
class Order:
    """Something to do instead of sending a frame: close with a code, or, without one, begin again with a snapshot."""

    close_code: int | None = None


class Clock(Protocol):
    """What a feed needs of the event loop."""

    def time(self) -> float:
        """Give the loop's own seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> Any:
        """Call back at an instant; gives a handle with `cancel`."""


class Feed:
    """The events of one feed on their way to its sockets."""

    def __init__(self, clock: Clock) -> None:
        """Begin at frame 0; the clock is the running event loop."""
        self._clock = clock
        self.seats: set[Seat] = set()
        self.seq = 0
        self._waiting: deque[Event] = deque(maxlen=EVENTS_MAX)
        self._skipped = 0
        self._timer: Any = None
        self._free_at = 0.0

    def add(self, event: Event) -> None:
        """Take an event; it leaves with the next frame, at once when the last one is a quarter of a second ago."""
        self._skipped += len(self._waiting) == EVENTS_MAX
        self._waiting.append(event)
        if self._timer is None:
            self._timer = self._clock.call_at(max(self._clock.time(), self._free_at), self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._free_at = self._clock.time() + FRAME_SECONDS
        self.seq += 1
        frame: dict[str, object] = {"seq": self.seq, "events": list(self._waiting)}
        if self._skipped:
            frame["skipped"] = self._skipped
        self._waiting.clear()
        self._skipped = 0
        text = msgspec.json.encode(frame).decode()
        for seat in self.seats:
            seat.offer(text)

    def stop(self) -> None:
        """Forget the frame that would have left next."""
        if self._timer is not None:
            self._timer.cancel()


class Seat:
    """One socket's place at its feed."""

    def __init__(self, caller: Caller, credential: Credential, feed: Feed) -> None:
        """Take a place; frames collect from now on."""
        self.caller = caller
        self.credential = credential
        self.feed = feed
        self._frames: asyncio.Queue[str | Order] = asyncio.Queue(FRAMES_WAITING_MAX)

    def offer(self, item: str | Order) -> None:
        """Put a frame in the queue; when it is full, what waits is worth less than a fresh snapshot."""
        if self._frames.full():
            self.insist(Order())
        else:
            self._frames.put_nowait(item)

    def insist(self, order: Order) -> None:
        """Put an order in place of everything that waits."""
        self._empty()
        self._frames.put_nowait(order)

    async def next(self) -> str | Order:
        """Wait for a frame or an order."""
        return await self._frames.get()

    def rebase(self) -> int:
        """Drop the frames that a snapshot read after this call will hold; gives the number the next frame counts on from."""
        for order in [item for item in self._empty() if isinstance(item, Order) and item.close_code is not None]:
            self._frames.put_nowait(order)
        return self.feed.seq

    def _empty(self) -> list[str | Order]:
        dropped = []
        while not self._frames.empty():
            dropped.append(self._frames.get_nowait())
        return dropped


class Hub:
    """All live sockets of this process."""

    def __init__(self, url: str) -> None:
        """Listen on the Valkey at `url` from now on; needs a running loop."""
        self._url = url
        self._feeds: dict[FeedKey, Feed] = {}
        self._ended: OrderedDict[tuple[FeedKey, str], Event] = OrderedDict()
        self._subscribed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch_keys())]

    async def join(self, caller: Caller, credential: Credential) -> Seat:
        """Give a socket its place, once the subscription stands, so that no event falls between it and the snapshot."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._subscribed.wait(), SUBSCRIBE_SECONDS_MAX)
        if snapshot.known(caller.mode) is None:
            with contextlib.suppress(Problem):
                await database_sync_to_async(snapshot.current)(caller.mode)
        feed = self._feeds.setdefault(feed_of(caller), Feed(asyncio.get_running_loop()))
        seat = Seat(caller, credential, feed)
        feed.seats.add(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Take a place away; the last one ends the feed."""
        key = feed_of(seat.caller)
        seat.feed.seats.discard(seat)
        if not seat.feed.seats and self._feeds.get(key) is seat.feed:
            seat.feed.stop()
            del self._feeds[key]

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def seats(self) -> list[Seat]:
        """List every place."""
        return [seat for feed in self._feeds.values() for seat in feed.seats]

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                client = redis.asyncio.Redis.from_url(self._url, socket_connect_timeout=1.0, health_check_interval=5)
                async with client, client.pubsub() as subscription:
                    await subscription.subscribe(*CHANNELS)
                    failures = 0
                    await self._hear(subscription)
            except (RedisError, OSError) as error:
                self._subscribed.clear()
                log.warning("the live feed waits for Valkey: %s", type(error).__name__)
                await asyncio.sleep(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)])
                failures += 1

    async def _hear(self, subscription: PubSub) -> None:
        while True:
            message = await subscription.get_message(timeout=1.0)
            if message is None:
                continue
            if message["type"] == "subscribe" and message["data"] == len(CHANNELS):
                self._begin()
            elif message["type"] == "message":
                self._tell(message["channel"].decode().rpartition(":")[2], message["data"])

    def _begin(self) -> None:
        """Let every socket begin again: what was announced while nobody listened is in the snapshot only."""
        self._subscribed.set()
        for seat in self.seats():
            seat.offer(Order())

    def _tell(self, mode: str, data: bytes) -> None:
        try:
            news = decode_news(data)
        except msgspec.DecodeError as error:
            log.error("news that cannot be read: %s", error)
            return
        for one in news:
            if isinstance(one, EndingNews):
                self._tell_ending(mode, one)
            else:
                self._tell_auction(mode, one)

    def _tell_auction(self, mode: str, news: AuctionNews) -> None:
        if market_feed(mode) in self._feeds:
            self._add(market_feed(mode), auction_row(news))
        for organization_id, event in events_of(news):
            self._add(organization_id, event)
        market = snapshot.known(mode)
        if market is not None:
            looking = [key for key in self._feeds if isinstance(key, UUID)]
            for organization_id, event in filtered_events(market, news, looking):
                self._add(organization_id, event)

    def _tell_ending(self, mode: str, news: EndingNews) -> None:
        whole = auction_part(news)
        if whole is not None:
            self._end(market_feed(mode), whole)
        for organization_id, part in endings(news):
            self._end(organization_id, part)
        while len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)

    def _end(self, key: FeedKey, part: Event) -> None:
        feed = self._feeds.get(key)
        if feed is not None:
            feed.add(part)
            self._ended[key, part["key"]] = part

    def _add(self, key: FeedKey, event: Event) -> None:
        feed = self._feeds.get(key)
        if feed is not None:
            # The market says at once how a quote ended, the journal says a moment later that it was given.
            feed.add({**event, **self._ended.get((key, event["key"]), {})})

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            credentials = {seat.credential for seat in self.seats()}
            try:
                self._dismiss(await _refused(credentials) if credentials else {})
            except Exception:
                # Whatever went wrong, the watch goes on: a revoked key must not outlive a surprise.
                log.exception("keys of live sockets could not be checked")

    def _dismiss(self, refused: dict[Credential, int]) -> None:
        for seat in self.seats():
            if seat.credential in refused:
                seat.insist(Order(close_code=refused[seat.credential]))


async def _refused(credentials: Iterable[Credential]) -> dict[Credential, int]:
    found: dict[Credential, int] = await database_sync_to_async(refused_among)(tuple(credentials))
    return found


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub_of_this_loop() -> Hub:
    """Give the hub of the running event loop; the first call starts it."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub(settings.VALKEY_VOLATILE_URL)
    return hub


async def close_hub() -> None:
    """Stop the hub of the running event loop, if it has one."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.close()
