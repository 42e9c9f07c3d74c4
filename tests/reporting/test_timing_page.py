"""The page Timing and the advice on a lead: a buyer's own contacts, everybody's for the operator, nothing for a publisher."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.clock import rfc3339
from accounts.core.ids import decode
from accounts.tenancy import act_as_exchange
from exchange.aftercare.services import record_disposition
from exchange.auction.models import Sale
from reporting.learning import forget_coverage
from scoring.core.labels import Coverage
from tests.cast import Member
from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door, numbers
from tests.reporting.test_pages import visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SALE = ("contacted", 2), ("sale", 50)
#: What is told of five leads, in minutes after each sale.
STORIES = (
    SALE, (("attempted", 1), ("contacted", 20)), (), (("contacted", 4), ("lost", 30)), (("attempted", 3), ("unreachable", 45)),
)  # fmt: skip


@pytest.fixture
def told(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Sell five leads long enough ago and tell of four of them; curves are drawn from two leads on."""
    monkeypatch.setattr("reporting.web.timing.LEADS_MIN", 2)
    forget_coverage()
    world.leads = []  # type: ignore[attr-defined]
    for number, story in enumerate(STORIES, 1):
        _, sold = world.sell(number)
        world.leads.append(sold["lead_id"])  # type: ignore[attr-defined]
        for status, minutes in story:
            report(world.advertiser, sold["lead_id"], status, minutes)
    return world


def report(member: Member, lead_id: str, status: str, minutes: float) -> None:
    """Report what happened so many minutes after the sale; what is told comes two hours after it."""
    at = sold_at(lead_id)
    data = {"lead_id": lead_id, "status": status, "occurred_at": (at + timedelta(minutes=minutes)).isoformat()}
    told_at = at + timedelta(hours=2)
    record_disposition(organization_id=member.organization_id, currency="USD", actor="system:test", at=told_at, data=data)


def sold_at(lead_id: str) -> datetime:
    with act_as_exchange("look"):
        return Sale.objects.get(lead_id=decode("lead", lead_id)).created_at


def shares(page: Any, chart: str) -> dict[str, str]:
    return {row[0]: row[1] for row in page.context[chart]["rows"]}


def the(page: Any, rows: str, name: str) -> dict[str, Any]:
    return next(row for row in page.context[rows] if row["words"] == name)


def left(page: Any) -> dict[str, int]:
    return {words: count for count, words in page.context["left"]}


def test_a_buyer_sees_both_curves_of_what_it_told(told: World) -> None:
    page = visit(told.advertiser, "timing")
    assert (page.context["sold"], page.context["counted"], left(page)) == (5, 4, {"nothing was told of them": 1})
    assert numbers(page) == {
        "Contacted in 5 min": "50 %", "Contacted in 1 h": "75 %", "Half are contacted in": "4 min", "Won in 1 h": "25 %",
    }  # fmt: skip
    assert shares(page, "contact_chart") == {
        "15 s": "0 %", "1 min": "0 %", "5 min": "50 %", "15 min": "50 %", "30 min": "75 %", "1 h": "75 %",
    }  # fmt: skip
    assert shares(page, "win_chart") == {
        "15 s": "0 %",
        "1 min": "0 %",
        "5 min": "0 %",
        "15 min": "0 %",
        "30 min": "0 %",
        "1 h": "25 %",
    }
    # Greenwood: 1/(4*3) + 1/(3*2) + 1/(2*1) = .75, so the power of .25 is exp(1.96 * .866 / ln .25) = .294 or 1/.294.
    assert page.context["contact_chart"]["rows"][-1] == ("1 h", "75 %", "33 to 99 %", "4")
    assert page.context["win_chart"]["summary"] == "25 % of the leads are won within 1 h."


