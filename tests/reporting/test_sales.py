"""GET /api/v1/sales: each side its own rows, in pages, by day and side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.core.ids import decode, encode
from accounts.tenancy import act_as_exchange
from exchange.auction.models import SaleSide
from tests.reporting.conftest import World, usd, written

pytestmark = [pytest.mark.services, pytest.mark.django_db, pytest.mark.urls("tests.reporting.urls")]


def sell(world: World, count: int) -> list[dict[str, Any]]:
    return [world.sell(number)[1] for number in range(1, count + 1)]


def move(lead_id: str, at: datetime) -> None:
    """Put a sale in the past."""
    with act_as_exchange("a test needs the past"):
        assert SaleSide.objects.filter(lead_id=decode("lead", lead_id)).update(created_at=at) == 2


def test_a_publisher_reads_its_side(world: World) -> None:
    quoted, sold = world.sell()
    status, page = world.get("sales", world.publisher)
    (row,) = page.pop("data")
    assert (status, page) == (200, {"has_more": False, "next_cursor": None})
    trace, sale_id = row.pop("trace"), row.pop("id")
    assert (sale_id[:4], row.pop("sold_at")[-1]) == ("sal_", "Z")
    assert row == {
        "side": "publisher", "status": "sold", "amount": usd("40.00"), "vertical": "home.roofing",
        "quote_id": quoted["quotes"][0]["id"], "ping_id": quoted["id"], "lead_id": sold["lead_id"], "source_id": world.source,
        "campaign_id": None,
    }  # fmt: skip
    assert trace["candidates"] == {"matched": 2, "won": 1}
    assert "bids" not in trace


def test_an_advertiser_reads_its_side_of_the_same_sale(world: World) -> None:
    quoted, sold = world.sell()
    _, theirs = world.get("sales", world.publisher)
    _, page = world.get("sales", world.advertiser)
    (row,) = page["data"]
    assert row["id"] == theirs["data"][0]["id"]
    assert (row["side"], row["amount"], row["source_id"]) == ("advertiser", usd("50.00"), None)
    assert (row["campaign_id"], row["lead_id"]) == (world.campaigns["Austin"], sold["lead_id"])
    assert [bid["quote_id"] for bid in row["trace"]["bids"]] == [quoted["quotes"][0]["id"]]


def test_sales_come_in_pages_newest_first(world: World) -> None:
    leads = [sold["lead_id"] for sold in sell(world, 3)]
    _, first = world.get("sales?limit=2", world.publisher)
    assert ([row["lead_id"] for row in first["data"]], first["has_more"]) == ([leads[2], leads[1]], True)
    _, second = world.get(f"sales?limit=2&cursor={first['next_cursor']}", world.publisher)
    assert ([row["lead_id"] for row in second["data"]], second["has_more"], second["next_cursor"]) == ([leads[0]], False, None)


def test_sales_by_day(world: World) -> None:
    leads = [sold["lead_id"] for sold in sell(world, 3)]
    day = datetime(2026, 3, 8, tzinfo=UTC)
    move(leads[0], day - timedelta(milliseconds=1))
    move(leads[1], day)
    move(leads[2], day + timedelta(days=1) - timedelta(milliseconds=1))
    found = {
        query: [row["lead_id"] for row in world.get(f"sales?{query}", world.advertiser)[1]["data"]]
        for query in ("from=2026-03-08&to=2026-03-08", "to=2026-03-07", "from=2026-03-09", "from=2026-03-08", "to=2026-03-08")
    }
    assert found == {
        "from=2026-03-08&to=2026-03-08": [leads[2], leads[1]], "to=2026-03-07": [leads[0]], "from=2026-03-09": [],
        "from=2026-03-08": [leads[2], leads[1]], "to=2026-03-08": [leads[2], leads[1], leads[0]],
    }  # fmt: skip


def test_sales_by_side(world: World) -> None:
    sell(world, 1)
    assert [len(world.get(f"sales?side={side}", world.publisher)[1]["data"]) for side in ("publisher", "advertiser")] == [1, 0]
    assert [len(world.get(f"sales?side={side}", world.advertiser)[1]["data"]) for side in ("publisher", "advertiser")] == [0, 1]


def test_the_operator_reads_both_sides(world: World) -> None:
    sell(world, 1)
    _, page = world.get("sales", world.operator)
    assert {row["side"]: row["amount"] for row in page["data"]} == {"advertiser": usd("50.00"), "publisher": usd("40.00")}
    assert {bid["organization_id"] for bid in page["data"][0]["trace"]["bids"]} == {
        encode("organization", member.organization_id) for member in (world.advertiser, world.rival_advertiser)
    }
    assert world.get("sales", world.operator, headers=world.operator.test_headers) == (
        200, {"data": [], "has_more": False, "next_cursor": None}
    )  # fmt: skip


def test_nobody_lists_what_others_sold(world: World) -> None:
    sell(world, 1)
    before, nothing = written(), {"data": [], "has_more": False, "next_cursor": None}
    _, theirs = world.get("sales?limit=1", world.publisher)
    cursor = encode("sale", decode("sale", theirs["data"][0]["id"]))
    for member in (world.rival_publisher, world.rival_advertiser, world.stranger):
        for headers in (member.headers, member.test_headers):
            assert world.get("sales", member, headers=headers) == (200, nothing)
            assert world.get(f"sales?cursor={cursor}", member, headers=headers) == (200, nothing)
    assert written() == before


def test_a_sale_whose_auction_is_on_its_way_has_no_trace_yet(world: World) -> None:
    quoted = world.ping()
    world.post(quoted["id"])
    assert [row["trace"] for row in world.get("sales", world.publisher)[1]["data"]] == [None]
    world.journal()
    assert world.get("sales", world.publisher)[1]["data"][0]["trace"]["candidates"] == {"matched": 2, "won": 1}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("side=operator", "/side"),
        ("from=yesterday", "/from"),
        ("to=2026-13-01", "/to"),
        ("limit=201", "/limit"),
        ("cursor=x", "/cursor"),
    ],
)
def test_a_bad_query_is_named(world: World, query: str, pointer: str) -> None:
    status, problem = world.get(f"sales?{query}", world.publisher)
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_request", pointer)
