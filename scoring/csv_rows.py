"""Rows of any CSV file as dictionaries of text, read as a stream: encoding and separator are found out, memory stays bounded."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1 << 20
SNIFF_CHARACTERS = 1 << 16
SEPARATORS = ",;\t|"
FIELD_CHARACTERS_MAX = 1 << 20
CONTROL_SHARE_MAX = 0.02
OTHER_FORMATS = (
    (b"PK\x03\x04", "a ZIP archive, perhaps an Excel workbook: save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"PAR1", "a Parquet file: write it as CSV"),
    (b"%PDF", "a PDF document: save the table as CSV"),
)
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Unreadable(Exception):
    """The file cannot be read as a CSV file at all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: encoding, separator, and the names of its columns; `repeated` are names that stood there twice."""

    encoding: str
    separator: str
    columns: tuple[str, ...]
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a list of cells, its number from 1, what was odd about it ("" when nothing was), and the lines it spans."""

    number: int
    cells: list[str]
    oddity: str = ""
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its number from 1, its cells by column, and what was odd about it ("" when nothing was)."""

    number: int
    cells: Mapping[str, str]
    oddity: str = ""


def find_layout(path: Path) -> Layout:
    """Find encoding, separator and columns; raises Unreadable for an empty file and for one that is no text."""
    _check_text(path)
    encoding = find_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        start = stream.read(SNIFF_CHARACTERS).replace("\0", "")
    separator = find_separator(start)
    header = next((record for record in csv.reader(start.splitlines(keepends=True), delimiter=separator) if any(record)), None)
    if header is None:
        raise Unreadable(f"{path} has no header line")
    names = [name.strip() for name in header]
    repeated = tuple(sorted({name for name in names if name and names.count(name) > 1}))
    return Layout(encoding, separator, _unique(header), repeated)


def _check_text(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(SNIFF_CHARACTERS)
    for mark, words in OTHER_FORMATS:
        if start.startswith(mark):
            raise Unreadable(f"{path} is {words}")
    control = sum((byte < 32 and byte not in b"\t\n\r\x0b\x0c") or byte == 127 for byte in start)
    if control > max(3, CONTROL_SHARE_MAX * len(start)) and not _wide_encoding(start):
        raise Unreadable(f"{path} is no text: {control / len(start):.0%} of its first {len(start)} bytes are control characters")


def _wide_encoding(start: bytes) -> str:
    """Name UTF-16 from its byte order mark, or from every second byte being zero; "" for anything else."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if encoding == "utf-16" and start.startswith(mark):
            return encoding
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < 0.4 * len(start) or len(start) < 4 or min(even, odd) > 0.05 * len(start):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def find_encoding(path: Path) -> str:
    """Read the whole file once, chunk by chunk: UTF-8 when every byte agrees, else windows-1252, which reads anything."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        chunk = stream.read(CHUNK_BYTES)
        for mark, encoding in BYTE_ORDER_MARKS:
            if chunk.startswith(mark):
                return encoding
        if wide := _wide_encoding(chunk[:SNIFF_CHARACTERS]):
            return wide
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = stream.read(CHUNK_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def find_separator(start: str) -> str:
    """Choose the separator of a file from its beginning; a file of one column gets the comma."""
    line = next((line for line in start.splitlines() if line.strip()), "")
    counted = {separator: _outside_quotes(line, separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: counted[separator])
    return best if counted[best] else ","


def read_rows(path: Path, layout: Layout) -> Iterator[Row]:
    """Give the records after the header one by one as mappings; short, long and broken ones carry their oddity."""
    for record in read_records(path, layout):
        yield Row(record.number, dict(zip(layout.columns, record.cells, strict=False)), record.oddity)


def read_records(path: Path, layout: Layout) -> Iterator[Record]:
    """Give the records after the header one by one as read; blank lines are none, an unreadable one has no cells."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    number, width = 0, len(layout.columns)
    with path.open(encoding=layout.encoding, errors="replace", newline="") as stream:
        reader = csv.reader((line.replace("\0", "") for line in stream), delimiter=layout.separator)
        past_header = False
        while True:
            oddity, before = "", reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, oddity = [], f"unreadable record: {error}"
            if not oddity and not any(cells):
                continue
            if not past_header:
                past_header = True
                continue
            number += 1
            oddity = oddity or ("" if len(cells) == width else _shape(cells, width))
            yield Record(number, cells, oddity, reader.line_num - before)


def _shape(cells: list[str], width: int) -> str:
    return "fewer cells than columns" if len(cells) < width else "more cells than columns"


def _outside_quotes(line: str, separator: str) -> int:
    return sum(part.count(separator) for part in line.split('"')[::2])


def _unique(header: list[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    names: list[str] = []
    for place, raw in enumerate(header, start=1):
        name = raw.strip() or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
