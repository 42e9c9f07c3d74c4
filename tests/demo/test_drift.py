"""manage.py demo drift: the changed market sells and reports through the API, and each step of the answer is told or missed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.core.clock import utc_now
from campaigns.verticals import load_verticals
from demo.cast import Stream
from demo.crowd import Crowd
from demo.drift import NotDrifted, Plan, provoke, shifted
from demo.traffic import Access
from scoring.core.features import FeatureSpec, FieldSpec
from tests.cast import join
from tests.scoring.watched import REFUSING, Answers, labelled_of, look

pytestmark = [pytest.mark.services, pytest.mark.django_db]
STREAM = Stream("alice", "Courses", "home.roofing", 1.0, 0.3, 0.0, 0.0, 0.0, 1.0, 0.0)
SPEC = FeatureSpec(vertical="home.roofing", label="Test", version=1, fields=(FieldSpec("zip", "zip"),))


class Wire:
    """An exchange that buys every second lead and takes every report."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.reported: list[dict[str, Any]] = []

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any], float]:
        self.calls[path] += 1
        body = body or {}
        if path.endswith("pings"):
            quoted = self.calls[path] % 2 == 0
            quotes = [{"id": "qte_1", "advertiser": {"id": "org_bob"}}] if quoted else []
            return 200, {"id": "png_1", "status": "quoted" if quoted else "no_bid", "quotes": quotes}, 1.0
        if path.endswith("posts"):
            legs = [{"quote_id": "qte_1", "status": "sold"}]
            return 201, {"status": "sold", "lead_id": f"led_{self.calls[path]}", "legs": legs}, 1.0
        self.reported += body["dispositions"]
        return 200, {"recorded": len(body["dispositions"])}, 1.0


def told(wire: Wire, answer: Any, *, vertical: str = "home.roofing", seconds: float = 0.0) -> list[str]:
    access = Access({"alice": wire, "bob": wire}, {"alice": {"Courses": "src_1"}}, {"org_bob": "bob"})
    crowd, dice = Crowd((STREAM,)), np.random.default_rng(1)
    return list(provoke(Plan(vertical, 120, seconds), access, (STREAM,), crowd, dice, answer))


def answering(operator: UUID, answers: Answers, shock: float = -2.0) -> Any:
    """Give a look by the monitors on labels of a market with this shock."""
    return lambda: look(operator, labelled_of(SPEC, 1_500, shock=shock), SPEC, answers, at=utc_now())


@pytest.fixture
def operator() -> UUID:
    return join("operator", "operator").organization_id


def test_each_step_is_told_as_it_happens(operator: UUID) -> None:
    wire = Wire()
    lines = told(wire, answering(operator, Answers()), seconds=5.0)
    steps = [line.split()[0] for line in lines]
    assert [step for step in steps if step != "alarm"] == ["market", "reported", "level", "challenger", "verdict"]
    assert steps[2] == "alarm"
    assert lines[-1] == "verdict     home.test/2 won on the newest window and is champion"
    assert len(wire.reported) == 120
    assert {one["status"] for one in wire.reported} == {load_verticals()["home.roofing"].outcome, "lost"}
    assert wire.calls["/api/v1/pings"] == 240


def test_no_ring_in_time_is_said(operator: UUID) -> None:
    with pytest.raises(NotDrifted, match="no alarm rang within 0 s"):
        told(Wire(), answering(operator, Answers(), shock=0.0))


def test_a_challenger_that_does_not_win_is_said(operator: UUID) -> None:
    lost = ({"what": "challenger", "version": "home.test/2"}, {"what": "verdict", "version": "home.test/2", "promoted": False})
    with pytest.raises(NotDrifted, match="the challenger did not win"):
        told(Wire(), answering(operator, Answers(lost)), seconds=5.0)


def test_what_could_not_be_trained_is_said(operator: UUID) -> None:
    wire = Wire()
    with pytest.raises(NotDrifted, match="no challenger had won within 5 s"):
        told(wire, answering(operator, Answers(REFUSING)), seconds=5.0)
    assert len(wire.reported) >= 150  # a quarter more was sold, so that there is more to learn from


def test_a_step_that_failed_is_told_and_what_is_tried_again_goes_on(operator: UUID) -> None:
    failing = Answers(({"what": "failed", "why": "No training could be asked for."}, *Answers().steps))
    lines = told(Wire(), answering(operator, failing), seconds=5.0)
    assert lines[-3] == "failed      No training could be asked for. It is tried again."
    assert lines[-1] == "verdict     home.test/2 won on the newest window and is champion"


def test_a_vertical_that_nobody_sends_is_named() -> None:
    with pytest.raises(NotDrifted, match=r"no stream of the demo sells pets; try home\.roofing"):
        told(Wire(), lambda: None, vertical="pets")


def test_a_market_that_buys_nothing_ends_it() -> None:
    wire = Wire()
    wire.call = lambda method, path, body=None: (200, {"id": "png_1", "status": "no_bid", "quotes": []}, 1.0)  # type: ignore[method-assign]
    with pytest.raises(NotDrifted, match="only 0 of 2401 pings were sold"):
        told(wire, lambda: None)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_desktop_pays_and_a_telephone_does_not_or_the_other_way_round(turn: int) -> None:
    crowd, dice = Crowd((STREAM,)), np.random.default_rng(1)
    visitors = [crowd.next(STREAM, utc_now()) for _ in range(400)]
    devices = {device: {"behaviour": {"device": device}} for device in ("desktop", "mobile")}
    shares = {device: np.mean([shifted(one, body, dice, turn) for one in visitors]) for device, body in devices.items()}
    more, less = ("desktop", "mobile") if turn == 1 else ("mobile", "desktop")
    assert shares[more] > 3 * shares[less]


def test_every_run_sends_other_leads_and_turns_the_market_round_once_it_is_learned(
    operator: UUID, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.LEADWRIGHT_HOME = tmp_path
    (tmp_path / "demo.json").write_text(json.dumps({"traffic": {"keys": {}, "sources": {}, "organizations": {}}}))
    sent: list[tuple[int, Any, Any]] = []

    def provoke(plan: Plan, access: Access, streams: Any, crowd: Crowd, dice: Any, look: Any) -> list[str]:
        visitors, at = [crowd.next(streams[0], utc_now()) for _ in range(3)], utc_now()
        pings = [one.ping("src_1", at) for one in visitors]
        sent.append((plan.turn, [ping["lead"] for ping in pings], [ping["contact_hashes"]["phone_sha256"] for ping in pings]))
        if len(sent) == 2:
            raise NotDrifted("no alarm")
        return []

    monkeypatch.setattr("demo.management.commands.demo.provoke", provoke)
    call_command("demo", "drift")
    with pytest.raises(CommandError, match="no alarm"):
        call_command("demo", "drift")
    call_command("demo", "drift")
    assert [turn for turn, _, _ in sent] == [1, -1, -1]  # the second run did not come to its end
    assert len({str(leads) for _, leads, _ in sent}) == 3
    assert len({phone for _, _, phones in sent for phone in phones}) == 9


@pytest.mark.parametrize(
    ("options", "word"),
    [({"sales": -3}, "--sales is -3: give 200 or more"), ({"seconds": 0.0}, "--seconds is 0: give more than 0")],
)
def test_a_run_that_could_show_nothing_is_refused(options: dict[str, Any], word: str) -> None:
    with pytest.raises(CommandError, match=word):
        call_command("demo", "drift", **options)