def test_bands_and_calls_have_their_counts(told: World) -> None:
    page = visit(told.advertiser, "timing")
    soon = the(page, "bands", "Within 5 min")
    assert (soon["leads"], soon["share"], soon["known"], soon["won"], soon["rate"], soon["between"]) == (
        2, "50.0 %", 2, 1, "50.0 %", "9 to 91 %",
    )  # fmt: skip
    # The outcome of the second lead is open, the fourth was given up without a contact.
    assert [(one["leads"], one["known"]) for one in page.context["bands"]] == [
        (2, 2),
        (1, 0),
        (0, 0),
        (0, 0),
        (0, 0),
        (0, 0),
        (1, 1),
    ]
    steps = [(one["words"], one["calls"], one["reached"], one["documented"]) for one in page.context["steps"]]
    assert steps == [
        ("Within 1 min", 1, 0, "71 %"), ("1 min to 5 min", 3, 2, "59 %"), ("5 min to 30 min", 0, 0, "37 %"),
        ("30 min to 1 h", 0, 0, "34 %"), ("1 h to 1 day", 0, 0, "18 %"),
    ]  # fmt: skip
    assert (page.context["calls"], page.context["calls_speak"], page.context["week"]) == (4, False, [])


def test_with_enough_calls_the_hours_stand_on_the_leads_clock(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.core.timing.OWN_CALLS", 5)
    monkeypatch.setattr("scoring.core.timing.OWN_EACH", 2)
    page = visit(told.advertiser, "timing")
    cells = [cell for _, week in page.context["week"] for cell in week if cell]
    assert (sum(cell["calls"] for cell in cells), page.context["overall"]) == (5, "60.0 %")
    with act_as_exchange("look"):
        first = Sale.objects.order_by("id")[0].created_at
    # The calls follow the sales within the hour, so they fall into its hour or into the next one.
    local = first.astimezone(ZoneInfo("America/Chicago"))
    near = [local, local + timedelta(hours=1)]
    shown = {(words[:5], day) for words, week in page.context["week"] for day, cell in enumerate(week) if cell and cell["calls"]}
    assert shown <= {(f"{one.hour:02d}:00", one.weekday()) for one in near}


def test_silence_counts_where_nearly_all_is_told_and_nothing_does_where_little_is(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered: dict[Any, Coverage] = {}
    monkeypatch.setattr("reporting.timing.coverage_of_all", lambda *_, **__: covered)
    covered[told.advertiser.organization_id] = Coverage(100, 95, 100, 95, 1.0)
    page = visit(told.advertiser, "timing")
    assert (page.context["counted"], left(page), numbers(page)["Contacted in 1 h"]) == (5, {}, "60 %")
    covered[told.advertiser.organization_id] = Coverage(100, 40, 100, 40, 1.0)
    page = visit(told.advertiser, "timing")
    assert (page.context["counted"], left(page)) == (0, {"their buyer tells of too few leads": 5})
    assert "what is told alone would say that all go well" in page.content.decode()
    assert page.context["calls"] == 0


def test_only_what_is_asked_for_is_counted(told: World) -> None:
    campaign = told.campaigns["Austin"]
    assert visit(told.advertiser, f"timing?campaign={campaign}").context["counted"] == 4
    page = visit(told.advertiser, f"timing?campaign={told.campaigns['Everywhere']}&days=9&vertical=education")
    # What is not offered is the default: a rival's campaign, days that nobody may choose, a vertical without sales.
    assert (page.context["counted"], page.context["days"]) == (4, 28)
    assert [one for one in page.context["campaigns"] if one[2]] == []
    assert [(slug, chosen) for slug, _, chosen in page.context["verticals"]] == [("home.roofing", True)]


def test_the_operator_sees_everybodys_a_rival_nothing_and_a_publisher_no_page(told: World) -> None:
    operator = visit(told.operator, "timing", "operator")
    assert (operator.context["sold"], operator.context["counted"], operator.context["campaigns"]) == (5, 4, [])
    for nobody in (told.rival_advertiser, told.stranger):
        page = visit(nobody, "timing")
        assert (page.context["empty"], "counted" in page.context) == (True, False)
    doors = [door(publisher, "owner") for publisher in (told.publisher, told.rival_publisher)]
    before = written()
    assert [client.get(f"{address}timing").status_code for client, address in doors] == [404, 404]
    assert written() == before


def test_a_publishers_lead_says_nothing_of_calls(told: World) -> None:
    lead_id = told.leads[0]  # type: ignore[attr-defined]
    page = visit(told.publisher, f"leads/{lead_id}")
    assert (page.status_code, "timing" in page.context, b"When to call" in page.content) == (200, False, False)
    status, body = told.get(f"leads/{lead_id}", told.publisher)
    assert (status, "timing" in body) == (200, False)
    assert told.get(f"leads/{lead_id}", told.stranger)[0] == 404


def test_a_look_asks_little_and_reads_only_the_days_asked_for(told: World) -> None:
    client, address = door(told.advertiser, "viewer")
    with CaptureQueriesContext(connection) as seen:
        client.get(f"{address}timing")
    reads = [one["sql"] for one in seen.captured_queries if "aftercare_disposition" in one["sql"]]
    assert (len(reads), all("own.id >= " in one for one in reads[:1])) == (2, True)


def test_an_open_lead_says_when_to_call(told: World) -> None:
    lead_id = told.leads[2]  # type: ignore[attr-defined]
    page = visit(told.advertiser, f"leads/{lead_id}")
    timing = page.context["timing"]
    assert (timing["state"], timing["urgency"]["within"], timing["urgency"]["hurry"]) == ("open", "5 min", "")
    assert timing["urgency"]["why"] == (
        "59 % of first calls so soon reach somebody, 37 % of those after half an hour "
        "(documented figures, not yours: 4 of 200 first calls of your own are known)."
    )
    assert (timing["window"]["zone"], timing["window"]["best"]) == ("Central", False)
    status, body = told.get(f"leads/{lead_id}", told.advertiser)
    told_timing = body["timing"]
    assert (status, told_timing["state"], told_timing["call_within_minutes"], told_timing["chance"]) == (200, "open", 5.0, 0.59)
    assert (told_timing["basis"], told_timing["time_zone"]) == ("documented", "America/Chicago")
    assert told_timing["call_by"] == rfc3339(sold_at(lead_id) + timedelta(minutes=5))
    starts_at = datetime.fromisoformat(told_timing["next_window"]["starts_at"]).astimezone(ZoneInfo("America/Chicago"))
    assert (9 <= starts_at.hour < 21, starts_at.minute, told_timing["next_window"]["chance"]) == (True, 0, None)


def test_a_lead_that_was_reached_says_when_and_no_more(told: World) -> None:
    lead_id = told.leads[1]  # type: ignore[attr-defined]
    timing = visit(told.advertiser, f"leads/{lead_id}").context["timing"]
    assert (timing["state"], timing["contacted"], timing["urgency"], timing["window"]) == ("contacted", "20 min", None, None)
    _, body = told.get(f"leads/{lead_id}", told.advertiser)
    assert body["timing"]["contacted_at"] == rfc3339(sold_at(lead_id) + timedelta(minutes=20))
    assert (body["timing"]["call_by"], body["timing"]["next_window"]) == (None, None)
    ended = visit(told.advertiser, f"leads/{told.leads[4]}").context["timing"]  # type: ignore[attr-defined]
    assert (ended["state"], ended["contacted"], ended["urgency"]) == ("ended", None, None)


def test_urgent_words_of_the_person_make_it_sooner(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, sold = world.sell()
    for values, within in (((2.0, 0.0), "1 min"), ((0.0, 1.0), "30 min"), ((None, None), "5 min")):
        monkeypatch.setattr("reporting.lead_timing.served_values", lambda *_, values=values: values)
        timing = visit(world.advertiser, f"leads/{sold['lead_id']}").context["timing"]
        assert timing["urgency"]["within"] == within


def test_nothing_bought_yet_is_said(world: World) -> None:
    buyer, operator = (
        visit(*who).content.decode() for who in ((world.advertiser, "timing"), (world.operator, "timing", "operator"))
    )
    assert ("Nothing bought in these days" in buyer, "Nothing sold in these days" in operator) == (True, True)
    world.sell()
    page = visit(world.advertiser, "timing")
    assert (page.context["drawn"], "0 leads count so far, and a curve needs 30" in page.content.decode()) == (False, True)
