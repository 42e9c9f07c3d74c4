"""A corpus of hostile files, each through the reading and training that command and page share.

Every one is refused in words that name what is wrong, or learned from with a note for all that was read in a way of its own, and
with every row accounted for. None ends in a traceback, none loses a row or a column unsaid.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scoring.core.learning.report import Report
from scoring.core.learning.table import Plan, Refused
from scoring.history import learning as history_learning
from scoring.history.learning import Leaks, Wish, learn_history

ROWS = 240
HEADER = ["x", "g", "y"]
PLACES = range(ROWS)


def _outcome(place: int) -> str:
    """Make an outcome that follows x a little."""
    return str(int(place * 53 % 100 < (25 if place * 37 % 101 < 50 else 55)))


LEADS = [[f"{(place * 37 % 101 - 50) / 20:.3f}", "abc"[place * 7 % 5 % 3], _outcome(place)] for place in PLACES]
OUTCOMES = [row[2] for row in LEADS]
DAYS = [f"2026-0{1 + place % 9}-1{place % 9}" for place in PLACES]


def text(rows: list[list[str]] = LEADS, header: list[str] = HEADER, separator: str = ",", end: str = "\n") -> str:
    """Write rows as they are, without quoting anything."""
    return "".join(separator.join(row) + end for row in [header, *rows])


def beside(values: list[str], name: str = "z") -> str:
    """Write the leads with one more column before the label."""
    return text([[*row[:2], value, row[2]] for row, value in zip(LEADS, values, strict=True)], ["x", "g", name, "y"])


def ending(values: list[str]) -> str:
    """Write the leads with another label."""
    return text([[*row[:2], value] for row, value in zip(LEADS, values, strict=True)])


def damaged(line: int, change: str) -> str:
    """Write something in front of one line."""
    lines = text().splitlines(keepends=True)
    return "".join([*lines[:line], change + lines[line], *lines[line + 1 :]])


def cycled(*values: str) -> list[str]:
    return [values[place % len(values)] for place in PLACES]


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("leads.csv", text())
    return packed.getvalue()


@dataclass(frozen=True)
class Case:
    """A file, what is asked of it, and either words of its refusal or its notes; `rows` are those that teach."""

    content: str | bytes
    refused: str = ""
    notes: tuple[str, ...] = ()
    rows: int = ROWS
    asked: tuple[tuple[str, Any], ...] = ()


TIME = (("time", "z"),)
LATE = "z: 1 rows without a readable time are left out"
GUESSED = "file: it is not UTF-8 and read as windows-1252; save it as UTF-8 if letters in it come out wrong"
TOO_LONG = "z: whole numbers of more than 15 digits, an identifier, left out"
FREE_TEXT = "z: 240 different texts in 240 rows, an identifier or free text, left out"
NOT_CLOSED, NO_TEXT = "has a quote that is not closed", "is no text: "
NO_HEADER, NO_DATES = "has no header line", 'The time column "z" holds no dates that can be read'

CASES = {
    # Nothing, or hardly anything.
    "empty": Case(b"", NO_HEADER),
    "a byte order mark only": Case(b"\xef\xbb\xbf", NO_HEADER),
    "blank lines": Case("\n\n  \n", NO_HEADER),
    "a separator named and nothing else": Case("sep=;\n", NO_HEADER),
    "a heading only": Case("x,g,y\n", "has a header and no rows"),
    "a label only": Case(text([[one] for one in OUTCOMES], ["y"]), "No column is left to learn from"),
    "too few rows": Case(text(LEADS[:50]), "20 positives in 50 labelled rows"),
    "all features missing": Case(text([["", "n/a", one] for one in OUTCOMES]), "x: empty in every row, left out"),
    "all dropped": Case(text(), "No column is left to learn from", asked=(("drop", ("x", "g")),)),
    # Labels.
    "one class": Case(ending(["1"] * ROWS), "holds one value only"),
    "three positives": Case(ending(["1"] * 3 + ["0"] * (ROWS - 3)), "3 positives in 240 labelled rows"),
    "no label in any row": Case(ending([""] * ROWS), "is empty in all 240 rows"),
    "no label in a fifth": Case(
        ending(["" if place % 5 == 0 else one for place, one in enumerate(OUTCOMES)]),
        notes=('y: 48 rows without a label are left out; no disposition is not a "no"',), rows=192,
    ),
    "negative labels": Case(ending(["-1" if one == "0" else "1" for one in OUTCOMES])),
    "negative labels without a yes": Case(ending(["-1" if one == "0" else "-2" for one in OUTCOMES]), "with --positive VALUE"),
    "three values": Case(ending(cycled("won", "lost", "open")), '"lost", "open", "won": name the one that counts'),
    "three values, one named": Case(
        ending([("won" if one == "1" else "open" if place % 2 else "lost") for place, one in enumerate(OUTCOMES)]),
        notes=('y: "won" is the positive, the other 2 values are not',), asked=(("positive", "won"),),
    ),
    "a value that no row has": Case(text(), 'No row of "y" is "maybe"', asked=(("positive", "maybe"),)),
    "spellings": Case(
        ending([("Yes", "yes ", "YES")[place % 3] if one == "1" else "no" for place, one in enumerate(OUTCOMES)]),
        notes=('y: "YES", "Yes", "yes" are read as one value',),
    ),
    "a label of measures": Case(ending([f"{place * 1.5}" for place in PLACES]), "holds 240 values"),
    "a label of thousands": Case(text([[*row[:2], f"v{n}"] for n, row in enumerate(LEADS * 25)]), "more than 5000 different"),
    "infinity among labels": Case(ending(["inf", *OUTCOMES[1:]]), '"inf": name the one that counts'),
    "a total below": Case(text() + "Total,,92\n", '"92": name the one that counts'),
    "the heading again": Case(text() + text(), 'holds 3 values, "0", "1", "y"'),
    "another label": Case(text(), 'has no column "sold" (--label)', asked=(("label", "sold"),)),
    "the label in capitals": Case(text(), 'did you mean "y"?', asked=(("label", "Y"),)),
    "the label as a feature": Case(beside(OUTCOMES), "leaks: carries_the_model:z, label_copy:z"),
    "the label as a feature in words": Case(
        beside(["sold" if one == "1" else "open" for one in OUTCOMES]), "leaks: carries_the_model:z, label_copy:z"
    ),
    "every row twice": Case(text(LEADS + LEADS), "leaks: near_duplicates:(rows)"),
    # Headings.
    "headings twice": Case(
        text([[*row[:2], row[0], row[2]] for row in LEADS], ["x", "g", "x", "y"]),
        notes=('header: "x" stands there more than once; the second is called "x (2)"',),
    ),
    "the label's heading twice": Case(
        text([[*row, row[2]] for row in LEADS], [*HEADER, "y"]), "is the name of more than one column"
    ),
    "a heading without a name": Case(text(header=["x", "", "y"]), notes=("header: column 2 has no name: called column_2",)),
    "headings without a name": Case(text(header=["", "", ""]), 'has no column "y"'),
    "no heading": Case(text()[6:], 'has no column "y"'),
    "headings named like what is made": Case(
        text(
            [[*row[:2], f"{DAYS[n]} {n % 24:02d}:00", f"{n % 5}.5", row[2]] for n, row in enumerate(LEADS)],
            ["x", "g", "z", "z (hour)", "y"],
        ),
        asked=TIME,
    ),
    "titles": Case(
        f"Leads of May\nExported today\n\n{text()}",
        notes=('header: "Leads of May", "Exported today" above it is skipped as a title',),
    ),
    "a title with a comma": Case(f"Leads of May, 2026\n{text()}", "delete what stands above the header line"),
    "a quote before the heading": Case(f'"{text()}', NOT_CLOSED),
    # Separators, quotes, rows, line ends.
    "a byte order mark and sep=": Case(f"\ufeffsep=;\n{text(separator=';')}"),
    "a strange separator": Case(text(separator="~"), "a first line such as sep=~ names another"),
    "a strange separator, named": Case(f"sep=~\n{text(separator='~')}"),
    "separators in turns": Case(
        "".join(",;"[place % 2].join(row) + "\n" for place, row in enumerate([HEADER, *LEADS])), "Is its separator ','"
    ),
    "two rows with another separator": Case(
        text([[";".join(row)] if place in {7, 8} else row for place, row in enumerate(LEADS)]), rows=ROWS - 2,
        notes=(
            "file: 2 lines with fewer cells than columns, filled up as missing (the first in record 8)",
            'y: 2 rows without a label are left out; no disposition is not a "no"',
            'x: 2 of 238 cells are not numbers and count as missing, e.g. "0.350;b;0", "2.200;b;1"',
        ),
    ),
    "line ends in turns": Case("".join(",".join(row) + ("\n", "\r\n", "\r")[n % 3] for n, row in enumerate([HEADER, *LEADS]))),
    "carriage returns": Case(text(end="\r")),
    "short rows": Case(
        text([row[:2] if place in {5, 9} else row for place, row in enumerate(LEADS)]), rows=ROWS - 2,
        notes=(
            "file: 2 lines with fewer cells than columns, filled up as missing (the first in record 6)",
            'y: 2 rows without a label are left out; no disposition is not a "no"',
        ),
    ),
    "long rows": Case(
        text([[*row, "more"] if place in {5, 9} else row for place, row in enumerate(LEADS)]),
        notes=("file: 2 lines with more cells than columns, cut (the first in record 6)",),
    ),
    "half of the rows short": Case(
        text([row[: 2 + place % 2] for place, row in enumerate(LEADS)]), "120 with fewer cells than columns"
    ),
    "rows wider than the heading": Case(text([[*row, "more"] for row in LEADS]), "give every column a name"),
    "a lone quote near the end": Case(
        damaged(230, '"'), notes=("file: 11 lines with a quote that is not closed, left out (the first in record 230)",), rows=229
    ),
    "a lone quote near the beginning": Case(damaged(3, '"'), "a quote that is not closed"),
    "quotes inside of cells": Case(beside(cycled('5" pipe', "rod"))),
    "line ends inside of cells": Case(beside(cycled('"a\nb"', '"c"'))),
    "a remark below": Case(
        f"{text()}Exported by CRM\n",
        notes=(
            "file: 1 lines with fewer cells than columns, filled up as missing (the first in record 241)",
            'y: 1 rows without a label are left out; no disposition is not a "no"',
            'x: 1 of 240 cells are not numbers and count as missing, e.g. "Exported by CRM"',
        ),
    ),
    "an end of file of old": Case(
        text() + "\x1a",
        notes=(
            "file: 1 lines with control characters, which were taken out (the first in record 241)",
            "file: 1 lines with nothing that can be read (fewer cells than columns), left out (the first in record 241)",
        ),
    ),
    # Encodings.
    "UTF-8 with a mark": Case(text().encode("utf-8-sig")),
    "UTF-16 with a mark": Case(text().encode("utf-16")),
    "UTF-16, little end first": Case(text().encode("utf-16-le")),
    "UTF-16, big end first": Case(text().encode("utf-16-be")),
    "UTF-32": Case(text().encode("utf-32")),
    "latin-1": Case(text().replace("a", "é").encode("latin-1"), notes=(GUESSED,)),
    "two encodings": Case(text().encode() + "1.0,é,1\n".encode("latin-1"), notes=(GUESSED,), rows=ROWS + 1),
    "half a surrogate": Case(text().encode() + b"1.0,\xed\xa0\x80,1\n", notes=(GUESSED,), rows=ROWS + 1),
    "EBCDIC": Case(text().encode("cp500"), NO_HEADER),
    # What is no table.
    "NULs": Case(bytes(4_000), NO_TEXT),
    "NULs in cells": Case(text().replace("a", "a\0"), NO_TEXT),
    "two NULs": Case(
        text([[row[0], f"{row[1]}\0" if place in {30, 40} else row[1], row[2]] for place, row in enumerate(LEADS)]),
        notes=("file: 2 lines with control characters, which were taken out (the first in record 31)",),
    ),
    "every byte": Case(bytes(range(256)) * 40, NO_TEXT),
    "colours of a terminal": Case(beside(cycled("\x1b[31mred\x1b[0m", "blue")), NO_TEXT),
    "PNG": Case(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 8, NO_TEXT),
    "JPEG": Case(b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 8, NO_TEXT),
    "SQLite": Case(b"SQLite format 3\0" + bytes(100), NO_TEXT),
    "ZIP": Case(zipped(), "is a ZIP archive"),
    "gzip": Case(gzip.compress(text().encode()), "is compressed with gzip"),
    "old Excel": Case(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is an old Excel workbook"),
    "PDF": Case(b"%PDF-1.7\n1 0 obj\n", "is a PDF document"),
    "HTML": Case("\n\n<HTML><body><table><tr><td>x,y</td></tr></table>", "is a page of HTML"),
    "XML": Case("<?xml version='1.0'?><rows/>", "is XML"),
    "JSON": Case('[\n  {\n    "x": 1,\n    "y": 0\n  }\n]\n', "is JSON"),
    # Cells.
    "constant": Case(beside(["k"] * ROWS), notes=("z: the same in every row, left out",)),
    "whole numbers of 31 digits": Case(beside([str(10**30 - 7 * place) for place in PLACES]), notes=(TOO_LONG,)),
    "whole numbers of 18 digits, shuffled": Case(
        beside([str(123_456_789_012_345_678 + place * 7919 % ROWS * 977) for place in PLACES]), notes=(TOO_LONG,)
    ),
    "whole numbers of 401 digits": Case(
        beside([str(10**400 + place) for place in PLACES]),
        notes=("z: 240 cells cannot be read and count as missing (numbers too large): nothing remains, left out",),
    ),
    "numbers whose squares overflow": Case(
        beside(cycled("1e308", "-1e308", "1.5", "2.5", "3.5")),
        notes=("z: 96 cells cannot be read and count as missing (numbers too large)",),
    ),
    "numbers just not too large": Case(beside(cycled("9e29", "-9e29", "1.5", "2.5", "3.5"))),
    "NaN and infinities": Case(
        beside(cycled("NaN", "inf", "-inf", "1.5", "2.5", "3.25")),
        notes=("z: 80 cells cannot be read and count as missing (numbers too large)",),
    ),
    "numbers in file order": Case(
        beside([str(5_125_550_000 + place) for place in PLACES]),
        notes=("z: another whole number in nearly every row, an identifier, left out",),
    ),
    "words among numbers": Case(
        beside(["abc" if place == 3 else f"{place % 50}.5" for place in PLACES]),
        notes=('z: 1 of 240 cells are not numbers and count as missing, e.g. "abc"',),
    ),
    "numbers among words": Case(beside(cycled("=1+1", "@SUM", "+1", "-1")), notes=("z: mixes numbers and words, read as words",)),
    "cells of 10,000 characters": Case(beside([str(place % 3) + "q" * 10_000 for place in PLACES])),
    "a cell of 2 MB": Case(
        text([*LEADS, ["q" * (1 << 21), "a", "1"]]),
        notes=(
            "file: 1 lines with nothing that can be read (field larger than field limit (1048576)), left out (the first in "
            "record 241)",
        ),
    ),
    "free text": Case(beside([f"please call me on day {place}" for place in PLACES]), notes=(FREE_TEXT,)),
    "signs of all kinds": Case(beside(cycled("😀", "\u202eevil", "ﷺ", "\u200b")),),
    # Dates.
    "dates that do not parse": Case(beside(["soon"] * ROWS), f'{NO_DATES} ("soon")', asked=TIME),
    "dates in no row": Case(beside([""] * ROWS), 'The time column "z" is empty in all 240 rows', asked=TIME),
    "dates in half of the rows": Case(
        beside(["soon", DAYS[1], "soon", DAYS[3]] * 60), '50% of the times in "z" cannot be read ("soon")', asked=TIME
    ),
    "few different dates, one that does not parse": Case(beside(["soon", *DAYS[1:]]), notes=(LATE,), rows=ROWS - 1, asked=TIME),
    "few different days as numbers, one that does not parse": Case(
        beside(["soon", *(day.replace("-", "") for day in DAYS[1:])]), notes=(LATE,), rows=ROWS - 1, asked=TIME
    ),
    "days that do not exist": Case(
        beside(cycled("2026-02-28", "2026-02-29", "2026-02-30", "2026-02-31")),
        '75% of the times in "z" cannot be read ("2026-02-29", "2026-02-30", "2026-02-31")', asked=TIME,
    ),
    "one date": Case(beside(["2026-05-01"] * ROWS), "fewer than 5 different times (1)", asked=TIME),
    "dates in three forms": Case(
        beside([(day, f"{day[8:]}/{day[5:7]}/2026", f"{day[8:]} May 2026")[n % 3] for n, day in enumerate(DAYS)]), asked=TIME
    ),
    "days and months in turns": Case(
        beside([f"{13 + place % 9}/02/2026" if place % 30 == 0 else f"02/{13 + place % 9}/2026" for place in PLACES]),
        notes=("z: 8 rows without a readable time are left out",), rows=ROWS - 8, asked=TIME,
    ),
    "days or months": Case(
        beside([f"0{1 + place % 9}/0{1 + place % 7}/2026" for place in PLACES]), asked=TIME,
        notes=("z: no date settles whether day or month comes first, read as day first; 2026-05-31 leaves no doubt",),
    ),
    "dates and no time": Case(
        beside(DAYS),
        notes=(
            'z: dates, left out, for a date by itself never comes again; give --time "z" if it is when the lead arrived',
        ),
    ),
    "a split of one class": Case(
        beside(["test" if one == "1" and place < 100 else "train" for place, one in enumerate(OUTCOMES)]),
        'all have the same "y"', asked=(("split", ("z", "test")),),
    ),
}  # fmt: skip


def outcome_of(path: Path, plan: Plan) -> Report | str:
    """Give what was learned, or the words of a refusal; leaks by their keys."""
    try:
        found = learn_history(path, Wish(plan, folds=2, candidates=("logistic",)), progress=lambda percent, stage: None)
    except Refused as refused:
        return str(refused)
    return f"leaks: {', '.join(sorted(one.key for one in found.findings))}" if isinstance(found, Leaks) else found.report


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused_in_words_or_learned_from_with_every_oddity_named(name, tmp_path, monkeypatch):
    monkeypatch.setattr(history_learning, "_xgboost", lambda: None)
    case, path = CASES[name], tmp_path / "leads.csv"
    path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    found = outcome_of(path, Plan(**{"label": "y"} | dict(case.asked)))
    if case.refused or isinstance(found, str):
        assert (bool(case.refused), case.refused in str(found)) == (True, True), found
        return
    assert (found.rows, found.notes) == (case.rows, case.notes)
    assert len(set(found.features)) == len(found.features)
