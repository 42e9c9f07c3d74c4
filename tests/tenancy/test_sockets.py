"""A walk over every websocket address with everybody's keys and sessions and everybody else's slugs and ids.

Refused exactly as an unknown organization is, and what is shown is one's own: a key's organization, whatever the address says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async

from accounts import identity, services
from accounts.core.ids import encode, uuid7
from config.asgi import websockets
from exchange.auction import snapshot
from exchange.core.news import EndingNews, QuoteEnding
from exchange.core.record import AuctionRecord
from reporting.admission import CLOSE_NOWHERE, CLOSE_UNAUTHENTICATED
from tests.cast import join
from tests.portal.people import House, Person, person
from tests.reporting.live import NOW_MS, Socket, announce, auction, frame, live, socket, store
from tests.reporting.test_live_endings import tell
from tests.tenancy.sockets import NOWHERE, SOCKETS, patterns
from tests.wiping import empty_all_tables

pytestmark = pytest.mark.services
HOST = b"exchange.example"
KINDS = {
    "operator": "operator", "publisher": "publisher", "advertiser": "advertiser", "second advertiser": "advertiser",
    "stranger": "both",
}  # fmt: skip
#: Who has a part in the auction of this walk: its publisher, its two bidders, and the operator.
TAKE_PART = frozenset({"operator", "publisher", "advertiser", "second advertiser"})


@dataclass(frozen=True)
class World:
    """An auction of the publisher that the advertiser wins against the second one, and everybody in front of it."""

    houses: dict[str, House]
    people: dict[str, Person]
    revoked: str
    record: AuctionRecord
    foreign: AuctionRecord

    def cookies(self, who: str) -> list[tuple[bytes, bytes]]:
        """Give what a browser on our own pages sends."""
        session = self.people[who].client.cookies["sessionid"].value
        return [(b"cookie", f"sessionid={session}".encode()), (b"origin", b"http://" + HOST), (b"host", HOST)]


@pytest.fixture
def world(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    identity.forget_keys()
    monkeypatch.setattr(snapshot, "_start", snapshot.refresh)
    snapshot.forget()
    with django_db_blocker.unblock():
        houses = {
            name: House(f"ws-{name.replace(' ', '-')}", join(f"ws-{name.replace(' ', '-')}", KINDS[name])) for name in KINDS
        }
        people = {
            name: person(f"{one.slug}@walk.example", (one, "operator" if name == "operator" else "owner"))
            for name, one in houses.items()
        }  # fmt: skip
        members = {name: one.member for name, one in houses.items()}
        owner = members["publisher"].organization_id
        gone = services.issue_key(organization_id=owner, name="gone", actor="t")
        services.revoke_key(organization_id=owner, key_id=gone.key_id, actor="t")
        bids = ((members["advertiser"].organization_id, 50, ""), (members["second advertiser"].organization_id, 45, "outbid"))
        record, foreign = auction(owner, *bids), auction(uuid7(), (uuid7(), 61, ""))
        store(record)
        yield World(houses, people, gone.key, record, foreign)
        empty_all_tables()
        snapshot.forget()


def test_every_websocket_address_is_listed() -> None:
    assert set(patterns(websockets.routes)) == {*SOCKETS, NOWHERE}


async def ending_of(opened: Socket) -> tuple[str, Any]:
    """Give what a socket got first: its close as (code, reason), or its snapshot."""
    message = await opened.receive_output(timeout=10)
    if message["type"] == "websocket.close":
        return "closed", (message["code"], message["reason"])
    return "snapshot", json.loads(message["text"])["snapshot"]


def asks(world: World, who: str) -> Iterator[str]:
    """Name everybody else in the address, by slug and by id, live and sandbox, and an organization that does not exist."""
    for name, one in world.houses.items():
        if name != who:
            yield from (urlencode({"o": slug}) for slug in (one.slug, f"{one.slug}-test"))
            ids = (one.member.organization_id, encode("organization", one.member.organization_id))
            yield from (urlencode({"o": str(text), "organization": str(text), "organization_id": str(text)}) for text in ids)


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("who", KINDS)
def test_a_session_opens_no_foreign_organization(world: World, who: str, path: str) -> None:
    async def test() -> None:
        async def opening(query: str) -> tuple[str, Any]:
            async with socket(path=f"/{path}", query=query, more=world.cookies(who)) as opened:
                return await ending_of(opened)

        unknown = await opening("o=nobody-at-all")
        assert unknown == ("closed", (CLOSE_NOWHERE, "not_found"))
        for query in asks(world, who):
            assert (query, await opening(query)) == (query, unknown)
        kind, rows = await opening(f"o={world.houses[who].slug}&organization={uuid7()}")
        assert (kind, len(rows)) == ("snapshot", 1 if who in TAKE_PART else 0)

    live(test)


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("who", [*KINDS, "anonymous", "revoked key"])
def test_a_key_shows_its_own_organization_whatever_the_address_says(world: World, who: str, path: str) -> None:
    key = {"anonymous": None, "revoked key": world.revoked}.get(who) or (world.houses[who].member.key if who in KINDS else None)

    async def test() -> None:
        seen = []
        for query in ("", "o=nobody-at-all", *asks(world, who)):
            async with socket(key=key, path=f"/{path}", query=query) as opened:
                seen.append(await ending_of(opened))
        assert all(one == seen[0] for one in seen)
        if who in KINDS:
            assert (seen[0][0], len(seen[0][1])) == ("snapshot", 1 if who in TAKE_PART else 0)
        else:
            assert seen[0] == ("closed", (CLOSE_UNAUTHENTICATED, "unauthenticated"))

    live(test)


@pytest.mark.parametrize("path", SOCKETS)
def test_what_happens_reaches_who_took_part_and_nobody_else(world: World, path: str) -> None:
    """Each hears its own part of an auction and of its end; the operator all, the stranger and other modes nothing."""

    async def test() -> None:
        heard: dict[str, str] = {}
        for who, one in world.houses.items():
            for mode, key in (("live", one.member.key), ("test", one.member.test_key)):
                query = urlencode({"o": world.houses["publisher"].slug})
                async with socket(key=key, path=f"/{path}", query=query) as opened:
                    await frame(opened)
                    await sync_to_async(announce)(world.record, world.foreign)
                    await sync_to_async(tell)(_sold(world.record), _sold(world.foreign))
                    heard[f"{who} {mode}"] = await _everything(opened, of=(world.record, world.foreign))
        assert {who for who, text in heard.items() if text} == {f"{who} live" for who in TAKE_PART}
        assert [(who, word) for who, words in _secrets(world).items() for word in words if word in heard[f"{who} live"]] == []

    live(test)


def _sold(record: AuctionRecord) -> EndingNews:
    won = record.bids[0]
    quote = QuoteEnding(won.organization_id, won.campaign_id, "sold", won.clearing_price)
    owner = record.ping.organization_id
    return EndingNews(record.ping.id, owner, "sold", won.payout_amount, "USD", NOW_MS + 5, (quote,), uuid7(NOW_MS))


async def _everything(opened: Socket, of: tuple[AuctionRecord, ...]) -> str:
    """Collect what arrives within a moment about these auctions; an exchange beside the tests may use the same channel."""
    keys, text = tuple(encode("ping", record.ping.id) for record in of), ""
    while not await opened.receive_nothing(0.6):
        events = (await frame(opened)).get("events", ())
        text += "".join(json.dumps(event) for event in events if event["key"].startswith(keys))
    return text


def _secrets(world: World) -> dict[str, list[str]]:
    """Say what must not be heard: a publisher a price, a bidder what others bid, got or won; everybody but the operator names."""
    foreign = [encode("ping", world.foreign.ping.id), "61.00"]
    campaigns = [encode("campaign", bid.campaign_id) for bid in world.record.bids]
    return {
        "publisher": [*foreign, *campaigns, "50.00", "45.00", "org_", "winner"],
        "advertiser": [*foreign, campaigns[1], "45.00", "40.00", "org_", "winner"],
        "second advertiser": [*foreign, campaigns[0], "50.00", "40.00", "org_", "winner", "lead_id", "sold"],
        "operator": ["78701"],
    }
