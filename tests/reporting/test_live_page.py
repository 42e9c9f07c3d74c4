"""The live page before its script runs, and the fragment that listens for a source's first ping."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.core.ids import encode, uuid7
from tests.cast import Member
from tests.reporting.conftest import World, usd
from tests.reporting.test_overview import door
from tests.reporting.test_pages import asked_by, visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def sold(world: World) -> World:
    world.quoted, world.lead = world.sell()  # type: ignore[attr-defined]
    world.declined = world.ping(min_price=usd("90.00"))  # type: ignore[attr-defined]
    world.journal()
    return world


def rows(page: Any, *wanted: str) -> list[tuple[Any, ...]]:
    assert page.status_code == 200, page.content
    return [tuple(row[name] for name in wanted) for row in page.context["rows"]]


def test_each_side_sees_its_own_rows_with_names(sold: World) -> None:
    shown = ("status", "reason", "who", "lead", "place", "score", "bid", "amount")
    advertiser = rows(visit(sold.advertiser, "live"), *shown)
    assert advertiser == [
        ("lost", "below floor: smallest price 112.50", "Austin", "Home, roofing", "TX 787••", 71, "$50.00", "—"),
        ("sold", "", "Austin", "Home, roofing", "TX 787••", 71, "$50.00", "$50.00"),
    ]
    publisher = rows(visit(sold.publisher, "live"), *shown)
    assert [row[:1] + row[2:6] + row[7:] for row in publisher] == [
        ("no_bid", "Roofs", "Home, roofing", "TX 787••", 71, "—"),
        ("sold", "Roofs", "Home, roofing", "TX 787••", 71, "$40.00"),
    ]
    rival = rows(visit(sold.rival_advertiser, "live"), "status", "reason", "bid", "amount")
    assert rival == [
        ("lost", "below floor: smallest price 112.50", "$45.00", "—"),
        ("lost", "outbid", "$45.00", "—"),
    ]


def test_the_operator_sees_the_market(sold: World) -> None:
    page = visit(sold.operator, "live/market", "operator")
    assert rows(page, "status", "who", "winner", "bids", "amount") == [
        ("no_bid", "Publisher", "—", 2, "—"),
        ("sold", "Publisher", "Advertiser", 2, "$50.00"),
    ]
    assert set(page.context["words"]["names"].values()) == {
        "Publisher", "Rival-Publisher", "Advertiser", "Rival-Advertiser", "Stranger",
    }  # fmt: skip


@pytest.mark.parametrize("who", ["publisher", "advertiser", "rival_advertiser"])
def test_the_page_names_nothing_of_others_and_nobody(sold: World, who: str) -> None:
    text = visit(getattr(sold, who), "live").content.decode()
    own = {"publisher": "Roofs", "advertiser": "Austin", "rival_advertiser": "Everywhere"}
    assert [word for name, word in own.items() if (word in text) != (name == who)] == []
    assert [word for word in ("org_", "78701", "Doe", "jane1@example.com", "+15125550001") if word in text] == []


def test_every_row_leads_to_its_decision(sold: World) -> None:
    for who, path, role in (("advertiser", "live", "viewer"), ("operator", "live/market", "operator")):
        client, address = door(getattr(sold, who), role)
        urls = [row["url"] for row in client.get(address + path).context["rows"]]
        assert urls == [f"{address}pings/{one['id']}" for one in (sold.declined, sold.quoted)]  # type: ignore[attr-defined]
        assert [client.get(url).status_code for url in urls] == [200, 200]


def test_the_market_is_the_operators_alone(sold: World) -> None:
    for who in ("publisher", "advertiser", "stranger"):
        assert visit(getattr(sold, who), "live/market", "owner").status_code == 404
    assert visit(sold.operator, "live", "operator").status_code == 404
    looking = visit(sold.operator, "live/market", "viewer")
    assert (looking.status_code, b"Austin" in looking.content, b"$50.00" in looking.content) == (403, False, False)
    assert rows(visit(sold.stranger, "live"), "status") == []


def test_the_page_asks_few_questions(sold: World) -> None:
    asked = [asked_by(getattr(sold, who), "live") for who in ("publisher", "advertiser", "stranger")]
    assert [*asked, asked_by(sold.operator, "live/market", "operator")] == [8, 8, 7, 7]


def listen(member: Member, source: str, query: str = "") -> Any:
    return visit(member, f"sources/{source}/pings{query}", **{"hx-request": "true"})


def test_a_source_listens_until_its_first_ping(world: World) -> None:
    waiting = listen(world.publisher, world.source)
    assert (waiting.status_code, b"Listening for your first ping" in waiting.content) == (200, True)
    assert listen(world.publisher, world.source, "?again").status_code == 204
    ping = world.ping()
    world.journal()
    heard = listen(world.publisher, world.source, "?again")
    text = heard.content.decode()
    assert (heard.status_code, "Pings arrive" in text, "Quoted" in text, "$40.00" in text) == (200, True, True, True)
    assert (f"pings/{ping['id']}" in text, "hx-get" in text) == (True, False)


def test_only_its_publisher_hears_of_a_source(world: World) -> None:
    world.ping()
    world.journal()
    unknown = encode("source", uuid7())
    for who in ("rival_publisher", "stranger", "advertiser", "operator"):
        role = "operator" if who == "operator" else "owner"
        for source in (world.source, unknown):
            answer = visit(getattr(world, who), f"sources/{source}/pings?again", role, **{"hx-request": "true"})
            assert (who, answer.status_code) == (who, 404)
    plain = visit(world.publisher, f"sources/{world.source}/pings")
    assert (plain.status_code, plain["Location"].rpartition("/")[2]) == (303, world.source)
