"""Evidence from end to end: scores committed to, a signed file, and a program that names whatever was tampered with."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction

from accounts.core.clock import utc_now
from accounts.core.ids import decode, encode
from accounts.signing import public_key
from accounts.tenancy import act_as_exchange
from exchange.aftercare.services import record_disposition
from exchange.auction import snapshot
from exchange.auction.journal import Journal, keep_commitments
from exchange.auction.store import counters
from scoring import services as scoring
from scoring.core.evidence import Commitment, digest_of
from scoring.core.serving import Score
from scoring.models import Model, ModelVersion, ScoreCommitment
from tests.cast import Member
from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door
from tests.reporting.test_pages import visit
from tests.tidy.sources import ROOT

pytestmark = [pytest.mark.services, pytest.mark.django_db]
VERSION = "home.roofing/1"
PROGRAM = str(ROOT / "clients" / "verify_calibration.py")
Lines = list[dict[str, Any]]


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Sell sixteen leads of rising scores to the advertiser; it wins every third, and says nothing of the last one."""
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


def report(member: Member, lead_id: str, status: str) -> None:
    data = {"lead_id": lead_id, "status": status, "occurred_at": utc_now().isoformat()}
    record_disposition(organization_id=member.organization_id, currency="USD", actor="system:test", at=utc_now(), data=data)


def lines_of(world: World, member: Member | None = None) -> Lines:
    client, address = door(member or world.operator, "owner" if member else "operator")
    answer = client.get(f"{address}evidence.jsonl?version={VERSION}")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.content.splitlines()]


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
    header, figures = lines[0], lines[0]["figures"]
    assert (header["rows"], figures["known"], figures["positives"], header["scope"]) == (16, 15, 5, "everybody's sold leads")
    assert [line["outcome"] for line in lines[1:-1]][-4:] == [True, False, False, None]
    code, said = verify(tmp_path, lines, "--key", public_key())
    assert (code, said[-1], said[1]) == (0, "everything fits", "16 scores fit their hashes; 15 outcomes known, 5 won")
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
    lines[0]["figures"]["auc"] = 0.99


def better_table(lines: Lines) -> None:
    lines[0]["figures"]["table"][0]["observed"] = 0.0


def other_version(lines: Lines) -> None:
    lines[0]["version"] = "home.roofing/2"


SIGNED = "signature: the lines above it are not what was signed"


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (flip_outcome, ("positives: the header says 5, the rows give 6", "auc: ", "log_loss: ", "calibration table, line 2: ")),
        (raise_score, ("row 3 (", "log_loss: ")),
        (drop_row, ("rows: the header promises 16, there are 15", "known: the header says 15, the rows give 14")),
        (repeat_row, ("row 6 (",)),
        (other_salt, ("row 4 (",)),
        (later_commitment, ("row 1 (",)),
        (better_auc, ("auc: the header says 0.99, the rows give ",)),
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
    signed = "".join(json.dumps(line) + "\n" for line in lines[:-1]).encode()
    lines[-1] = {"signature": base64.b64encode(thief.sign(signed)).decode()}
    assert verify(tmp_path, lines)[0] == 0
    code, said = verify(tmp_path, lines, "--key", public_key())
    assert (code, said[0].startswith("key: the file names "), said[1]) == (1, True, SIGNED)


@pytest.mark.parametrize("text", ["", "{}\n", "no file\n", '{"format": 1}\n{}\n{"signature": ""}\n', "\x00\xff"])
def test_what_is_no_file_is_named_without_a_stack_trace(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.jsonl").write_text(text)
    command = [sys.executable, "-I", PROGRAM, str(tmp_path / "file.jsonl")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout.startswith("unreadable: "), ran.stderr) == (1, True, "")


def test_an_advertiser_gets_the_leads_it_bought_and_nobody_elses(served: World, tmp_path: Path) -> None:
    mine = lines_of(served, served.advertiser)
    assert (mine[0]["scope"], mine[0]["rows"]) == ("the leads you bought", 16)
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
    assert (status, file["name"], len(file["content"].splitlines())) == (200, "calibration-home.roofing-1.jsonl", 18)
    assert served.get("evidence/file", served.advertiser)[0] == 422
    assert served.get(f"evidence/file?version={VERSION}", served.rival_advertiser)[0] == 422


def test_a_late_win_is_no_win_within_the_horizon(served: World) -> None:
    sold = served.sold[-1]  # type: ignore[attr-defined]
    with act_as_exchange("the test reports of the far future"), connection.cursor() as cursor:
        cursor.execute("SELECT ping_id, id FROM auction_sale WHERE lead_id = %s", [decode("lead", sold["lead_id"])])
        ping_id, sale_id = cursor.fetchone()
        cursor.execute(
            "INSERT INTO aftercare_disposition (id, organization_id, sale_id, lead_id, vertical, status, stage,"
            " occurred_at, currency, agent, fingerprint, recorded_at) VALUES (gen_random_uuid(), %s, %s, %s, 'home.roofing',"
            " 'sale', 'won', %s, 'USD', '', 'late', %s)",
            [served.advertiser.organization_id, sale_id, decode("lead", sold["lead_id"]), utc_now() + timedelta(days=31),
             utc_now()],
        )  # fmt: skip
    row = next(line for line in lines_of(served)[1:-1] if line["ping_id"] == encode("ping", ping_id))
    assert (row["outcome"], row["mature"]) == (False, False)
