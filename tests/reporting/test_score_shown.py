"""A served score, explained: each reader its part of it, nobody another's, and in words where the version is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html import unescape
from math import ceil, floor, log
from typing import Any

import pytest

from accounts.core.clock import utc_now
from accounts.tenancy import act_as_exchange
from config.verticals import feature_specs
from exchange.auction.models import Auction
from scoring import explaining, learning
from scoring import services as scoring
from scoring.core import factors
from scoring.core.serving import at_level, pack, unpack
from scoring.models import ModelVersion
from scoring.selectors import get_stored_model
from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NAME = "home.roofing/1"
VISIT = {"pages_viewed": 7, "time_on_site_seconds": 240, "session_count": 2, "device": "mobile", "comments": "leaking, call me"}
FILLED = {"score", "percentile", "model_version", "badge", "outcome", "horizon_days", "low", "high", "completeness", "factors",
          "note"}  # fmt: skip


@pytest.fixture
def scored(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Let a synthetic prior score, at a level of +.2, and ping a lead that two campaigns bid on."""
    terms = {"at": utc_now(), "organization_id": world.operator.organization_id, "actor": "system:test"}
    scoring.train_missing_priors([feature_specs()["home.roofing"]], **terms, rows=2_500)
    with act_as_exchange("a test loads"):
        champion = learning.load_version(NAME).placed(0.2, {})
    monkeypatch.setattr(scoring, "score", lambda vertical, facts, at, version="": champion.score(facts, at))
    explaining.forget()
    world.quoted = world.ping(behaviour=VISIT)  # type: ignore[attr-defined]
    world.journal()
    yield world
    explaining.forget()


def score_of(world: World, who: str) -> dict[str, Any]:
    status, seen = world.get(f"pings/{world.quoted['id']}", getattr(world, who))  # type: ignore[attr-defined]
    assert status == 200
    return dict(seen["score"])


def page_of(world: World, who: str, path: str = "") -> str:
    client, address = door(getattr(world, who), "operator" if who == "operator" else "viewer")
    page = client.get(path or f"{address}pings/{world.quoted['id']}")  # type: ignore[attr-defined]
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def served(world: World) -> tuple[float, float]:
    with act_as_exchange("a test looks"):
        record = Auction.objects.get().record
    return record["score"]["probability"], record["score"]["base_probability"]


def test_a_publisher_reads_interval_completeness_and_factors_but_not_the_chance(scored: World) -> None:
    seen, (probability, base) = score_of(scored, "publisher"), served(scored)
    assert set(seen) == FILLED
    assert (seen["outcome"], seen["horizon_days"], seen["badge"]) == ("sale", 30, "synthetic prior, 0 real outcomes")
    assert (seen["model_version"], seen["note"]) == (NAME, None)
    assert probability == pytest.approx(at_level(base, 0.2))
    assert 0 < seen["low"] <= probability <= seen["high"] < 1
    exact = score_of(scored, "operator")
    # In whole percents outward: from tenths of one, and from the payout, what a sale is worth to a buyer could be worked out.
    assert (seen["low"], seen["high"]) == (floor(exact["low"] * 100) / 100, ceil(exact["high"] * 100) / 100)
    assert (exact["low"], exact["high"]) == (round(exact["low"], 3), round(exact["high"], 3))
    assert seen["completeness"]["absent"] == ["events", "touchpoints", "consent", "contact hashes", "contact hints"]
    assert seen["completeness"]["words"].startswith("3 of 8 parts of a ping were sent; no events, no touchpoints")
    assert "timeframe" in seen["completeness"]["unanswered"]
    assert "zip" not in seen["completeness"]["unanswered"]
    assert 0 < seen["completeness"]["share"] < 0.6
    assert 1 <= len(seen["factors"]) <= 5
    moves = [abs(log(one["odds"])) for one in seen["factors"]]
    assert moves == sorted(moves, reverse=True)


