"""Experiments from end to end: pings divided, exposures stored as served, sales joined, pages for the operator alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import decode, encode
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from campaigns.services import supply
from exchange.auction import snapshot
from exchange.auction.journal import Journal, keep_exposures
from exchange.auction.store import counters
from reporting.experiments import results_of
from scoring.champions import champions
from scoring.core.experiments import Tally, arm_of
from scoring.experiments import ExperimentFacts, start_experiment, stop_experiment
from scoring.models import Experiment, Exposure
from tests.reporting.arms import WISH, drafted
from tests.reporting.conftest import World, report, written
from tests.reporting.test_overview import door
from tests.reporting.test_pages import visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def running(world: World, **changes: Any) -> ExperimentFacts:
    made = drafted(world.operator.organization_id, **changes)
    started = start_experiment(**named(world, made))
    with act_as_exchange("the test looks"):
        champions.refresh()
    return started


def named(world: World, found: ExperimentFacts) -> dict[str, Any]:
    return {
        "experiment_id": found.experiment_id, "mode": found.mode, "at": utc_now(), "actor": "system:test",
        "organization_id": world.operator.organization_id,
    }  # fmt: skip


def carry(world: World) -> None:
    Journal([counters(mode) for mode in snapshot.MODES], keep=keep_exposures).drain()


def exposures() -> dict[Any, tuple[str, str]]:
    with act_as_exchange("look"):
        return {row.ping_id: (row.arm, row.unit) for row in Exposure.objects.all()}


def test_each_ping_gets_its_arm_and_the_arm_is_stored_as_served(world: World) -> None:
    found = running(world)
    answers = [world.ping() for _ in range(24)]
    carry(world)
    stored = exposures()
    for answer in answers:
        ping_id = decode("ping", answer["id"])
        arm = arm_of(str(ping_id), found.salt, {"control": 1, "sixty": 1})
        record = world.record(answer["id"])
        assert (stored[ping_id][0], record["arms"][0]["arm"]) == (arm, arm)
        # The best bid is 50.00: with a smallest price of 60.00 nobody may buy.
        assert (answer["status"], record["floor_price"]) == (("no_bid", 60_000_000) if arm == "sixty" else ("quoted", 0))
    assert {arm for arm, _ in stored.values()} == {"control", "sixty"}
    assert all(re.fullmatch(r"[0-9a-f]{32}", unit) for _, unit in stored.values())
    carry(world)
    assert exposures() == stored


def test_a_stopped_experiment_touches_no_ping(world: World) -> None:
    found = running(world)
    stop_experiment(**named(world, found))
    champions.refresh()
    for _ in range(8):
        assert world.ping()["status"] == "quoted"
    carry(world)
    assert exposures() == {}


def test_sharing_narrows_what_the_publisher_allows_and_never_widens_it(world: World) -> None:
    arms = [{"name": "alone", "weight": 1, "setting": "1"}, {"name": "many", "weight": 1, "setting": "10"}]
    running(world, kind="sharing", arms=arms)
    owner, source_id = world.publisher.organization_id, decode("source", world.source)
    with world.capture(execute=True):
        supply.update_source(organization_id=owner, source_id=source_id, changes={"sales_max": 3}, actor="system:test")
    snapshot.refresh()
    found = {}
    for _ in range(16):
        record = world_record(world, world.ping(sales_max=3))
        found[record["arms"][0]["arm"]] = record["sales_max"]
    assert found == {"alone": 1, "many": 3}


def world_record(world: World, answer: dict[str, Any]) -> dict[str, Any]:
    carry(world)
    return world.record(answer["id"])


def test_the_results_join_sales_to_the_arms(world: World) -> None:
    found = running(world)
    number, arms = 0, {"control": 0, "sixty": 0}
    for _ in range(12):
        answer = world.ping()
        arms[arm_of(str(decode("ping", answer["id"])), found.salt, arms | {"control": 1, "sixty": 1})] += 1
        if answer["status"] == "quoted":
            number += 1
            assert world.post(answer["id"], number)["status"] == "sold"
    carry(world)
    young = results_of(found, at=utc_now())
    assert (young.exposed, young.points, young.comparison.arms[0].units) == (arms, (), 0)
    results = results_of(found, at=utc_now() + timedelta(minutes=20))
    latest = results.points[-1].tallies
    assert results.exposed == arms
    assert latest["control"]["revenue"] == Tally(arms["control"], 50.0 * number, 2500.0 * number, number)
    assert latest["control"]["sold"] == Tally(arms["control"], number, number, number)
    assert latest["sixty"]["margin"] == Tally(arms["sixty"], 0.0, 0.0)
    assert latest["control"]["conversion"].units == 0
    assert [one.verdict for one in results.comparison.differences] == ["open"]


ALIKE = [{"name": "control", "weight": 1, "setting": "0"}, {"name": "cent", "weight": 1, "setting": "0.01"}]


def test_a_source_is_one_unit_that_is_closed_after_its_window(world: World) -> None:
    found = running(world, unit="source", arms=ALIKE)
    pings = [world.ping()["id"] for _ in range(2)]
    sold = [world.post(ping, number) for number, ping in enumerate(pings, 1)]
    carry(world)
    for one, status in ((sold[0], "contacted"), (sold[1], "sale")):
        report(world.advertiser, one["lead_id"], status)
    with act_as_exchange("the test moves the second ping beyond the window"):
        Exposure.objects.filter(ping_id=decode("ping", pings[1])).update(served_at=utc_now() + timedelta(days=15))
    early = results_of(found, at=utc_now() + timedelta(days=13))
    assert (sum(early.exposed.values()), early.points) == (1, ())
    ((tallies, *_),) = (point.tallies.values() for point in results_of(found, at=utc_now() + timedelta(days=16)).points)
    assert (tallies["revenue"], tallies["conversion"]) == (Tally(1, 50.0, 2_500.0, 1), Tally(1, 0.0, 0.0))


def test_a_receipt_undoes_no_conversion_and_waiting_days_are_those_of_outcomes(world: World, settings: Any) -> None:
    found = running(world, arms=ALIKE)
    sold = world.post(world.ping()["id"], 1)
    carry(world)
    for status, later in (("sale", 0), ("received", 1)):
        report(world.advertiser, sold["lead_id"], status, timedelta(minutes=later))

    def conversions(after: timedelta) -> list[Tally]:
        points = results_of(found, at=utc_now() + after).points
        return [one["conversion"] for one in points[-1].tallies.values()] if points else []

    assert conversions(timedelta(days=13)) == [Tally(0, 0.0)]
    assert conversions(timedelta(days=14, minutes=1)) == [Tally(1, 1.0, 1.0, 1)]
    settings.OUTCOME_DAY_MS = 100
    assert [conversions(timedelta(minutes=minutes)) for minutes in (14, 16)] == [[], [Tally(1, 1.0, 1.0, 1)]]


def test_units_are_drawn_by_person_or_source(world: World) -> None:
    found = running(world, unit="source")
    for _ in range(4):
        world.ping()
    carry(world)
    assert len({unit for _, unit in exposures().values()}) == 1
    assert {arm for arm, _ in exposures().values()} == {
        arm_of(str(decode("source", world.source)), found.salt, {"control": 1, "sixty": 1})
    }


FORM = {
    "name": "Floors", "hypothesis": "More per lead.", "vertical": "home.roofing", "kind": "floor", "unit": "ping",
    "metric": "revenue", "window_days": "14", "arms_0_name": "control", "arms_0_weight": "1", "arms_0_setting": "0",
    "arms_1_name": "five", "arms_1_weight": "3", "arms_1_setting": "5.00", "guardrails_0_metric": "sold",
    "guardrails_0_harm_max": "0.02",
}  # fmt: skip


def test_the_operator_drafts_starts_and_stops_one_on_the_pages(world: World) -> None:
    client, address = door(world.operator, "operator")
    drafted(world.operator.organization_id)
    made = client.post(f"{address}experiments/new", FORM)
    assert made.status_code == 303
    place = made["Location"]
    experiment_id = place.split("/")[-1]
    assert [client.post(f"{place}/{verb}").status_code for verb in ("start", "stop")] == [303, 303]
    assert client.post(f"{place}/start").status_code == 409
    page = client.get(place)
    assert (page.context["found"].state, [arm["setting"] for arm in page.context["arms"]]) == ("stopped", ["0", "5.00"])
    with act_as_exchange("look"):
        told = list(AuditEntry.objects.filter(subject=experiment_id).order_by("id").values_list("verb", flat=True))
    assert told == ["experiment.created", "experiment.started", "experiment.stopped"]


def test_faults_stand_beside_their_fields_and_nothing_is_drafted(world: World) -> None:
    client, address = door(world.operator, "operator")
    drafted(world.operator.organization_id)
    before = count()
    wrong = {**FORM, "arms_1_setting": "cheap", "name": "x"}
    page = client.post(f"{address}experiments/new", wrong)
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"arms_1_setting"})
    twice = client.post(f"{address}experiments/new", {**FORM, "arms_1_name": "control"})
    assert (twice.status_code, twice.context["form"].non_field_errors()) == (422, ["Each arm needs a name of its own."])
    assert count() == before


def test_only_wholly_empty_rows_are_no_rows_and_faults_stand_in_their_own(world: World) -> None:
    client, address = door(world.operator, "operator")
    drafted(world.operator.organization_id)
    before = count()
    # The third row is empty; the fourth lacks its name, and the second guardrail its figure.
    wrong = {**FORM, "arms_3_weight": "1", "arms_3_setting": "9.00", "guardrails_1_metric": "margin"}
    page = client.post(f"{address}experiments/new", wrong)
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"arms_3_name", "guardrails_1_harm_max"})
    nameless = {**FORM, "guardrails_0_metric": "", "guardrails_1_metric": "margin", "guardrails_1_harm_max": "0"}
    page = client.post(f"{address}experiments/new", nameless)
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"guardrails_0_metric"})
    assert count() == before


def count() -> tuple[int, dict[str, int]]:
    with act_as_exchange("look"):
        experiments = Experiment.objects.count()
    return experiments, written()


def test_nobody_else_sees_or_changes_an_experiment(world: World) -> None:
    found = drafted(world.operator.organization_id)
    place = f"experiments/{encode('experiment', found.experiment_id)}"
    doors = [door(member, "owner") for member in (world.publisher, world.advertiser, world.stranger)]
    before = count()
    for client, address in doors:
        codes = [client.get(f"{address}{page}").status_code for page in ("experiments", "experiments/new", place)]
        codes += [client.post(f"{address}{page}", FORM).status_code for page in ("experiments/new", f"{place}/start")]
        # Who buys has a list of its own, which is empty, and drafts nothing of the operator's.
        assert codes == ([404] * 5 if address == doors[0][1] else [200, 200, 404, 200, 404])
    assert count() == before
    # The sandbox twin has experiments of its own market only.
    client, address = door(world.operator, "operator")
    assert client.get(f"{address.rstrip('/')}-test/{place}").status_code == 404


def test_two_of_a_kind_never_run_in_one_vertical(world: World) -> None:
    running(world)
    second = drafted(world.operator.organization_id)
    with pytest.raises(Problem) as refused:
        start_experiment(**named(world, second))
    assert (refused.value.code, refused.value.detail) == (
        "conflict", "Another experiment of this kind runs in this vertical; stop it first.",
    )  # fmt: skip
    running(world, kind="sharing", arms=[{**arm, "setting": str(n + 1)} for n, arm in enumerate(WISH["arms"])])


def test_a_ping_costs_no_query_more_while_one_runs(world: World) -> None:
    world.ping()
    with CaptureQueriesContext(connection) as before:
        world.ping()
    running(world)
    with CaptureQueriesContext(connection) as after:
        world.ping()
    assert len(after) == len(before)


def test_the_list_shows_its_state(world: World) -> None:
    running(world)
    page = visit(world.operator, "experiments", "operator")
    assert [(row["look"][1], row["one"].wish.name) for row in page.context["rows"]] == [("Running", "Smallest price of roofing")]
