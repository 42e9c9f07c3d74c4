"""The operator's pages of the monitors: figures as stored, empty states that say what is missing, and nobody else's business."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.core.clock import to_ms
from accounts.core.ids import encode, uuid7
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from campaigns.services.supply import create_source
from scoring.core.features import FeatureSpec
from scoring.core.monitors.importance import Importance
from scoring.models import Alert, Alias, Level, Model, ModelVersion
from scoring.monitoring import get_alert
from scoring.web import drift
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.scoring.watched import STARTS_AT, Answers, labelled_of, look, part, ring_once, served_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]
HOME = "/o/house-of-exchange/scoring"
PAGES = ("calibration", "drift", "segments", "alerts")


def shown(cast: Cast, page: str) -> str:
    answer = cast.boss.client.get(f"{HOME}/{page}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_the_first_look_each_page_says_what_is_missing(cast: Cast) -> None:
    assert "No vertical was watched yet" in shown(cast, "calibration")
    assert "No vertical was watched yet" in shown(cast, "drift")
    assert "No vertical was watched yet" in shown(cast, "segments")
    assert "Nothing has rung" in shown(cast, "alerts")


def test_without_outcomes_the_inputs_are_there_and_the_rest_says_what_it_needs(cast: Cast, roof: FeatureSpec) -> None:
    labelled = labelled_of(roof, 900)
    nothing = part(labelled, slice(0, 0))
    look(cast.operator.member.organization_id, nothing, roof, Answers(), served=served_of(labelled, roof))
    assert "No outcome is known yet" in shown(cast, "calibration")
    assert "No segment is large enough yet" in shown(cast, "segments")
    page = shown(cast, "drift")
    assert "Not enough labels yet" in page
    assert "newest 300 leads against the 600 before" in page


def test_figures_stand_as_they_were_stored(cast: Cast, roof: FeatureSpec) -> None:
    labelled = labelled_of(roof, 2_000)
    look(cast.operator.member.organization_id, labelled, roof, Answers())
    page = cast.boss.client.get(f"{HOME}/calibration")
    numbers = {one["label"]: one["value"] for one in page.context["numbers"]}
    assert numbers["Outcomes known"] == "2,000"
    assert numbers["Observed / expected"] == f"{labelled.outcomes.sum() / labelled.served.sum():.2f}"
    assert [one["rows"] for one in page.context["windows"]] == [500] * 4
    assert sum(one["rows"] for one in page.context["bands"]) == 2_000
    assert {one["cost"] for one in page.context["bands"]} == {"—"}
    drift = cast.boss.client.get(f"{HOME}/drift")
    assert drift.context["timeline"]["summary"].startswith("13 batches worth 150 labels, 0 beyond 3; 0 red alarms")
    assert drift.context["alerts"] == []


def test_no_page_is_fine_while_an_alarm_rings(cast: Cast, roof: FeatureSpec) -> None:
    operator, changed = cast.operator.member.organization_id, labelled_of(roof, 2_000, shock=-1.5)
    assert look(operator, changed, roof, Answers()).level == "red"
    # Few new labels at the new level: the look finds nothing, and the alarm is still open.
    quiet = look(operator, changed, roof, Answers(), at=STARTS_AT + timedelta(days=400))
    assert (quiet.level, [alert.kind for alert in quiet.closed]) == ("green", [])
    for page in ("calibration", "drift"):
        assert cast.boss.client.get(f"{HOME}/{page}").context["reading"].level == "red"


def test_chances_as_they_were_served_have_one_verdict_on_every_page(cast: Cast, roof: FeatureSpec) -> None:
    operator = cast.operator.member.organization_id
    for shock, verdict, windows in ((-1.5, "amber", {"amber", "green"}), (0.0, "green", {"green"})):
        look(operator, labelled_of(roof, 2_000, shock=shock), roof, Answers(), at=STARTS_AT + timedelta(days=100 + shock))
        calibration, segments = (cast.boss.client.get(f"{HOME}/{page}").context for page in ("calibration", "segments"))
        assert (calibration["reading"].as_served, segments["reading"].as_served) == (verdict, verdict)
        assert {one["state"] for one in calibration["windows"]} == windows


def test_an_alert_names_the_source_that_people_know(cast: Cast) -> None:
    ring_once(cast.operator.member.organization_id)
    source = create_source(organization_id=cast.publisher.member.organization_id, data={"name": "Roofs"}, actor="system:test")
    strange = encode("source", cast.boss.user_id)
    words = f"Apart from the whole: source {encode('source', source.id)} had 9 of 20.1 expected; source {strange} too."
    with act_as_exchange("a test lets a source ring"):
        Alert.objects.update(words=words)
    for page in ("alerts", "drift"):
        assert f"source “Roofs” had 9 of 20.1 expected; source {strange} too." in shown(cast, page)


def test_leading_features_are_named_in_words(cast: Cast, roof: FeatureSpec) -> None:
    named = [("behaviour.device", "Device"), ("market.year_sin", "Season"), ("nobody.knows_it", "")]
    importance = [Importance(name, 0.2, None) for name, _ in named]
    look(cast.operator.member.organization_id, labelled_of(roof, 900), roof, Answers(), importance=importance)
    listed = cast.boss.client.get(f"{HOME}/drift").context["importance"]
    assert [(one["name"], one["words"]) for one in listed] == named


def test_segments_are_sorted_without_scripts(cast: Cast, roof: FeatureSpec) -> None:
    look(cast.operator.member.organization_id, labelled_of(roof, 2_000), roof, Answers())
    rows = cast.boss.client.get(f"{HOME}/segments?by=state").context["rows"]
    assert [one["rows"] for one in rows] == sorted((one["rows"] for one in rows), reverse=True)
    by_apart = cast.boss.client.get(f"{HOME}/segments?by=state&sort=apart").context["rows"]
    distances = [abs(float(one["apart"].replace("−", "-"))) for one in by_apart]
    assert distances == sorted(distances, reverse=True)
    devices = cast.boss.client.get(f"{HOME}/segments?by=device&sort=nonsense").context["rows"]
    assert {one["name"] for one in devices} <= {"desktop", "mobile", "tablet"}
    sources = cast.boss.client.get(f"{HOME}/segments").context["rows"]
    assert all(one["name"].startswith("src_") for one in sources)  # sources of the simulator have no name here


def test_an_alert_is_acknowledged_by_its_button(cast: Cast) -> None:
    alert = ring_once(cast.operator.member.organization_id)
    name = encode("alert", alert)
    page = shown(cast, "alerts")
    assert f"{HOME}/alerts/{name}/acknowledge" in page
    assert "home.test/2 won and serves" in page
    assert "home.test/2 won and serves" in shown(cast, "drift")
    answer = cast.boss.client.post(f"{HOME}/alerts/{name}/acknowledge")
    assert (answer.status_code, answer["Location"]) == (303, f"{HOME}/alerts")
    with act_as_exchange("a test looks"):
        assert get_alert(alert).acknowledged_by == f"user:{encode('user', cast.boss.user_id)}"
    assert f"{name}/acknowledge" not in shown(cast, "alerts")
    assert cast.boss.client.post(f"{HOME}/alerts/{encode('alert', cast.boss.user_id)}/acknowledge").status_code == 404
    assert cast.boss.client.post(f"{HOME}/alerts/nonsense/acknowledge").status_code == 404


def test_nobody_else_sees_or_acknowledges_anything(cast: Cast) -> None:
    name = encode("alert", ring_once(cast.operator.member.organization_id))
    for client, slug in ((cast.owner.client, "alice"), (cast.buyer.client, "bob"), (cast.stranger.client, "house-of-exchange")):
        for page in PAGES:
            assert client.get(f"/o/{slug}/scoring/{page}").status_code == 404
        assert client.post(f"/o/{slug}/scoring/alerts/{name}/acknowledge").status_code == 404
    with act_as_exchange("a test looks"):
        assert not AuditEntry.objects.filter(verb="alert.acknowledged").exists()


def test_the_newest_look_is_shown(cast: Cast, roof: FeatureSpec) -> None:
    labelled, owner = labelled_of(roof, 2_000), cast.operator.member.organization_id
    look(owner, part(labelled, slice(0, 1_000)), roof, Answers())
    look(owner, labelled, roof, Answers(), at=STARTS_AT + timedelta(days=92))
    assert cast.boss.client.get(f"{HOME}/calibration").context["reading"].report.rows == 2_000
    assert len(cast.boss.client.get(f"{HOME}/drift").context["timeline"]["rows"]) == 13


def test_the_intercept_is_drawn_from_the_fits_of_each_version(
    cast: Cast, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(cast.operator.member.organization_id, labelled_of(roof, 2_000), roof, Answers())
    with act_as_exchange("a test fits"):
        model = Model.objects.create(vertical="home.test", outcome="sale", horizon_days=30)
        at = STARTS_AT + timedelta(days=95)
        for number, shifts in ((1, (0.2, 0.5)), (2, (-0.1,))):
            version = ModelVersion.objects.create(
                model=model, number=number, name=f"home.test/{number}", origin="outcomes", badge="b", recipe="", metrics={},
                features_version=1, rows=1, positives=0, data_from_at=STARTS_AT, data_until_at=STARTS_AT, calibration={},
                rounds=1, artifact=b"", artifact_sha256="", created_at=STARTS_AT,
            )  # fmt: skip
            for shift in shifts:
                at += timedelta(hours=1)
                figures = {"before": 0.0, "labels": 400, "positives": 30, "expected": 28.0}
                Level.objects.create(id=uuid7(to_ms(at)), version=version, shift=shift, **figures, fitted_at=at)
        # The older version serves again: the level that counts is its own, not the one fitted last.
        first = ModelVersion.objects.get(name="home.test/1")
        Alias.objects.create(model=model, name="champion", version=first, moved_at=at)
    timeline = cast.boss.client.get(f"{HOME}/drift").context["timeline"]
    line = next(one for one in timeline["figure"]["data"] if one["name"] == "intercept")
    assert line["y"] == [0.2, 0.5, None, -0.1]
    assert line["text"][-1] == "home.test/2, 400 leads"
    assert timeline["summary"].endswith("the level was fitted 3 times; home.test/1 serves at +0.500.")
    assert [row[4:] for row in timeline["rows"] if row[5]] == [
        ("−0.100", "home.test/2"), ("+0.500", "home.test/1"), ("+0.200", "home.test/1"),
    ]  # fmt: skip
    monkeypatch.setattr(drift, "FITS", 2)
    timeline = cast.boss.client.get(f"{HOME}/drift").context["timeline"]
    assert timeline["summary"].endswith("0 red alarms, the level was fitted at least 2 times; home.test/1 serves at +0.500.")


def test_alarms_beyond_the_limit_are_not_said_to_be_all(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ring_once(cast.operator.member.organization_id)
    count = len(cast.boss.client.get(f"{HOME}/drift").context["alerts"])
    assert f"; {count} red alarms, " in cast.boss.client.get(f"{HOME}/drift").context["timeline"]["summary"]
    monkeypatch.setattr(drift, "ALERTS", 1)
    assert "; at least 1 red alarms, " in cast.boss.client.get(f"{HOME}/drift").context["timeline"]["summary"]


def test_a_step_that_failed_is_told_as_one_that_is_tried_again(cast: Cast) -> None:
    ring_once(cast.operator.member.organization_id)
    step = {"what": "failed", "why": "The level could not be set.", "at": "2026-05-04T12:00:00.000Z"}
    with act_as_exchange("a test lets it fail"):
        Alert.objects.update(responses=[step])
    assert "Failed, tried again: The level could not be set." in shown(cast, "alerts")
