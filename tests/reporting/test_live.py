"""The live feed: a snapshot, then one's own events, at most four frames a second, and an end when the key ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings

from accounts import identity, services
from accounts.core.ids import encode, uuid7
from accounts.identity import Caller
from exchange.auction import snapshot
from reporting import hub
from tests.cast import Member, join
from tests.reporting.live import Clock, announce, auction, bid_key, clean_up, closed, frame, keys, live, ping_key, socket, store

pytestmark = pytest.mark.services
SOMEBODY = Caller(uuid7(), "Somebody", "publisher", "live", uuid7(), frozenset(), (), None)


def watched(clock: Clock) -> tuple[hub.Feed, list[tuple[float, list[str]]]]:
    """Make a feed with one place, and note when each of its frames leaves, and with which events."""
    feed, left = hub.Feed(clock), []
    seat = hub.Seat(SOMEBODY, hub.Credential("k", None), feed)
    seat.offer = lambda text: left.append((clock.time(), keys(json.loads(text)["events"])))  # type: ignore[method-assign]
    feed.seats.add(seat)
    return feed, left


@dataclass(frozen=True)
class Cast:
    publisher: Member
    rival_publisher: Member
    advertiser: Member
    rival_advertiser: Member

    def auction(self, *, at_ms: int | None = None, dollars: int = 50) -> Any:
        """Let the advertiser win a ping of the publisher against its rival."""
        bids = ((self.advertiser.organization_id, dollars, ""), (self.rival_advertiser.organization_id, 45, "outbid"))
        when = {} if at_ms is None else {"at_ms": at_ms}
        return auction(self.publisher.organization_id, *bids, **when)


@pytest.fixture
def cast(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    identity.forget_keys()
    # The market is built once and then stands still: its poller would outlive the test.
    monkeypatch.setattr(snapshot, "_start", snapshot.refresh)
    snapshot.forget()
    with django_db_blocker.unblock():
        join("house", "operator")
        names = ("publisher", "rival_publisher", "advertiser", "rival_advertiser")
        yield Cast(**{name: join(f"live-{name.replace('_', '-')}", name.rpartition("_")[2]) for name in names})
        clean_up()
        snapshot.forget()


def test_a_snapshot_first_then_events(cast: Cast) -> None:
    old, new = cast.auction(), cast.auction()
    store(old)

    async def test() -> None:
        async with socket(cast.publisher) as opened:
            first = await frame(opened)
            assert (first["seq"], keys(first["snapshot"])) == (0, [ping_key(old)])
            await sync_to_async(announce)(new)
            second = await frame(opened)
            assert (second["seq"], keys(second["events"]), set(second)) == (1, [ping_key(new)], {"seq", "events"})

    live(test)


def test_snapshot_and_events_say_the_same(cast: Cast) -> None:
    record = cast.auction()
    store(record)

    async def test() -> None:
        for member in (cast.publisher, cast.advertiser, cast.rival_advertiser):
            async with socket(member) as opened:
                (row,) = (await frame(opened))["snapshot"]
                await sync_to_async(announce)(record)
                assert (await frame(opened))["events"] == [row]

    live(test)


def test_a_snapshot_is_the_newest_fifty(cast: Cast) -> None:
    records = [cast.auction(at_ms=1_773_000_000_000 + number) for number in range(60)]
    store(*records)

    async def test() -> None:
        async with socket(cast.advertiser) as opened:
            assert keys((await frame(opened))["snapshot"]) == [bid_key(record, 0) for record in reversed(records[10:])]

    live(test)


def test_nobody_gets_foreign_events(cast: Cast) -> None:
    record, theirs = cast.auction(), auction(cast.rival_publisher.organization_id)
    store(record)

    async def test() -> None:
        async with (
            socket(cast.publisher) as publisher, socket(cast.rival_publisher) as rival, socket(cast.advertiser) as advertiser,
            socket(cast.rival_advertiser) as loser,
        ):  # fmt: skip
            snapshots = [keys((await frame(opened))["snapshot"]) for opened in (publisher, rival, advertiser, loser)]
            assert snapshots == [[ping_key(record)], [], [bid_key(record, 0)], [bid_key(record, 1)]]
            await sync_to_async(announce)(record, theirs)
            told = [(await frame(opened))["events"] for opened in (publisher, rival, advertiser, loser)]
            assert [keys(events) for events in told] == [
                [ping_key(record)], [ping_key(theirs)], [bid_key(record, 0)], [bid_key(record, 1)]
            ]  # fmt: skip
            ((ping,), _, (won,), (lost,)) = told
            assert (ping["payout"]["amount"], "50.00" in json.dumps(ping)) == ("40.00", False)
            assert (won["price"]["amount"], lost["price"], lost["reason"]) == ("50.00", None, "outbid")
            assert [word for word in ("50.00", "40.00") if word in json.dumps(lost)] == []
            assert [await opened.receive_nothing(0.4) for opened in (publisher, rival, advertiser, loser)] == [True] * 4

    live(test)


def test_the_sandbox_is_a_world_of_its_own(cast: Cast) -> None:
    record = auction(cast.publisher.sandbox_id, mode="test")

    async def test() -> None:
        async with socket(cast.publisher) as in_live, socket(key=cast.publisher.test_key) as in_test:
            await frame(in_live)
            await frame(in_test)
            await sync_to_async(announce)(record)
            assert keys((await frame(in_test))["events"]) == [ping_key(record)]
            assert await in_live.receive_nothing(0.4)

    live(test)


def test_at_most_four_frames_a_second() -> None:
    clock = Clock()
    feed, left = watched(clock)
    for number in range(30):
        clock.turn_to(0.03 * number)
        feed.add({"key": f"{number}"})
    clock.turn_to(2.0)
    assert [at for at, _ in left] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [key for _, events in left for key in events] == [f"{number}" for number in range(30)]
    assert [len(events) for _, events in left] == [1, 8, 8, 8, 5]


def test_a_lonely_event_does_not_wait() -> None:
    clock = Clock()
    feed, left = watched(clock)
    for at in (1.0, 1.3, 1.31):
        clock.turn_to(at)
        feed.add({"key": f"{at}"})
    clock.turn_to(9.0)
    assert left == [(1.0, ["1.0"]), (1.3, ["1.3"]), (1.55, ["1.31"])]


def test_a_burst_keeps_its_newest_events(cast: Cast) -> None:
    records = [cast.auction() for _ in range(230)]

    async def test() -> None:
        async with socket(cast.publisher) as opened:
            await frame(opened)
            await sync_to_async(announce)(*records)
            burst = await frame(opened)
            assert (burst["skipped"], keys(burst["events"])) == (30, [ping_key(record) for record in records[30:]])

    live(test)


def test_who_does_not_keep_up_begins_again(cast: Cast) -> None:
    async def test() -> None:
        feed = hub.Feed(asyncio.get_running_loop())
        seat = hub.Seat(SOMEBODY, hub.Credential("k", None), feed)
        for number in range(hub.FRAMES_WAITING_MAX):
            seat.offer(f"{number}")
        assert await seat.next() == "0"
        seat.offer("8")
        seat.offer("9")
        assert await seat.next() == hub.Order()
        seat.offer("10")
        assert await seat.next() == "10"
        feed.seq = 7
        seat.offer("11")
        seat.insist(hub.Order(close_code=4401))
        assert seat.rebase() == 7
        assert await seat.next() == hub.Order(close_code=4401)

    live(test)


@pytest.mark.parametrize("key", [None, "", "lx_live_wrong", identity.new_key("live")], ids=range(4))
def test_a_bad_key_is_told_so(cast: Cast, key: str | None) -> None:
    async def test() -> None:
        async with socket(key=key) as opened:
            assert await closed(opened) == 4401

    live(test)


def test_a_key_without_the_scope_or_from_elsewhere_is_forbidden(cast: Cast) -> None:
    owner = cast.publisher.organization_id
    blind = services.issue_key(organization_id=owner, name="blind", actor="t", scopes=["pings:write"]).key
    bound = services.issue_key(organization_id=owner, name="bound", actor="t", ip_allow=["198.51.100.0/24"]).key

    async def test() -> None:
        for key, address in ((blind, "198.51.100.7"), (bound, "203.0.113.7")):
            async with socket(key=key, address=address) as opened:
                assert await closed(opened) == 4403
        async with socket(key=bound, address="198.51.100.7") as opened:
            assert (await frame(opened))["snapshot"] == []

    live(test)


def test_a_browser_sends_its_key_as_a_subprotocol(cast: Cast) -> None:
    async def test() -> None:
        key = f"lx.{cast.publisher.key}"
        for offered, answered in (([key], key), (["leadwright", key], "leadwright")):
            async with socket(subprotocols=offered) as opened:
                assert opened.answered == answered
                assert (await frame(opened))["snapshot"] == []
        async with socket(subprotocols=["lx.wrong"]) as opened:
            assert await closed(opened) == 4401

    live(test)


def test_a_revoked_key_loses_its_socket_within_five_seconds(cast: Cast) -> None:
    member = cast.publisher

    async def test() -> None:
        async with socket(member) as opened, socket(cast.advertiser) as other:
            await frame(opened)
            await frame(other)
            await sync_to_async(_revoke_elsewhere)(member)
            assert await closed(opened, timeout=5) == 4401
            await sync_to_async(announce)(cast.auction())
            assert len((await frame(other))["events"]) == 1
            assert [seat.caller.organization_id for seat in hub.hub_of_this_loop().seats()] == [cast.advertiser.organization_id]
        assert hub.hub_of_this_loop().seats() == []

    live(test)


def _revoke_elsewhere(member: Member) -> None:
    """Revoke a key as another process would: this one's cache still knows it."""
    cache = dict(identity._cache)
    services.revoke_key(organization_id=member.organization_id, key_id=member.key_id, actor="system:test")
    identity._cache.update(cache)


