"""What a notice says of an alert and of a champion: ids and facts, word by word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from accounts.core.ids import encode
from scoring.core.monitors.alarms import CUSUM, LEVEL, watch_level
from scoring.core.notices import TYPES, Notice, Rung, of_alert, of_champion
from tests.core.scoring.test_monitors import stream_of

AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
OPERATOR, ALERT, MOVE = UUID(int=1), UUID(int=2), UUID(int=3)
URL = "https://leads.example.com/o/op/scoring/alerts"
FIGURES = {"rows": 300, "observed": 12, "z": -7.1, "measure": "z", "value": -4.123456, "bar": 3.0}
RUNG = Rung(ALERT, "home.roofing", "level", "red", "home.roofing/4", FIGURES, AT)
SAID = {
    "alert_id": encode("alert", ALERT), "vertical": "home.roofing", "kind": "level", "level": "red", "version": "home.roofing/4",
    "measure": "z", "value": -4.1235, "bar": 3.0, "columns": [], "opened_at": "2026-11-23T06:00:00.000Z", "url": URL,
}  # fmt: skip


def test_an_alert_that_opens_says_what_rang_where_and_by_how_much() -> None:
    assert of_alert(RUNG, OPERATOR, URL) == Notice(OPERATOR, "alert.opened", ALERT, AT, SAID)


def test_one_that_closes_says_the_same_and_when() -> None:
    until = AT + timedelta(hours=2)
    told = of_alert(replace(RUNG, closed_at=until), OPERATOR, URL)
    assert told == Notice(OPERATOR, "alert.closed", ALERT, until, {**SAID, "closed_at": "2026-11-23T08:00:00.000Z"})


def test_an_alert_on_inputs_names_its_columns() -> None:
    figures = {"columns": ["zip.median_income"], "measure": "auc", "value": 0.75, "bar": 0.6}
    data = of_alert(replace(RUNG, kind="inputs", level="amber", figures=figures), OPERATOR, URL).data
    assert (data["measure"], data["value"], data["bar"], data["columns"]) == ("auc", 0.75, 0.6, ["zip.median_income"])


def test_an_alert_that_rang_before_measures_were_kept_still_closes() -> None:
    data = of_alert(replace(RUNG, figures={"rows": 300}, closed_at=AT), OPERATOR, URL).data
    assert (data["measure"], data["value"], data["bar"], data["columns"]) == (None, None, None, [])


def test_a_champion_that_changes_is_told_with_the_one_before() -> None:
    terms = {"organization_id": OPERATOR, "move_id": MOVE, "vertical": "home.roofing", "at": AT, "url": URL}
    told = of_champion(**terms, kind="promoted", version="home.roofing/1", previous=None)
    data = {"vertical": "home.roofing", "version": "home.roofing/1", "previous": None, "url": URL}
    assert told == Notice(OPERATOR, "model.promoted", MOVE, AT, data)
    back = of_champion(**terms, kind="rolled_back", version="home.roofing/1", previous="home.roofing/2")
    assert (back.type, back.data["previous"]) == ("model.rolled_back", "home.roofing/2")
    assert {told.type, back.type} <= set(TYPES)


def test_a_ring_keeps_the_figure_that_passed_its_bar() -> None:
    for shift in (1.5, -2.5):
        rings = watch_level(*stream_of(1, base=0.2, shift=shift)).rings
        values = {kind: [ring.value for ring in rings if ring.kind == kind] for kind in (LEVEL, CUSUM)}
        assert all(values.values())
        # More came than was said, or less: the sign says which.
        assert min(z * shift / abs(shift) for z in values[LEVEL]) > 3.0
        assert min(total * shift / abs(shift) for total in values[CUSUM]) > 12.0
