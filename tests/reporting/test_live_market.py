"""The operator's live feed: every auction of one market, both sides and the price, for those who may operate the exchange."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from msgspec.structs import replace

from accounts import identity, services
from accounts.core.ids import encode, uuid7
from exchange.auction import snapshot
from exchange.auction.news import endings_of
from exchange.core.record import AuctionRecord
from reporting.core.news import auction_part
from tests.cast import Member, join
from tests.reporting.live import NOW_MS, Socket, announce, auction, closed, frame, keys, live, ping_key, socket, store
from tests.reporting.test_live_endings import end, ending, tell
from tests.wiping import empty_all_tables

pytestmark = pytest.mark.services


@dataclass(frozen=True)
class Cast:
    operator: Member
    publisher: Member
    advertiser: Member
    rival: Member

    def auction(self, **more: Any) -> AuctionRecord:
        """Let the advertiser win for 50.00 against its rival's 45.00."""
        bids = ((self.advertiser.organization_id, 50, ""), (self.rival.organization_id, 45, "outbid"))
        return auction(self.publisher.organization_id, *bids, **more)


@pytest.fixture
def cast(django_db_setup: None, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cast]:
    identity.forget_keys()
    monkeypatch.setattr(snapshot, "_start", snapshot.refresh)
    snapshot.forget()
    with django_db_blocker.unblock():
        operator = join("house", "operator")
        names = ("publisher", "advertiser", "rival")
        kinds = ("publisher", "advertiser", "advertiser")
        yield Cast(operator, *(join(f"market-{name}", kind) for name, kind in zip(names, kinds, strict=True)))
        empty_all_tables()
        snapshot.forget()


def named(organization_id: UUID) -> str:
    return encode("organization", organization_id)


async def told(opened: Socket, record: AuctionRecord, *, seconds: float = 5) -> list[dict[str, Any]]:
    """Wait for what is told of one auction; an exchange that runs beside these tests may tell of others on the same channel."""
    deadline = asyncio.get_running_loop().time() + seconds
    while (left := deadline - asyncio.get_running_loop().time()) > 0:
        if await opened.receive_nothing(min(left, 0.1)):
            continue
        found = [event for event in (await frame(opened)).get("events", ()) if event["key"] == ping_key(record)]
        if found:
            return found
    return []


def test_the_operator_sees_both_sides_and_the_snapshot_says_the_same(cast: Cast) -> None:
    record = cast.auction()
    store(record)

    async def test() -> None:
        async with socket(cast.operator) as opened:
            (row,) = (await frame(opened))["snapshot"]
            assert (row["key"], row["kind"], row["status"], row["bids"]) == (ping_key(record), "auction", "quoted", 2)
            assert (row["publisher_id"], row["winner_ids"]) == (
                named(cast.publisher.organization_id), [named(cast.advertiser.organization_id)]
            )  # fmt: skip
            assert (row["price"], row["state"], row["zip3"]) == ({"amount": "50.00", "currency": "USD"}, "TX", "787")
            assert "78701" not in json.dumps(row)
            await sync_to_async(announce)(record)
            assert await told(opened, record) == [row]

    live(test)


@pytest.mark.parametrize(("outcome", "status"), [("captured", "sold"), ("refused", "refused"), ("expired", "expired")])
def test_a_row_of_the_market_ends(cast: Cast, outcome: str, status: str) -> None:
    record, lead_id = cast.auction(), uuid7(NOW_MS)
    store(record)
    end(record, outcome, lead_id, *(["duplicate"] if outcome == "refused" else []))
    (news,) = endings_of([record.ping.id])

    async def test() -> None:
        async with socket(cast.operator) as opened:
            (row,) = (await frame(opened))["snapshot"]
            assert (row["status"], row["reason"]) == (status, "duplicate" if outcome == "refused" else None)
            assert row["lead_id"] == (None if outcome == "expired" else encode("lead", lead_id))
            await sync_to_async(announce)(record)
            (quoted,) = await told(opened, record)
            await sync_to_async(tell)(news)
            (part,) = await told(opened, record)
            assert (quoted["status"], {**quoted, **part}) == ("quoted", row)

    live(test)


def test_an_ending_that_overtakes_its_auction_tells_nobody_what_the_operator_knows(cast: Cast) -> None:
    record = cast.auction()

    async def test() -> None:
        async with socket(cast.operator) as operator, socket(cast.publisher) as seller:
            await frame(operator)
            await frame(seller)
            await sync_to_async(tell)(ending(record, "sold", uuid7(NOW_MS)))
            await sync_to_async(announce)(record)
            merged: dict[str, dict[str, Any]] = {"operator": {}, "seller": {}}
            for name, opened in (("operator", operator), ("seller", seller)):
                while "score" not in merged[name]:
                    for event in await told(opened, record):
                        merged[name].update(event)
            assert (merged["operator"]["status"], merged["operator"]["price"]["amount"]) == ("sold", "50.00")
            assert (merged["seller"]["status"], merged["seller"]["payout"]["amount"]) == ("sold", "40.00")
            text = json.dumps(merged["seller"])
            assert [word for word in ("50.00", "org_", "winner", "price") if word in text] == []

    live(test)


def test_a_second_quote_of_a_sold_ping_changes_nothing(cast: Cast) -> None:
    record = cast.auction()
    assert auction_part(replace(ending(record, "expired"), status=None)) is None


def test_each_market_has_its_own_operator(cast: Cast) -> None:
    in_test = auction(cast.publisher.sandbox_id, mode="test")

    async def test() -> None:
        async with socket(cast.operator) as in_live, socket(key=cast.operator.test_key) as of_test:
            await frame(in_live)
            await frame(of_test)
            await sync_to_async(announce)(in_test)
            assert keys(await told(of_test, in_test)) == [ping_key(in_test)]
            assert await told(in_live, in_test, seconds=0.4) == []

    live(test)


def test_only_who_operates_the_exchange_sees_the_market(cast: Cast) -> None:
    reader = services.issue_key(
        organization_id=cast.operator.organization_id, name="reader", actor="t", scopes=["leads:read"]
    ).key  # fmt: skip

    async def test() -> None:
        async with socket(key=reader) as opened:
            assert await closed(opened) == 4403
        async with socket(cast.rival) as loser:
            assert (await frame(loser))["snapshot"] == []
            await sync_to_async(announce)(auction(cast.publisher.organization_id))
            assert await loser.receive_nothing(0.4)

    live(test)
