"""Columns of a foreign file: nothing leaves silently, spellings are one value, dates and times are what they are."""

from __future__ import annotations

import ast
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from scoring.core.learning import sentinel
from scoring.core.learning.allowed import CHECKS, check_allowed, unmet_notes
from scoring.core.learning.building import table_of
from scoring.core.learning.cells import (
    listed,
    moment_of_number,
    moment_reader,
    number_reader,
    printable,
    quoted,
    seconds_of_number,
)
from scoring.core.learning.columns import LEVELS_MAX, NUMBERS, TEXTS, ColumnBuilder, RawColumn
from scoring.core.learning.derivations import PLAIN, Derivation
from scoring.core.learning.findings import ROWS, Finding
from scoring.core.learning.preview import IDENTIFIER, describe
from scoring.core.learning.spellings import join_spellings, plain
from scoring.core.learning.table import Plan, Refused, Table

ROWS_MADE = 400


def column(name: str, cells: list[str], chunk: int = 5_000, *, words: bool = False) -> RawColumn:
    builder = ColumnBuilder(name, words=words)
    for start in range(0, len(cells), chunk):
        builder.add(cells[start : start + chunk])
    return builder.finish()


def made(plan: Plan | None = None, label: list[str] | None = None, **cells: list[str]) -> Table:
    """Make a table of a label, a number that is no identifier, and other columns."""
    count = max([ROWS_MADE, *map(len, cells.values())])
    label = label or [str(place % 4 // 3) for place in range(count)]
    numbers = [f"{place * 7 % 31}.5" for place in range(count)]
    columns = [column("y", label, words=True), column("x", numbers), *(column(name, said) for name, said in cells.items())]
    return table_of(columns, plan or Plan("y"))


def refused(plan: Plan, label: list[str] | None = None, **cells: list[str]) -> str:
    with pytest.raises(Refused) as error:
        made(plan, label, **cells)
    return str(error.value)


def days(count: int = ROWS_MADE) -> list[str]:
    return [f"2024-{1 + place // 28 % 12:02d}-{1 + place % 28:02d}" for place in range(count)]


def test_numbers_that_count_the_rows_are_no_feature_in_the_order_of_the_file_nor_in_that_of_time():
    shuffled = [f"{(place * 171 + 37) % ROWS_MADE:03d}" for place in range(ROWS_MADE)]
    times = [f"2024-03-05 {minute // 60:02d}:{minute % 60:02d}:00" for minute in map(int, shuffled)]
    in_file, in_time = [str(5_125_550_000 + place) for place in range(ROWS_MADE)], [str(9_000 + int(one)) for one in shuffled]
    told = "another whole number in nearly every row, an identifier, left out"
    assert describe("tel", in_file).kind == IDENTIFIER
    table = made(Plan("y", time="t"), t=times, tel=in_file, count=in_time)
    assert (table.notes, table.clock) == ((f"tel: {told}", f"count: {told}"), True)
    assert [feature.name for feature in table.features] == ["x", "t (hour)"]
    days_in_file = [f"2024{1 + place // 28:02d}{1 + place % 28:02d}" for place in range(300)] + [""] * 100
    assert made(Plan("y", time="t"), t=times, batch=days_in_file).notes == (f"batch: {told}",)


@pytest.mark.parametrize(
    ("cell", "value"), [("9e29", 9e29), ("-1e30", -1e30), ("1.1e30", nan), ("1e308", nan), ("1e999", nan), ("-inf", nan)]
)
def test_a_number_too_large_is_missing_to_training_and_to_scoring_alike(cell: str, value: float) -> None:
    trained = column("z", [cell, *(f"{place}.5" for place in range(20))]).values[0]
    scored = Derivation("z", "z", PLAIN, "point").reader()(cell)
    assert (repr(float(trained)), repr(scored)) == (repr(value), repr(value))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Yes", " yes  ", True),
        ("Closed  Won", "closed won", True),
        ("1", "1.0", True),
        ("1", "1,00", True),
        ("-1", "-1.0", True),
        ("TRUE", "True", True),
        ("1", "1.5", False),
        ("1", "true", False),
        ("1", "10", False),
    ],
)
def test_case_blanks_and_decimals_make_no_other_value(one, other, same):
    assert (plain(one) == plain(other)) is same


def test_spellings_stand_under_the_most_frequent_one():
    assert join_spellings({"NO": 1, "YES": 2, "Yes": 5, "no": 3, "open": 1}) == {
        "no": ("NO", "no"),
        "Yes": ("YES", "Yes"),
        "open": ("open",),
    }


def test_spellings_of_a_label_are_one_value_and_are_named():
    label = ["Yes", "no", " YES", "No", "yes ", "no", "maybe", "NO"] * 50
    table = made(Plan("y", positive="yes"), label)
    assert table.outcomes.tolist() == [True, False, True, False, True, False, False, False] * 50
    assert table.notes == (
        'y: "NO", "No", "no" are read as one value',
        'y: "YES", "Yes", "yes" are read as one value',
        'y: "YES" is the positive, the other 2 values are not',
    )


