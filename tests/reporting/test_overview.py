"""The first page of each role: today's numbers exactly, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.core.clock import utc_now
from accounts.selectors import get_organization
from accounts.tenancy import act_as
from reporting import overview
from tests.cast import Member
from tests.portal.people import browser
from tests.reporting.conftest import World, usd

pytestmark = [pytest.mark.services, pytest.mark.django_db]
QUERIES_MAX = 30


def read(member: Member, role: str = "viewer") -> Any:
    """Open the overview as somebody new of an organization."""
    client, address = door(member, role)
    return client.get(address)


def door(member: Member, role: str) -> tuple[Client, str]:
    email = f"{member.organization_id.hex}@cast.example"
    user_id = services.ensure_user(email=email, name="Reader", password="long enough words")
    services.add_member(organization_id=member.organization_id, user_id=user_id, role=role, actor="system:test")
    return browser(user_id), f"/o/{get_organization(organization_id=member.organization_id).slug}/"


def numbers(page: Any) -> dict[str, str]:
    return {one["label"]: one["value"] for one in page.context["numbers"]}


@pytest.fixture
def sold(world: World) -> World:
    world.sell()
    world.ping(min_price=usd("90.00"))
    world.ping()
    world.journal()
    return world


def test_a_publisher_sees_what_it_earned(sold: World) -> None:
    page = read(sold.publisher)
    assert numbers(page) == {
        "Pings": "3", "Quoted": "2", "Sold": "1", "Earnings": "$40.00", "Earnings per ping": "$13.33",
    }  # fmt: skip
    rows = [(row.status, row.reason, row.place, row.payout_amount) for row in page.context["rows"]]
    assert rows == [
        ("quoted", "", "TX 787••", 40_000_000), ("no_bid", "below_floor", "TX 787••", None), ("sold", "", "TX 787••", 40_000_000),
    ]  # fmt: skip
    assert "78701" not in page.content.decode()


def test_an_advertiser_sees_what_it_bought(sold: World) -> None:
    page = read(sold.advertiser)
    assert numbers(page) == {
        "Bids": "3", "Quotes won": "2", "Leads bought": "1", "Spend": "$50.00", "Wallet": "$950.00",
    }  # fmt: skip
    assert [(row.campaign, row.state, row.price) for row in page.context["rows"]] == [("Austin", "queued", 50_000_000)]
    assert (sum(amount for _, amount, _ in page.context["bars"]), len(page.context["bars"])) == (50_000_000, 24)


def test_the_operator_sees_the_market(sold: World) -> None:
    page = read(sold.operator, "operator")
    assert numbers(page) == {"Pings": "3", "Quoted": "2", "Sold": "1", "Turnover": "$50.00", "Margin": "$10.00"}
    assert [row.status for row in page.context["market"].rows] == ["quoted", "no_bid", "sold"]
    money = {one.organization.id: (one.pings, one.sold, one.amount) for one in page.context["market"].participants}
    assert money[sold.publisher.organization_id] == (3, 1, 40_000_000)
    assert money[sold.advertiser.organization_id][1:] == (1, 50_000_000)
    assert money[sold.stranger.organization_id] == (0, 0, 0)


@pytest.mark.parametrize("who", ["rival_publisher", "stranger"])
def test_who_took_no_part_sees_nothing_of_it(sold: World, who: str) -> None:
    page = read(getattr(sold, who))
    assert list(numbers(page).values())[:3] == ["0", "0", "0"]
    assert (page.context["rows"], b"yet</h2>" in page.content) == ((), True)


def test_who_sells_and_buys_switches_between_the_two(sold: World) -> None:
    client, address = door(sold.stranger, "viewer")
    sells, buys = client.get(address), client.get(f"{address}?side=advertiser")
    assert ("Pings" in numbers(sells), "Bids" in numbers(buys)) == (True, True)
    assert (sells.context["side"], buys.context["side"]) == ("publisher", "advertiser")


def test_the_sandbox_counts_play_money_only(sold: World) -> None:
    client, address = door(sold.publisher, "viewer")
    page = client.get(address.rstrip("/") + "-test/")
    assert (numbers(page)["Pings"], numbers(page)["Earnings"]) == ("0", "0.00 XTS")


def test_yesterday_until_the_same_time_is_what_today_is_compared_with(sold: World) -> None:
    with act_as(sold.publisher.organization_id):
        now = overview.publisher_overview(at=utc_now(), currency="USD")
        tomorrow = overview.publisher_overview(at=utc_now() + timedelta(days=1), currency="USD")
    assert (now.today, now.yesterday.came) == (overview.Tally(3, 2, 1, 40_000_000), 0)
    assert (tomorrow.today.came, tomorrow.yesterday) == (0, now.today)


@pytest.mark.parametrize(("who", "role"), [("publisher", "viewer"), ("advertiser", "viewer"), ("operator", "operator")])
def test_a_page_asks_few_questions(sold: World, who: str, role: str) -> None:
    client, address = door(getattr(sold, who), role)
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    statements = [
        one["sql"] for one in asked.captured_queries if "SAVEPOINT" not in one["sql"] and "set_config" not in one["sql"]
    ]
    assert len(statements) <= QUERIES_MAX, "\n".join(statements)
