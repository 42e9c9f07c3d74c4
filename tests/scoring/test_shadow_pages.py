"""Shadow scores on a version's page: both on the same leads, outcomes of pooled advertisers that are due, and nothing before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from accounts.core.clock import utc_now
from accounts.tenancy import act_as_exchange
from scoring import services
from scoring.models import ModelVersion, ShadowScore, TrainingExample
from scoring.shadows import shadows_of
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.scoring.conftest import spec_named
from tests.scoring.sold import DAY, advertiser, sell

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SPEC = spec_named("home.test")


@pytest.fixture
def base(cast: Cast) -> str:
    """Give the operator's address, with two versions and 100 leads that the first one served."""
    at, terms = utc_now() - 400 * DAY, {"organization_id": cast.operator.member.organization_id, "actor": "system:test"}
    services.train_missing_priors([SPEC], at=at, **terms, rows=2_500)
    with act_as_exchange("a test copies a version"):
        version = ModelVersion.objects.get()
        version.pk, version.id, version.number, version.name = None, UUID(int=9), 2, "home.test/2"
        version.origin, version.recipe = "outcomes", ""
        version.save(force_insert=True)
    services.promote(version="home.test/2", alias="challenger", at=at, **terms)
    now = utc_now()
    sell(SPEC, advertiser("pooled", pools=True), UUID(int=1), {"won": 10, "lost": 30}, sold_at=now - 90 * DAY)
    sell(SPEC, advertiser("young", pools=True), UUID(int=1), {"won": 40}, sold_at=now - 9 * DAY, seed=2)
    sell(SPEC, advertiser("private", pools=False), UUID(int=2), {"won": 20}, sold_at=now - 90 * DAY, seed=3)
    return f"/o/{cast.operator.slug}/models/home.test/"


def answer(count: int) -> list[tuple[float, float]]:
    """Let the challenger answer the oldest leads, each at half the chance; gives both."""
    with act_as_exchange("a test answers"):
        version = ModelVersion.objects.get(name="home.test/2")
        rows = list(TrainingExample.objects.order_by("served_at", "ping_id")[:count])
        for row in rows:
            ShadowScore.objects.create(
                ping_id=row.ping_id, version=version, probability=row.base_probability / 2, served_at=row.served_at
            )
    return [(row.base_probability, row.base_probability / 2) for row in rows]


def test_both_stand_beside_each_other(cast: Cast, base: str) -> None:
    served, said = np.array(answer(100)).T
    with act_as_exchange("a test reads"):
        found = shadows_of("home.test/2", "home.test", at=utc_now())
        nothing = shadows_of("home.test/1", "home.test", at=utc_now())
    assert (found is not None, nothing) == (True, None)
    assert (found.leads, found.served, found.shadow) == (100, pytest.approx(served.mean()), pytest.approx(said.mean()))
    # Half of every chance moves no rank. Of 100 leads the 40 of the pooled advertiser are due and may be learned from.
    assert (found.moved, found.paired.rows, found.paired.positives) == (0.0, 40, 10)
    page = cast.boss.client.get(base + "2")
    shown: dict[str, Any] = page.context["shadows"]
    assert [name for name, _, _ in shown["figures"]] == [
        "Mean chance", "Moved by more than 10 percentiles", "Log loss", "z of the gain",
    ]  # fmt: skip
    assert shown["figures"][3][2] == "40 known outcomes, 10 positive"
    assert len(shown["chart"]["rows"]) == 10
    assert "Beside the champion" in page.content.decode()


def test_a_challenger_that_has_answered_nothing_says_so(cast: Cast, base: str) -> None:
    text = cast.boss.client.get(base + "2").content.decode()
    assert "This challenger has answered no lead yet" in text
    assert "Beside the champion" not in cast.boss.client.get(base + "1").content.decode()


def test_only_what_the_version_itself_did_not_serve_is_compared(base: str) -> None:
    answer(100)
    with act_as_exchange("a test lets it serve"):
        served = list(TrainingExample.objects.order_by("served_at")[:60].values_list("ping_id", flat=True))
        TrainingExample.objects.filter(ping_id__in=served).update(model_version="home.test/2")
        found = shadows_of("home.test/2", "home.test", at=utc_now() + timedelta(seconds=1))
    assert found is not None
    assert found.leads == 40