def test_a_label_of_two_spelled_values_needs_no_positive():
    assert made(label=["TRUE", "False", "True", "false"] * 100).outcomes.sum() == 200
    assert made(label=["1", "0", "1.0", "0.0"] * 100).outcomes.sum() == 200


def test_words_after_many_numbers_are_counted_and_named():
    cells = [f"{place}.25" for place in range(7_000)] + [f"word {place % 3}" for place in range(9_000)]
    table = made(m=cells)
    assert table.notes == ('m: 9,000 of 16,000 cells are not numbers and count as missing, e.g. "word 0", "word 1", "word 2"',)
    assert int((~np.isnan(table.values[:, 1])).sum()) == 7_000


@pytest.mark.parametrize("order", [1, -1])
def test_numbers_among_words_are_read_whatever_comes_first(order):
    cells = ([f"{place}.25" for place in range(6_000)] + [f"w{place}" for place in range(4_000)])[::order]
    found = column("m", cells)
    assert (found.kind, found.odd_count, int((~np.isnan(found.values)).sum())) == (NUMBERS, 4_000, 6_000)


def test_more_words_than_numbers_are_texts_and_named():
    cells = [f"w{place}" for place in range(6_000)] + [f"{place}.25" for place in range(4_000)]
    assert column("m", cells).kind == TEXTS
    assert made(m=cells).notes == (
        f"m: more than {LEVELS_MAX} different texts or very long ones, an identifier or free text, left out",
    )


def test_huge_cells_are_not_kept():
    builder = ColumnBuilder("note")
    for place in range(20):
        builder.add([f"{place}" + "x" * 1_000_000])
    assert builder.finish().kind == TEXTS


@pytest.mark.parametrize(
    "cells",
    [
        days(),
        [day.replace("-", "") for day in days()],
        [f"{1_700_000_000 + place % 90 * 86_400}" for place in range(ROWS_MADE)],
        [f"{1_700_000_000_000 + place % 90 * 86_400_000}" for place in range(ROWS_MADE)],
    ],
    ids=["iso", "compact", "seconds", "milliseconds"],
)
def test_a_date_is_no_feature_without_the_time_of_the_lead(cells):
    table = made(made=cells)
    assert [feature.name for feature in table.features] == ["x"]
    assert table.notes == (
        'made: dates, left out, for a date by itself never comes again; give --time "made" if it is when the lead arrived',
    )
    assert tuple(table.moments) == ("made",)
    timed = made(Plan("y", time="at"), made=cells, at=days())
    assert [feature.words for feature in timed.features] == ["x", "days from made to the lead", "weekday of at, Monday is 0"]
    assert timed.derivations[1].reader()(cells[5]) == table.moments["made"][5]


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-05", "2024/03/05", "2024.03.05", "05.03.2024", "05.03.24", "05/03/2024", "5-Mar-24", "March 5, 2024",
        "Mar 5, 2024", "5 March 2024", "Tue 05 Mar 2024", "Tuesday, 5 March 2024", "2024-03-05T00:00:00Z", "05.03.2024 00.00",
        "2024-03-05 00:00:00 UTC", "2024-03-05 01:00:00 +0100", "2024-03-05 00:00:00 +0000 UTC", "05/03/2024 12:00 AM",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell):
    assert moment_reader([cell])(cell) == 1_709_596_800.0


@pytest.mark.parametrize(("sign", "settles"), [("/", "01/25/2024"), ("-", "01-25-2024")])
def test_one_date_settles_that_the_month_comes_first_and_none_is_named(sign, settles):
    assert moment_reader([settles])(f"03{sign}05{sign}2024") == 1_709_596_800.0
    first_days = [f"{1 + place % 12:02d}{sign}{1 + place // 12 % 9:02d}{sign}2024" for place in range(ROWS_MADE)]
    doubt = "at: no date settles whether day or month comes first, read as day first; 2026-05-31 leaves no doubt"
    assert made(Plan("y", time="at"), at=first_days).notes == (doubt,)
    assert made(Plan("y", time="at"), at=[*first_days[1:], settles]).notes == ()
    assert made(Plan("y", time="made"), made=[f"{day:02d}{sign}{day:02d}{sign}2024" for day in range(1, 11)] * 40).notes == ()


def test_a_month_is_its_first_day_and_codes_are_no_months():
    read = moment_reader([])
    assert read("2024-03") == 1_709_251_200.0
    assert all(isnan(read(cell)) for cell in ("1234-5", "2024-13", "10:30", "soon", "12345678", "Friday", ""))


def test_the_format_that_was_met_last_is_tried_first_and_changes_nothing():
    read = moment_reader(["13/02/2024"])
    cells = ["05.03.2024", "05/03/2024", "Mar 5, 2024", "05.03.24", "5-Mar-24"]
    assert {read(cell) for cell in [*cells, *reversed(cells)]} == {1_709_596_800.0}


