"""Reads files of past leads into a table, a chunk at a time: the only place of learning that opens a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from scoring.core.learning.allowed import check_allowed
from scoring.core.learning.building import table_of
from scoring.core.learning.cells import listed, quoted
from scoring.core.learning.columns import ColumnBuilder, RawColumn
from scoring.core.learning.table import Plan, Refused, Table
from scoring.core.progress import Progress, silent, within
from scoring.csv_rows import NO_TEXT, OPEN_QUOTE, Layout, Record, Unreadable, find_layout, read_records

CHUNK_ROWS = 5_000
CHUNK_CHARACTERS_MAX = 1 << 25
CELLS_MAX = 250_000_000
ODD_SHARE_MAX = 0.2


@dataclass(slots=True)
class _Reading:
    """What has been read so far: columns under construction, name of the file, odd records by kind, rows of each file."""

    columns: dict[str, ColumnBuilder]
    name: str = ""
    odd: Counter[str] = field(default_factory=Counter)
    first_odd: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def read_table(
    path: Path,
    plan: Plan,
    *,
    test: Path | None = None,
    allow: Collection[str] = (),
    progress: Progress = silent,
) -> Table:
    """Read a file, and a test file with the same columns after it; raises Refused with what is wrong and what to do.

    `allow` are findings to pass over knowingly: those that no column of the file can have are refused before anything is read.
    """
    layout = _layout(path)
    _check_names(layout, plan, path)
    check_allowed(allow, layout.columns, plan.time)
    notes = list(_header_notes(layout))
    kept = [name for name in layout.columns if name not in plan.drop]
    reading = _Reading({name: ColumnBuilder(name, words=_is_word(name, plan)) for name in kept})
    half = 100 if test is None else 50
    _read(path, layout, reading, within(progress, 0, half))
    if test is not None:
        _read(test, _same_columns(test, kept), reading, within(progress, half, 100))
    notes += [
        f"file: {count} lines with {words} (the first in record {reading.first_odd[words]})"
        for words, count in reading.odd.items()
    ]
    columns = _finished(reading)
    test_rows = None if test is None else np.repeat([False, True], reading.rows)
    table = table_of(columns, plan, test_rows=test_rows)
    return replace(table, notes=(*notes, *table.notes))


def _header_notes(layout: Layout) -> Iterator[str]:
    if layout.encoding == "cp1252":
        yield "file: it is not UTF-8 and read as windows-1252; save it as UTF-8 if letters in it come out wrong"
    if layout.titles:
        yield f"header: {listed(layout.titles)} above it is skipped as a title"
    yield from (f"header: column {place} has no name: called {name}" for place, name in layout.unnamed.items())
    for name in layout.repeated:
        yield f"header: {quoted(name)} stands there more than once; the second is called {quoted(f'{name} (2)')}"


def _layout(path: Path) -> Layout:
    try:
        return find_layout(path)
    except FileNotFoundError as error:
        raise Refused(f"There is no file {path}.") from error
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except Unreadable as error:
        raise Refused(f"{error}.") from error


def _check_names(layout: Layout, plan: Plan, path: Path) -> None:
    for role, name in _roles(plan):
        if name in layout.repeated:
            raise Refused(f'{role} "{name}" is the name of more than one column of {path.name}: rename one.')
        if name not in layout.columns:
            near = [one for one in layout.columns if one.lower() == name.lower()] or get_close_matches(name, layout.columns, n=1)
            meant = f"; did you mean {quoted(near[0])}?" if near else "."
            raise Refused(f'{path.name} has no column "{name}" ({role}){meant} {_columns(layout)}')
    for kept in (plan.label, plan.time):
        if kept in plan.drop:
            raise Refused(f'"{kept}" cannot be dropped: it is the label or the time.')
    if plan.label == plan.time:
        raise Refused(f'"{plan.label}" cannot be label and time at once.')


def _columns(layout: Layout) -> str:
    if len(layout.columns) > 1:
        return f"It has {len(layout.columns)} columns: {listed(layout.columns)}."
    return (
        f"It has one column, {listed(layout.columns)}: comma, semicolon, tab and pipe are known as separators; "
        f"a first line such as sep=~ names another."
    )


def _roles(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "--label", plan.label
    if plan.time is not None:
        yield "--time", plan.time
    if plan.split is not None:
        yield "--split", plan.split[0]
    yield from (("--drop", name) for name in plan.drop)


def _is_word(name: str, plan: Plan) -> bool:
    return name == plan.label or (plan.split is not None and name == plan.split[0])


def _same_columns(test: Path, kept: list[str]) -> Layout:
    layout = _layout(test)
    absent = [name for name in kept if name not in layout.columns]
    if absent:
        raise Refused(f"{test.name} lacks columns of the training file: {', '.join(absent[:8])}.")
    return layout


def _read(path: Path, layout: Layout, reading: _Reading, progress: Progress) -> None:
    places = [(layout.columns.index(name), builder) for name, builder in reading.columns.items()]
    reading.name = path.name
    size, width, before, done = max(1, path.stat().st_size), len(layout.columns), 0, 0
    records = read_records(path, layout)
    for chunk in _chunks(records):
        rows = [record.cells for record in chunk if _usable(record, reading, width)]
        turned = list(zip(*rows, strict=True)) if rows else [()] * width
        for place, builder in places:
            builder.add(turned[place])
        before += len(rows)
        if before * len(places) > CELLS_MAX:
            raise Refused(f"{path.name} has more than {CELLS_MAX:,} cells: leave out columns with --drop, or split the file.")
        done += sum(record.size for record in chunk)
        progress(min(100, int(100 * done / size)), f"reading {path.name}")
    if not before:
        raise Refused(f"{path.name} has a header and no rows.")
    broken = sum(count for words, count in reading.odd.items())
    if broken > ODD_SHARE_MAX * before:
        shown = "; ".join(f"{count} with {words}" for words, count in reading.odd.items())
        raise Refused(
            f"{path.name} is no table that can be trusted: of {before} records {shown}. Is its separator "
            f"{layout.separator!r}, and the header its first line?"
        )
    reading.rows.append(before)


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Give records in lists of CHUNK_ROWS, fewer where they are very long, so that memory stays bounded."""
    chunk: list[Record] = []
    held = 0
    for record in records:
        chunk.append(record)
        held += record.size
        if len(chunk) == CHUNK_ROWS or held > CHUNK_CHARACTERS_MAX:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _usable(record: Record, reading: _Reading, width: int) -> bool:
    """Count what is odd: a short record is filled up, a long one cut; what cannot be read and open quotes are left out."""
    if record.control and record.oddity != NO_TEXT:
        _count(reading, "control characters, which were taken out", record)
    if not record.oddity:
        return True
    if record.oddity == NO_TEXT:
        raise Refused(
            f"Record {record.number:,} of {reading.name} is no text: it holds {record.control:,} control characters. "
            f"Is the file damaged?"
        )
    words = {
        "fewer cells than columns": "fewer cells than columns, filled up as missing",
        "more cells than columns": "more cells than columns, cut",
    }
    if record.lines > 1 or record.oddity == OPEN_QUOTE:
        told = f"{OPEN_QUOTE}, left out"
        record.cells.clear()
    else:
        told = f"nothing that can be read ({record.oddity.removeprefix('unreadable record: ')}), left out"
        told = words.get(record.oddity, told) if record.cells else told
    _count(reading, told, record)
    if not record.cells:
        return False
    record.cells[:] = (record.cells + [""] * width)[:width]
    return True


def _count(reading: _Reading, told: str, record: Record) -> None:
    reading.odd[told] += record.lines
    reading.first_odd.setdefault(told, record.number)


def _finished(reading: _Reading) -> list[RawColumn]:
    """Finish the columns one by one, each giving its chunks back before the next."""
    names = list(reading.columns)
    return [reading.columns.pop(name).finish() for name in names]