def test_a_buyer_reads_the_chance_and_names_without_what_the_ping_said(scored: World) -> None:
    own, bought = score_of(scored, "publisher"), score_of(scored, "advertiser")
    assert bought["probability"] == pytest.approx(served(scored)[0], abs=1e-6)
    assert [one["feature"] for one in bought["factors"]] == [one["feature"] for one in own["factors"]]
    assert [one["odds"] for one in bought["factors"]] == [one["odds"] for one in own["factors"]]
    said = [words for one in bought["factors"] for words in (one["words"], *one["beside"])]
    assert [words for words in said if ":" in words] == []
    assert [words for one in own["factors"] for words in (one["words"], *one["beside"]) if ":" in words] != []
    lost = score_of(scored, "rival_advertiser")
    assert lost == bought


def test_who_bought_the_lead_reads_what_the_ping_said_in_what_it_received(scored: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "TOP", 60)  # all of them, not the strongest five
    scored.post(scored.quoted["id"])  # type: ignore[attr-defined]
    whole = {one["feature"]: one for one in score_of(scored, "publisher")["factors"]}
    bought = score_of(scored, "advertiser")["factors"]
    answers = {one["feature"]: one["words"] for one in bought if ":" in one["words"]}
    assert answers == {name: one["words"] for name, one in whole.items() if name.startswith("lead.") and ":" in one["words"]}
    assert (len(answers) > 0, len(answers) < len(bought)) == (True, True)
    lost = score_of(scored, "rival_advertiser")["factors"]
    assert [one["words"] for one in lost if ":" in one["words"]] == []
    assert next(iter(answers.values())) in page_of(scored, "advertiser")


def test_the_operator_reads_both(scored: World) -> None:
    seen = score_of(scored, "operator")
    assert (set(seen), seen["factors"]) == (FILLED | {"probability"}, score_of(scored, "publisher")["factors"])


def test_nobody_else_reads_anything(scored: World) -> None:
    doors = [(member, *door(member, "viewer")) for member in scored.outsiders]
    before = written()
    for member, client, address in doors:
        status, seen = scored.get(f"pings/{scored.quoted['id']}", member)  # type: ignore[attr-defined]
        assert (status, seen["code"]) == (404, "not_found")
        assert client.get(f"{address}pings/{scored.quoted['id']}").status_code == 404  # type: ignore[attr-defined]
    assert written() == before


def test_the_page_says_it_in_words(scored: World) -> None:
    seen, page = score_of(scored, "publisher"), page_of(scored, "publisher")
    assert f"{seen['score']} is the chance of “sale” within 30 days in whole percents, rounded down" in page
    assert f"Interval {100 * seen['low']:.0f} % to {100 * seen['high']:.0f} %" in page
    exact = score_of(scored, "operator")
    assert f"Interval {100 * exact['low']:.1f} % to {100 * exact['high']:.1f} %" in page_of(scored, "operator")
    assert seen["completeness"]["words"] in page
    assert "synthetic prior, 0 real outcomes Suggested by simulated leads, not learned from outcomes." in page
    for one in seen["factors"]:
        assert f"{one['words']} " in page
        assert f"× {one['odds']:.2f}" in page
    assert "Chance " not in page
    assert f"Chance {100 * served(scored)[0]:.2f} %" in page_of(scored, "advertiser")


def test_a_version_from_before_the_intervals_still_explains_itself(scored: World) -> None:
    with act_as_exchange("a test stores"):
        old = pack(replace(unpack(get_stored_model(NAME).artifact), bounds=None))
        rows = ModelVersion.objects.filter(name=NAME)
        assert rows.update(artifact=old, artifact_sha256=sha256(old).hexdigest()) == 1
    explaining.forget()
    seen = score_of(scored, "publisher")
    assert (seen["low"], seen["high"], seen["note"]) == (None, None, "The version was trained before intervals were kept.")
    assert len(seen["factors"]) > 0
    assert "Interval" not in page_of(scored, "publisher")


@pytest.mark.parametrize("how", ["damaged", "gone"])
def test_a_version_that_cannot_be_read_is_said_so(scored: World, how: str) -> None:
    with act_as_exchange("a test breaks"):
        rows = ModelVersion.objects.filter(name=NAME)
        assert rows.update(**({"artifact": b"garbage"} if how == "damaged" else {"name": "home.roofing/9"})) == 1
    explaining.forget()
    seen = score_of(scored, "publisher")
    assert (seen["low"], seen["completeness"], seen["factors"]) == (None, None, [])
    assert seen["note"].startswith("The version that scored this lead can no longer be read here")
    assert "can no longer be read here" in page_of(scored, "publisher")
