"""The page of a file's columns offers what the command does: an official test set, folds, seed, findings allowed beforehand."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.core.ids import decode
from accounts.models import AuditEntry
from accounts.tenancy import act_as
from scoring.history import files as history_files
from scoring.history.learning import BOTH_JUDGE
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.scoring.test_histories import ASKED, PAGE, bring, brought, file_of, leads, learn, row_of, text_of
from tests.scoring.test_histories import folder as folder  # noqa: PLC0414
from tests.scoring.test_histories import quick as quick  # noqa: PLC0414
from tests.tenancy.conftest import state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SPLIT = {"split_column": "part", "split_value": "test"}


def parted(count: int = 600) -> list[list[str]]:
    """Mark the last third of the leads as a test set."""
    rows = leads(count, "part")
    return [rows[0], *([*row, "test" if place >= 400 else "train"] for place, row in enumerate(rows[1:]))]


def figures(report: dict[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in ("rows", "auc", "log_loss", "ece", "hits", "model")}


def by_command(tmp_path: Any, content: bytes, *options: str) -> dict[str, Any]:
    path, out = tmp_path / "past.csv", tmp_path / "out.json"
    path.write_bytes(content)
    fixed = ("--label", "won", "--drop", "mail", "--model", "logistic", "--json", str(out))
    call_command("import_history", str(path), *fixed, *options, stdout=StringIO(), stderr=StringIO())
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_a_split_folds_and_a_seed_give_the_figures_of_the_command(cast: Cast, quick: None, tmp_path: Any) -> None:
    client, content = cast.buyer.client, text_of(parted())
    history_id = brought(client, content)
    page = client.post(f"{PAGE}/{history_id}/columns", ASKED | SPLIT | {"do": "values"})
    assert (page.status_code, dict(page.context["split_values"])) == (200, {"train": 400, "test": 200})
    asked = ASKED | SPLIT | {"drop": ["mail"], "folds": "3", "seed": "7"}
    assert client.post(f"{PAGE}/{history_id}/columns", asked).status_code == 303
    with act_as(cast.advertiser.member.organization_id):
        told = AuditEntry.objects.get(subject=history_id, verb="history.started").changes
    assert (told["split"], told["folds"], told["seed"]) == ("part=test", 3, 7)
    row = learn(history_id)
    assert (row.plan["split"], row.plan["folds"], row.plan["seed"]) == (["part", "test"], 3, 7)
    command = by_command(tmp_path, content, "--split", "part=test", "--folds", "3", "--seed", "7")
    assert figures(row.report) == figures(command)
    assert row.report["details"]["protocol"] == "the official test set, which trained nothing"
    assert row.report["details"]["judged"]["metrics"]["rows"] == 200
    shown = client.get(f"{PAGE}/{history_id}").content.decode()
    assert "judged by rows whose <code>part</code> is test; 3 folds, seed 7" in shown


def test_a_second_file_judges_and_leaves_with_the_first(cast: Cast, quick: None, folder: Any, tmp_path: Any) -> None:
    client, rows = cast.buyer.client, leads()
    train, test = text_of(rows[:401]), text_of([rows[0], *rows[401:]])
    history_id = brought(client, train, test=file_of(test, "spring-test.csv"))
    row = row_of(history_id)
    files = [folder / str(row.id), folder / f"{row.id}.test"]
    assert [oct(file.stat().st_mode)[-3:] for file in files] == ["600", "600"]
    page = client.get(f"{PAGE}/{history_id}/columns").content.decode()
    assert ("spring-test.csv" in page, 'name="split_column"' in page) == (True, False)
    assert client.post(f"{PAGE}/{history_id}/columns", ASKED | {"drop": ["mail"]}).status_code == 303
    row = learn(history_id)
    (tmp_path / "test.csv").write_bytes(test)
    assert figures(row.report) == figures(by_command(tmp_path, train, "--test", str(tmp_path / "test.csv")))
    assert [file.exists() for file in files] == [False, False]
    assert "judged by spring-test.csv; 5 folds, seed 0" in client.get(f"{PAGE}/{history_id}").content.decode()


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ({"folds": "1"}, "folds", "It must be 2 to 20."),
        ({"folds": "2.5"}, "folds", "It must be a whole number."),
        ({"seed": "-1"}, "seed", "It must be a whole number."),
        ({"seed": str(2**31)}, "seed", "It must be 0 to 2147483647."),
        ({"split_column": "mail"}, "split_column", "It holds more than 50 different values; a split has few."),
        ({"split_column": "won"}, "split_column", "It is the label, the time or dropped: choose a column of its own."),
        ({"split_column": "none"}, "split_column", "The file has no such column, or more than one."),
        ({"split_column": "part", "split_value": "tset"}, "split_value", "Choose the value of the rows that only judge."),
        (
            {"allow": "single_feature:budget\r\nlabel_cpoy:stage"}, "allow",
            '"label_cpoy:stage": there is no check "label_cpoy"; there are after_the_ping, midnight, missingness, label_copy, '
            "single_feature, named_after_contact, not_in_schema, near_duplicates, carries_the_model, too_good.",
        ),
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_is_said_at_its_field_and_starts_nothing(
    cast: Cast, asked: dict[str, Any], field: str, words: str
) -> None:
    history_id = brought(cast.buyer.client, text_of(parted()))
    before = state()
    answer = cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | asked)
    assert (answer.status_code, answer.context["wrong"], bool(answer.context["advanced"])) == (422, {field: words}, True)
    assert state() == before


def test_a_test_set_beside_a_split_or_without_a_column_starts_nothing(cast: Cast) -> None:
    rows = parted()
    short = text_of([row[1:] for row in rows])
    history_id = brought(cast.buyer.client, text_of(rows), test=file_of(short, "short.csv"))
    answer = cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | SPLIT)
    assert answer.context["wrong"] == {
        "split_column": BOTH_JUDGE,
        "test": "short.csv lacks columns of the training file: budget. Drop them, or bring both again.",
    }
    assert row_of(history_id).state == "mapping"
    assert cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | {"drop": ["budget", "mail"]}).status_code == 303


def test_a_test_set_that_is_no_table_is_refused_with_both_files(cast: Cast, folder: Any) -> None:
    answer = bring(cast.buyer.client, text_of(leads()), test=file_of(b"PK\x03\x04rest", "test.xlsx"))
    words = "test.xlsx is a ZIP archive, perhaps an Excel workbook: save the sheet as CSV."
    assert (answer.status_code, answer.context["form"].errors) == (422, {"test": [words]})
    assert list(folder.iterdir()) == []


def test_a_finding_allowed_beforehand_does_not_stop_and_choices_come_back(cast: Cast, quick: None) -> None:
    client, rows = cast.buyer.client, leads(600, "stage")
    leaky = text_of([rows[0], *([*row, "sold" if row[3] == "yes" else "open"] for row in rows[1:])])
    history_id = brought(client, leaky)
    asked = ASKED | {"allow": "label_copy:stage\n", "seed": "3", "drop": ["mail"]}
    client.post(f"{PAGE}/{history_id}/columns", asked)
    row = learn(history_id)
    assert (row.state, [one["check"] for one in row.findings if one["stops"]]) == ("refused", ["carries_the_model"])
    again = client.get(f"{PAGE}/{history_id}/columns").context["asked"]
    assert (again["allow"], again["seed"], again["folds"], again["drop"]) == ("label_copy:stage", "3", "5", ["mail"])
    client.post(f"{PAGE}/{history_id}/columns", asked | {"allow": "label_copy:stage\ncarries_the_model:stage"})
    row = learn(history_id)
    assert (row.state, row.plan["allow"]) == ("done", ["label_copy:stage", "carries_the_model:stage"])
    assert all(one["evidence"].startswith("allowed: ") for one in row.findings if one["stops"])


def test_spellings_of_a_label_are_one_value_and_those_of_a_split_are_not(cast: Cast) -> None:
    rows = parted()
    rows[1][3], rows[1][4], before = rows[1][3].upper(), "Train", rows[1][3]
    history_id = brought(cast.buyer.client, text_of(rows))
    page = cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED | SPLIT | {"do": "values"})
    assert dict(page.context["values"]) == {"no": 413, "yes": 187}
    assert (dict(page.context["split_values"]), before) == ({"train": 399, "test": 200, "Train": 1}, before.lower())


def test_a_test_set_that_went_before_its_run_ends_it_in_words(cast: Cast) -> None:
    history_id = brought(cast.buyer.client, text_of(leads()), test=file_of(text_of(leads()), "test.csv"))
    cast.buyer.client.post(f"{PAGE}/{history_id}/columns", ASKED)
    history_files.path_of(decode("history", history_id), history_files.TEST).unlink()
    row = learn(history_id)
    assert (row.state, row.refusal) == ("failed", "The file is gone, as a file is after a day: bring it again.")
    old = brought(cast.buyer.client, text_of(leads()), test=file_of(text_of(leads()), "test.csv"))
    history_files.path_of(decode("history", old), history_files.TEST).unlink()
    assert cast.buyer.client.get(f"{PAGE}/{old}/columns").status_code == 303
