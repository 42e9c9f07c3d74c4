"""A campaign's scores: the step of the ladder, what is missing, coverage, the badge, what a score means; and not of others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.clock import utc_now
from accounts.core.ids import decode, uuid7
from accounts.services import set_pooling
from accounts.tenancy import act_as_exchange
from reporting import learning
from scoring.models import Alias, CampaignLayer, Model, ModelVersion
from scoring.outcomes import OutcomeReport, record_outcomes
from tests.reporting.conftest import World, usd, written
from tests.reporting.test_overview import door

pytestmark = [pytest.mark.services, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look count anew."""
    learning.forget_coverage()
    monkeypatch.setattr(learning, "COVERAGE_SECONDS", 0.0)


@pytest.fixture
def trained(world: World) -> World:
    """Let a synthetic prior be the champion of the vertical."""
    at = utc_now()
    with act_as_exchange("a test registers"):
        model = Model.objects.create(vertical="home.roofing", outcome="sale", horizon_days=30)
        version = ModelVersion.objects.create(
            model=model, number=1, name="home.roofing/1", origin="synthetic", badge="synthetic prior, 0 real outcomes",
            recipe="r", metrics={}, features_version=1, rows=16_000, positives=1_500, data_from_at=at, data_until_at=at,
            calibration={}, rounds=1, artifact=b"", artifact_sha256="", created_at=at,
        )  # fmt: skip
        Alias.objects.create(model=model, name="champion", version=version, moved_at=at)
    return world


def tell(
    world: World,
    stages: dict[str, int],
    *,
    days: int = 61,
    campaign: str = "Austin",
    after: timedelta = DAY,
    who: str = "advertiser",
) -> None:
    """Record sales of a campaign, the advertiser's if nothing else is said, with what became of them."""
    owner, sold, rows = getattr(world, who).organization_id, utc_now() - days * DAY, []
    for stage, count in stages.items():
        for _ in range(count):
            told = (None, None, None) if stage == "silent" else (uuid7(), sold + after, sold + after)
            place = (owner, decode("campaign", world.campaigns[campaign]), "home.roofing", "live", 30, sold)
            rows.append(OutcomeReport(uuid7(), uuid7(), *place, stage, *told))
    with act_as_exchange("a test tells"):
        record_outcomes(rows)


def look(world: World, campaign: str = "Austin", **headers: str) -> Any:
    client, address = door(world.advertiser, "viewer")
    page = client.get(f"{address}campaigns/{world.campaigns[campaign]}/learning", headers=headers)
    assert page.status_code == 200
    return page


