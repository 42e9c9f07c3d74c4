"""Any CSV is read: encodings, separators, quoting, broken records; blank lines are no rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from scoring import csv_rows
from scoring.csv_rows import (
    CHUNK_BYTES,
    NO_TEXT,
    OPEN_QUOTE,
    Unreadable,
    find_encoding,
    find_layout,
    read_records,
)


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content)
    return path


@dataclass(frozen=True)
class Row:
    """A record with its cells by column."""

    number: int
    cells: dict[str, str]
    oddity: str


def _rows(path: Path) -> list[Row]:
    layout = find_layout(path)
    records = read_records(path, layout)
    return [Row(one.number, dict(zip(layout.columns, one.cells, strict=False)), one.oddity) for one in records]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("név;város\nJosé;Pécs\n".encode(), "utf-8"),
        ("név;város\nJosé;Pécs\n".encode("cp1252"), "cp1252"),
        ("név;város\nJosé;Pécs\n".encode("utf-8-sig"), "utf-8-sig"),
        ("név;város\nJosé;Pécs\n".encode("utf-16"), "utf-16"),
    ],
)
def test_an_encoding_is_found(tmp_path, content, encoding):
    path = _file(tmp_path, content)
    assert find_layout(path).encoding == encoding
    assert [dict(row.cells) for row in _rows(path)] == [{"név": "José", "város": "Pécs"}]


def test_one_late_byte_decides_the_encoding_of_a_long_file(tmp_path):
    path = _file(tmp_path, b"a,b\n" + b"1,2\n" * CHUNK_BYTES + b"\xe9,2\n")
    assert find_encoding(path) == "cp1252"


def test_a_letter_on_the_border_of_two_chunks_is_still_utf_8(tmp_path):
    path = _file(tmp_path, b"x" * (CHUNK_BYTES - 1) + "é".encode() + b"\n")
    assert find_encoding(path) == "utf-8"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_separator_is_found_outside_quotes(tmp_path, separator):
    other = "," if separator != "," else ";"
    line = separator.join(["one", f'"two{other}{other}{other}{other}"', "three"])
    path = _file(tmp_path, f"{line}\n1{separator}2{separator}3\n".encode())
    layout = find_layout(path)
    assert (layout.separator, len(layout.columns)) == (separator, 3)


def test_quoted_line_breaks_and_separators_stay_inside_a_cell(tmp_path):
    path = _file(tmp_path, b'name,note\r\nAnn,"first\r\nsecond, third"\r\n')
    assert [dict(row.cells) for row in _rows(path)] == [{"name": "Ann", "note": "first\r\nsecond, third"}]


def test_odd_records_are_given_with_their_oddity_and_blank_lines_are_none(tmp_path):
    path = _file(tmp_path, b"a,b\n1,2\n\n3\n4,5,6\n,\n7,\x008\n")
    assert [(row.number, dict(row.cells), row.oddity) for row in _rows(path)] == [
        (1, {"a": "1", "b": "2"}, ""),
        (2, {"a": "3"}, "fewer cells than columns"),
        (3, {"a": "4", "b": "5"}, "more cells than columns"),
        (4, {"a": "7", "b": "8"}, ""),
    ]


def test_a_cell_without_end_is_one_odd_record_and_no_crash(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_rows, "FIELD_CHARACTERS_MAX", 100)
    path = _file(tmp_path, b'a,b\n1,2\n3,"' + b"x\n" * 100 + b'"\n4,5\n')
    rows = _rows(path)
    assert rows[0].cells == {"a": "1", "b": "2"}
    assert rows[1].oddity == "unreadable record: field larger than field limit (100)"


def test_columns_without_a_name_or_with_the_same_get_their_own(tmp_path):
    path = _file(tmp_path, b"a,,a\n1,2,3\n")
    assert find_layout(path).columns == ("a", "column_2", "a (2)")


def test_an_empty_file_says_so(tmp_path):
    with pytest.raises(Unreadable, match="has no header line"):
        find_layout(_file(tmp_path, b"\n\n"))


def test_names_stay_apart_whatever_stood_there(tmp_path):
    layout = find_layout(_file(tmp_path, b'a,a,a (2),"two\nlines",,column_5\n' + b"1,2,3,4,5,6\n" * 2))
    assert layout.columns == ("a", "a (2)", "a (2) (2)", "two lines", "column_5", "column_5 (2)")
    assert layout.unnamed == {5: "column_5"}


@pytest.mark.parametrize(
    ("content", "separator", "titles", "above"),
    [
        (b"sep=;\na;b\n1,5;2\n", ";", (), 1),
        (b'\xef\xbb\xbf"sep=\t"\r\na\tb\r\n1\t2\r\n', "\t", (), 1),
        (b"SEP=^\na^b\n1^2\n", "^", (), 1),
        (b"Leads of 2024\n\na;b\n1;2\n3;4\n", ";", ("Leads of 2024",), 1),
        (b"Leads of 2024,\nall regions,\na,b\n1,2\n3,4\n5\n", ",", ("Leads of 2024", "all regions"), 2),
        (b"a,\n1,2\n3,4\n", ",", (), 0),
        (b"a\n1\n2\n", ",", (), 0),
    ],
)
def test_what_excel_writes_above_a_header_is_known(tmp_path, content, separator, titles, above):
    path = _file(tmp_path, content)
    layout = find_layout(path)
    assert (layout.separator, layout.titles, layout.above) == (separator, titles, above)
    assert layout.columns[0] == "a"
    assert next(iter(_rows(path))).cells["a"] in {"1", "1,5"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"Leads, 2024\na,b,c\n1,2,3\n",
            "2 cells in its first line and 3 in those after it: delete what stands above the header",
        ),
        (b'a,"b,c\n' + b"1,2,3\n" * 1_000, "its first line has a quote that is not closed, or no separator"),
        (b"x" * 5_000, "its first line has a quote that is not closed, or no separator"),
    ],
)
def test_a_header_that_is_none_is_refused(tmp_path, content, words):
    with pytest.raises(Unreadable, match=words):
        find_layout(_file(tmp_path, content))


def test_stray_control_characters_are_taken_out_and_counted(tmp_path):
    path = _file(tmp_path, b"a,b\n\x00\x00\n1,\x1b[31m2\n\n3,4\n")
    assert [(record.cells, record.oddity, record.control) for record in read_records(path, find_layout(path))] == [
        ([], "fewer cells than columns", 2),
        (["1", "[31m2"], "", 1),
        (["3", "4"], "", 0),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_record_of_control_characters_is_no_text(tmp_path, encoding):
    path = _file(tmp_path, ("a,b\n" + "1,2\n" * 40_000 + "\x01\x02\x03\x04\x05,7\n").encode(encoding))
    assert [record.number for record in read_records(path, find_layout(path)) if record.oddity == NO_TEXT] == [40_001]


def test_a_line_without_end_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_rows, "LINE_CHARACTERS_MAX", 100)
    path = _file(tmp_path, b"a,b\n1,2\n" + b"x" * 1_000 + b"\n3,4\n")
    records = list(read_records(path, find_layout(path)))
    assert max(record.size for record in records) == 100
    assert (records[0].cells, records[-1].cells) == (["1", "2"], ["3", "4"])


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b'a,b\n1,2\n3,"4\n5,6\n', [2]),
        (b'a,b\n1,2\n3,"4', [2]),
        (b'a,b,c\n1,2,"x\n' + b"1,2,3\n" * 5 + b'4"x,5,6\n7,8,9\n', [1]),
        (b'a,b\n1,"two\nlines, or\nthree\nfour\nfive"\n5" pipe,2', []),
    ],
    ids=["to the end", "in the last cell", "over records", "meant"],
)
def test_a_quote_that_is_not_closed_is_named(tmp_path, content, numbers):
    path = _file(tmp_path, content)
    assert [record.number for record in read_records(path, find_layout(path)) if record.oddity == OPEN_QUOTE] == numbers