def test_after_a_break_of_the_subscription_everybody_begins_again(cast: Cast) -> None:
    missed = cast.auction()

    async def test() -> None:
        async with socket(cast.publisher) as opened:
            assert (await frame(opened))["snapshot"] == []
            await sync_to_async(store)(missed)
            await sync_to_async(_cut)()
            again = await frame(opened)
            assert (again["seq"], keys(again["snapshot"])) == (0, [ping_key(missed)])
            after = cast.auction()
            await sync_to_async(announce)(after)
            later = await frame(opened)
            assert (later["seq"], keys(later["events"])) == (1, [ping_key(after)])

    live(test)


def _cut() -> None:
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client:
        assert client.execute_command("CLIENT KILL TYPE pubsub") >= 1


def test_unreadable_news_does_no_harm(cast: Cast) -> None:
    async def test() -> None:
        async with socket(cast.publisher) as opened:
            await frame(opened)
            for text in (b"{", b'[{"ping_id": 1}]'):
                await sync_to_async(_say)(text)
            record = cast.auction()
            await sync_to_async(announce)(record)
            assert keys((await frame(opened))["events"]) == [ping_key(record)]

    live(test)


def _say(text: bytes) -> None:
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as client:
        client.publish("auctions:live", text)


def test_another_address_is_nowhere(cast: Cast) -> None:
    async def test() -> None:
        for path in ("/ws/", "/ws/other", "/"):
            async with socket(cast.publisher, path=path) as opened:
                assert await closed(opened) == 4404

    live(test)


def test_a_frame_names_no_organization(cast: Cast) -> None:
    record = cast.auction()

    async def test() -> None:
        async with socket(cast.advertiser) as opened:
            await frame(opened)
            await sync_to_async(announce)(record)
            text = json.dumps(await frame(opened))
            assert "org_" not in text
            assert encode("source", record.ping.source_id) in text

    live(test)
