"""A file of past leads in the portal: brought, its columns named, learned from, gone; and nobody else's business."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.core.clock import utc_now
from accounts.core.ids import decode, encode
from accounts.tenancy import act_as_exchange
from scoring.history import files as history_files
from scoring.history import runs as history_runs
from scoring.models import HistoryImport
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.portal.people import person
from tests.tenancy.conftest import state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
PAGE = "/o/bob/scoring/history"
ASKED = {"label": "won", "positive": "yes", "time": "", "vertical": ""}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Any) -> Any:
    """Let each test have the files of its own."""
    settings.LEADWRIGHT_HOME = tmp_path
    return tmp_path / "imports"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn with the quickest of the candidates."""
    wish_of = history_runs.wish_of

    def only_logistic(kept: Any, **more: Any) -> Any:
        return replace(wish_of(kept, **more), candidates=("logistic",))

    monkeypatch.setattr(history_runs, "wish_of", only_logistic)


def leads(count: int = 600, *more: str) -> list[list[str]]:
    """Make honest leads: a number, a word, a mail address, and an outcome."""
    rng = np.random.default_rng(0)
    x, word = rng.normal(size=count), rng.choice(["a", "b", "c"], count)
    won = rng.random(count) < 1 / (1 + np.exp(1 - x))
    header = ["budget", "channel", "mail", "won", *more]
    return [header] + [
        [f"{number:.3f}", str(text), f"p{place}@example.com", "yes" if said else "no"]
        for place, (number, text, said) in enumerate(zip(x, word, won, strict=True))
    ]


def text_of(rows: list[list[str]]) -> bytes:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def file_of(content: bytes, name: str) -> BytesIO:
    file = BytesIO(content)
    file.name = name
    return file


def bring(client: Client, content: bytes, name: str = "leads.csv", page: str = PAGE, **more: Any) -> Any:
    return client.post(f"{page}/upload", {"file": file_of(content, name), **more})


def brought(client: Client, content: bytes, **more: Any) -> str:
    answer = bring(client, content, **more)
    assert answer.status_code == 303, answer.content
    return str(answer["Location"].split("/")[-2])


def row_of(history_id: str) -> HistoryImport:
    with act_as_exchange("look"):
        return HistoryImport.objects.get(id=decode("history", history_id))


def learn(history_id: str) -> HistoryImport:
    """Do what the worker does, in this process."""
    taken = history_runs.take_next(at=utc_now())
    assert taken == decode("history", history_id)
    history_runs.run(taken)
    return row_of(history_id)


def test_a_file_is_brought_named_learned_from_and_gone(cast: Cast, folder: Any, quick: None) -> None:
    client = cast.buyer.client
    history_id = brought(client, text_of(leads()))
    file = folder / str(decode("history", history_id))
    assert (oct(file.stat().st_mode)[-3:], oct(folder.stat().st_mode)[-3:]) == ("600", "700")
    page = client.get(f"{PAGE}/{history_id}/columns")
    seen = page.context["seen"]
    assert [(one.name, one.kind, one.filled) for one in seen.columns] == [
        ("budget", "number", 1.0), ("channel", "category", 1.0), ("mail", "identifier", 1.0), ("won", "category", 1.0),
    ]  # fmt: skip
    assert (page.context["asked"]["label"], page.context["asked"]["positive"]) == ("won", "yes")
    assert dict(page.context["values"]) == {"no": 413, "yes": 187}
    assert len(seen.rows) == 8
    answer = client.post(f"{PAGE}/{history_id}/columns", {**ASKED, "drop": ["mail"]})
    assert (answer.status_code, answer["Location"]) == (303, f"{PAGE}/{history_id}")
    assert b"One run at a time" in client.get(f"{PAGE}/{history_id}").content
    row = learn(history_id)
    assert (row.state, row.percent, row.lease_until, file.exists()) == ("done", 100, None, False)
    assert (row.report["rows"], row.report["positives"], row.report["model"]) == (600, 187, "logistic")
    shown = client.get(f"{PAGE}/{history_id}")
    assert shown.context["result"]["compared"][0] == (
        "AUC", f"{row.report['auc']:.4f}", f"{row.report['baseline']['auc']:.4f}",
    )  # fmt: skip
    assert client.get(f"{PAGE}/{history_id}/report.json").json() == row.report
    assert client.get(f"{PAGE}/{history_id}/columns").status_code == 303


