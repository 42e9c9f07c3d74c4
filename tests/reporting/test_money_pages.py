"""Money in the portal: balances, days and entries exactly; the operator's books add up to zero."""

from __future__ import annotations

import pytest

from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door, numbers
from tests.reporting.test_pages import QUERIES_MAX, asked_by, visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def sold(world: World) -> World:
    world.sell()
    return world


def test_an_advertiser_sees_what_it_spent(sold: World) -> None:
    page = visit(sold.advertiser, "money")
    assert numbers(page) == {"Balance": "$950.00", "Spent": "$50.00", "Unspent": "$950.00"}
    assert [(row["kind"], row["account"], row["amount"]) for row in page.context["entries"]] == [
        ("capture", "wallet", -50_000_000), ("deposit", "wallet", 1_000_000_000),
    ]  # fmt: skip
    (spend,) = page.context["days"]
    assert (spend["title"], sum(spend["figure"]["data"][0]["y"]), spend["rows"][-1][1]) == ("Spend by day", 50.0, "$50.00")
    assert len(spend["rows"]) == 14


def test_a_publisher_sees_what_it_earned(sold: World) -> None:
    page = visit(sold.publisher, "money")
    assert numbers(page) == {"Payable": "$40.00"}
    assert [(row["kind"], row["amount"]) for row in page.context["entries"]] == [("capture", 40_000_000)]
    (earned,) = page.context["days"]
    assert earned["figure"]["data"][0]["y"] == [0.0] * 13 + [40.0]
    assert earned["summary"].startswith("Earnings of 14 days: $40.00; the most on ")
    assert earned["summary"] in page.content.decode()


def test_the_books_add_up_to_zero(sold: World) -> None:
    page = visit(sold.operator, "ledger", "operator")
    sums = {one.kind.value: one.amount for one in page.context["totals"]}
    # Three campaigns were each paid a thousand in.
    assert sums == {"cash": -3_000_000_000, "margin": 10_000_000, "payable": 40_000_000, "wallet": 2_950_000_000}
    assert (page.context["total"], b"Balanced" in page.content) == (0, True)
    wallets = {name: amount for name, kind, _, amount in page.context["rows"] if kind == "wallet"}
    assert (wallets["Advertiser"], wallets["Rival-Advertiser"]) == (950_000_000, 2_000_000_000)


@pytest.mark.parametrize("who", ["rival_publisher", "stranger"])
def test_others_see_none_of_it(sold: World, who: str) -> None:
    client, address = door(getattr(sold, who), "owner")
    before = written()
    page = client.get(address + "money")
    assert (page.status_code, page.context["entries"]) == (200, [])
    assert set(numbers(page).values()) == {"$0.00"}
    assert (client.get(address + "ledger").status_code, client.post(address + "money").status_code) == (404, 405)
    _, foreign = door(sold.advertiser, "viewer")
    before = written()
    assert (client.get(foreign + "money").status_code, client.post(foreign + "money").status_code) == (404, 404)
    assert written() == before


def test_money_asks_few_questions(sold: World) -> None:
    assert asked_by(sold.advertiser, "money") < QUERIES_MAX
    assert asked_by(sold.publisher, "money") < QUERIES_MAX
    assert asked_by(sold.operator, "ledger", "operator") < QUERIES_MAX
