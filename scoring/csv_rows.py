"""Rows of any CSV file as dictionaries of text, read as a stream: encoding and separator are found out, memory stays bounded."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from itertools import islice
from math import isnan
from pathlib import Path
from typing import TextIO

from scoring.core.learning.cells import number_with_point

CHUNK_BYTES = 1 << 20
SNIFF_BYTES, MARK_BYTES = 1 << 16, 1 << 8
HEADER_CHARACTERS = 1 << 20
SEEN_RECORDS = 50
TITLES_MAX = 10
NAME_CHARACTERS_MAX = 1_000
SEPARATORS = ",;\t|"
FIELD_CHARACTERS_MAX = 1 << 20
LINE_CHARACTERS_MAX = 1 << 22
CONTROL_SHARE_MAX = 0.02
SWALLOWED_MIN, SWALLOWED_SHARE = 3, 0.8
NO_TEXT, OPEN_QUOTE = "control characters", "a quote that is not closed"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_NAMED_SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?[,;|\s]*$', re.IGNORECASE)
OTHER_FORMATS = (
    (b"PK\x03\x04", "a ZIP archive, perhaps an Excel workbook: save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (b"PAR1", "a Parquet file: write it as CSV"),
    (b"%PDF", "a PDF document: save the table as CSV"),
    (b"<!", "a page of HTML: save the table as CSV"),
    (b"<h", "a page of HTML: save the table as CSV"),
    (b"<?xml", "XML, perhaps an Excel workbook: save the sheet as CSV"),
    (b'{"', "JSON: write it as CSV"),
    (b'[{"', "JSON: write it as CSV"),
)
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Unreadable(Exception):
    """The file cannot be read as a CSV file at all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: encoding, separator, and the names of its columns.

    `repeated` are names that stood there twice, `unnamed` the names given to columns without one, `titles` the lines above the
    header that are none, and `above` counts all records above it.
    """

    encoding: str
    separator: str
    columns: tuple[str, ...]
    repeated: tuple[str, ...] = ()
    unnamed: Mapping[int, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    above: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a list of cells, its number from 1, what was odd about it ("" when nothing was), and the lines it spans.

    `control` counts control characters that stood in it and were taken out, `size` the characters read.
    """

    number: int
    cells: list[str]
    oddity: str = ""
    lines: int = 1
    control: int = 0
    size: int = 0


def find_layout(path: Path) -> Layout:
    """Find encoding, separator and columns; raises Unreadable for an empty file, one that is no text, one without a header."""
    _check_text(path)
    encoding = find_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        start = _CONTROL.sub("", stream.read(HEADER_CHARACTERS))
    told = _NAMED_SEPARATOR.match(next(_written_lines(start), ""))
    separator = told[1] if told else find_separator(start)
    seen = (record for record in csv.reader(StringIO(start, newline=""), delimiter=separator) if any(record))
    records = list(islice(seen, bool(told), SEEN_RECORDS))
    titles = _titles(records)
    if not records:
        raise Unreadable(f"{path} has no header line")
    header, *rows = records[len(titles) :]
    _check_header(path, header, rows)
    names = [_name(cell) for cell in header]
    if not any(names):
        raise Unreadable(f"{path} has no header line")
    repeated = tuple(sorted({name for name in names if name and names.count(name) > 1}))
    columns = _unique(names)
    unnamed = {place: column for place, (name, column) in enumerate(zip(names, columns, strict=True), start=1) if not name}
    return Layout(encoding, separator, columns, repeated, unnamed, titles, len(titles) + bool(told))


def _titles(records: Sequence[list[str]]) -> tuple[str, ...]:
    """Find lines of one cell above a line that reads like names; anything less clear is no title."""
    wide = next((place for place, record in enumerate(records) if _filled(record) > 1), 0)
    widths = Counter(len(record) for record in records[wide:])
    if not 0 < wide <= TITLES_MAX or widths.most_common(1)[0][0] != len(records[wide]):
        return ()
    names = [cell for cell in records[wide] if cell.strip()]
    if len(set(names)) < len(names) or not all(isnan(number_with_point(name)) for name in names):
        return ()
    return tuple(next(cell.strip() for cell in record if cell) for record in records[:wide])


def _check_header(path: Path, header: list[str], rows: Sequence[list[str]]) -> None:
    if any(len(cell) > NAME_CHARACTERS_MAX for cell in header):
        raise Unreadable(f"{path} has no header line: its first line has a quote that is not closed, or no separator")
    width, widths = len(header), Counter(len(row) for row in rows)
    if len(rows) > 1 and len(widths) == 1 and min(widths) > width:
        raise Unreadable(
            f"{path} has {width} cells in its first line and {min(widths)} in those after it: delete what stands above the "
            f"header line, or give every column a name"
        )


