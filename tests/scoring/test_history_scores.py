"""What an import taught scores new leads: on its page and by command; it is nobody else's, and it goes with its import."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.core.clock import utc_now
from accounts.core.ids import decode
from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from scoring.history import files as history_files
from scoring.history import runs as history_runs
from scoring.models import HistoryImport, HistoryModel
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.portal.people import person
from tests.scoring.test_histories import ASKED, PAGE, brought, file_of, leads, learn, row_of, text_of
from tests.scoring.test_histories import folder as folder  # noqa: PLC0414
from tests.scoring.test_histories import quick as quick  # noqa: PLC0414
from tests.tenancy.conftest import state

pytestmark = [pytest.mark.services, pytest.mark.django_db]


def taught(cast: Cast) -> str:
    """Bring a file and learn from it; gives the import's id."""
    history_id = brought(cast.buyer.client, text_of(leads()))
    assert cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | {"drop": ["mail"]}).status_code == 303
    assert learn(history_id).state == "done"
    return history_id


def score(cast: Cast, history_id: str, content: bytes, name: str = "new.csv") -> Any:
    return cast.buyer.client.post(f"{PAGE}/{history_id}/score", {"file": file_of(content, name)})


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def commanded(tmp_path: Path, content: bytes, history: str) -> tuple[list[dict[str, str]], list[str]]:
    source, target, out = tmp_path / "new.csv", tmp_path / "scored.csv", StringIO()
    source.write_bytes(content)
    call_command("score_batch", str(source), str(target), "--history", history, stdout=out)
    return rows_of(target.read_text()), out.getvalue().splitlines()


NEW = [["won", "channel", "note", "budget"], ["", "a", "x", "2.5"], ["", "zzz", "y", "lots"], ["", "", "", "-1.25"]]


def test_new_leads_are_scored_on_the_page_as_by_the_command(cast: Cast, folder: Any, quick: None, tmp_path: Path) -> None:
    history_id, client = taught(cast), cast.buyer.client
    page = client.get(f"{PAGE}/{history_id}")
    assert (page.context["reads"], b"Score the file" in page.content) == (("budget", "channel"), True)
    answer = score(cast, history_id, text_of(NEW))
    assert answer.status_code == 303, answer.content
    scoring_id = answer["Location"].split("/")[-1]
    assert (row_of(scoring_id).state, b"One run at a time" in client.get(f"{PAGE}/{scoring_id}").content) == ("queued", True)
    assert client.get(f"{PAGE}/{scoring_id}/scored.csv").status_code == 404
    row = learn(scoring_id)
    notes = [
        "passed through, for the model does not read them: won, note",
        "budget: 1 cells cannot be read and count as missing",
        "channel: 1 cells hold what was rare or unknown when the model was learned",
    ]
    assert (row.state, row.report["rows"], row.report["notes"]) == ("done", 3, notes)
    file = folder / f"{row.id}.scored"
    assert (oct(file.stat().st_mode)[-3:], (folder / str(row.id)).exists()) == ("600", False)
    given = client.get(f"{PAGE}/{scoring_id}/scored.csv")
    assert given["Content-Disposition"] == 'attachment; filename="scored-new.csv"'
    found = rows_of(b"".join(given.streaming_content).decode())
    assert list(found[0]) == ["won", "channel", "note", "budget", "probability", "score", "percentile"]
    assert all(int(one["score"]) == int(100 * float(one["probability"]) + 1e-9) for one in found)
    assert (float(found[0]["percentile"]) > 90, float(found[2]["percentile"]) < 20) == (True, True)
    assert commanded(tmp_path, text_of(NEW), history_id)[0] == found
    shown = client.get(f"{PAGE}/{scoring_id}").content.decode()
    assert ("3 rows scored" in shown, f"{PAGE}/{scoring_id}/scored.csv" in shown) == (True, True)
    assert "new.csv" in client.get(f"{PAGE}/{history_id}").content.decode()
    assert [row.id for _, row, _ in client.get(PAGE).context["rows"]] == [decode("history", history_id)]
    with act_as(cast.advertiser.member.organization_id):
        told = AuditEntry.objects.get(subject=scoring_id, verb="history.scored").changes
    assert told == {"file": "new.csv", "bytes": len(text_of(NEW)), "by": "leads.csv"}


def test_a_model_is_kept_in_a_file_that_scores_what_it_was_taught(quick: None, tmp_path: Path) -> None:
    past, model, out = tmp_path / "past.csv", tmp_path / "spring.model", StringIO()
    past.write_bytes(text_of(leads()))
    options = ("--label", "won", "--drop", "mail", "--model", "logistic")
    call_command("import_history", str(past), *options, "--keep", str(model), stdout=out, stderr=StringIO())
    last = f"The model is kept; manage.py score_batch NEW.csv SCORED.csv --history {model} scores by it. No champion was changed."
    assert out.getvalue().splitlines()[-1] == last
    found, told = commanded(tmp_path, text_of(leads()), str(model))
    chances = [float(one["probability"]) for one in found]
    assert abs(sum(chances) / len(chances) - 187 / 600) < 0.005
    assert told[-1].endswith(f"by what {model} taught")
    out = StringIO()
    call_command("import_history", str(past), *options, stdout=out, stderr=StringIO())
    assert out.getvalue().splitlines()[-1].startswith("The model is not kept: --keep FILE keeps it")
    model.write_bytes(model.read_bytes()[:-20])
    with pytest.raises(CommandError, match="The model cannot score: it cannot be read"):
        commanded(tmp_path, text_of(NEW), str(model))
    with pytest.raises(CommandError, match='"none" is neither the id of an import'):
        commanded(tmp_path, text_of(NEW), "none")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (text_of([["channel"], ["a"]]), "new.csv lacks columns that the model was learned from: budget."),
        (b"", "new.csv has no header line."),
        (b"budget,channel\n", "new.csv has a header and no rows."),
        (b"PK\x03\x04rest", "new.csv is a ZIP archive, perhaps an Excel workbook: save the sheet as CSV."),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_at_its_field(
    cast: Cast, quick: None, folder: Any, content: bytes, words: str
) -> None:
    history_id = taught(cast)
    before = state()
    answer = score(cast, history_id, content)
    assert (answer.status_code, answer.context["form"].errors["file"]) == (422, [words])
    assert (state(), list(folder.iterdir())) == (before, [])


