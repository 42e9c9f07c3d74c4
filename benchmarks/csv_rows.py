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
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Unreadable(Exception):
    """The file cannot be read as a CSV file at all."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: encoding, separator, and the names of its columns."""

    encoding: str
    separator: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its number from 1, its cells by column, and what was odd about it ("" when nothing was)."""

    number: int
    cells: Mapping[str, str]
    oddity: str = ""


def find_layout(path: Path) -> Layout:
    """Find encoding, separator and columns; raises Unreadable for an empty file."""
    encoding = find_encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        start = stream.read(SNIFF_CHARACTERS).replace("\0", "")
    separator = find_separator(start)
    header = next((record for record in csv.reader(start.splitlines(keepends=True), delimiter=separator) if any(record)), None)
    if header is None:
        raise Unreadable(f"{path} has no header line")
    return Layout(encoding, separator, _unique(header))


def find_encoding(path: Path) -> str:
    """Read the whole file once, chunk by chunk: UTF-8 when every byte agrees, else windows-1252, which reads anything."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        chunk = stream.read(CHUNK_BYTES)
        for mark, encoding in BYTE_ORDER_MARKS:
            if chunk.startswith(mark):
                return encoding
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
    """Give the records after the header one by one; short, long and broken ones carry their oddity, blank lines are none."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    number = 0
    with path.open(encoding=layout.encoding, errors="replace", newline="") as stream:
        reader = csv.reader((line.replace("\0", "") for line in stream), delimiter=layout.separator)
        past_header = False
        while True:
            oddity = ""
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                record, oddity = [], f"unreadable record: {error}"
            if not oddity and not any(record):
                continue
            if not past_header:
                past_header = True
                continue
            number += 1
            yield Row(number, dict(zip(layout.columns, record, strict=False)), oddity or _shape(record, layout))


def _shape(record: list[str], layout: Layout) -> str:
    if len(record) == len(layout.columns):
        return ""
    return "fewer cells than columns" if len(record) < len(layout.columns) else "more cells than columns"


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