def said(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_before_any_report_the_vertical_s_model_scores(trained: World) -> None:
    page = look(trained)
    text = said(page)
    assert page.context["missing"] == "30 more labels to “Own level”"
    assert [step["meta"] for step in page.context["steps"]] == [
        "here now", "from 30 labels", "from 300 labels, 10 won", "from 1,000 labels, 10 won", "when it wins",
    ]  # fmt: skip
    assert "synthetic prior, 0 real outcomes" in text
    assert "is the chance of “sale” within 30 days of buying" in text
    assert "0 of your 0 sales of Home, roofing have a report." in text
    assert "known once 30 sales are older than 60 days; 0 are" in text
    assert "This one does not bid by value." in text
    assert "Only you: your outcomes are private." in text


def test_labels_lead_up_the_ladder_and_coverage_is_shown(trained: World) -> None:
    tell(trained, {"won": 4, "lost": 20, "open": 6, "silent": 10})
    set_pooling(organization_id=trained.advertiser.organization_id, pools=True, actor="user:test")
    page = look(trained)
    text = said(page)
    assert (page.context["found"].labels.labels, page.context["found"].labels.wins) == (30, 4)
    assert page.context["missing"] == "270 more labels and 6 more wins to “Own level and spread”"
    assert page.context["found"].phase.step.key == "intercept"
    assert "75.0 % of your 40 sales of Home, roofing older than 60 days." in text
    assert "24.0 hours after the sale, in half of the cases" in text
    assert "enough to learn from" in text
    assert "Everybody: your outcomes are pooled." in text


def test_the_last_step_is_told_where_a_model_of_its_own_serves(trained: World) -> None:
    campaign, owner = decode("campaign", trained.campaigns["Austin"]), trained.advertiser.organization_id
    with act_as_exchange("a test lets it win"):
        CampaignLayer.objects.create(
            campaign_id=campaign, organization_id=owner, vertical="home.roofing", a=1.0, b=0.0, phase="local", labels=1_200,
            positives=90, features_version=1, fitted_at=utc_now(),
        )  # fmt: skip
    assert look(trained).context["missing"] == "This is the last step"
    assert look(trained).context["found"].phase.step.key == "local"


def test_who_tells_of_wins_only_hears_that_it_is_left_out(trained: World) -> None:
    tell(trained, {"won": 10, "silent": 30})
    text = said(look(trained))
    assert "too little to learn from" in text
    assert "wins alone would teach them that every lead wins" in text


def test_who_reports_later_than_most_reads_so(trained: World) -> None:
    for who in ("rival_advertiser", "stranger"):
        tell(trained, {"lost": 30}, who=who, campaign="Everywhere")
    tell(trained, {"lost": 30}, after=2 * DAY)
    assert "later than most" not in said(look(trained))
    tell(trained, {"lost": 31}, after=3 * DAY)
    text = said(look(trained))
    assert "3.0 days after the sale, in half of the cases" in text
    assert "later than most" in text


def test_the_vertical_is_counted_once_a_minute_whoever_looks(trained: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "COVERAGE_SECONDS", 60.0)
    trained.publish(trained.rival_advertiser, "Theirs", "51.00")
    tell(trained, {"won": 3})
    looks = []
    for who, campaign in (("advertiser", "Austin"), ("rival_advertiser", "Theirs"), ("advertiser", "Austin")):
        client, address = door(getattr(trained, who), "viewer")
        with CaptureQueriesContext(connection) as seen:
            page = client.get(f"{address}campaigns/{trained.campaigns[campaign]}/learning")
        asked = sum("percentile_cont" in one["sql"] for one in seen.captured_queries)
        looks.append((asked, page.context["found"].coverage.sales, page.context["found"].labels.labels))
        tell(trained, {"won": 1})
    assert looks == [(1, 3, 3), (0, 0, 0), (0, 3, 5)]


def test_labels_count_for_their_campaign_only(trained: World) -> None:
    trained.publish(trained.advertiser, "Second", "51.00")
    tell(trained, {"won": 3, "lost": 5}, days=2)
    tell(trained, {"won": 1}, days=2, campaign="Second")
    found = [look(trained, name).context["found"].labels for name in ("Austin", "Second")]
    assert [(one.labels, one.wins) for one in found] == [(8, 3), (1, 1)]


def test_a_campaign_that_bids_by_value_reads_its_fallback(trained: World) -> None:
    bid = {"base_price": usd("50.00"), "value": {"value": usd("900.00"), "margin": "0.4"}}
    trained.publish(trained.advertiser, "By value", "50.00", bid=bid)
    page = look(trained, "By value")
    assert page.context["fallback"] == "$50.00"
    assert "closed: a bid by value needs a model that has shown its skill on real outcomes" in said(page)
    with act_as_exchange("a test proves"):
        ModelVersion.objects.update(origin="outcomes", proven=True, badge="4,000 real outcomes")
    text = said(look(trained, "By value"))
    assert "open: this model has shown its skill on real outcomes." in text
    assert "4,000 real outcomes" in text


def test_without_a_model_it_says_so(world: World) -> None:
    assert "No model scores leads of" in said(look(world))


def test_the_campaign_s_page_draws_it_in_and_works_without_scripts(trained: World) -> None:
    client, address = door(trained.advertiser, "viewer")
    own = f"{address}campaigns/{trained.campaigns['Austin']}"
    page = client.get(own).content.decode()
    assert f'hx-get="{own}/learning" hx-trigger="load"' in page
    assert f'<a href="{own}/learning">' in page
    part = said(look(trained, **{"hx-request": "true"}))
    assert part.startswith('<section class="card" id="learning">')


@pytest.mark.parametrize("who", ["rival_advertiser", "publisher", "stranger", "operator"])
def test_others_find_nothing_there(trained: World, who: str) -> None:
    tell(trained, {"won": 4})
    client, address = door(getattr(trained, who), "operator" if who == "operator" else "owner")
    before = written()
    path = f"{address}campaigns/{trained.campaigns['Austin']}/learning"
    assert [client.get(path).status_code, client.post(path).status_code] in ([404, 404], [404, 405])
    assert written() == before
