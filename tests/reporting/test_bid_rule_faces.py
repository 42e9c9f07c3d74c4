"""An advertiser's experiments on its pages and by its key: its own whole way, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.core.ids import encode
from accounts.models import AuditEntry
from accounts.services import issue_key
from accounts.tenancy import act_as_exchange
from scoring.models import Experiment
from tests.cast import Member
from tests.reporting.arms import WISH
from tests.reporting.arms import drafted as drafted_by_operator
from tests.reporting.bid_rules import ARMS, drafted, start, wish
from tests.reporting.conftest import World, written
from tests.reporting.test_experiments_api import send
from tests.reporting.test_overview import door

pytestmark = [pytest.mark.services, pytest.mark.django_db]
FORM = {
    "name": "Dearer", "hypothesis": "Sixty wins more.", "unit": "ping", "metric": "conversion", "window_days": "14",
    "arms_0_name": "control", "arms_0_weight": "1", "arms_0_setting": "1", "arms_1_name": "sixty", "arms_1_weight": "3",
    "arms_1_setting": "2", "guardrails_0_metric": "spend", "guardrails_0_harm_max": "2.5",
}  # fmt: skip


def state() -> tuple[list[Any], dict[str, int]]:
    with act_as_exchange("look"):
        return list(Experiment.objects.order_by("id").values_list("id", "state")), written()


def test_one_is_drafted_started_read_and_stopped_by_key(world: World) -> None:
    drafted(world)
    asked = wish(world.campaigns["Austin"])
    status, made = send(world, "experiments", asked, world.advertiser)
    assert (status, made["state"], made["kind"], made["vertical"]) == (201, "draft", "bid_rule", "home.roofing")
    assert (made["campaign_id"], made["arms"]) == (world.campaigns["Austin"], ARMS)
    place = f"experiments/{made['id']}"
    assert send(world, f"{place}/start", member=world.advertiser)[1]["state"] == "running"
    status, read = world.get(place, world.advertiser)
    assert (status, read["results"]["guardrails"][0]["metric"]) == (200, "spend")
    assert read["results"]["arms"][0] == {
        "name": "control", "units_seen": 0, "units_counted": 0, "figure": None, "low": 0.0, "high": 1.0,
        "cost_per_conversion": None,
    }  # fmt: skip
    assert send(world, f"{place}/stop", member=world.advertiser)[1]["state"] == "stopped"
    assert [one["state"] for one in world.get("experiments", world.advertiser)[1]["data"]] == ["stopped", "draft"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"campaign_id": "cmp_x"}, "/campaign_id"),
        ({"campaign_id": None}, "/campaign_id"),
        ({"vertical": "home.roofing"}, "/vertical"),
        ({"kind": "floor"}, "/kind"),
        ({"metric": "margin"}, "/metric"),
        ({"guardrails": [{"metric": "payout", "harm_max": 1}]}, "/guardrails/0/metric"),
        ({"salt": "mine"}, "/salt"),
    ],
)
def test_faults_are_named_by_pointer_and_nothing_is_drafted(world: World, changes: dict[str, Any], pointer: str) -> None:
    drafted(world)
    before = state()
    status, problem = send(world, "experiments", {**wish(world.campaigns["Austin"]), **changes}, world.advertiser)
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, [pointer])
    assert state() == before


def test_a_foreign_campaign_reads_as_one_that_does_not_exist(world: World) -> None:
    drafted(world)
    before = state()
    for campaign_id in (world.campaigns["Everywhere"], encode("campaign", world.advertiser.organization_id)):
        status, problem = send(world, "experiments", wish(campaign_id), world.advertiser)
        assert (status, problem["errors"][0]["code"], problem["errors"][0]["pointer"]) == (422, "unknown", "/campaign_id")
    assert state() == before


def test_the_operator_makes_none_and_finds_none(world: World) -> None:
    drafted_by_operator(world.operator.organization_id)
    found = start(world, drafted(world))
    client, address = door(world.operator, "operator")
    place, before = f"experiments/{encode('experiment', found.experiment_id)}", state()
    status, problem = send(world, "experiments", {**WISH, "kind": "bid_rule"})
    assert (status, problem["errors"][0]["pointer"], problem["errors"][0]["detail"]) == (
        422, "/kind",
        "Bid rules belong to advertisers: the campaign's own advertiser makes this experiment, on its pages or with its key.",
    )  # fmt: skip
    assert [world.get(place, world.operator)[0], send(world, f"{place}/stop")[0]] == [404, 404]
    assert [one["kind"] for one in world.get("experiments", world.operator)[1]["data"]] == ["floor"]
    assert [client.get(address + place).status_code, client.post(f"{address}{place}/stop").status_code] == [404, 404]
    assert [row["kind"] for row in client.get(f"{address}experiments").context["rows"]] == ["Smallest price"]
    assert state() == before


def test_nobody_else_finds_one(world: World) -> None:
    found = start(world, drafted(world))
    place, codes = f"experiments/{encode('experiment', found.experiment_id)}", {world.publisher.key: 403}
    doors = [(member, *door(member, "owner")) for member in (world.rival_advertiser, world.stranger, world.publisher)]
    before = state()
    for member, client, address in doors:
        answers = [world.get(place, member)[0], *(send(world, f"{place}/{verb}", member=member)[0] for verb in ("start", "stop"))]
        assert answers == [codes.get(member.key, 404)] * 3
        pages = [client.get(address + place), *(client.post(f"{address}{place}/{verb}") for verb in ("start", "stop"))]
        assert [page.status_code for page in pages] == [404] * 3
    assert world.get(place, world.advertiser, headers=world.advertiser.test_headers)[0] == 404
    assert state() == before


def test_a_key_and_a_member_need_the_scopes_of_campaigns(world: World) -> None:
    drafted(world)
    client, address = door(world.advertiser, "viewer")
    key = issue_key(organization_id=world.advertiser.organization_id, name="reads", scopes=["campaigns:read"], actor="t").key
    headers, before = {"authorization": f"Bearer {key}"}, state()
    assert world.get("experiments", world.advertiser, headers=headers)[0] == 200
    answer = world.client.post(
        "/api/v1/experiments", wish(world.campaigns["Austin"]), content_type="application/json", headers=headers
    )
    assert answer.status_code == 403
    new = f"{address}experiments/new?campaign={world.campaigns['Austin']}"
    assert [client.get(f"{address}experiments").status_code, client.get(new).status_code] == [200, 403]
    assert client.post(new, FORM).status_code == 403
    assert state() == before


def test_a_viewer_reads_and_is_offered_no_button(world: World) -> None:
    place = f"experiments/{encode('experiment', drafted(world).experiment_id)}"
    client, address = door(world.advertiser, "viewer")
    pages = [client.get(address + path).content.decode() for path in ("experiments", place)]
    assert ["Dearer leads" in page for page in pages] == [True, True]
    assert [("New experiment" in page, "/start" in page) for page in pages] == [(False, False)] * 2


def test_an_operators_key_needs_to_operate(world: World) -> None:
    drafted_by_operator(world.operator.organization_id)
    scopes = ["campaigns:read", "campaigns:write"]
    key = issue_key(organization_id=world.operator.organization_id, name="looks", scopes=scopes, actor="t").key
    headers, before = {"authorization": f"Bearer {key}"}, state()
    assert world.get("experiments", world.operator, headers=headers)[0] == 403
    assert world.client.post("/api/v1/experiments", WISH, content_type="application/json", headers=headers).status_code == 403
    assert state() == before


def open_new(world: World, member: Member, role: str = "manager") -> tuple[Any, str, str]:
    client, address = door(member, role)
    return client, address, f"{address}experiments/new?campaign={world.campaigns['Austin']}"


def test_a_manager_drafts_starts_and_stops_one_on_the_pages(world: World) -> None:
    drafted(world)
    client, address, new = open_new(world, world.advertiser)
    chosen = client.get(f"{address}experiments/new")
    assert [(one["row"].name, one["revisions"]) for one in chosen.context["rows"]] == [("Austin", 3)]
    form = client.get(new)
    assert [(number, in_force) for number, in_force, _ in form.context["told"]] == [(3, True), (2, False), (1, False)]
    assert form.context["told"][1][2] == {"Base price": "$60.00"}
    made = client.post(new, FORM)
    assert made.status_code == 303
    place = made["Location"]
    assert [client.post(f"{place}/{verb}").status_code for verb in ("start", "stop")] == [303, 303]
    page = client.get(place)
    assert (page.context["found"].state, [arm["setting"] for arm in page.context["arms"]]) == ("stopped", ["1", "2"])
    assert (page.context["campaign_name"], page.context["guardrails"][0]["harm_max"]) == ("Austin", "rise by $2.50")
    listed = client.get(f"{address}experiments")
    assert [(row["one"].wish.name, row["where"]) for row in listed.context["rows"]] == [
        ("Dearer", "Austin"), ("Dearer leads", "Austin"),
    ]  # fmt: skip
    with act_as_exchange("look"):
        trail = AuditEntry.objects.filter(organization_id=world.advertiser.organization_id, subject=place.split("/")[-1])
        assert list(trail.order_by("id").values_list("verb", flat=True)) == [
            "experiment.created", "experiment.started", "experiment.stopped",
        ]  # fmt: skip


def test_faults_stand_beside_their_fields_and_a_foreign_campaign_is_not_there(world: World) -> None:
    drafted(world)
    client, address, new = open_new(world, world.advertiser)
    before = state()
    page = client.post(new, {**FORM, "arms_1_setting": "3"})
    assert (page.status_code, page.context["form"].errors) == (
        422, {"arms_1_setting": ["Its bid rule is that of an arm before: choose a revision that bids otherwise."]},
    )  # fmt: skip
    foreign = f"{address}experiments/new?campaign={world.campaigns['Everywhere']}"
    assert [client.get(foreign).status_code, client.post(foreign, FORM).status_code] == [404, 404]
    assert state() == before


def test_a_paused_campaign_is_told_on_its_experiment(world: World) -> None:
    found = start(world, drafted(world))
    client, address = door(world.advertiser, "manager")
    place = f"{address}experiments/{encode('experiment', found.experiment_id)}"
    assert client.get(place).context["idle"] is False
    client.post(f"{address}campaigns/{world.campaigns['Austin']}/pause")
    assert "The campaign is paused: no arm is served." in client.get(place).content.decode()
    client.post(f"{address}campaigns/{world.campaigns['Austin']}/archive")
    removed = client.get(place)
    assert "The campaign was removed: no arm is served any more." in removed.content.decode()
    assert (removed.status_code, removed.context["campaign_name"]) == (200, "Austin")
