"""Champion against challenger: two real versions serve one vertical, each ping by the arm its hash draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from accounts.core.ids import uuid7
from accounts.models import Organization
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from scoring import services
from scoring.champions import champions
from scoring.core.arms import NOTHING
from scoring.core.experiments import arm_of
from scoring.experiments import ExperimentFacts, create_experiment, start_experiment, stop_experiment
from scoring.models import Experiment
from tests.scoring.conftest import spec_named

pytestmark = [pytest.mark.services]
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SOURCE = UUID(int=7)
FACTS = {"vertical": "home.test", "lead": {"zip": "78701", "state": "TX", "timeframe": "now"}, "behaviour": {"pages_viewed": 4}}
WISH = {
    "name": "n", "hypothesis": "h", "vertical": "home.test", "kind": "model", "unit": "ping", "metric": "conversion",
    "arms": [
        {"name": "champion", "weight": 1, "setting": "home.test/2"},
        {"name": "challenger", "weight": 1, "setting": "home.test/1"},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Ping:
    id: UUID
    source_id: UUID = SOURCE
    contact_keys: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def operator(committed) -> Organization:
    made = create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")
    for seed in (1, 2):
        services.train_missing_priors(
            [spec_named("home.test")], at=AT, organization_id=made.id, actor="system:test", rows=2_500, seed=seed
        )
    return made


def who(operator: Organization) -> dict[str, object]:
    return {"mode": "live", "at": AT, "organization_id": operator.id, "actor": "system:test"}


def running(operator: Organization) -> ExperimentFacts:
    made = create_experiment(data=WISH, **who(operator))
    started = start_experiment(experiment_id=made.experiment_id, **who(operator))
    champions.refresh()
    return started


def served(ping: Ping, mode: str = "live") -> tuple[str, str]:
    drawn = services.draw_arms(mode, "home.test", ping)
    return drawn.version, services.score("home.test", FACTS, AT, drawn.champion).model_version


def test_each_ping_is_served_by_the_version_of_its_arm(operator):
    found, versions = running(operator), {"champion": "home.test/2", "challenger": "home.test/1"}
    pings = [Ping(UUID(int=number)) for number in range(200)]
    for ping in pings:
        wanted = versions[arm_of(str(ping.id), found.salt, {"champion": 1, "challenger": 1})]
        assert served(ping) == (wanted, wanted)
    by_version = {version: sum(served(ping)[1] == version for ping in pings) for version in versions.values()}
    assert min(by_version.values()) >= 65
    scores = {services.score("home.test", FACTS, AT, champions.loaded[version]).probability for version in versions.values()}
    assert len(scores) == 2


def test_another_market_and_another_time_are_served_by_the_champion(operator):
    found = running(operator)
    assert served(Ping(UUID(int=1)), "test") == ("", "home.test/2")
    stop_experiment(experiment_id=found.experiment_id, **who(operator))
    champions.refresh()
    assert {served(Ping(UUID(int=number))) for number in range(20)} == {("", "home.test/2")}
    assert "home.test/1" not in champions.loaded


def test_what_was_drawn_scores_though_the_experiment_ends_meanwhile(operator):
    found = running(operator)
    ping = next(one for one in (Ping(UUID(int=number)) for number in range(99)) if served(one)[0] == "home.test/1")
    drawn = services.draw_arms("live", "home.test", ping)
    stop_experiment(experiment_id=found.experiment_id, **who(operator))
    champions.refresh()
    assert "home.test/1" not in champions.loaded
    assert services.score("home.test", FACTS, AT, drawn.champion).model_version == "home.test/1"


def test_a_version_that_cannot_be_served_exposes_nobody(operator):
    running(operator)
    with act_as_exchange("the test makes a version vanish from the arms"):
        row = Experiment.objects.get()
        row.arms[1]["setting"] = "home.test/9"
        row.save()
    champions.refresh()
    ping = Ping(UUID(int=3))
    assert services.draw_arms("live", "home.test", ping) == NOTHING
    assert served(ping) == ("", "home.test/2")