def _filled(record: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _name(cell: str) -> str:
    """Write a name on one line."""
    return re.sub(r"\s*[\r\n\v\f]+\s*", " ", cell).strip()


def _written_lines(start: str) -> Iterator[str]:
    return (line.strip(" \r\n") for line in StringIO(start, newline="") if line.strip())


def _check_text(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(SNIFF_BYTES)
    solid = b"".join(start.removeprefix(codecs.BOM_UTF8)[:MARK_BYTES].split()).lower()
    for mark, words in OTHER_FORMATS:
        if start.startswith(mark) or solid.startswith(mark):
            raise Unreadable(f"{path} is {words}")
    control = sum((byte < 32 and byte not in b"\t\n\r\x0b\x0c") or byte == 127 for byte in start)
    if control > max(3, CONTROL_SHARE_MAX * len(start)) and not _wide_encoding(start):
        raise Unreadable(f"{path} is no text: {control / len(start):.0%} of its first {len(start)} bytes are control characters")


def _wide_encoding(start: bytes) -> str:
    """Name UTF-16 or UTF-32 by the byte order mark, or UTF-16 by every second byte being zero; "" for anything else."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if encoding != "utf-8-sig" and start.startswith(mark):
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
        if wide := _wide_encoding(chunk[:SNIFF_BYTES]):
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
    """Choose the separator by the first line that has one, for titles may stand above it; a file of one column gets the comma."""
    for line in islice(_written_lines(start), TITLES_MAX + 1):
        counted = {separator: _outside_quotes(line, separator) for separator in SEPARATORS}
        best = max(SEPARATORS, key=lambda separator: counted[separator])
        if counted[best]:
            return best
    return ","


def read_records(path: Path, layout: Layout) -> Iterator[Record]:
    """Give the records after the header one by one as read; blank lines are none, an unreadable one has no cells."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    number, width, above = 0, len(layout.columns), layout.above + 1
    with path.open(encoding=layout.encoding, errors="replace", newline="") as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=layout.separator)
        while True:
            oddity, before, control, size = "", reader.line_num, lines.control, lines.size
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, oddity = [], f"unreadable record: {error}"
            control = lines.control - control
            if not oddity and not any(cells) and (above or not control):
                continue
            if above:
                above -= 1
                continue
            number += 1
            oddity = oddity or ("" if len(cells) == width else _shape(cells, width))
            if lines.ended or (reader.line_num - before > SWALLOWED_MIN and _swallows(cells, layout)):
                oddity = OPEN_QUOTE  # the reader only asks for a line more while a quote is open
            if control and control > max(3, CONTROL_SHARE_MAX * sum(map(len, cells))):
                oddity = NO_TEXT
            yield Record(number, cells, oddity, reader.line_num - before, control, lines.size - size)


class _Lines:
    """The lines of a file without their control characters; these and all characters are counted, a line without end is cut."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.control, self.size, self.ended = stream, 0, 0, False

    def __iter__(self) -> Iterator[str]:
        find = _CONTROL.search
        for line in iter(partial(self._stream.readline, LINE_CHARACTERS_MAX), ""):
            self.size += len(line)
            if find(line) is None:
                yield line
            else:
                clean = _CONTROL.sub("", line)
                self.control += len(line) - len(clean)
                yield clean
        self.ended = True


def _shape(cells: list[str], width: int) -> str:
    return "fewer cells than columns" if len(cells) < width else "more cells than columns"


def _swallows(cells: list[str], layout: Layout) -> bool:
    """Say whether the lines inside of one cell are records of their own, behind a quote that was never meant."""
    inner = [line for cell in cells for line in cell.splitlines()[1:-1]]
    like = sum(line.count(layout.separator) == len(layout.columns) - 1 > 0 for line in inner)
    return len(inner) >= SWALLOWED_MIN and like > SWALLOWED_SHARE * len(inner)


def _outside_quotes(line: str, separator: str) -> int:
    return sum(part.count(separator) for part in line.split('"')[::2])


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    taken: dict[str, None] = {}
    for place, said in enumerate(names, start=1):
        name, times = said or f"column_{place}", 1
        while (unique := name if times == 1 else f"{name} ({times})") in taken:
            times += 1
        taken[unique] = None
    return tuple(taken)
