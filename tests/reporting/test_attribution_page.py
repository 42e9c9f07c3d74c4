"""The page Attribution: a buyer's own leads with their channels, everybody's for the operator, nobody else's business."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.clock import utc_now
from accounts.tenancy import act_as_exchange
from exchange.aftercare.services import record_disposition
from exchange.intake.partitions import ensure_partitions
from reporting.core.channels import CHANNELS_MAX, OTHERS
from tests.cast import Member
from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door, numbers
from tests.reporting.test_pages import visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]
JOURNEYS = (("search", "mail"), ("search",), ("mail",), ())


@pytest.fixture
def sold(world: World) -> World:
    """Sell four leads: the first two are won, the third is lost, of the fourth nothing is known."""
    world.leads = []  # type: ignore[attr-defined]
    for number, journey in enumerate(JOURNEYS, 1):
        touches = [
            {"channel": channel, "at": f"2026-11-0{day}T08:00:00Z"} for day, channel in reversed(list(enumerate(journey, 1)))
        ]
        ping = world.ping(touchpoints=touches)
        world.leads.append(world.post(ping["id"], number)["lead_id"])  # type: ignore[attr-defined]
    world.journal()
    for lead_id, status in zip(world.leads, ("sale", "sale", "lost"), strict=False):  # type: ignore[attr-defined]
        report(world.advertiser, lead_id, status)
    return world


def report(member: Member, lead_id: str, status: str, **more: Any) -> None:
    data = {"lead_id": lead_id, "status": status, "occurred_at": utc_now().isoformat(), **more}
    record_disposition(organization_id=member.organization_id, currency="USD", actor="system:test", at=utc_now(), data=data)


def words_of(page: Any) -> str:
    return str(page.content.decode())


def shown(page: Any) -> dict[str, dict[str, str]]:
    return {row["channel"]: {**dict(row["wins"]), "spend": row["spend"]} for row in page.context["rows"]}


def test_a_buyer_sees_its_channels_by_seven_models(sold: World) -> None:
    page = visit(sold.advertiser, "attribution")
    rows = shown(page)
    assert rows["search"] == {
        "First": "2.0", "Last": "1.0", "Linear": "1.5", "Time decay": "1.5", "Position": "1.5", "Shapley": "1.5",
        "Markov": rows["search"]["Markov"], "spend": "$75.00",
    }  # fmt: skip
    assert (rows["mail"]["First"], rows["mail"]["Last"], rows["mail"]["spend"]) == ("0.0", "1.0", "$75.00")
    assert numbers(page) == {"Sales": "4", "Outcome known": "75.0 %", "Won": "2", "Spend a win": "$75.00"}
    assert [(one["channels"], one["won"]) for one in page.context["pairs"]] == [("search › mail", 1)]
    assert (page.context["untouched"], page.context["cut"], page.context["low"], page.context["high"]) == (1, False, [], [])


def test_a_receipt_undoes_no_win_and_a_later_report_does(sold: World) -> None:
    won = sold.leads[0]  # type: ignore[attr-defined]
    before = shown(visit(sold.advertiser, "attribution"))
    report(sold.advertiser, won, "received")
    assert shown(visit(sold.advertiser, "attribution")) == before
    report(sold.advertiser, won, "lost")
    rows = shown(visit(sold.advertiser, "attribution"))
    assert [(channel, row["First"]) for channel, row in rows.items()] == [("search", "1.0"), ("mail", "0.0")]


def test_a_flood_of_channels_is_folded_on_page_and_in_file(sold: World) -> None:
    for number in range(5, 7):
        ping = sold.ping(touchpoints=[{"channel": f"made up {number}-{place}"} for place in range(50)])
        lead_id = sold.post(ping["id"], number)["lead_id"]
        sold.journal()
        report(sold.advertiser, lead_id, "sale")
    rows = shown(visit(sold.advertiser, "attribution"))
    assert (len(rows), {"search", "mail", OTHERS} <= set(rows)) == (CHANNELS_MAX + 1, True)
    client, address = door(sold.advertiser, "owner")
    told = b"".join(client.get(f"{address}attribution.csv").streaming_content).decode()
    assert len(told.splitlines()) == CHANNELS_MAX + 2


def test_only_the_days_asked_for_are_read(sold: World) -> None:
    days = {ago: (utc_now() - timedelta(days=ago)).date() for ago in (60, 5)}
    with act_as_exchange("a test makes days"):
        assert all(ensure_partitions(day) for day in days.values())
    with CaptureQueriesContext(connection) as seen:
        visit(sold.advertiser, "attribution")
    (asked,) = (one["sql"] for one in seen.captured_queries if "ping.touchpoints" in one["sql"])
    with act_as_exchange("a test asks for the plan"), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE) {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert [ago for ago, day in days.items() if f"intake_ping_{day:%Y%m%d}" in plan] == [5]
    assert "sale.id >= " in plan


def test_the_operator_sees_everybodys_and_a_rival_nothing(sold: World) -> None:
    assert len(visit(sold.operator, "attribution", "operator").context["rows"]) == 2
    rival = visit(sold.rival_advertiser, "attribution")
    assert (rival.context["empty"], rival.context["rows"], b"search" in rival.content) == (True, [], False)


def test_outcomes_without_touchpoints_are_not_called_unknown(world: World) -> None:
    lead_id = world.post(world.ping()["id"], 1)["lead_id"]
    world.journal()
    unknown = words_of(visit(world.advertiser, "attribution"))
    report(world.advertiser, lead_id, "sale")
    known = words_of(visit(world.advertiser, "attribution"))
    assert ("No outcome is known yet" in unknown, "No outcome is known yet" in known) == (True, False)
    assert ("No sale with a known end has touchpoints" in unknown, "No sale with a known end has touchpoints" in known) == (
        False, True,
    )  # fmt: skip
    assert "1 sale came without touchpoints" in known


def test_the_spend_of_a_channel_is_of_known_ends_and_is_called_so(sold: World) -> None:
    page = words_of(visit(sold.advertiser, "attribution"))
    assert page.count('data-label="Spend, end known">$75.00<') == 2
    assert page.count('<th scope="col" class="num">Spend, end known</th>') == 1


def test_nothing_yet_is_said_to_each_reader_in_its_own_words(world: World) -> None:
    buyer, operator = words_of(visit(world.advertiser, "attribution")), words_of(visit(world.operator, "attribution", "operator"))
    assert ("Nothing bought in these days" in buyer, "Nothing bought in these days" in operator) == (True, False)
    assert ("Nothing sold in these days" in operator, "you buy" in operator) == (True, False)


def test_a_publisher_has_no_such_page_and_a_look_changes_nothing(sold: World) -> None:
    client, address = door(sold.publisher, "owner")
    buyer, theirs = door(sold.advertiser, "owner")
    before = written()
    assert [client.get(f"{address}{one}").status_code for one in ("attribution", "attribution.csv")] == [404, 404]
    assert buyer.get(f"{theirs}attribution").status_code == 200
    assert written() == before


def test_the_file_has_the_same_wins(sold: World) -> None:
    client, address = door(sold.advertiser, "owner")
    answer = client.get(f"{address}attribution.csv?days=7")
    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert sorted((row["channel"], row["first"], row["last"], row["spend_end_known"]) for row in rows) == [
        ("mail", "0.0000", "1.0000", "75.00"), ("search", "2.0000", "1.0000", "75.00"),
    ]  # fmt: skip
