"""Watching a vertical: what is stored, what rings, what is done about it, and that nothing is done without a ring."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest

from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from scoring import watching
from scoring.core.features import FeatureSpec
from scoring.models import Alert, MonitorReport
from scoring.monitoring import AlertFacts, get_alert, latest_reports, list_alerts, segments_of_report, watched_batches
from tests.cast import join
from tests.scoring.watched import REFUSING, STARTS_AT, Answers, labelled_of, look, part, served_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]
AT = STARTS_AT + timedelta(days=91)


@pytest.fixture
def operator() -> UUID:
    return join("operator", "operator").organization_id


def verbs() -> list[str]:
    with act_as_exchange("a test looks"):
        return list(AuditEntry.objects.filter(verb__startswith="alert.").order_by("id").values_list("verb", flat=True))


def alerts() -> tuple[AlertFacts, ...]:
    with act_as_exchange("a test looks"):
        return list_alerts()


def test_a_quiet_vertical_gets_a_report_and_nothing_else(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 2_000), Answers()
    found = look(operator, labelled, roof, answers)
    assert (found.level, found.rang, found.closed, answers.asked) == ("green", (), (), [])
    with act_as_exchange("a test looks"):
        (report,) = latest_reports("home.test", limit=5)
        segments = segments_of_report(report)
    assert (report.rows, report.level, report.model_version, report.watched_at) == (2_000, "green", "home.test/1", AT)
    assert report.figures["level"]["observed"] == int(labelled.outcomes.sum())
    assert len(report.figures["windows"]) == 4
    assert len(report.figures["watched"]["batches"]) == 13
    assert report.figures["seen"] == [
        2_000, 2_000, *[int(labelled.known_at_ms.max())] * 2, int(labelled.served_at_ms.max()),
    ]  # fmt: skip
    assert {one.kind for one in segments} == {"source", "state", "campaign", "device"}
    campaigns = {one.key: one.rows for one in segments if one.kind == "campaign"}
    assert campaigns == {str(UUID(int=60)): 667, str(UUID(int=61)): 667, str(UUID(int=62)): 666}
    assert (alerts(), verbs()) == ((), [])


def test_a_shock_rings_moves_the_level_and_lets_a_challenger_try(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 2_000, shock=-1.5), Answers()
    found = look(operator, labelled, roof, answers)
    assert (found.level, answers.asked) == ("red", ["level", "red alarm"])
    level = found.rang[0]
    assert (level.kind, level.level, level.version, level.opened_at, level.closed_at) == ("cusum", "red", "home.test/1", AT, None)
    assert [step["what"] for step in level.responses] == ["level", "challenger", "verdict"]
    assert level.responses[0]["from"] == 0.0
    assert -1.5 < level.responses[0]["to"] < -0.4
    assert level.responses[2]["promoted"] is True
    assert (level.watched_shift, level.watched_until_ms) == (level.responses[0]["to"], int(labelled.known_at_ms.max()))
    assert verbs() == ["alert.opened"] * len(found.rang)


def test_after_a_ring_the_new_level_is_watched_and_quiet_closes_the_alert(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 4_000, shock=-1.5), Answers()
    first = look(operator, part(labelled, slice(0, 2_900)), roof, answers)
    assert first.rang
    again = look(operator, labelled, roof, answers, at=AT + timedelta(hours=1))
    shift = first.rang[0].watched_shift
    assert shift < -0.4
    # 1,100 more labels are as the level that was fitted says, though not as the one before it.
    assert (again.rang, [alert.kind for alert in again.closed]) == ((), [alert.kind for alert in first.rang])
    assert answers.asked == ["level", "red alarm"]
    assert all(alert.closed_at == AT + timedelta(hours=1) for alert in alerts())
    assert verbs() == ["alert.opened"] * len(first.rang) + ["alert.closed"] * len(first.rang)


def test_what_cannot_be_trained_is_said_and_the_level_stays_moved(operator: UUID, roof: FeatureSpec) -> None:
    answers = Answers(REFUSING)
    found = look(operator, labelled_of(roof, 2_000, shock=-1.5), roof, answers)
    assert answers.asked == ["level", "red alarm"]
    steps = found.rang[0].responses
    assert [step["what"] for step in steps] == ["level", "refused"]
    assert steps[1]["why"] == "Training needs 500 rows."
    assert found.rang[0].watched_shift == steps[0]["to"]


def test_a_refused_answer_is_tried_again_with_a_tenth_more_labels(operator: UUID, roof: FeatureSpec) -> None:
    whole, refusing, answers = labelled_of(roof, 2_400, shock=-1.5), Answers(REFUSING), Answers()
    look(operator, part(whole, slice(2_000)), roof, refusing)
    look(operator, part(whole, slice(2_100)), roof, answers, at=AT + timedelta(minutes=1))
    assert answers.asked == []
    look(operator, whole, roof, answers, at=AT + timedelta(minutes=2))
    # The level was set by the first ring and holds; only the challenger was missing.
    assert answers.asked == ["red alarm"]
    assert [step["what"] for step in alerts()[0].responses] == ["level", "refused", "challenger", "verdict"]


def test_a_training_that_was_lost_is_asked_for_again_and_nothing_closes_before_it_ended(
    operator: UUID, roof: FeatureSpec
) -> None:
    whole, answers = labelled_of(roof, 4_000, shock=-1.5), Answers(steps=())
    first = look(operator, part(whole, slice(0, 2_900)), roof, answers)
    again = look(operator, whole, roof, answers, at=AT + timedelta(hours=1))
    assert (again.rang, again.closed, answers.asked) == ((), (), ["level", "red alarm", "red alarm"])
    watching.note_answer("home.test", {"what": "challenger", "version": "home.test/2"}, at=AT)
    watching.note_answer("home.test", {"what": "verdict", "version": "home.test/2", "promoted": False}, at=AT)
    watching.note_answer("home.test", {"what": "verdict", "version": "home.test/3", "promoted": True}, at=AT)
    for alert in alerts():
        assert [step["what"] for step in alert.responses] == ["level", "challenger", "verdict"]
        assert alert.responses[-1]["version"] == "home.test/2"
    last = look(operator, whole, roof, answers, at=AT + timedelta(hours=2))
    assert [alert.kind for alert in last.closed] == [alert.kind for alert in first.rang]
    assert answers.asked == ["level", "red alarm", "red alarm"]


def test_another_version_begins_anew(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 2_000, shock=-1.5), Answers()
    look(operator, labelled, roof, answers)
    look(operator, labelled, roof, answers, served=served_of(labelled, roof, "home.test/2"), at=AT + timedelta(hours=1))
    with act_as_exchange("a test looks"):
        (report, _) = latest_reports("home.test", limit=5)
    # None of these labels is the new version's, so its level is not judged yet; the report on what was served is.
    assert (report.model_version, report.figures["watched"]["rows"], report.rows) == ("home.test/2", 0, 2_000)
    assert answers.asked == ["level", "red alarm"]


def test_a_ring_of_a_newer_version_keeps_where_watching_of_the_older_one_goes_on(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 2_000, shock=-1.5), Answers(steps=())
    first = look(operator, labelled, roof, answers)
    newer = replace(labelled, versions=("home.test/2",) * len(labelled), known_at_ms=labelled.known_at_ms + 10**9)
    second = look(
        operator, newer, roof, answers, served=served_of(labelled, roof, "home.test/2"), at=AT + timedelta(days=60)
    )  # fmt: skip
    assert [(one.version, one.closed_at) for one in second.closed] == [("home.test/1", AT + timedelta(days=60))] * len(first.rang)
    assert [(one.kind, one.version, one.opened_at) for one in second.rang] == [
        (one.kind, "home.test/2", AT + timedelta(days=60)) for one in first.rang
    ]
    with act_as_exchange("a test looks"):
        assert [get_alert(one.id).watched_until_ms for one in first.rang] == [one.watched_until_ms for one in first.rang]
    # After a rollback these labels have rung already, and the level is the one that was set then.
    third = look(operator, labelled, roof, answers, at=AT + timedelta(days=61))
    assert third.rang == ()
    with act_as_exchange("a test looks"):
        assert latest_reports("home.test", limit=1)[0].figures["watched"]["rows"] == 0
    assert verbs().count("alert.closed") == len(first.rang)


def test_a_level_that_was_lost_with_its_process_is_set_by_the_next_look(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 2_000, shock=-1.5), Answers()
    look(operator, labelled, roof, answers)
    with act_as_exchange("the process died between the ring and its answer"):
        Alert.objects.update(responses=[], watched_shift=0.0)
    look(operator, labelled, roof, answers, at=AT + timedelta(hours=1))
    assert answers.asked == ["level", "red alarm"] * 2
    for alert in alerts():
        assert [step["what"] for step in alert.responses] == ["level", "challenger", "verdict"]
        assert alert.watched_shift == alert.responses[0]["to"] < -0.4


def test_inputs_that_change_are_amber_and_nothing_is_done(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 3_000), Answers()
    served = served_of(labelled, roof)
    place = next(at for at, one in enumerate(served.columns) if one.name == "behaviour.pages_viewed")
    served.features[2_000:, place] += 4
    found = look(operator, labelled, roof, answers, served=served)
    assert (found.level, answers.asked) == ("amber", [])
    (alert,) = found.rang
    assert (alert.kind, alert.level, alert.responses) == ("inputs", "amber", [])
    assert "behaviour.pages_viewed" in alert.figures["columns"]
    assert "pages viewed" in alert.words


def test_a_source_that_turns_bad_rings_amber_names_itself_and_closes_with_a_quiet_look(operator: UUID, roof: FeatureSpec) -> None:
    labelled, answers = labelled_of(roof, 4_000), Answers()
    bad = Counter(labelled.sources).most_common(1)[0][0]
    lost = np.array([source == bad for source in labelled.sources]) & (np.arange(4_000) % 5 > 0)
    look(operator, labelled, roof, answers)
    assert alerts() == ()
    worse = replace(labelled, outcomes=labelled.outcomes & ~lost, known_at_ms=labelled.known_at_ms + 1)
    found = look(operator, worse, roof, answers, at=AT + timedelta(hours=1))
    alert = next(one for one in found.rang if one.kind == "segments")
    assert (alert.level, alert.responses) == ("amber", [])
    name = f"source {encode('source', bad)}"
    assert alert.words.startswith(f"Apart from the whole: {name} had ")
    assert alert.figures["columns"][0] == name
    assert (alert.figures["measure"], alert.figures["value"] < -alert.figures["bar"] < -4) == ("apart", True)
    with act_as_exchange("a test looks"):
        rows = segments_of_report(latest_reports("home.test", limit=1)[0])
    assert [(one.kind, one.key) for one in rows if one.level == "amber"] == [("source", str(bad))]
    again = look(operator, labelled, roof, answers, at=AT + timedelta(hours=2))
    assert "segments" in {one.kind for one in again.closed}


def test_without_labels_the_inputs_are_watched_all_the_same(operator: UUID, roof: FeatureSpec) -> None:
    labelled = labelled_of(roof, 900)
    found = look(operator, part(labelled, slice(0, 0)), roof, Answers(), served=served_of(labelled, roof))
    assert (found.level, found.rang) == ("green", ())
    with act_as_exchange("a test looks"):
        (report,) = latest_reports("home.test", limit=5)
        assert watched_batches("home.test") == ()
    assert (report.rows, report.from_at, report.figures["metrics"]) == (0, None, None)
    assert (report.figures["inputs"]["before"], report.figures["inputs"]["after"]) == (600, 300)


def test_the_first_to_acknowledge_counts(operator: UUID, roof: FeatureSpec) -> None:
    found = look(operator, labelled_of(roof, 2_000, shock=-1.5), roof, Answers())
    alert = found.rang[0]
    seen = watching.acknowledge(alert_id=alert.id, at=AT, organization_id=operator, actor="user:one")
    again = watching.acknowledge(alert_id=alert.id, at=AT + timedelta(1), organization_id=operator, actor="user:two")
    assert (seen.acknowledged_at, seen.acknowledged_by) == (again.acknowledged_at, again.acknowledged_by) == (AT, "user:one")
    with act_as_exchange("a test looks"):
        entry = AuditEntry.objects.get(verb="alert.acknowledged")
    assert (entry.subject, entry.actor, entry.organization_id) == (encode("alert", alert.id), "user:one", operator)
    with pytest.raises(Problem, match="alert"):
        watching.acknowledge(alert_id=UUID(int=1), at=AT, organization_id=operator, actor="user:one")
    assert verbs().count("alert.acknowledged") == 1


def test_old_reports_go_but_what_an_alert_names_stays(operator: UUID, roof: FeatureSpec) -> None:
    labelled = labelled_of(roof, 2_000, shock=-1.5)
    look(operator, labelled, roof, Answers())
    look(operator, labelled, roof, Answers(), at=AT + timedelta(days=500))
    with act_as_exchange("a test looks"):
        kept = list(MonitorReport.objects.filter(watched_at=AT).values_list("kind", flat=True))
        named = get_alert(Alert.objects.values_list("id", flat=True)[0])
    assert kept == ["all"]
    assert named.opened_at == AT