def test_a_leak_stops_and_is_dropped_or_allowed_knowingly(cast: Cast, folder: Any, quick: None) -> None:
    client = cast.buyer.client
    rows = leads(600, "stage")
    history_id = brought(client, text_of([rows[0], *([*row, "sold" if row[3] == "yes" else "open"] for row in rows[1:])]))
    client.post(f"{PAGE}/{history_id}/columns", ASKED)
    row = learn(history_id)
    assert (row.state, row.refusal) == ("refused", "Not trained: 2 findings; drop the columns or allow each knowingly.")
    assert [(one["check"], one["column"]) for one in row.findings] == [("label_copy", "stage"), ("carries_the_model", "stage")]
    page = client.get(f"{PAGE}/{history_id}")
    assert (b"tells the label by itself: AUC 1.000" in page.content, b"Run again" in page.content) == (True, True)
    for wish in ({}, {"drop": ["budget"]}, {"allow": ["label_copy:budget"]}):
        assert client.post(f"{PAGE}/{history_id}/again", wish).status_code == 422
    assert (row_of(history_id).state, (folder / str(row.id)).exists()) == ("refused", True)
    assert client.post(f"{PAGE}/{history_id}/again", {"drop": ["stage", "stage"]}).status_code == 303
    row = learn(history_id)
    assert (row.state, row.findings, row.plan["drop"], (folder / str(row.id)).exists()) == ("done", [], ["stage"], False)


def label(values: list[str]) -> bytes:
    rows = leads()
    return text_of([rows[0], *([*row[:3], said] for row, said in zip(rows[1:], values, strict=True))])


@pytest.mark.parametrize(
    ("content", "asked", "field", "words"),
    [
        (label([""] * 600), {}, "label", "It is empty in every row."),
        (label(["yes"] * 600), {}, "label", 'It holds one value only, "yes": nothing to tell apart.'),
        (
            label(["yes"] * 3 + ["no"] * 597), {}, "positive",
            '"won" holds 3 positives in 600 labelled rows; learning needs at least 20 of each outcome and 100 rows.',
        ),
        (text_of(leads()), {"label": "mail"}, "label", "It holds more than 50 different values; a label has few."),
        (text_of(leads()), {"label": ""}, "label", "Choose the column that says how the lead ended."),
        (text_of(leads()), {"positive": "maybe"}, "positive", "Choose the value that counts as a yes."),
        (text_of(leads()), {"time": "won"}, "time", "One column cannot be label and time at once."),
        (text_of(leads()), {"time": "channel"}, "time", "It holds no dates that can be read; use 2026-05-31 14:05:00."),
        (text_of(leads()), {"drop": ["won"]}, "drop", "Label and time cannot be dropped."),
        (text_of(leads()), {"drop": ["budget", "channel", "mail"]}, "drop", "Keep at least one column to learn from."),
        (text_of(leads()), {"vertical": "home.caves"}, "vertical", "There is no such kind of lead."),
        (
            text_of([["budget", "won", "mail", "won"], *leads()[1:]]), {}, "label",
            "More than one column has this name: rename one in the file.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_said_at_its_field(
    cast: Cast, content: bytes, asked: dict[str, Any], field: str, words: str
) -> None:
    history_id = brought(cast.buyer.client, content)
    answer = cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | asked)
    assert (answer.status_code, answer.context["wrong"]) == (422, {field: words})
    assert row_of(history_id).state == "mapping"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "leads.csv has no header line."),
        (b"x,y\n", "leads.csv has a header and no rows."),
        (bytes(range(256)) * 40, "leads.csv is no text: 11% of its first 10240 bytes are control characters."),
        (b"PK\x03\x04rest", "leads.csv is a ZIP archive, perhaps an Excel workbook: save the sheet as CSV."),
    ],
)
def test_what_is_no_table_is_not_kept(cast: Cast, folder: Any, content: bytes, words: str) -> None:
    answer = bring(cast.buyer.client, content)
    assert (answer.status_code, answer.context["form"].errors["file"]) == (422, [words])
    assert list(folder.iterdir()) == []
    with act_as_exchange("look"):
        assert not HistoryImport.objects.exists()


def test_constant_columns_only_are_refused_in_words_and_nothing_of_a_cell_is_kept(cast: Cast, quick: None) -> None:
    rows = [["same", "phone", "won"], *([["x", f"secret {place}", row[3]] for place, row in enumerate(leads()[1:])])]
    history_id = brought(cast.buyer.client, text_of(rows))
    cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED)
    row = learn(history_id)
    assert (row.state, row.refusal) == (
        "refused",
        "No column is left to learn from: same: the same in every row, left out; phone: 600 different texts in 600 rows, an"
        " identifier or free text, left out.",
    )
    assert row.refusal.encode() in cast.buyer.client.get(f"{PAGE}/{history_id}").content.replace(b"&quot;", b'"')


def test_cells_that_cannot_be_read_are_counted_and_never_kept(cast: Cast, quick: None) -> None:
    rows = leads(600, "age")
    for place, row in enumerate(rows[1:]):
        row.append("Ann Lee" if place < 5 else f"{20 + place % 50}.{place}")
    history_id = brought(cast.buyer.client, text_of(rows))
    cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | {"drop": ["mail"]})
    row = learn(history_id)
    assert "age: 5 of 600 cells are not numbers and count as missing" in row.report["details"]["notes"]
    assert "Ann Lee" not in str(row.report)


