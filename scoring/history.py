"""Reads files of past leads into a table, a chunk at a time: the only place of learning that opens a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

import numpy as np

from scoring.core.learning.columns import ColumnBuilder, RawColumn
from scoring.core.learning.table import Plan, Refused, Table, table_of
from scoring.csv_rows import Layout, Record, Unreadable, find_layout, read_records

CHUNK_ROWS = 5_000
CELLS_MAX = 250_000_000
ODD_SHARE_MAX = 0.2
Progress = Callable[[int, str], None]


@dataclass(slots=True)
class _Reading:
    """What has been read so far: columns under construction, odd records by kind, rows of each file."""

    columns: dict[str, ColumnBuilder]
    odd: Counter[str] = field(default_factory=Counter)
    first_odd: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)


def read_table(path: Path, plan: Plan, *, test: Path | None = None, progress: Progress = lambda percent, stage: None) -> Table:
    """Read a file, and a test file with the same columns after it; raises Refused with what is wrong and what to do."""
    layout = _layout(path)
    _check_names(layout, plan, path)
    notes = [f'header: "{name}" stands there more than once; the second is called "{name} (2)"' for name in layout.repeated]
    kept = [name for name in layout.columns if name not in plan.drop]
    reading = _Reading({name: ColumnBuilder(name, words=_is_word(name, plan)) for name in kept})
    _read(path, layout, reading, progress)
    if test is not None:
        _read(test, _same_columns(test, kept), reading, progress)
    notes += [
        f"file: {count} lines with {words} (the first in record {reading.first_odd[words]})"
        for words, count in reading.odd.items()
    ]
    columns = _finished(reading)
    test_rows = None if test is None else np.repeat([False, True], reading.rows)
    table = table_of(columns, plan, test_rows=test_rows)
    return replace(table, notes=(*notes, *table.notes))


def _layout(path: Path) -> Layout:
    try:
        return find_layout(path)
    except FileNotFoundError as error:
        raise Refused(f"There is no file {path}.") from error
    except (OSError, Unreadable) as error:
        raise Refused(f"{error}.") from error


def _check_names(layout: Layout, plan: Plan, path: Path) -> None:
    for role, name in _roles(plan):
        if name in layout.repeated:
            raise Refused(f'{role} "{name}" is the name of more than one column of {path.name}: rename one.')
        if name not in layout.columns:
            near = get_close_matches(name, layout.columns, n=1) or layout.columns[:1]
            raise Refused(
                f'{path.name} has no column "{name}" ({role}); did you mean "{near[0]}"? It has {len(layout.columns)} columns.'
            )
    for kept in (plan.label, plan.time):
        if kept in plan.drop:
            raise Refused(f'"{kept}" cannot be dropped: it is the label or the time.')
    if plan.label == plan.time:
        raise Refused(f'"{plan.label}" cannot be label and time at once.')


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
    size, width, before = max(1, path.stat().st_size), len(layout.columns), 0
    records = read_records(path, layout)
    while chunk := list(islice(records, CHUNK_ROWS)):
        rows = [record.cells for record in chunk if _usable(record, reading, width)]
        turned = list(zip(*rows, strict=True)) if rows else [()] * width
        for place, builder in places:
            builder.add(turned[place])
        before += len(rows)
        if before * len(places) > CELLS_MAX:
            raise Refused(f"{path.name} has more than {CELLS_MAX:,} cells: leave out columns with --drop, or split the file.")
        progress(min(99, int(100 * before * _bytes_a_row(chunk) / size)), f"reading {path.name}")
    if not before:
        raise Refused(f"{path.name} has a header and no rows.")
    broken = sum(count for words, count in reading.odd.items())
    if broken > ODD_SHARE_MAX * before:
        shown = "; ".join(f"{count} with {words}" for words, count in reading.odd.items())
        raise Refused(
            f"{path.name} is no table that can be trusted: of {before} records {shown}. Is its separator {layout.separator!r}?"
        )
    reading.rows.append(before)


def _bytes_a_row(chunk: list[Record]) -> float:
    sample = chunk[:200]
    return sum(sum(map(len, record.cells)) + len(record.cells) for record in sample) / len(sample)


def _usable(record: Record, reading: _Reading, width: int) -> bool:
    """Count what is odd: a short record is filled up, a long one cut; what cannot be read and open quotes are left out."""
    if not record.oddity:
        return True
    words = {
        "fewer cells than columns": "fewer cells than columns, filled up as missing",
        "more cells than columns": "more cells than columns, cut",
    }
    if record.lines > 1:
        told = "a quote that is not closed, left out"
        record.cells.clear()
    else:
        told = words.get(
            record.oddity, f"nothing that can be read ({record.oddity.removeprefix('unreadable record: ')}), left out"
        )
    reading.odd[told] += record.lines
    reading.first_odd.setdefault(told, record.number)
    if not record.cells:
        return False
    record.cells[:] = (record.cells + [""] * width)[:width]
    return True


def _finished(reading: _Reading) -> list[RawColumn]:
    """Finish the columns one by one, each giving its chunks back before the next."""
    names = list(reading.columns)
    return [reading.columns.pop(name).finish() for name in names]
