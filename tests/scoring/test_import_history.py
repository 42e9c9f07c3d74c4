"""manage.py import_history on files nobody has seen: a refusal or a note for all that is odd, figures for the rest."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from scoring.core.learning.allowed import CHECKS
from scoring.core.learning.table import Plan
from scoring.csv_rows import find_layout
from scoring.history.learning import Wish, learn_history
from scoring.history.preview import count_values

Rows = list[list[Any]]
KEYS = (
    "rows", "positives", "verdict", "auc", "auc_low", "auc_high", "log_loss", "brier", "ece", "ece_floor", "oe", "gain",
    "gain_low", "gain_high", "lift10", "hits", "baseline", "sentinel", "model", "calibration",
)  # fmt: skip


def leads(count: int = 600, seed: int = 0) -> Rows:
    """Make honest leads: one number and one word that predict a little, and an outcome of 0 or 1."""
    rng = np.random.default_rng(seed)
    x, word = rng.normal(size=count), rng.choice(["a", "b", "c"], count)
    won = rng.random(count) < 1 / (1 + np.exp(1 - x))
    return [[f"{number:.3f}", str(text), int(outcome)] for number, text, outcome in zip(x, word, won, strict=True)]


@pytest.fixture
def write(tmp_path):
    def write(rows: Rows, header: tuple[str, ...] = ("x", "g", "y"), name: str = "leads.csv", **options: Any) -> Path:
        path = tmp_path / name
        with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as stream:
            csv.writer(stream, **options).writerows([header, *rows])
        return path

    return write


def learn(path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_history", str(path), "--label", "y", "--model", "logistic", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def refusal(path: Path, *arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        learn(path, *arguments)
    return str(refused.value)


def test_percents_never_fall_from_the_first_file_that_is_read_to_the_end(write: Any) -> None:
    seen: list[tuple[int, str]] = []
    wish = Wish(Plan("y"), test=write(leads(200, seed=1), name="test.csv"), candidates=("logistic", "lightgbm"), folds=2)
    learn_history(write(leads()), wish, progress=lambda percent, stage: seen.append((percent, stage)))
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert [seen[0], seen[1], seen[-1]] == [(4, "reading leads.csv"), (9, "reading test.csv"), (100, "done")]


def test_honest_leads_are_learned_from_and_every_figure_is_written(write, tmp_path):
    told = learn(write(leads()), "--json", str(tmp_path / "out.json"))
    found = json.loads((tmp_path / "out.json").read_text())
    assert tuple(found)[:3] == KEYS[:3]
    assert set(KEYS) <= set(found)
    assert (found["rows"], found["sentinel"], found["model"]) == (600, [], "logistic")
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert 0.6 < found["auc"] < 0.8
    assert found["calibration"]["method"] in {"raw", "platt"}
    assert sum(line["rows"] for line in found["calibration"]["table"]) == 600
    assert found["baseline"]["installed"] is True
    assert found["log_loss"] < found["baseline"]["log_loss"]
    assert "Leakage sentinel: 0 findings, 0 suspicions" in told


def verdict_of(path: Path, tmp_path: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    told = learn(path, "--json", str(tmp_path / "out.json"), *arguments)
    (said,) = (line for line in told.splitlines() if line.startswith("Verdict: "))
    return json.loads((tmp_path / "out.json").read_text()), said


def test_the_verdict_says_whether_a_model_is_worth_anything(write, tmp_path):
    rows = leads()
    found, said = verdict_of(write(rows), tmp_path)
    assert (found["verdict"], 0 < found["gain_low"] < found["gain"] < found["gain_high"]) == ("better", True)
    assert found["gain"] == pytest.approx(-found["log_loss"] - 187 / 600 * np.log(187 / 600) - 413 / 600 * np.log(413 / 600))
    assert said == (
        f"Verdict: Better than the base rate: log loss {found['log_loss']:.4f}, always saying the base rate 0.6204, a gain of "
        f"{found['gain']:+.4f} (95 % interval {found['gain_low']:+.4f} to {found['gain_high']:+.4f})."
    )
    shuffled = [[*row[:2], other[2]] for row, other in zip(rows, rows[::-1], strict=True)]
    found, said = verdict_of(write(shuffled), tmp_path)
    assert (found["verdict"], found["gain_low"] <= 0, found["gain"] > -0.01) == ("not better", True, True)
    assert said.startswith("Verdict: Not better than the base rate: ")
    assert said.endswith(" Do not decide by its scores.")
    turned = [[*row[:2], 1 - row[2] if place >= 400 else row[2], place // 400] for place, row in enumerate(rows)]
    found, said = verdict_of(write(turned, ("x", "g", "y", "part")), tmp_path, "--split", "part=1")
    assert (found["verdict"], found["gain_high"] < 0, found["auc_high"] < 0.5) == ("not better", True, True)
    assert said.startswith("Verdict: Not better than the base rate: ")
    assert said.endswith(
        f" It ranks worse than chance: AUC {found['auc']:.3f} ({found['auc_low']:.3f} to {found['auc_high']:.3f}). "
        f"Do not decide by its scores."
    )


def test_equal_files_and_seeds_give_equal_figures(write, tmp_path):
    for name in ("one.json", "two.json"):
        learn(write(leads()), "--json", str(tmp_path / name))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_without_the_usual_recipe_a_line_says_so(write, monkeypatch):
    monkeypatch.setattr("scoring.history.learning.find_spec", lambda name: None)
    assert "usual recipe: not installed (pip install xgboost-cpu, a development requirement)" in learn(write(leads()))


def test_encodings_and_separators_and_decimal_commas_change_nothing(write, tmp_path):
    plain = [[row[0], "Köln" if row[1] == "a" else row[1], row[2]] for row in leads()]
    foreign = [[row[0].replace(".", ","), *row[1:]] for row in plain]
    learn(write(plain), "--json", str(tmp_path / "plain.json"))
    layouts = (("cp1252", ";", foreign), ("utf-16", "\t", plain), ("utf-8-sig", "|", plain))
    for encoding, separator, rows in layouts:
        learn(write(rows, encoding=encoding, delimiter=separator), "--json", str(tmp_path / "other.json"))
        one, other = (json.loads((tmp_path / name).read_text()) for name in ("plain.json", "other.json"))
        notes = one["details"].pop("notes"), other["details"].pop("notes")
        assert one == other
        guessed = ["file: it is not UTF-8 and read as windows-1252; save it as UTF-8 if letters in it come out wrong"]
        assert notes == ([], guessed if encoding == "cp1252" else [])


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ([""] * 600, 'The label "y" is empty in all 600 rows.'),
        ([1] * 600, '"y" holds one value only, "1": there is nothing to tell apart.'),
        (
            [1] * 3 + [0] * 597,
            '"y" holds 3 positives in 600 labelled rows; learning needs at least 20 of each outcome and 100 rows.',
        ),
        (["good", "bad"] * 300, '"y" holds 2 values, "bad", "good": name the one that counts with --positive VALUE.'),
        (
            ["won", "lost", "open"] * 200,
            '"y" holds 3 values, "lost", "open", "won": name the one that counts with --positive VALUE.',
        ),
    ],
)
def test_a_label_that_cannot_be_learned_is_refused(write, label, words):
    rows = [[*row[:2], said] for row, said in zip(leads(), label, strict=True)]
    assert refusal(write(rows)) == words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "{path} has no header line."),
        (b"x,g,y\n", "leads.csv has a header and no rows."),
        (b"x,g,z\n1,2,3\n", 'leads.csv has no column "y" (--label). It has 3 columns: "x", "g", "z".'),
        (b"y\n" + b"1\n0\n" * 100, "No column is left to learn from."),
        (b"PK\x03\x04rest", "{path} is a ZIP archive, perhaps an Excel workbook: save the sheet as CSV."),
        (bytes(range(256)) * 40, "{path} is no text: 11% of its first 10240 bytes are control characters."),
        (b"x,y,y\n1,0,1\n", '--label "y" is the name of more than one column of leads.csv: rename one.'),
    ],
)
def test_a_file_that_is_no_table_of_leads_is_refused(tmp_path, content, words):
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    assert refusal(path) == words.replace("{path}", str(path))


def test_a_refusal_stands_in_the_figures_too(write, tmp_path):
    told, figures = refusal(write([["1", "2"]], ("x", "y"))), tmp_path / "figures.json"
    with pytest.raises(CommandError):
        call_command("import_history", str(tmp_path / "leads.csv"), "--label", "y", "--json", str(figures), stdout=StringIO())
    assert json.loads(figures.read_text()) == {"refused": told}


@pytest.mark.parametrize("option", ["--json", "--keep"])
@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("none/out", "{option} {path} cannot be written: No such file or directory. Name another file."),
        (".", "{option} {path} cannot be written: Is a directory. Name another file."),
        ("leads.csv/out", "{option} {path} cannot be written: Not a directory. Name another file."),
        ("leads.csv", "{option} {path} would overwrite another file of this run: name one of its own."),
        ("test.csv", "{option} {path} would overwrite another file of this run: name one of its own."),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_anything_is_read(write, tmp_path, monkeypatch, option, named, words):
    monkeypatch.setattr("scoring.management.commands.import_history.learn_history", None)
    path, test = write(leads(5)), write(leads(5), name="test.csv")
    target = tmp_path / named
    assert refusal(path, "--test", str(test), option, str(target)) == words.format(option=option, path=target)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["leads.csv", "test.csv"]
    assert len(path.read_text().splitlines()) == 6


def test_one_file_cannot_take_figures_and_model(write, tmp_path):
    target = str(tmp_path / "out")
    told = refusal(write(leads(5)), "--json", target, "--keep", target)
    assert told == f"--keep {target} would overwrite another file of this run: name one of its own."


def test_the_report_is_printed_also_where_the_figures_get_lost_after_all(write, tmp_path):
    path, target, out = write(leads()), tmp_path / "folder" / "out.json", StringIO()
    target.parent.mkdir()
    arguments = ("import_history", str(path), "--label", "y", "--model", "logistic", "--json", str(target))

    class Losing(StringIO):
        def write(self, text: str) -> int:
            if target.parent.is_dir() and "looking for leaks" in text:
                target.parent.rmdir()
            return super().write(text)

    with pytest.raises(CommandError, match=r"^The figures could not be written: .*No such file or directory"):
        call_command(*arguments, stdout=out, stderr=Losing())
    assert "Judged: 5 stratified folds" in out.getvalue()
    assert "Model: logistic regression, calibration" in out.getvalue()


def test_a_refusal_is_told_also_where_the_figures_get_lost_after_all(write, tmp_path, monkeypatch):
    def lost(self: Path, *_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", lost)
    told, target = refusal(write(leads(5)), "--json", str(tmp_path / "out.json")), tmp_path / "out.json"
    assert told == (
        '"y" holds 1 positives in 5 labelled rows; learning needs at least 20 of each outcome and 100 rows. '
        f"The figures could not be written: [Errno 28] No space left on device: '{target}'."
    )


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert refusal(tmp_path / "none.csv") == f"There is no file {tmp_path / 'none.csv'}."


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--drop", "gg"), 'leads.csv has no column "gg" (--drop); did you mean "g"? It has 3 columns: "x", "g", "y".'),
        (("--drop", "y"), '"y" cannot be dropped: it is the label or the time.'),
        (("--time", "y"), '"y" cannot be label and time at once.'),
        (("--time", "g"), 'The time column "g" holds no dates that can be read ("a", "b", "c"); use 2026-05-31 14:05:00.'),
        (("--positive", "2"), 'No row of "y" is "2"; it holds "0", "1".'),
        (("--split", "g"), "--split must be COL=VALUE, such as split=test."),
        (("--split", "g=d"), 'No row of "g" is "d"; it holds "a", "b", "c".'),
        (("--folds", "1"), "--folds must be 2 to 20."),
        (("--seed", "-1"), "--seed must be 0 to 2147483647."),
        (("--threads", "0"), "--threads must be 1 to 64."),
        (("--vertical", "home.caves"), None),
    ],
)
def test_an_option_that_fits_no_file_is_refused(write, arguments, words):
    told = refusal(write(leads()), *arguments)
    assert told == words or (
        words is None and told.startswith('There is no vertical "home.caves"; there are education, home.roofing')
    )


def test_what_is_odd_in_a_file_is_named_and_nothing_is_dropped_silently(write):
    rows = [
        [
            f"p{place}@example.com",
            *row[:2],
            "z",
            "",
            10**400 if place % 7 == 0 else place * 3.5,
            10**400 + place,
            "7" if place % 2 else "abc",
            row[2],
        ]
        for place, row in enumerate(leads())
    ]
    rows[4] = rows[4][:2]
    rows[9][8] = ""
    told = learn(write(rows, ("mail", "x", "x", "same", "none", "huge", "huger", "mixed", "y")))
    assert [line.removeprefix("  note  ") for line in told.splitlines() if line.startswith("  note  ")] == [
        'header: "x" stands there more than once; the second is called "x (2)"',
        "file: 1 lines with fewer cells than columns, filled up as missing (the first in record 5)",
        'y: 2 rows without a label are left out; no disposition is not a "no"',
        "mail: 598 different texts in 598 rows, an identifier or free text, left out",
        "same: the same in every row, left out",
        "none: empty in every row, left out",
        "huge: 86 cells cannot be read and count as missing (numbers too large)",
        "huger: 599 cells cannot be read and count as missing (numbers too large): nothing remains, left out",
        "mixed: mixes numbers and words, read as words",
    ]


def test_a_quote_that_is_never_closed_is_named_or_refused_with_its_lines(write):
    path = write(leads())
    lines = path.read_text().splitlines()
    lines[590] = '"' + lines[590]
    path.write_text("\n".join(lines))
    assert "file: 11 lines with a quote that is not closed, left out (the first in record 590)" in learn(path)
    lines[100] = '"' + lines[100]
    path.write_text("\n".join(lines).replace('"', "", 2).replace(lines[300], '"' + lines[300]))
    assert refusal(path).startswith(
        "leads.csv is no table that can be trusted: of 299 records 301 with a quote that is not closed"
    )


@pytest.mark.parametrize("wrong", [12, 300])
def test_times_that_cannot_be_read_are_left_out_or_refused(write, wrong):
    rows = [
        [*row, "yesterday" if place < wrong else f"2024-01-{1 + place % 28:02d} {place % 24:02d}:30:00"]
        for place, row in enumerate(leads())
    ]
    path = write(rows, ("x", "g", "y", "t"))
    if wrong == 12:
        told = learn(path, "--time", "t")
        assert "t: 12 rows without a readable time are left out" in told
        assert "Judged: the newest fifth of the rows, after training on all before; 118 rows" in told
    else:
        assert refusal(path, "--time", "t") == '50% of the times in "t" cannot be read ("yesterday"); use 2026-05-31 14:05:00.'


def test_a_leak_stops_with_evidence_and_switch_and_the_switch_goes_on(write, tmp_path):
    path = write([[*row, "sold" if row[2] else "open"] for row in leads()], ("x", "g", "y", "z"))
    out = StringIO()
    with pytest.raises(CommandError, match=r"^Not trained: 2 findings; drop the columns or allow each knowingly\.$"):
        call_command(
            "import_history", str(path), "--label", "y", "--json", str(tmp_path / "no.json"), stdout=out, stderr=StringIO()
        )
    assert "LEAK  label_copy: z\n        tells the label by itself: AUC 1.000" in out.getvalue()
    assert 'go on with --drop "z", or --allow "label_copy:z"' in out.getvalue()
    found = json.loads((tmp_path / "no.json").read_text())
    assert tuple(found) == KEYS
    assert (found["auc"], found["model"], {one["check"] for one in found["sentinel"]}) == (
        None,
        None,
        {"label_copy", "carries_the_model"},
    )
    learn(path, "--allow", "label_copy:z", "carries_the_model:z", "--json", str(tmp_path / "yes.json"))
    assert json.loads((tmp_path / "yes.json").read_text())["sentinel"][0]["evidence"].startswith("allowed: ")
    assert "0 findings" in learn(path, "--drop", "z")


def test_an_official_test_set_judges_as_a_file_or_as_a_column(write, tmp_path):
    rows = leads()
    parts = write(
        [[*row, "test" if place >= 400 else "train"] for place, row in enumerate(rows)], ("x", "g", "y", "part"), "parts.csv"
    )
    train, test = write(rows[:400]), write(rows[400:], name="test.csv")
    learn(parts, "--split", "part=test", "--json", str(tmp_path / "split.json"))
    learn(train, "--test", str(test), "--json", str(tmp_path / "test.json"))
    assert json.loads((tmp_path / "split.json").read_text()) == json.loads((tmp_path / "test.json").read_text())
    assert refusal(train, "--test", str(write(rows, ("x", "h", "y"), "h.csv"))) == "h.csv lacks columns of the training file: g."


def test_a_vertical_makes_columns_that_no_ping_carries_leaks(write):
    rows = [[*row, "paid", "78701"] for row in leads()]
    path = write(
        [[*row[:3], "paid" if place % 3 else "due", row[4]] for place, row in enumerate(rows)],
        ("pages_viewed", "utm_source", "y", "invoice", "zip"),
    )
    out = StringIO()
    with pytest.raises(CommandError, match="Not trained: 1 findings"):
        call_command("import_history", str(path), "--label", "y", "--vertical", "home.roofing", stdout=out, stderr=StringIO())
    assert "LEAK  not_in_schema: invoice\n        no ping of home.roofing carries it" in out.getvalue()


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        ("label_copy", '--allow "label_copy": name the column too, as in --allow "label_copy:x".'),
        ("label_copi:x", f'--allow "label_copi:x": there is no check "label_copi"; there are {", ".join(CHECKS)}.'),
        ("label_copy:z", '--allow "label_copy:z": there is no column "z". There are "x", "g", "y", "(rows)".'),
    ],
)
def test_a_mistyped_allow_is_refused_before_anything_is_read(write, allowed, words):
    assert refusal(write(leads(5)), "--allow", allowed) == words


def test_an_allow_that_met_no_finding_is_named_whether_leaks_stop_or_not(write):
    note = '  note  --allow "midnight:g": no such finding, so it changed nothing'
    assert note in learn(write(leads()), "--allow", "midnight:g").splitlines()
    path, out = write([[*row, "sold" if row[2] else "open"] for row in leads()], ("x", "g", "y", "z")), StringIO()
    with pytest.raises(CommandError, match="Not trained"):
        call_command("import_history", str(path), "--label", "y", "--allow", "midnight:g", stdout=out, stderr=StringIO())
    assert note in out.getvalue().splitlines()


def test_a_sheet_as_excel_writes_it_is_read_and_what_was_made_of_it_is_named(write):
    rows = [
        [*row[:2], ["NO", "Yes"][row[2]] if place % 9 else ["no", "YES"][row[2]], "2024-05-01"]
        for place, row in enumerate(leads())
    ]
    path = write(rows, ("x", "", "y", "arrived"), delimiter=";")
    path.write_text(f"sep=;\nLeads of May\n\n{path.read_text()}")
    told = [line for line in learn(path, "--positive", "yes").splitlines() if line.startswith("  note")]
    assert told == [
        '  note  header: "Leads of May" above it is skipped as a title',
        "  note  header: column 2 has no name: called column_2",
        '  note  y: "NO", "no" are read as one value',
        '  note  y: "YES", "Yes" are read as one value',
        "  note  arrived: the same in every row, left out",
    ]


def test_binary_after_a_long_beginning_is_named_with_its_record(write):
    path = write(leads(20_000))
    with path.open("ab") as stream:
        stream.write(bytes(range(32)) * 400)
    told = refusal(path)
    assert told == "Record 20,001 of leads.csv is no text: it holds 9 control characters. Is the file damaged?"


def test_no_cell_reaches_a_terminal_as_it_stands(write):
    rows = [[*row[:2], "won\x9b31m" if row[2] else "lost\u202e"] for row in leads()]
    assert refusal(write(rows)) == (
        r'"y" holds 2 values, "lost\u202e", "won\u009b31m": name the one that counts with --positive VALUE.'
    )
    told = learn(write([[*row, f"{row[0]}\u202e"] for row in leads()], ("x", "g", "y", "na\u202eme")))
    assert r"  note  na\u202eme: " in told
    assert "\u202e" not in told


def test_values_are_counted_over_the_whole_file_without_blanks_and_as_they_are_spelled(write):
    path = write([["1", "a", said] for said in ("Yes", "yes", " Yes", "NO", "", "1.0", "1")])
    assert count_values(path, find_layout(path), "y") == {"Yes": 2, "yes": 1, "NO": 1, "1.0": 1, "1": 1}