def test_a_file_with_columns_of_answers_ends_in_words_and_goes(cast: Cast, quick: None, folder: Any) -> None:
    scoring_id = score(cast, taught(cast), text_of([["budget", "channel", "score"], ["1", "a", "9"]]))["Location"].split("/")[-1]
    row = learn(scoring_id)
    assert (row.state, row.refusal) == ("refused", "new.csv already has a column score: rename it.")
    assert list(folder.iterdir()) == []
    page = cast.buyer.client.get(f"{PAGE}/{scoring_id}")
    assert (page.status_code, row.refusal.encode() in page.content) == (200, True)
    assert cast.buyer.client.get(f"{PAGE}/{scoring_id}/columns").status_code == 303
    assert cast.buyer.client.post(f"{PAGE}/{scoring_id}/again", {"drop": ["budget"]}).status_code == 404


def test_nobody_else_scores_with_a_model_or_reads_its_answers(cast: Cast, quick: None, folder: Any) -> None:
    history_id = taught(cast)
    scoring_id = score(cast, history_id, text_of(NEW))["Location"].split("/")[-1]
    learn(scoring_id)
    rival = person("rival@both.example", (cast.operator, "operator"))
    reader = person("reader@bob.example", (cast.advertiser, "viewer"))
    before, files = state(), sorted(folder.iterdir())
    for client, page in (
        (rival.client, "/o/house-of-exchange/scoring/history"),
        (cast.stranger.client, PAGE),
        (cast.owner.client, "/o/alice/scoring/history"),
    ):
        assert client.post(f"{page}/{history_id}/score", {"file": file_of(text_of(NEW), "new.csv")}).status_code == 404
        assert client.get(f"{page}/{scoring_id}/scored.csv").status_code == 404
        assert client.get(f"{page}/{scoring_id}").status_code == 404
    assert reader.client.post(f"{PAGE}/{history_id}/score", {"file": file_of(text_of(NEW), "new.csv")}).status_code == 403
    assert reader.client.get(f"{PAGE}/{scoring_id}/scored.csv").status_code == 403
    shown = reader.client.get(f"{PAGE}/{history_id}").content
    assert (b"Score the file" in shown, b"What the model is for" in shown) == (False, True)
    assert (state(), sorted(folder.iterdir())) == (before, files)
    with act_as(cast.operator.member.organization_id):
        assert not HistoryModel.objects.exists()
    with act_as(cast.advertiser.member.organization_id):
        assert HistoryModel.objects.count() == 1


def test_a_model_goes_with_its_import_and_so_do_answers(
    cast: Cast, quick: None, folder: Any, django_capture_on_commit_callbacks: Any
) -> None:
    history_id = taught(cast)
    scoring_id = score(cast, history_id, text_of(NEW))["Location"].split("/")[-1]
    learn(scoring_id)
    with django_capture_on_commit_callbacks(execute=True):
        assert cast.buyer.client.post(f"{PAGE}/{history_id}/delete").status_code == 303
    assert (list(folder.iterdir()), cast.buyer.client.get(f"{PAGE}/{scoring_id}").status_code) == ([], 404)
    with act_as_exchange("look"):
        assert (HistoryModel.objects.count(), HistoryImport.objects.count()) == (0, 0)


def test_a_model_that_is_gone_or_damaged_scores_nothing(cast: Cast, quick: None) -> None:
    history_id = taught(cast)
    scoring_id = score(cast, history_id, text_of(NEW))["Location"].split("/")[-1]
    with act_as_exchange("damage"):
        HistoryModel.objects.update(artifact=b"x")
    row = learn(scoring_id)
    assert (row.state, row.refusal) == ("refused", "The model is damaged: learn from its file again.")
    with act_as_exchange("lose"):
        HistoryModel.objects.all().delete()
    answer = score(cast, history_id, text_of(NEW))
    assert answer.status_code == 409
    assert "This import is a report" in cast.buyer.client.get(f"{PAGE}/{history_id}").content.decode()
    with pytest.raises(CommandError, match="This import keeps no model"):
        call_command("score_batch", "in.csv", "out.csv", "--history", history_id)


def test_answers_that_nobody_fetches_go_after_a_day_and_count_as_files(cast: Cast, quick: None, folder: Any) -> None:
    history_id = taught(cast)
    for _ in range(5):
        learn(score(cast, history_id, text_of(NEW))["Location"].split("/")[-1])
    refused = score(cast, history_id, text_of(NEW))
    words = ["5 files of yours lie here already: delete one first."]
    assert (refused.status_code, refused.context["form"].errors["file"]) == (422, words)
    assert history_files.remove_old(at=utc_now() + history_files.KEPT + history_runs.LEASE) == 5
    assert score(cast, history_id, text_of(NEW)).status_code == 303
