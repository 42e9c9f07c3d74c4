"""The live feed to its end: a quoted row is sold, refused or expires, a campaign that did not bid says why."""

from __future__ import annotations

import json
import socket as sockets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from psycopg.types.json import Jsonb

from accounts import identity
from accounts.core.clock import from_ms
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as_exchange
from campaigns.services import demand
from exchange.auction import snapshot
from exchange.auction.news import BATCH_MAX, WAITING_MAX, Announcer, endings_of
from exchange.core.news import EndingNews, QuoteEnding
from exchange.core.record import AuctionRecord
from tests.cast import Member, join
from tests.reporting.live import NOW_MS, announce, auction, bid_key, frame, live, ping_key, socket, store
from tests.wiping import empty_all_tables

pytestmark = pytest.mark.services
NOBODY = "redis://127.0.0.1:1/0"


@dataclass(frozen=True)
class Cast:
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
        join("house", "operator")
        yield Cast(join("end-publisher", "publisher"), join("end-advertiser", "advertiser"), join("end-rival", "advertiser"))
        empty_all_tables()
        snapshot.forget()


def ending(record: AuctionRecord, status: str, lead_id: UUID | None = None) -> EndingNews:
    won = record.bids[0]
    quote = QuoteEnding(won.organization_id, won.campaign_id, status, won.clearing_price if status == "sold" else 0)
    payout = won.payout_amount if status == "sold" else 0
    return EndingNews(record.ping.id, record.ping.organization_id, status, payout, "USD", NOW_MS + 5, (quote,), lead_id)


def tell(*news: EndingNews, mode: str = "live") -> None:
    teller = Announcer(settings.VALKEY_VOLATILE_URL)
    teller.tell(mode, news)
    assert teller.drain(5)


_SETTLED = "INSERT INTO auction_quotesettlement VALUES (%s, %s, %s, %s, 'f', %s, %s)"
_SOLD = """
INSERT INTO auction_sale (id, quote_id, auction_id, ping_id, lead_id, source_id, publisher_id, advertiser_id, account_id,
    campaign_id, revision_id, mode, vertical, pricing, price, payout_amount, margin_amount, currency, holds, contact_keys,
    counted_at, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'live', 'home.roofing', 'first_price', 50000000, 40000000, 10000000, 'USD',
    '[]', '{}', now(), now())
"""


def end(record: AuctionRecord, outcome: str, lead_id: UUID, *reasons: str, place: int = 0) -> None:
    """Write an ending as a post does."""
    won, ping = record.bids[place], record.ping
    codes = [{"code": reason} for reason in reasons]
    leg = {"quote_id": encode("quote", won.quote_id), "reasons": codes}
    answer = Jsonb({"lead_id": encode("lead", lead_id), "reasons": codes, "legs": [leg]}) if outcome != "expired" else None
    values = [won.quote_id, ping.id, ping.organization_id, outcome, answer, from_ms(NOW_MS + 5)]
    with act_as_exchange("a test ends a quote"), connection.cursor() as cursor:
        cursor.execute(_SETTLED, values)
        if outcome == "captured":
            ids = [uuid7(), won.quote_id, record.id, ping.id, lead_id, ping.source_id, ping.organization_id]
            cursor.execute(_SOLD, [*ids, won.organization_id, uuid7(), won.campaign_id, won.revision_id])


@pytest.mark.parametrize(("outcome", "status"), [("captured", "sold"), ("refused", "refused"), ("expired", "expired")])
def test_a_quoted_row_ends_live_and_the_snapshot_says_the_same(cast: Cast, outcome: str, status: str) -> None:
    record, lead_id = cast.auction(), uuid7(NOW_MS)
    reasons = ("duplicate",) if outcome == "refused" else ()
    store(record)
    end(record, outcome, lead_id, *reasons)
    (read,) = endings_of([record.ping.id])

    async def test() -> None:
        async with socket(cast.publisher) as seller, socket(cast.advertiser) as buyer, socket(cast.rival) as loser:
            rows = [(await frame(opened))["snapshot"][0] for opened in (seller, buyer, loser)]
            assert [row["status"] for row in rows] == [status, status, "lost"]
            assert rows[0]["lead_id"] == (None if outcome == "expired" else encode("lead", lead_id))
            assert rows[0]["reason"] == rows[1]["reason"] == (reasons[0] if reasons else None)
            await sync_to_async(announce)(record)
            assert (await frame(loser))["events"][0] == rows[2]
            live_rows = {
                ping_key(record): (await frame(seller))["events"][0],
                bid_key(record, 0): (await frame(buyer))["events"][0],
            }
            assert [row["status"] for row in live_rows.values()] == ["quoted", "quoted"]
            await sync_to_async(tell)(read)
            for opened, row in ((seller, rows[0]), (buyer, rows[1])):
                (part,) = (await frame(opened))["events"]
                assert {**live_rows[part["key"]], **part} == row
            assert await loser.receive_nothing(0.4)

    live(test)


