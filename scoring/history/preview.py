"""A look into a file of past leads: how it is written, its first rows, its columns, the values of a label."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from scoring.core.learning.cells import is_missing
from scoring.core.learning.preview import ColumnFacts, describe
from scoring.csv_rows import Layout, Unreadable, find_layout, read_records

SAMPLE_ROWS = 2_000
SHOWN_ROWS = 8
LABEL_VALUES_MAX = 50


@dataclass(frozen=True, slots=True)
class Preview:
    """The layout of a file, its first rows as they stand there, and its columns as far as the first SAMPLE_ROWS tell."""

    layout: Layout
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[ColumnFacts, ...]
    sampled: int


def preview(path: Path) -> Preview:
    """Read the beginning of a file; raises Unreadable for what is no table."""
    layout = find_layout(path)
    width = len(layout.columns)
    rows = [(record.cells + [""] * width)[:width] for record in islice(read_records(path, layout), SAMPLE_ROWS)]
    if not rows:
        raise Unreadable(f"{path} has a header and no rows")
    cells = zip(*rows, strict=True)
    columns = tuple(describe(name, column) for name, column in zip(layout.columns, cells, strict=True))
    return Preview(layout, tuple(tuple(row) for row in rows[:SHOWN_ROWS]), columns, len(rows))


def count_values(path: Path, layout: Layout, name: str) -> Counter[str] | None:
    """Count the values of a column over the whole file; None for more than LABEL_VALUES_MAX, which no label has."""
    place, counted = layout.columns.index(name), Counter[str]()
    for record in read_records(path, layout):
        value = record.cells[place].strip() if place < len(record.cells) else ""
        if not is_missing(value):
            counted[value] += 1
            if len(counted) > LABEL_VALUES_MAX:
                return None
    return counted
