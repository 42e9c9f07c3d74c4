"""Any CSV is read: encodings, separators, quoting, broken records; blank lines are no rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring import csv_rows
from scoring.csv_rows import CHUNK_BYTES, Row, Unreadable, find_encoding, find_layout, read_rows


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content)
    return path


def _rows(path: Path) -> list[Row]:
    return list(read_rows(path, find_layout(path)))


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
    assert find_layout(path).columns == ("a", "column 2", "a (2)")


def test_an_empty_file_says_so(tmp_path):
    with pytest.raises(Unreadable, match="has no header line"):
        find_layout(_file(tmp_path, b"\n\n"))
