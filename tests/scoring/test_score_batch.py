"""Files are scored by the function that serves pings: same answers, every column kept, everything odd named."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.core.ids import encode, uuid7
from accounts.services import create_organization
from scoring import services
from scoring.batch import score_file
from scoring.batch_columns import meant_by, put_of
from scoring.core.context import Context, SourceQuality, Standing
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


@pytest.mark.parametrize(
    ("cells", "read", "unreadable"),
    [
        (("05/06/2026", "05/31/2026"), ("2026-05-06", "2026-05-31"), 0),
        (("05/06/2026", "31/05/2026"), ("2026-06-05", "2026-05-31"), 0),
        (("1780185600", "1780272000"), ("2026-05-31", "2026-06-01"), 0),
        (("1780185600000", "1780272000000"), ("2026-05-31", "2026-06-01"), 0),
        (("20260531", "20260601"), ("2026-05-31", "2026-06-01"), 0),
        (("2026-05-31T02:00:00+02:00", "soon"), ("2026-05-31", None), 1),
        (("9999-12-31 23:59:59", "0001-01-01T00:00:00+14:00"), (None, None), 2),
        (("17", "18"), (None, None), 2),
        (("", "2026-05-31"), (None, "2026-05-31"), 0),
    ],
)
def test_arrivals_are_read_as_their_column_writes_them(tmp_path, champion, cells, read, unreadable):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("size,at\n" + "".join(f"{40 + place},{cell}\n" for place, cell in enumerate(cells)))
    report = score_file(champion, source, target, now=NOW)
    moments = [NOW if day is None else datetime.fromisoformat(day).replace(tzinfo=UTC) for day in read]
    expected = [champion.score({"lead": {"size": 40.0 + place}}, at) for place, at in enumerate(moments)]
    rows = csv.DictReader(target.read_text().splitlines())
    assert [row["probability"] for row in rows] == [f"{one.probability:.6f}" for one in expected]
    assert report.unreadable["at"] == unreadable


def test_what_features_know_beside_the_ping_counts_as_it_does_for_pings(tmp_path, prior):
    champion = Champion(load_library(), unpack(prior.artifact), version="home.test/1", badge="b", proven=False)
    known, source, target = UUID(int=7), tmp_path / "in.csv", tmp_path / "out.csv"
    quality = SourceQuality({("home.test", str(known)): Standing(-2.0, 900.0)}, {})
    context = Context(quality=quality)
    source.write_text(f"size,source,sub_id\n40,{encode('source', known)},a\n40,Google,a\n")
    report = score_file(champion, source, target, now=NOW, context=context)
    facts = {"lead": {"size": 40.0}, "source": known, "sub_id": "a"}
    served, nameless = champion.score(facts, NOW, context), champion.score({"lead": {"size": 40.0}, "sub_id": "a"}, NOW, context)
    rows = [row["probability"] for row in csv.DictReader(target.read_text().splitlines())]
    assert rows == [f"{served.probability:.6f}", f"{nameless.probability:.6f}"]
    assert dict(report.unreadable) == {"source": 1}


def test_parts_of_a_ping_stand_in_columns_of_their_own(tmp_path, champion):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(
        "consent.method,consent.captured_at,behaviour.comments,behaviour.referrer,contact_hints.area_code,consent.sellers\n"
        'prior_express_written,2026-05-04T11:00:00Z,roof leaks since today,https://search.test/?q=roof,617,"[""A"", ""B""]"\n'
    )
    report = score_file(champion, source, target, now=NOW)
    facts = {
        "lead": {}, "consent": {"method": "prior_express_written", "captured_at": "2026-05-04T11:00:00Z", "sellers": ["A", "B"]},
        "behaviour": {"comments": "roof leaks since today", "referrer": "https://search.test/?q=roof"},
        "contact_hints": {"area_code": "617"},
    }  # fmt: skip
    (row,) = csv.DictReader(target.read_text().splitlines())
    assert row["probability"] == f"{champion.score(facts, NOW).probability:.6f}"
    assert row["probability"] != f"{champion.score({'lead': {}}, NOW).probability:.6f}"
    assert (report.unused, dict(report.unreadable)) == ((), {})


def test_dirty_cells_are_counted_and_end_no_run(tmp_path, champion):
    source, target, deep = tmp_path / "in.csv", tmp_path / "out.csv", "[" * 100_000
    header = ["size", "behaviour.pages_viewed", "behaviour", "touchpoints", "consent", "behaviour.events", "behaviour.device"]
    rows = [
        ["40", "5", '{"device": "mobile"}', "[]", "{}", "[]", "desktop"],
        ["1e999", "many", "yes", deep, "yes", "{}", "tablet"],
    ]
    with source.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    report = score_file(champion, source, target, now=NOW)
    first, second = csv.DictReader(target.read_text().splitlines())
    clean = {"behaviour": {"pages_viewed": 5.0, "device": "desktop", "events": []}, "touchpoints": [], "consent": {}}
    assert first["probability"] == f"{champion.score({'lead': {'size': 40.0}, **clean}, NOW).probability:.6f}"
    assert second["probability"] == f"{champion.score({'lead': {}, 'behaviour': {'device': 'tablet'}}, NOW).probability:.6f}"
    assert dict(report.unreadable) == dict.fromkeys(header[:-1], 1)


def test_zips_and_states_that_are_none_are_counted(tmp_path, champion):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    zips = ["1002", "01002", "1002.0", "01002-1234", "010021234", "01002-", "501"]
    bad = ["ABCDE", "1", "500", "00000", "99999", "123456", "7870!", "787 01", "010021", "\u0661\u0662\u0663\u0664\u0665"]
    source.write_text("n,zip\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate([*zips, *bad, "", "n/a"])))
    report = score_file(champion, source, target, now=NOW)
    rows = [row["probability"] for row in csv.DictReader(target.read_text().splitlines())]
    expected = [champion.score({"lead": {"zip": one}}, NOW) for one in (*["01002"] * 6, "00501")]
    nothing = champion.score({"lead": {}}, NOW)
    assert rows == [f"{one.probability:.6f}" for one in (*expected, *[nothing] * 12)]
    assert dict(report.unreadable) == {"zip": len(bad)}
    source.write_text("state\nTX\ntx\nTexas\nZZ\n")
    report = score_file(champion, source, target, now=NOW)
    rows = [row["probability"] for row in csv.DictReader(target.read_text().splitlines())]
    texas = champion.score({"lead": {"state": "TX"}}, NOW)
    assert rows == [f"{one.probability:.6f}" for one in (texas, texas, nothing, nothing)]
    assert dict(report.unreadable) == {"state": 2}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("device", "behaviour.device"),
        ("Comments", "behaviour.comments"),
        ("Time on Site (seconds)", "behaviour.time_on_site_seconds"),
        ("behavior.pages_viewed", "behaviour.pages_viewed"),
        ("pages viewd", "behaviour.pages_viewed"),
        ("area_code", "contact_hints.area_code"),
        ("certificate_url", "consent.certificate_url"),
        ("phone_sha256", "contact_hashes.phone_sha256"),
        ("ZIP", "zip"),
        ("lead.Timeframe", "timeframe"),
        ("Created At", "created_at"),
        ("id", ""),
        ("colour", ""),
        ("created_at", ""),
    ],
)
def test_a_heading_that_no_ping_has_is_named_with_what_was_meant(roof, name, meant):
    assert (put_of(name, roof), meant_by(name, roof)) == (None, meant)


def test_a_file_of_headings_that_were_meant_otherwise_is_refused_with_them(tmp_path, champion):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("device,colour,Comments\nmobile,red,leaks\n")
    with pytest.raises(Refused) as refused:
        score_file(champion, source, target, now=NOW)
    assert str(refused.value) == (
        "in.csv has no column that home.test knows; it has device, colour, Comments. "
        "Did you mean behaviour.device, behaviour.comments?"
    )


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
    st.sampled_from(
        ["[", "{}", "[{}]", '{"a": {}}', "1e308", "-1", "9" * 400, "null", "NaN", "2026-02-30", "[[1]]", '[{"at": 5}]']
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(CELLS, min_size=9, max_size=9), min_size=1, max_size=4))
def test_no_cell_of_any_kind_ends_a_run(tmp_path, champion, rows):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    header = ["zip", "at", "behaviour", "behaviour.events", "touchpoints", "consent", "source", "lead", "contact_hints"]
    with source.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *(["78701", *cells[1:]] for cells in rows)])
    assert score_file(champion, source, target, now=NOW).rows == len(rows)


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
    source.write_text("id,device,zip,size\n1,mobile,78701,huge\n2,,78701,3\n")
    call_command("score_batch", str(source), str(target), "--vertical", "home.test", "--now", "2026-05-04T12:00:00Z", stdout=out)
    notes = out.getvalue().splitlines()
    assert notes[:3] == [
        "  note  id: no field of home.test, passed through",
        "  note  device: no field of home.test, passed through; did you mean behaviour.device?",
        "  note  size: 1 cells cannot be read and count as missing",
    ]
    assert notes[3].startswith("2 rows in ")
    assert notes[3].endswith("by home.test/1 (synthetic prior, 0 real outcomes)")
    second = list(csv.DictReader(target.read_text().splitlines()))[1]
    served = services.score("home.test", {"lead": {"zip": "78701", "size": 3.0}}, NOW)
    assert served is not None
    assert second["probability"] == f"{served.probability:.6f}"
    with pytest.raises(CommandError, match=r'^--now must be a time such as 2026-05-31T14:05:00Z, not "soon"\.$'):
        call_command("score_batch", str(source), str(target), "--vertical", "home.test", "--now", "soon")
    with pytest.raises(CommandError, match=r'^No champion serves "home.caves"\.$'):
        call_command("score_batch", str(source), str(target), "--vertical", "home.caves")