@pytest.mark.parametrize(
    ("cells", "number"),
    [
        (["1.234,56", "1,5"], 1234.56),
        (["1,234.56"], 1234.56),
        (["1'234.56"], 1234.56),
        (["1\u00a0234,56 €", "1,5 €"], 1234.56),
        (["12.5 %"], 12.5),
        (["£12.50"], 12.5),
        (["USD 12.50"], 12.5),
        (["\u22125"], -5.0),
        (["(5)"], None),
        (["5k"], None),
        (["1_000"], None),
        (["1.2.3"], None),
    ],
)
def test_a_number_is_read_however_it_is_written(cells, number):
    found = number_reader(cells)(cells[0])
    assert isnan(found) if number is None else found == number


def test_numbers_that_are_mostly_days_are_days_and_the_rest_is_named():
    cells = [day.replace("-", "") for day in days()]
    cells[7] = cells[9] = "20240231"
    table = made(made=cells)
    assert table.notes[0] == 'made: 2 of 400 cells are not dates and count as missing, e.g. "20240231"'
    assert int(np.isnan(table.moments["made"]).sum()) == 2
    told = made(Plan("y", time="made"), made=cells)
    assert (len(told), told.clock, told.notes) == (398, True, ("made: 2 rows without a readable time are left out",))


@pytest.mark.parametrize(
    ("value", "meaning", "seconds"),
    [
        (20240229.0, "days", 1_709_164_800.0),
        (20230229.0, "days", None),
        (20240229.5, "days", None),
        (202402.0, "months", 1_706_745_600.0),
        (1.7e9, "seconds", 1.7e9),
        (1.7e12, "milliseconds", 1.7e9),
        (0.0, "seconds", None),
        (float("nan"), "days", None),
        (17.0, "order", 17.0),
    ],
)
def test_a_number_is_a_moment_only_where_it_can_be_one(value, meaning, seconds):
    found = seconds_of_number(value, meaning)
    assert isnan(found) if seconds is None else found == seconds


def test_nineteen_of_twenty_numbers_say_what_they_mean():
    assert moment_of_number([1.7e9] * 96 + [0.0] * 4) == "seconds"
    assert moment_of_number([1.7e9] * 94 + [0.0] * 6) == "order"


@pytest.mark.parametrize("cells", [["2024-05-01"] * 400, [f"2024-05-0{1 + place % 4}" for place in range(400)]])
def test_a_time_that_does_not_pass_is_refused(cells):
    assert refused(Plan("y", time="at"), at=cells) == (
        f'The time column "at" holds fewer than 5 different times ({len(set(cells))}): nothing tells old leads from new ones: '
        "leave out --time, or name another column."
    )


def test_a_time_that_is_one_word_is_refused():
    assert refused(Plan("y", time="at"), at=["soon"] * 400) == (
        'The time column "at" holds no dates that can be read ("soon"); use 2026-05-31 14:05:00.'
    )


def test_a_bare_sequence_as_time_gives_the_order_only_and_says_so():
    table = made(Plan("y", time="at"), at=[str(place) for place in range(400, 0, -1)], born=days())
    assert table.at is not None
    assert table.at.tolist() == list(range(1, 401))
    assert table.clock is False
    assert table.notes[0] == "at: numbers and no dates; they give the order of the rows, and nothing else is made of them"
    assert table.notes[1].startswith("born: dates, left out")
    assert [feature.name for feature in table.features] == ["x"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("plain", '"plain"'),
        (" two\n lines ", '"two lines"'),
        ("\x1b[31mred", '"\\u001b[31mred"'),
        ("\u202eevil", '"\\u202eevil"'),
        ("x" * 50, f'"{"x" * 40}..."'),
        ("Köln", '"Köln"'),
    ],
)
def test_a_quoted_cell_is_short_and_sends_nothing_to_a_terminal(cell, shown):
    assert quoted(cell) == shown
    assert printable(cell).isprintable()


def test_a_long_list_is_cut():
    assert listed("abcd", 3) == '"a", "b", "c", ...'


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("label_copy", '--allow "label_copy": name the column too, as in --allow "label_copy:x".'),
        (
            "nonsense:x",
            f'--allow "nonsense:x": there is no check "nonsense"; there are {", ".join(CHECKS)}.',
        ),
        (
            "label_copy:stagee",
            '--allow "label_copy:stagee": there is no column "stagee"; did you mean "stage"? '
            'There are "x", "stage", "(rows)", "(time)", "at (hour)", "at (weekday)".',
        ),
    ],
)
def test_an_allowed_finding_that_cannot_be_is_refused(key, words):
    with pytest.raises(Refused) as error:
        check_allowed([key], ("x", "stage"), "at")
    assert str(error.value) == words


def test_an_allowed_finding_may_be_of_rows_and_of_what_is_made_of_the_time():
    check_allowed(["near_duplicates:(rows)", "midnight:(time)", "single_feature:at (hour)", "label_copy:a:b"], ("x", "a:b"), "at")


def test_what_was_allowed_and_not_found_is_named():
    found = [Finding("too_good", ROWS, "")]
    assert unmet_notes(["too_good:(rows)", "midnight:at"], found) == (
        '--allow "midnight:at": no such finding, so it changed nothing',
    )


def test_every_check_of_the_sentinel_can_be_allowed():
    made_by = set()
    for path in Path(sentinel.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                made_by.add(ast.literal_eval(node.args[0]))
    assert made_by == set(CHECKS)