def test_a_run_that_died_ends_in_words_and_its_file_goes(cast: Cast, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    history_id = brought(cast.buyer.client, text_of(leads()))
    cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED)
    began = utc_now()
    assert history_runs.take_next(at=began) == decode("history", history_id)
    assert history_runs.take_next(at=began) is None
    assert history_runs.tend(at=began + history_runs.LEASE) is None
    assert row_of(history_id).state == "running"
    history_runs.tend(at=began + history_runs.LEASE + timedelta(seconds=1))
    row = row_of(history_id)
    assert (row.state, row.refusal, (folder / str(row.id)).exists()) == ("failed", history_runs.DIED, False)
    assert history_runs.renew(row.id, at=began) is False
    with pytest.raises(history_runs.Abandoned):
        history_runs.run(row.id)
    assert history_runs.DIED.encode() in cast.buyer.client.get(f"{PAGE}/{history_id}").content


def test_one_run_at_a_time_and_the_next_is_started_by_the_sweep(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [brought(cast.buyer.client, text_of(leads())) for _ in range(2)]
    for one in ids:
        cast.buyer.client.post(f"{PAGE}/{one}/columns", ASKED)
    started: list[Any] = []
    monkeypatch.setattr(history_runs, "spawn", started.append)
    monkeypatch.setattr(history_runs, "_children", [])
    assert history_runs.tend(at=utc_now()) == decode("history", ids[0])
    monkeypatch.setattr(history_runs, "_children", [])
    assert history_runs.tend(at=utc_now()) is None
    history_runs.end(decode("history", ids[0]), at=utc_now(), state="failed", refusal="")
    monkeypatch.setattr(history_runs, "_children", [])
    assert history_runs.tend(at=utc_now()) == decode("history", ids[1])
    assert started == [decode("history", one) for one in ids]


def test_a_fault_of_ours_ends_the_run_and_tells_no_cell(
    cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError(" ".join(("Ann", "Lee")))

    history_id = brought(cast.buyer.client, text_of(leads()))
    cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED)
    monkeypatch.setattr(history_runs, "learn_history", broken)
    row = learn(history_id)
    assert (row.state, row.refusal) == ("failed", history_runs.BROKE)
    assert ("ValueError" in caplog.text, "Ann Lee" in caplog.text) == (True, False)


def test_files_go_after_a_day_and_by_the_button(cast: Cast, folder: Any, django_capture_on_commit_callbacks: Any) -> None:
    client, now = cast.buyer.client, utc_now()
    first, second = (brought(client, text_of(leads())) for _ in range(2))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{PAGE}/{first}/delete").status_code == 303
    assert [path.name for path in folder.iterdir()] == [str(decode("history", second))]
    assert client.get(f"{PAGE}/{first}").status_code == 404
    assert history_files.remove_old(at=now + timedelta(hours=23)) == 0
    assert history_files.remove_old(at=now + timedelta(hours=25)) == 1
    assert b"The file is gone" in client.get(f"{PAGE}/{second}").content
    assert client.post(f"{PAGE}/{second}/columns", ASKED)["Location"] == f"{PAGE}/{second}"
    assert row_of(second).state == "mapping"


def test_the_trail_names_what_was_done_and_a_sixth_file_waits(cast: Cast) -> None:
    client = cast.buyer.client
    ids = [brought(client, text_of(leads())) for _ in range(5)]
    assert bring(client, text_of(leads())).context["form"].errors["file"] == [
        "5 files of yours lie here already: delete one first."
    ]
    client.post(f"{PAGE}/{ids[0]}/columns", ASKED)
    client.post(f"{PAGE}/{ids[1]}/delete")
    trail = client.get("/o/bob/settings/audit").content.decode().lower()
    for words in ("brought a file of past leads", "had a model learned from past leads", "deleted a file of past leads"):
        assert words in trail


def test_a_run_that_ended_or_lives_on_keeps_its_file(cast: Cast, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    history_id = brought(cast.buyer.client, text_of(leads()))
    cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED)
    began, run = utc_now(), decode("history", history_id)
    assert history_runs.take_next(at=began) == run
    monkeypatch.setattr(history_runs, "_dead", lambda at: [run])  # its lease had run out when somebody looked
    late = began + history_runs.LEASE + timedelta(seconds=1)
    assert history_runs.renew(run, at=late) is True
    history_runs.tend(at=late)
    assert (row_of(history_id).state, history_files.is_kept(run)) == ("running", True)
    history_runs.end(run, at=late, state="refused", refusal="Two columns bear one name.")
    history_runs.tend(at=late + 2 * history_runs.LEASE)
    row = row_of(history_id)
    assert (row.state, row.refusal, history_files.is_kept(run)) == ("refused", "Two columns bear one name.", True)


def test_nobody_else_sees_or_changes_an_import(cast: Cast) -> None:
    history_id = brought(cast.buyer.client, text_of(leads()))
    rival = person("rival@both.example", (cast.operator, "operator"))
    reader = person("reader@bob.example", (cast.advertiser, "viewer"))
    before = state()
    for path in ("", "/columns", "/again", "/delete", "/report.json"):
        for client, page in (
            (rival.client, "/o/house-of-exchange/scoring/history"),
            (cast.stranger.client, PAGE),
            (cast.owner.client, "/o/alice/scoring/history"),
        ):
            # Whoever may read here is told first that a page takes no POST.
            posted = 405 if client is rival.client and path in {"", "/report.json"} else 404
            asked = [ask(f"{page}/{history_id}{path}").status_code for ask in (client.get, client.post)]
            assert (page, path, asked) == (page, path, [404, posted])
        if path not in {"", "/report.json"}:
            assert reader.client.post(f"{PAGE}/{history_id}{path}", ASKED).status_code == 403
    assert reader.client.get(f"{PAGE}/{history_id}/columns").status_code == 403
    assert reader.client.get(f"{PAGE}/{history_id}").status_code == 200
    assert bring(reader.client, text_of(leads())).status_code == 403
    assert state() == before


def test_a_form_without_its_token_brings_nothing(cast: Cast, folder: Any) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    strict.cookies = cast.buyer.client.cookies
    assert (bring(strict, text_of(leads())).status_code, folder.exists()) == (403, False)


@pytest.mark.parametrize(
    ("verdict", "pill", "notice"),
    [
        ("better", "Done", "notice-ok"),
        ("not better", "Not better than the base rate", "notice-warn"),
        (None, "Done", None),
    ],
)
def test_the_verdict_stands_on_the_page_and_in_the_list(
    cast: Cast, folder: Any, quick: None, verdict: str | None, pill: str, notice: str | None
) -> None:
    client = cast.buyer.client
    history_id = brought(client, text_of(leads()))
    client.post(f"{PAGE}/{history_id}/columns", {**ASKED, "drop": ["mail"]})
    row = learn(history_id)
    row.report["verdict"] = verdict
    if verdict is None:
        del row.report["verdict"]  # as reports of before are
    with act_as_exchange("a verdict of our own"):
        row.save(update_fields=["report"])
    for address in (PAGE, f"{PAGE}/{history_id}"):
        assert pill in client.get(address).content.decode()
    shown = client.get(f"{PAGE}/{history_id}").content.decode()
    said = [one for one in ("notice-ok", "notice-warn", "notice-bad") if one in shown]
    assert said == ([] if notice is None else [notice])
    assert ("than the base rate: log loss" in shown) is (verdict is not None)
    assert "deleted" in client.get(PAGE).content.decode()


def test_the_command_keeps_its_report_for_an_organization_that_exists(cast: Cast, tmp_path: Any) -> None:
    path = tmp_path / "past.csv"
    path.write_bytes(text_of(leads()))

    def command(owner: str, *more: str) -> None:
        options = ("--label", "won", "--model", "logistic", "--advertiser", owner)
        call_command("import_history", str(path), *options, *more, stdout=StringIO(), stderr=StringIO())

    with pytest.raises(CommandError, match=r'^There is no organization "nobody": give its id'):
        command("nobody")
    command("bob", "--drop", "mail")
    command(encode("organization", cast.advertiser.member.organization_id))
    with pytest.raises(CommandError, match="No row of"):
        command("bob", "--positive", "maybe")
    rows = cast.buyer.client.get(PAGE).context["rows"]
    assert [(row.state, row.file_name, kept) for _, row, kept in rows] == [
        ("refused", "past.csv", False), ("done", "past.csv", False), ("done", "past.csv", False),
    ]  # fmt: skip
    assert [(row.label, row.auc is not None, row.verdict, row.never_stored) for _, row, _ in rows] == [
        ("won", False, None, True), ("won", True, "better", True), ("won", True, "better", True),
    ]  # fmt: skip
    listed, learned = (cast.buyer.client.get(address).content.decode() for address in (PAGE, f"{PAGE}/{rows[2][0]}"))
    assert (listed.count("never stored"), listed.count(">deleted<"), listed.count("<code>won</code>")) == (3, 0, 3)
    assert [f">{row.auc:.3f}<" in listed for _, row, _ in rows[1:]] == [True, True]
    assert (learned.count("it was never stored here"), "The file is deleted" in learned) == (1, False)
    assert cast.buyer.client.get(f"{PAGE}/{rows[2][0]}").context["result"]["rows"] == 600
    assert cast.owner.client.get("/o/alice/scoring/history").status_code == 404
