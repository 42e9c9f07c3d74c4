"""Evidence from end to end: scores committed to, a signed file, and a program that names whatever was tampered with."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256, sha512
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction

from accounts.core.clock import rfc3339, utc_now
from accounts.core.ids import decode, encode, uuid7
from accounts.signing import public_key
from accounts.tenancy import act_as_exchange
from exchange.aftercare.outcomes import record_new_sales
from exchange.auction import snapshot
from exchange.auction.journal import Journal, keep_commitments
from exchange.auction.store import counters
from reporting import evidence, evidence_api
from reporting.web import evidence as pages
from scoring import services as scoring
from scoring.core.evidence import Commitment, digest_of
from scoring.core.serving import Score
from scoring.models import Model, ModelVersion, ScoreCommitment
from tests.cast import Member
from tests.reporting.conftest import World, report, written
from tests.reporting.test_overview import door
from tests.reporting.test_pages import visit
from tests.tidy.sources import ROOT

pytestmark = [pytest.mark.services, pytest.mark.django_db]
VERSION = "home.roofing/1"
PROGRAM = str(ROOT / "clients" / "verify_calibration.py")
Lines = list[dict[str, Any]]


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch, settings: Any) -> World:
    """Sell sixteen leads of rising scores to the advertiser; it wins every third, and says nothing of the last one.

    A day of waiting takes no time here: what is sold is due.
    """
    settings.OUTCOME_DAY_MS = 0
    evidence.forget_held()
    chances = iter([0.02 + 0.03 * place for place in range(16)])
    version()

    def score(*_: Any) -> Score:
        p = next(chances)
        return Score(p, int(100 * p), 50.0, VERSION, "badge", (1.0,), False, p)

    monkeypatch.setattr(scoring, "score", score)
    world.sold = [world.post(world.ping()["id"], number) for number in range(1, 17)]  # type: ignore[attr-defined]
    carry()
    for place, sold in enumerate(world.sold[:-1]):  # type: ignore[attr-defined]
        report(world.advertiser, sold["lead_id"], "sale" if place % 3 == 0 else "lost")
    record_new_sales()
    return world


def version() -> None:
    with act_as_exchange("the test keeps a version"):
        model = Model.objects.create(vertical="home.roofing", outcome="sale", horizon_days=30)
        ModelVersion.objects.create(
            model=model, number=1, name=VERSION, origin="synthetic", badge="synthetic prior, 0 real outcomes", recipe="r",
            features_version=1, rows=1, positives=1, data_from_at=utc_now(), data_until_at=utc_now(), metrics={}, calibration={},
            rounds=1, artifact=b"", artifact_sha256="", created_at=utc_now(),
        )  # fmt: skip


def carry() -> None:
    Journal([counters(mode) for mode in snapshot.MODES], keep=keep_commitments).drain()


def lines_of(world: World, member: Member | None = None) -> Lines:
    client, address = door(member or world.operator, "owner" if member else "operator")
    answer = client.get(f"{address}evidence.jsonl?version={VERSION}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in b"".join(answer).splitlines()]


def verify(folder: Path, lines: Lines, *more: str) -> tuple[int, list[str]]:
    file = folder / "file.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = subprocess.run([sys.executable, "-I", PROGRAM, str(file), *more], capture_output=True, text=True, timeout=60)
    assert ran.stderr == ""
    return ran.returncode, ran.stdout.splitlines()


def test_each_score_is_committed_to_once_and_never_changes(served: World) -> None:
    with act_as_exchange("look"):
        rows = list(ScoreCommitment.objects.order_by("served_at", "ping_id"))
        assert [round(row.probability, 2) for row in rows] == [round(0.02 + 0.03 * place, 2) for place in range(16)]
        for row in rows:
            made = Commitment(row.ping_id, row.mode, row.vertical, row.model_version, row.probability, row.state, row.served_at)
            assert (digest_of(made, bytes(row.salt)), len(row.salt)) == (bytes(row.digest), 16)
        for change in ("UPDATE scoring_scorecommitment SET probability = 0.5", "DELETE FROM scoring_scorecommitment"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)
        assert len({bytes(row.salt) for row in rows}) == 16


def test_the_whole_file_fits_and_the_program_says_so(served: World, tmp_path: Path) -> None:
    lines = lines_of(served)
    header, total, figures = lines[0], lines[-2], lines[-2]["figures"]
    assert (total["rows"], figures["known"], figures["positives"], header["scope"]) == (16, 15, 5, "everybody's sold leads")
    assert [line["outcome"] for line in lines[1:-2]][-4:] == [True, False, False, None]
    code, said = verify(tmp_path, lines, "--key", public_key())
    assert (code, said[-1], said[1]) == (0, "everything fits", "16 scores fit their hashes; 15 mature outcomes known, 5 won")
    assert len([line for line in said if " leads: predicted " in line]) == 15


def flip_outcome(lines: Lines) -> None:
    lines[2]["outcome"] = True


def raise_score(lines: Lines) -> None:
    lines[3]["p"] = 0.9


def drop_row(lines: Lines) -> None:
    del lines[5]


def repeat_row(lines: Lines) -> None:
    lines[6] = dict(lines[5])


def other_salt(lines: Lines) -> None:
    lines[4]["salt"] = "00" * 16


def later_commitment(lines: Lines) -> None:
    lines[1]["committed_at"] = "2099-01-01T00:00:00.000Z"


def better_auc(lines: Lines) -> None:
    lines[-2]["figures"]["auc"] = 0.99


def better_table(lines: Lines) -> None:
    lines[-2]["figures"]["table"][0]["observed"] = 0.0


def better_level(lines: Lines) -> None:
    lines[-2]["figures"]["oe"] = 1.0


def other_segment(lines: Lines) -> None:
    lines[2]["segment"] = "CA"


def other_market(lines: Lines) -> None:
    lines[0]["mode"] = "test"


def younger(lines: Lines) -> None:
    lines[1]["mature"] = False


def other_version(lines: Lines) -> None:
    lines[0]["version"] = "home.roofing/2"


def two_names(lines: Lines) -> None:
    """Give one lead a second row: its uuid in capitals, another chance, and a hash that fits."""
    row = dict(lines[5], p=0.9, uuid=lines[5]["uuid"].upper())
    head = ("leadwright-score/2", row["uuid"], "0.9", VERSION, row["served_at"])
    text = (*head, "live", "home.roofing", row["salt"], row["segment"])
    lines.insert(6, row | {"hash": sha256("\n".join(text).encode()).hexdigest()})


def other_ping(lines: Lines) -> None:
    lines[5]["ping_id"] = lines[6]["ping_id"]


def undated(lines: Lines) -> None:
    lines[1]["known_at"] = None


SIGNED = "sha512: the lines above it are others than those it was made of"
THIEF = "signature: the lines above it are not what was signed"


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (flip_outcome, ("positives: the file says 5, the rows give 6", "auc: ", "log_loss: ", "calibration table, line 2: ")),
        (raise_score, ("row 3 (", "log_loss: ")),
        (drop_row, ("rows: the file promises 16, there are 15", "known: the file says 15, the rows give 14")),
        (repeat_row, ("row 6 (",)),
        (other_salt, ("row 4 (",)),
        (later_commitment, ("row 1 (",)),
        (better_auc, ("auc: the file says 0.99, the rows give ",)),
        (better_level, ("oe: the file says 1.0, the rows give ",)),
        (other_segment, ("row 2 (",)),
        (other_market, ("row 1 (", "row 16 (")),
        (younger, ("known: the file says 15, the rows give 14",)),
        (two_names, ("row 6 (",)),
        (other_ping, ("row 5 (",)),
        (undated, ("row 1 (",)),
        (better_table, ("calibration table, line 1: ",)),
        (other_version, ("row 1 (", "row 16 (")),
    ],
)
def test_each_tampering_is_named(served: World, tmp_path: Path, tamper: Callable[[Lines], None], named: tuple[str, ...]) -> None:
    lines = lines_of(served)
    tamper(lines)
    code, said = verify(tmp_path, lines)
    assert (code, said[0]) == (1, SIGNED)
    for words in named:
        assert any(line.startswith(words) for line in said), (words, said)


def test_who_signs_anew_is_found_out_by_the_key(served: World, tmp_path: Path) -> None:
    lines, thief = lines_of(served), Ed25519PrivateKey.generate()
    lines[0]["public_key"] = base64.b64encode(thief.public_key().public_bytes_raw()).decode()
    digest = sha512("".join(json.dumps(line) + "\n" for line in lines[:-1]).encode()).hexdigest()
    signed = f"{lines[0]['format']}\n{digest}".encode()
    lines[-1] = {"sha512": digest, "signature": base64.b64encode(thief.sign(signed)).decode()}
    assert verify(tmp_path, lines)[0] == 0
    code, said = verify(tmp_path, lines, "--key", public_key())
    assert (code, said[0].startswith("key: the file names "), said[1]) == (1, True, THIEF)


@pytest.mark.parametrize("text", ["", "{}\n", "no file\n", '{"format": 1}\n{}\n{"signature": ""}\n', "\x00\xff"])
def test_what_is_no_file_is_named_without_a_stack_trace(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.jsonl").write_text(text)
    command = [sys.executable, "-I", PROGRAM, str(tmp_path / "file.jsonl")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.startswith("unreadable: "), ran.stderr) == (1, True, "")


def test_an_advertiser_gets_the_leads_it_bought_and_nobody_elses(served: World, tmp_path: Path) -> None:
    mine = lines_of(served, served.advertiser)
    assert (mine[0]["scope"], mine[-2]["rows"]) == ("the leads you bought", 16)
    assert verify(tmp_path, mine)[0] == 0
    rival, theirs = door(served.rival_advertiser, "owner")
    publisher, ours = door(served.publisher, "owner")
    before = written()
    assert rival.get(f"{theirs}evidence.jsonl?version={VERSION}").status_code == 404
    assert rival.get(f"{theirs}evidence").context["rows"] == []
    files = ("evidence", f"evidence.jsonl?version={VERSION}")
    assert [publisher.get(f"{ours}{one}").status_code for one in files] == [404, 404]
    assert written() == before


def test_the_page_and_the_api_name_version_counts_and_key(served: World) -> None:
    page = visit(served.operator, "evidence", "operator")
    ((_, held),) = page.context["rows"]
    assert ((held.version, held.leads, held.known), page.context["key"]) == ((VERSION, 16, 15), public_key())
    status, told = served.get("evidence", served.advertiser)
    assert (status, told["public_key"], told["versions"][0]["leads"]) == (200, public_key(), 16)
    status, file = served.get(f"evidence/file?version={VERSION}", served.advertiser)
    assert (status, file["name"], len(file["content"].splitlines())) == (200, "calibration-home.roofing-1.jsonl", 19)
    assert served.get("evidence/file", served.advertiser)[0] == 422
    assert served.get(f"evidence/file?version={VERSION}", served.rival_advertiser)[0] == 422


def row_of(world: World, sold: dict[str, Any]) -> dict[str, Any]:
    """Give a lead's line of the operator's file."""
    status, lead = world.get(f"leads/{sold['lead_id']}", world.operator)
    assert status == 200
    return next(line for line in lines_of(world)[1:-2] if line["ping_id"] == lead["ping_id"])


def test_a_late_win_is_no_win_within_the_horizon(served: World) -> None:
    sold = served.sold[-1]  # type: ignore[attr-defined]
    report(served.advertiser, sold["lead_id"], "sale", timedelta(days=31))
    assert row_of(served, sold)["outcome"] is False


def test_a_receipt_undoes_no_win(served: World) -> None:
    won = served.sold[0]  # type: ignore[attr-defined]
    before = row_of(served, won)
    report(served.advertiser, won["lead_id"], "received", timedelta(minutes=1))
    assert (before["outcome"], row_of(served, won)) == (True, before)


def test_an_outcome_is_known_since_the_first_report_of_an_end_whatever_came_later(served: World) -> None:
    won, silent = served.sold[0], served.sold[-1]  # type: ignore[attr-defined]
    first = row_of(served, won)["known_at"]
    for status, later in (("lost", 1), ("sale", 2), ("contacted", 3)):
        report(served.advertiser, won["lead_id"], status, timedelta(minutes=later))
    assert row_of(served, won)["known_at"] == first
    assert row_of(served, silent)["known_at"] is None


def test_an_open_lead_is_no_outcome_until_it_is_due(served: World, settings: Any) -> None:
    open_one, lost = served.sold[-1], served.sold[1]  # type: ignore[attr-defined]
    report(served.advertiser, open_one["lead_id"], "contacted")
    settings.OUTCOME_DAY_MS = 60_000
    row = row_of(served, open_one)
    assert (row["outcome"], row["known_at"], row["mature"]) == (None, None, False)
    assert (row_of(served, lost)["outcome"], lines_of(served)[-2]["figures"]) == (False, {"known": 0, "positives": 0})
    settings.OUTCOME_DAY_MS = 0
    row = row_of(served, open_one)
    assert (row["outcome"], row["mature"], row["known_at"] >= row["committed_at"][:16]) == (False, True, True)
    assert lines_of(served)[-2]["figures"]["known"] == 16


def test_a_file_holds_the_days_that_were_asked_for(served: World) -> None:
    today = utc_now().date()
    before = f"&from={today - timedelta(days=20)}&to={today - timedelta(days=10)}"
    assert served.get(f"evidence?{before[1:]}", served.advertiser)[1]["versions"] == []
    status, refused = served.get(f"evidence/file?version={VERSION}{before}", served.advertiser)
    assert (status, refused["errors"][0]["pointer"]) == (422, "/version")
    status, told = served.get(f"evidence?from={today - timedelta(days=1)}&to={today}", served.advertiser)
    assert [(one["version"], one["leads"], one["known"]) for one in told["versions"]] == [(VERSION, 16, 15)]
    wrong = (f"from={today}&to={today - timedelta(days=1)}", "from=2020-01-01", "from=0001-01-01&to=0001-01-02", "to=9999-12-31")
    assert [served.get(f"evidence?{query}", served.advertiser)[0] for query in wrong] == [422] * 4


def test_an_answer_of_the_api_holds_so_many_leads_and_says_so(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_api, "LEADS_MAX", 15)
    status, refused = served.get(f"evidence/file?version={VERSION}", served.advertiser)
    assert (status, refused["errors"][0]["pointer"], refused["errors"][0]["code"]) == (422, "/from", "too_many")
    assert len(lines_of(served)) == 19


def test_a_file_of_the_page_holds_so_many_leads_and_says_so(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = door(served.advertiser, "owner")
    monkeypatch.setattr(pages, "LEADS_MAX", 15)
    refused = client.get(f"{address}evidence.jsonl?version={VERSION}&days=28")
    words = "More than 15 leads: ask for fewer days at once."
    assert (refused.status_code, refused.context["fault"], words in refused.content.decode()) == (422, words, True)
    assert refused.context["ranges"][0] == (28, f"{address}evidence?days=28", True)
    monkeypatch.setattr(pages, "LEADS_MAX", 16)
    assert len(b"".join(client.get(f"{address}evidence.jsonl?version={VERSION}&days=28")).splitlines()) == 19


def test_the_page_joins_its_list_once_a_minute(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(evidence, "time", SimpleNamespace(monotonic=lambda: now[0]))
    rows = []
    for instant, number in ((100.0, 17), (159.9, 18), (160.0, 19)):
        now[0] = instant
        ((_, held),) = visit(served.advertiser, "evidence").context["rows"]
        rows.append(held.leads)
        with monkeypatch.context() as once:
            once.setattr(scoring, "score", lambda *_: Score(0.5, 50, 50.0, VERSION, "badge", (1.0,), False, 0.5))
            served.post(served.ping()["id"], number)
        carry()
        record_new_sales()
    assert rows == [16, 16, 18]
    assert visit(served.rival_advertiser, "evidence").context["rows"] == []


def test_a_version_with_a_nul_in_it_is_unknown(served: World) -> None:
    client, address = door(served.advertiser, "owner")
    assert client.get(f"{address}evidence.jsonl?version=%00").status_code == 404
    assert served.get("evidence/file?version=%00", served.advertiser)[0] == 422


def test_the_hash_is_handed_out_before_the_outcome_and_the_file_must_hold_it(served: World, tmp_path: Path) -> None:
    sold = served.sold[-1]  # type: ignore[attr-defined]
    lead = served.get(f"leads/{sold['lead_id']}", served.advertiser)[1]
    ping = served.get(f"pings/{lead['ping_id']}", served.publisher)[1]
    assert (len(lead["commitment"]), ping["commitment"]) == (64, lead["commitment"])
    assert served.get(f"leads/{sold['lead_id']}", served.rival_advertiser)[0] == 404
    entry = {"commitment": lead["commitment"], "version": ping["score"]["model_version"]}
    (tmp_path / "kept.json").write_text(json.dumps({lead["ping_id"]: entry}))
    lines, kept = lines_of(served), ("--known", str(tmp_path / "kept.json"))
    code, said = verify(tmp_path, lines, *kept)
    assert (code, said[2]) == (0, "1 hashes fit those you kept; of the others the exchange alone says when it made them")
    row = next(line for line in lines if line.get("ping_id") == lead["ping_id"])
    row["hash"] = "00" * 32
    assert f"known hash of {lead['ping_id']}: the file has another" in verify(tmp_path, lines, *kept)[1]
    lines.remove(row)
    # What was served in the last seconds of the days is not asked for.
    lines[0]["until"] = rfc3339(utc_now() + timedelta(minutes=1))
    assert f"known hash of {lead['ping_id']}: the file leaves this lead out" in verify(tmp_path, lines, *kept)[1]


def test_kept_hashes_of_other_versions_and_days_are_skipped_and_counted(served: World, tmp_path: Path) -> None:
    lines, here = lines_of(served), {"commitment": "00" * 32, "version": VERSION}
    until_ms = int(datetime.fromisoformat(lines[0]["until"]).timestamp() * 1000)
    since_ms = int(datetime.fromisoformat(lines[0]["since"]).timestamp() * 1000)
    inside, *outside = (encode("ping", uuid7(ms)) for ms in (until_ms - 60_000, since_ms - 1, until_ms, until_ms - 5_000))
    bought = {line["ping_id"]: {"commitment": line["hash"], "version": VERSION} for line in lines[1:3]}
    other = {encode("ping", uuid7(until_ms - 60_000)): {"commitment": "00" * 32, "version": "home.roofing/2"}}
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({**bought, **other, **dict.fromkeys(outside, here)}))
    code, said = verify(tmp_path, lines, "--known", str(kept))
    assert (code, said[2:4]) == (0, [
        "2 hashes fit those you kept; of the others the exchange alone says when it made them",
        "4 hashes you kept were skipped: of another version than the file's, or of other days",
    ])  # fmt: skip
    moved = {lines[3]["ping_id"]: {"commitment": "00" * 32, "version": "home.roofing/2"}}
    kept.write_text(json.dumps({inside: here, **moved}))
    assert verify(tmp_path, lines, "--known", str(kept)) == (1, [
        f"known hash of {inside}: the file leaves this lead out",
        f"known hash of {lines[3]['ping_id']}: the file has another",
    ])  # fmt: skip


def test_a_commitment_of_form_1_stays_verifiable(served: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "score", lambda *_: None)
    ping = served.ping()["id"]
    served.post(ping, 17)
    carry()
    at, ping_id = utc_now(), decode("ping", ping)
    text = "\n".join(("leadwright-score/1", str(ping_id), "0.25", VERSION, rfc3339(at), "00" * 16))
    with act_as_exchange("the test keeps a commitment of before"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO scoring_scorecommitment (ping_id, mode, vertical, model_version, probability, state, salt, digest,"
            " served_at, committed_at) VALUES (%s, 'live', 'home.roofing', %s, 0.25, 'TX', %s, %s, %s, %s)",
            [ping_id, VERSION, bytes(16), sha256(text.encode()).digest(), at, at],
        )
    code, said = verify(tmp_path, lines_of(served))
    assert (code, said[1][:27], said[3]) == (
        0, "17 scores fit their hashes;", "1 of the hashes are of form 1, which does not hold the segment",
    )  # fmt: skip
