"""Earnings and spend by day: exact, each side its own, the same sum in number, picture, tables and file."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import pytest

from accounts.core.clock import utc_now
from accounts.tenancy import act_as_exchange
from exchange.auction.models import SaleSide
from reporting.web.daily import inert
from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door, numbers
from tests.reporting.test_pages import visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def sold(world: World) -> World:
    world.sell(1)
    world.sell(2)
    return world


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Look at the page some days from now."""
    monkeypatch.setattr("reporting.web.daily.utc_now", lambda: utc_now() + timedelta(days=days))


def test_a_publisher_sees_its_payouts_by_source(sold: World) -> None:
    page = visit(sold.publisher, "earnings")
    assert numbers(page) == {
        "Earnings": "$80.00", "Leads sold": "2", "Earnings per lead": "$40.00", "Average day": "$2.86", "Best day": "$80.00",
    }  # fmt: skip
    (bar,) = page.context["chart"]["figure"]["data"]
    assert (bar["name"], bar["y"], len(bar["x"])) == ("Roofs", [0.0] * 27 + [80.0], 28)
    assert [(one["name"], one["leads"], one["amount"], one["share"]) for one in page.context["parts"]] == [
        ("Roofs", 2, 80_000_000, "100.0 %")
    ]
    assert page.context["chart"]["rows"][-1][1:] == ["$80.00", "$80.00"]
    assert page.context["silent"] == 27


def test_an_advertiser_sees_its_prices_by_campaign(sold: World) -> None:
    page = visit(sold.advertiser, "spend?days=7")
    assert numbers(page)["Spend"] == "$100.00"
    assert [(one["name"], one["amount"], one["each"]) for one in page.context["parts"]] == [("Austin", 100_000_000, 50_000_000)]
    assert len(page.context["chart"]["rows"]) == 7


def test_the_period_before_stands_beside_it(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 7)
    page = visit(sold.publisher, "earnings?days=7")
    assert (page.context["sheet"].amount, page.context["sheet"].before_amount) == (0, 80_000_000)
    bar, halo, line = page.context["chart"]["figure"]["data"]
    assert (sum(bar["y"]), halo["y"], line["y"]) == (0.0, [0.0] * 6 + [80.0], [0.0] * 6 + [80.0])
    assert page.context["chart"]["summary"] == "Earnings of 7 days: $0.00, $80.00 in the 7 days before."


def test_a_sale_stands_on_the_day_of_the_zone(sold: World) -> None:
    with act_as_exchange("move a sale to an hour that is yesterday in Chicago"):
        midnight = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
        SaleSide.objects.update(created_at=midnight + timedelta(hours=1))
    days = {zone: visit(sold.publisher, f"earnings?zone={zone}").context["sheet"].days for zone in ("UTC", "America/Chicago")}
    found = {zone: next(day.on for day in found if day.amount) for zone, found in days.items()}
    assert found == {"UTC": midnight.date(), "America/Chicago": midnight.date() - timedelta(days=1)}


def test_a_returned_lead_leaves_its_day(sold: World) -> None:
    with act_as_exchange("one comes back"):
        SaleSide.objects.filter(sale_id=SaleSide.objects.values_list("sale_id", flat=True)[0]).update(status="returned")
    assert numbers(visit(sold.publisher, "earnings"))["Earnings"] == "$40.00"
    assert numbers(visit(sold.advertiser, "spend"))["Spend"] == "$50.00"


def read(page: Any) -> list[list[str]]:
    return list(csv.reader(b"".join(page.streaming_content).decode().splitlines()))


def test_the_file_says_the_same(sold: World) -> None:
    page = visit(sold.advertiser, "spend.csv?days=7")
    assert (page["Content-Type"], page["Cache-Control"]) == ("text/csv; charset=utf-8", "private, no-store")
    assert page["Content-Disposition"].startswith('attachment; filename="spend-')
    heading, row = read(page)
    assert heading == ["day", "time_zone", "campaign_id", "campaign", "leads", "amount", "currency"]
    assert row == [utc_now().date().isoformat(), "UTC", sold.campaigns["Austin"], "Austin", "2", "100.00", "USD"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "\ta"])
def test_a_name_is_no_formula(name: str) -> None:
    assert (inert(name), inert("Roofs = good")) == (f"'{name}", "Roofs = good")


@pytest.mark.parametrize("asked", ["days=1000&zone=Mars/Base", "days=x", "days=", "zone="])
def test_what_is_not_offered_is_the_default(sold: World, asked: str) -> None:
    page = visit(sold.publisher, f"earnings?{asked}")
    assert (page.context["zone"], page.context["sheet"].period.days) == ("UTC", 28)
    assert "The last 28 days by the day of the sale, UTC; compared with the 28 days before" in page.content.decode()


@pytest.mark.parametrize("who", ["rival_publisher", "stranger"])
def test_who_sold_nothing_gets_an_empty_page(sold: World, who: str) -> None:
    page = visit(getattr(sold, who), "earnings")
    assert (page.context["sheet"].amount, b"Nothing sold in these days" in page.content) == (0, True)
    assert read(visit(getattr(sold, who), "earnings.csv"))[1:] == []


def test_each_side_has_its_own_and_nobody_a_foreign_one(sold: World) -> None:
    roles = {"publisher": "viewer", "advertiser": "viewer", "operator": "operator", "rival_publisher": "owner"}
    doors = {who: door(getattr(sold, who), role) for who, role in roles.items()}
    before = written()
    statuses = {
        (who, path): doors[who][0].get(doors[who][1] + path).status_code
        for who in ("publisher", "advertiser", "operator")
        for path in ("earnings", "spend", "earnings.csv", "spend.csv")
    }
    allowed = {("publisher", "earnings"), ("publisher", "earnings.csv"), ("advertiser", "spend"), ("advertiser", "spend.csv")}
    assert {key for key, status in statuses.items() if status == 200} == allowed
    assert {status for key, status in statuses.items() if key not in allowed} == {404}
    client, foreign = doors["rival_publisher"][0], doors["publisher"][1]
    assert {client.get(foreign + path).status_code for path in ("earnings", "earnings.csv")} == {404}
    assert client.post(foreign + "earnings").status_code == 404
    assert written() == before
