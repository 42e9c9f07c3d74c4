"""Files are scored by the function that serves pings: same answers, every column kept, everything odd named."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.core.ids import uuid7
from accounts.services import create_organization
from scoring import services
from scoring.batch import score_file
from scoring.core.learning.table import Refused
from scoring.core.serving import Champion, unpack
from scoring.native import load_library
from tests.scoring.conftest import spec_named

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def champion(prior):
    return Champion(load_library(), unpack(prior.artifact), version="home.test/1", badge="b", proven=False)


def test_a_file_gets_the_scores_that_pings_would_get(tmp_path, champion):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "id;zip;state;timeframe;owner;size;behaviour.pages_viewed;touchpoints;received_at\n"
        '7;1002;MA;now;yes;40;5;"[{""channel"": ""email"", ""at"": ""2026-05-01T10:00:00Z""}]";2026-05-03 09:30:00\n'
        "8;78701;TX;never;perhaps;many;;[broken;\n"
    )
    report = score_file(champion, source, target, now=NOW)
    first, second = csv.DictReader(target.read_text().splitlines())
    lead = {"zip": "01002", "state": "MA", "timeframe": "now", "owner": True, "size": 40.0}
    facts = {
        "lead": lead,
        "behaviour": {"pages_viewed": 5.0},
        "touchpoints": [{"channel": "email", "at": "2026-05-01T10:00:00Z"}],
    }
    expected = champion.score(facts, datetime(2026, 5, 3, 9, 30, tzinfo=UTC))
    assert (first["id"], first["probability"], first["score"]) == ("7", f"{expected.probability:.6f}", str(expected.score))
    assert (first["percentile"], first["model_version"]) == (str(expected.percentile), "home.test/1")
    bare = champion.score({"lead": {"zip": "78701", "state": "TX"}}, NOW)
    assert second["probability"] == f"{bare.probability:.6f}"
    assert (report.rows, report.unused) == (2, ("id",))
    assert dict(report.unreadable) == {"timeframe": 1, "owner": 1, "size": 1, "touchpoints": 1}


def test_a_file_larger_than_a_chunk_keeps_its_order(tmp_path, champion, monkeypatch):
    monkeypatch.setattr("scoring.batch.CHUNK_ROWS", 7)
    source, target, seen = tmp_path / "in.csv", tmp_path / "out.csv", []
    source.write_text("n,size\n" + "".join(f"{n},{n}\n" for n in range(25)))
    score_file(champion, source, target, now=NOW, progress=seen.append)
    assert [row["n"] for row in csv.DictReader(target.read_text().splitlines())] == [str(n) for n in range(25)]
    assert seen == [7, 14, 21, 25]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\n1,2\n", "in.csv has no column that home.test knows; it has a, b."),
        ("zip,score\n78701,2\n", "in.csv already has a column score: rename it."),
        ("zip,size\n", "in.csv has a header and no rows."),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_and_nothing_is_left(tmp_path, champion, content, words):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(content)
    with pytest.raises(Refused) as refused:
        score_file(champion, source, target, now=NOW)
    assert str(refused.value) == words
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_an_answer_never_overwrites_its_question(tmp_path, champion):
    source = tmp_path / "in.csv"
    source.write_text("zip\n78701\n")
    with pytest.raises(Refused, match=r"^The answer would overwrite the question: name another file\.$"):
        score_file(champion, source, source, now=NOW)
    assert source.read_text() == "zip\n78701\n"


def test_the_command_scores_by_the_champion_and_says_how_fast(tmp_path, committed):
    operator = create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")
    services.train_missing_priors(
        [spec_named("home.test")], at=NOW, organization_id=operator.id, actor="system:test", rows=2_500, seed=1
    )
    source, target, out = tmp_path / "in.csv", tmp_path / "out.csv", StringIO()
    source.write_text("id,zip,size\n1,78701,huge\n2,78701,3\n")
    call_command("score_batch", str(source), str(target), "--vertical", "home.test", "--now", "2026-05-04T12:00:00Z", stdout=out)
    notes = out.getvalue().splitlines()
    assert notes[:2] == [
        "  note  id: no field of home.test, passed through",
        "  note  size: 1 cells cannot be read and count as missing",
    ]
    assert notes[2].startswith("2 rows in ")
    assert notes[2].endswith("by home.test/1 (synthetic prior, 0 real outcomes)")
    second = list(csv.DictReader(target.read_text().splitlines()))[1]
    served = services.score("home.test", {"lead": {"zip": "78701", "size": 3.0}}, NOW)
    assert served is not None
    assert second["probability"] == f"{served.probability:.6f}"
    with pytest.raises(CommandError, match=r'^No champion serves "home.caves"\.$'):
        call_command("score_batch", str(source), str(target), "--vertical", "home.caves")
