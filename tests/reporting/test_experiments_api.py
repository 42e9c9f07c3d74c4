"""/api/v1/experiments: the operator's whole way through one, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.tenancy import act_as_exchange
from scoring.models import Experiment
from tests.cast import Member
from tests.reporting.arms import WISH, drafted
from tests.reporting.conftest import World, written

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def send(world: World, path: str, body: Any = None, member: Member | None = None) -> tuple[int, dict[str, Any]]:
    headers = (member or world.operator).headers
    answer = world.client.post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()


def test_one_is_drafted_started_read_and_stopped(world: World) -> None:
    drafted(world.operator.organization_id)
    status, made = send(world, "experiments", WISH)
    assert (status, made["state"], made["arms"], made["results"]["conclusion"]) == (
        201, "draft", WISH["arms"], "sixty is not yet told apart from the control.",
    )  # fmt: skip
    place = f"experiments/{made['id']}"
    assert send(world, f"{place}/start")[1]["state"] == "running"
    status, read = world.get(place, world.operator)
    assert (status, read["results"]["arms"][0]) == (
        200,
        {"name": "control", "units_seen": 0, "units_counted": 0, "figure": None, "low": None, "high": None,
         "cost_per_conversion": None},
    )  # fmt: skip
    assert send(world, f"{place}/stop")[1]["state"] == "stopped"
    status, again = send(world, f"{place}/stop")
    assert (status, again["code"], again["detail"]) == (409, "conflict", "Only a running experiment can be stopped.")
    _, listed = world.get("experiments", world.operator)
    assert ([one["id"] for one in listed["data"]][:1], listed["has_more"]) == ([made["id"]], False)


def test_faults_are_named_by_pointer_and_nothing_is_drafted(world: World) -> None:
    status, problem = send(world, "experiments", WISH)
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["/vertical"])
    drafted(world.operator.organization_id)
    before = state()
    wrong = {**WISH, "kind": "model", "unit": "day"}
    assert [error["pointer"] for error in send(world, "experiments", wrong)[1]["errors"]] == ["/unit"]
    versions = send(world, "experiments", {**WISH, "kind": "model"})[1]["errors"]
    assert [error["pointer"] for error in versions] == ["/arms/0/setting", "/arms/1/setting"]
    assert state() == before


def state() -> tuple[int, dict[str, int]]:
    with act_as_exchange("look"):
        return Experiment.objects.count(), written()


def test_traders_may_not_and_the_sandbox_has_its_own(world: World) -> None:
    _, made = send(world, "experiments", WISH) if drafted(world.operator.organization_id) else (0, {})
    before = state()
    # Who buys has experiments of its own; the operator's are not there for it.
    for member, codes in ((world.publisher, (403, 403)), (world.advertiser, (422, 404)), (world.stranger, (422, 404))):
        assert send(world, "experiments", WISH, member)[0] == codes[0]
        assert world.get(f"experiments/{made['id']}", member)[0] == codes[1]
    assert world.get(f"experiments/{made['id']}", world.operator, headers=world.operator.test_headers)[0] == 404
    assert state() == before