def test_an_ending_that_overtakes_its_auction_is_not_undone(cast: Cast) -> None:
    record, lead_id = cast.auction(), uuid7(NOW_MS)

    async def test() -> None:
        async with socket(cast.publisher) as seller, socket(cast.advertiser) as buyer:
            await frame(seller)
            await frame(buyer)
            await sync_to_async(tell)(ending(record, "sold", lead_id))
            await sync_to_async(announce)(record)
            for opened, amount in ((seller, "payout"), (buyer, "price")):
                rows: dict[str, Any] = {}
                while "score" not in rows:
                    for event in (await frame(opened))["events"]:
                        rows.update(event)
                assert (rows["status"], rows["score"]) == ("sold", 70)
                assert rows[amount] == {"amount": "40.00" if amount == "payout" else "50.00", "currency": "USD"}

    live(test)


def test_a_sold_ping_stays_sold_when_its_other_quote_expires(cast: Cast) -> None:
    bids = ((cast.advertiser.organization_id, 50, ""), (cast.rival.organization_id, 45, ""))
    record, lead_id = auction(cast.publisher.organization_id, *bids), uuid7(NOW_MS)
    store(record)
    end(record, "captured", lead_id)
    end(record, "expired", lead_id, place=1)
    (later,) = endings_of([record.ping.id], [record.bids[1].quote_id])
    assert (later.status, [one.status for one in later.quotes]) == (None, ["expired"])
    (whole,) = endings_of([record.ping.id])
    statuses = {one.organization_id: one.status for one in whole.quotes}
    assert (whole.status, whole.payout_amount) == ("sold", 40_000_000)
    assert statuses == {cast.advertiser.organization_id: "sold", cast.rival.organization_id: "expired"}


def test_nobody_hears_of_a_foreign_ending(cast: Cast) -> None:
    stranger = join("end-stranger", "both")
    record = cast.auction()

    async def test() -> None:
        async with socket(stranger) as outside, socket(cast.rival) as loser, socket(cast.publisher) as seller:
            for opened in (outside, loser, seller):
                await frame(opened)
            await sync_to_async(tell)(ending(record, "sold", uuid7(NOW_MS)))
            (part,) = (await frame(seller))["events"]
            assert "50.00" not in json.dumps(part)
            assert "org_" not in json.dumps(part)
            assert [await opened.receive_nothing(0.4) for opened in (outside, loser)] == [True, True]

    live(test)


def publish(owner: Member, name: str, **draft: Any) -> UUID:
    body = {"bid": {"base_price": {"amount": "40.00", "currency": "USD"}}, **draft}
    to = {"kind": "http", "url": "https://crm.example.com/leads"}
    facts = {"organization_id": owner.organization_id, "actor": "system:test"}
    row = demand.create_campaign(name=name, vertical="home.roofing", draft=body, destination=to, **facts)
    demand.publish(campaign_id=row.id, **facts)
    return row.id


def test_a_campaign_that_did_not_want_the_ping_says_why(cast: Cast) -> None:
    californian = {"all": [{"field": "state", "op": "in", "value": ["CA"]}]}
    campaign_id = publish(cast.rival, "California", filter=californian)
    publish(cast.advertiser, "Strangers only", blocked_sources=[])
    old, new = (auction(cast.publisher.organization_id, at_ms=NOW_MS + n) for n in (1, 2))
    store(old)

    async def test() -> None:
        async with socket(cast.rival) as opened, socket(cast.publisher) as seller:
            (row,) = (await frame(opened))["snapshot"]
            assert row["key"] == f"{ping_key(old)}/{encode('campaign', campaign_id)}"
            assert (row["status"], row["reason"], row["detail"]) == ("filtered", "filtered", "state in (CA)")
            assert (row["bid"], row["price"], row["state"], row["zip3"]) == (None, None, "TX", "787")
            await frame(seller)
            await sync_to_async(announce)(new)
            (event,) = (await frame(opened))["events"]
            assert (event["key"], event["status"]) == (f"{ping_key(new)}/{encode('campaign', campaign_id)}", "filtered")
            assert [one["kind"] for one in (await frame(seller))["events"]] == ["ping"]

    live(test)


def test_an_announcer_without_valkey_takes_no_time_and_no_room() -> None:
    publisher_id, ping_id = uuid7(), uuid7()
    news = EndingNews(ping_id, publisher_id, "expired", 0, "USD", NOW_MS, ())
    with sockets.create_server(("127.0.0.1", 0)) as silent:  # accepts and never answers
        for url in (NOBODY, f"redis://127.0.0.1:{silent.getsockname()[1]}/0"):
            teller = Announcer(url)
            started = time.monotonic()
            for _ in range(5_000):
                teller.tell("live", [news])
            assert time.monotonic() - started < 1.0
            assert teller.waiting <= WAITING_MAX + BATCH_MAX
            teller.close()
