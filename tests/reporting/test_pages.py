"""Lists, lead and decision in the portal: exact for who took part, not there for anybody else, few questions to the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.ids import decode, encode
from accounts.tenancy import act_as_exchange
from exchange.auction.models import Sale
from tests.cast import Member
from tests.reporting.conftest import World, usd, written
from tests.reporting.test_overview import door

pytestmark = [pytest.mark.services, pytest.mark.django_db]
QUERIES_MAX = 30


@pytest.fixture
def sold(world: World) -> World:
    world.quoted, world.lead = world.sell()  # type: ignore[attr-defined]
    world.ping(min_price=usd("90.00"))
    world.journal()
    return world


def visit(member: Member, path: str, role: str = "viewer", **headers: str) -> Any:
    client, address = door(member, role)
    return client.get(address + path, headers=headers)


def rows(page: Any) -> list[Any]:
    assert page.status_code == 200, page.content
    return [row for _, row in page.context["rows"]]


def test_each_lists_its_own(sold: World) -> None:
    pings = rows(visit(sold.publisher, "pings"))
    assert [(row.status, row.payout_amount) for row in pings] == [("no_bid", None), ("sold", 40_000_000)]
    posted = rows(visit(sold.publisher, "leads"))
    assert [(row.origin, row.status, row.payout_amount, row.place) for row in posted] == [
        ("Roofs", "sold", 40_000_000, "TX 787••")
    ]
    bought = rows(visit(sold.advertiser, "leads"))
    assert [(row.campaign, row.state, row.price) for row in bought] == [("Austin", "queued", 50_000_000)]
    auctions = rows(visit(sold.operator, "auctions", "operator"))
    assert [(row.status, row.best_price) for row in auctions] == [("no_bid", 50_000_000), ("sold", 50_000_000)]
    everybody = rows(visit(sold.operator, "leads", "operator"))
    assert [(row.origin, row.payout_amount) for row in everybody] == [("Publisher", 40_000_000)]


def test_a_list_goes_on_where_the_page_before_ended(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reporting.listings.ROWS", 1)
    first = visit(sold.publisher, "pings")
    assert ([row.status for row in rows(first)], first.context["older"][:8]) == (["no_bid"], "?before=")
    second = visit(sold.publisher, "pings" + first.context["older"])
    assert ([row.status for row in rows(second)], second.context["older"]) == (["sold"], "")
    assert visit(sold.publisher, "pings?before=nonsense").status_code == 404


def test_a_publisher_reads_reasons_and_no_amount_of_a_buyer(sold: World) -> None:
    page = visit(sold.publisher, f"pings/{sold.quoted['id']}")
    shown = page.context["decision"]
    assert shown["candidates"] == {"matched": 2, "won": 1}
    assert [quote["payout"] for quote in shown["quotes"]] == ["$40.00"]
    assert {reason["code"]: reason["count"] for reason in shown["reasons"]}["outbid"] == 1
    assert (shown["bids"], len(shown["stages"]) > 0) == ([], True)
    assert [word for word in ("50.00", "45.00", "78701") if word in page.content.decode()] == []


def test_a_buyer_reads_its_own_bid_with_its_arithmetic(sold: World) -> None:
    page = visit(sold.advertiser, f"pings/{sold.quoted['id']}")
    (bid,) = page.context["decision"]["bids"]
    assert (bid["who"], bid["bid"], bid["price"], bid["status"], bid["reason"]) == ("Austin", "$50.00", "$50.00", "sold", None)
    assert (bid["steps"][0][0] != "", bid["steps"][0][2]) == (True, "$50.00")
    loser = visit(sold.rival_advertiser, f"pings/{sold.quoted['id']}")
    (lost,) = loser.context["decision"]["bids"]
    assert (lost["who"], lost["bid"], lost["price"], lost["reason"]["code"]) == ("Everywhere", "$45.00", "—", "outbid")
    assert [word for word in ("50.00", "40.00") if word in loser.content.decode()] == []


def test_the_operator_reads_all_of_it(sold: World) -> None:
    page = visit(sold.operator, f"pings/{sold.quoted['id']}", "operator")
    shown = page.context["decision"]
    assert {bid["who"]: (bid["bid"], bid["payout"], bid["margin"]) for bid in shown["bids"]} == {
        "Advertiser": ("$50.00", "$40.00", "$10.00"), "Rival-Advertiser": ("$45.00", "$0.00", "$0.00"),
    }  # fmt: skip
    assert (shown["publisher"], dict(shown["facts"])["Model"]) == ("Publisher", "prior-1")


def test_the_drawer_gets_the_decision_alone(sold: World) -> None:
    page = visit(sold.publisher, f"pings/{sold.quoted['id']}", **{"hx-request": "true"})
    assert (page.status_code, b"<h1" in page.content, b"<aside" in page.content) == (200, False, False)
    assert b"Stages" in page.content


@pytest.mark.parametrize("kind", ["ping", "lead", "quote", "sale", "auction"])
def test_any_id_leads_the_operator_to_the_decision(sold: World, kind: str) -> None:
    with act_as_exchange("look"):
        sale = Sale.objects.get()
    ids = {"ping": sale.ping_id, "lead": sale.lead_id, "quote": sale.quote_id, "sale": sale.id, "auction": sale.auction_id}
    client, address = door(sold.operator, "operator")
    answer = client.get(f"{address}find", {"id": f" {encode(kind, ids[kind])} "})
    assert (answer.status_code, answer["Location"]) == (303, f"{address}pings/{sold.quoted['id']}")


def test_an_unknown_id_leads_nowhere_and_others_may_not_ask(sold: World) -> None:
    for text in ("nonsense", encode("ping", decode("lead", sold.lead["lead_id"]))):
        assert visit(sold.operator, f"find?id={text}", "operator").status_code == 404
    assert visit(sold.publisher, f"find?id={sold.quoted['id']}").status_code == 404


def test_a_lead_for_each_of_its_sides(sold: World) -> None:
    for who, role, total in (
        ("publisher", "viewer", 40_000_000), ("advertiser", "viewer", 50_000_000), ("operator", "operator", 40_000_000)
    ):  # fmt: skip
        page = visit(getattr(sold, who), f"leads/{sold.lead['lead_id']}", role)
        assert (page.status_code, page.context["total"], page.context["state"]) == (200, total, "sold")
        text = page.content.decode()
        assert [word for word in ("78701", "jane1@example.com", "+15125550001", "Doe") if word in text] == []


@pytest.mark.parametrize("who", ["rival_publisher", "stranger"])
def test_who_took_no_part_finds_nothing(sold: World, who: str) -> None:
    before = written()
    client, address = door(getattr(sold, who), "owner")
    before["AuditEntry"] = written()["AuditEntry"]
    for path in (
        f"pings/{sold.quoted['id']}",
        f"leads/{sold.lead['lead_id']}",
        "pings/nonsense",
        "leads/nonsense",
        "auctions",
        "find",
    ):
        assert (path, client.get(address + path).status_code) == (path, 404)
        assert client.post(address + path).status_code in {404, 405}
    assert [rows(client.get(address + path)) for path in ("pings", "leads", "leads?side=advertiser")] == [[], [], []]
    assert written() == before
    _, own = door(sold.publisher, "viewer")
    assert client.get(own + f"pings/{sold.quoted['id']}").status_code == 404


def asked_by(member: Member, path: str, role: str = "viewer") -> int:
    client, address = door(member, role)
    client.get(address + path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address + path).status_code == 200
    return len([one for one in asked.captured_queries if "SAVEPOINT" not in one["sql"] and "set_config" not in one["sql"]])


def test_pages_ask_few_questions(sold: World) -> None:
    ping, lead = f"pings/{sold.quoted['id']}", f"leads/{sold.lead['lead_id']}"
    for who, role in (("publisher", "viewer"), ("advertiser", "viewer"), ("operator", "operator")):
        lists = {"publisher": ["pings"], "advertiser": [], "operator": ["auctions", "find"]}[who]
        for path in ("leads", ping, lead, *lists):
            assert (who, path, asked_by(getattr(sold, who), path, role) < QUERIES_MAX) == (who, path, True)
