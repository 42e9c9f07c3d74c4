"""Scores a CSV of leads by a champion, chunk by chunk: the very function that serves pings, so the answers are the same.

What features know beside the ping (rates, how leads of a source turned out, repeats) is what is known when the file is scored.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from scoring.batch_columns import ARRIVED, Put, ReadTime, meant_by, put_of, time_reader
from scoring.core.context import NOTHING, Context
from scoring.core.learning.cells import is_missing
from scoring.core.learning.table import Refused
from scoring.core.serving import Champion
from scoring.csv_rows import Layout, Record, Unreadable, find_layout, read_records

CHUNK_ROWS = 5_000
ANSWERS = ("probability", "score", "percentile", "model_version")
Progress = Callable[[int], None]
Answer = Callable[[list[list[str]]], Iterable[Sequence[Any]]]
"""Takes rows of cells and gives what shall be written behind each."""


@dataclass(slots=True)
class BatchReport:
    """What became of a file: rows, seconds, columns that say nothing to the model, unreadable cells a column, odd records.

    `meant` says of some of these columns what they were probably meant to be called.
    """

    rows: int = 0
    seconds: float = 0.0
    unused: tuple[str, ...] = ()
    meant: Mapping[str, str] = field(default_factory=dict)
    unreadable: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file's columns are read: the function of each that says something, and the place and reader of the arrivals."""

    layout: Layout
    puts: Mapping[int, Put]
    arrived: int | None
    read_time: ReadTime

    def facts(self, cells: list[str], report: BatchReport) -> dict[str, Any]:
        """Give a row as a ping's body; counts what cannot be read."""
        facts: dict[str, Any] = {"lead": {}}
        for place, put in self.puts.items():
            if not is_missing(cells[place]) and not put(facts, cells[place].strip()):
                report.unreadable[self.layout.columns[place]] += 1
        return facts

    def arrival(self, cells: list[str], now: datetime, report: BatchReport) -> datetime:
        """Give the moment a row's lead arrived, `now` where it says none; counts what is no time."""
        if self.arrived is None or is_missing(cells[self.arrived]):
            return now
        at = self.read_time(cells[self.arrived])
        if at is None:
            report.unreadable[self.layout.columns[self.arrived]] += 1
        return at or now


def score_file(
    champion: Champion,
    source: Path,
    target: Path,
    *,
    now: datetime,
    context: Context = NOTHING,
    progress: Progress = lambda rows: None,
) -> BatchReport:
    """Write every row of `source` with its probability, score, percentile and model version; raises Refused.

    Columns are fields of the vertical by their name, or parts of a ping by their path ("behaviour.pages_viewed"); parts that are
    objects or lists are JSON. A lead without a time of arrival counts as arriving `now`. The target appears only when complete.
    """
    layout = layout_for(source, target, ANSWERS)
    puts = {place: put for place, name in enumerate(layout.columns) if (put := put_of(name, champion.spec)) is not None}
    arrived = next((layout.columns.index(name) for name in ARRIVED if name in layout.columns), None)
    unused = tuple(name for place, name in enumerate(layout.columns) if place not in puts and place != arrived)
    meant = {name: found for name in unused if (found := meant_by(name, champion.spec))}
    if not puts:
        near = f" Did you mean {', '.join(dict.fromkeys(meant.values()))}?" if meant else ""
        told = f"{source.name} has no column that {champion.spec.vertical} knows; it has {', '.join(layout.columns[:8])}."
        raise Refused(told + near)
    report, records = BatchReport(unused=unused, meant=meant), read_records(source, layout)
    first = list(islice(records, CHUNK_ROWS))
    reader = time_reader([] if arrived is None else [cell for one in first for cell in one.cells[arrived : arrived + 1]])
    columns = Columns(layout, puts, arrived, reader)

    def answer(rows: list[list[str]]) -> Iterator[Sequence[Any]]:
        for cells in rows:
            score = champion.score(columns.facts(cells, report), columns.arrival(cells, now, report), context)
            yield f"{score.probability:.6f}", score.score, score.percentile, score.model_version

    write_answers(source, target, layout, ANSWERS, chain(first, records), answer, report, progress)
    return report


def write_answers(
    source: Path,
    target: Path,
    layout: Layout,
    answers: Sequence[str],
    records: Iterator[Record],
    answer: Answer,
    report: BatchReport,
    progress: Progress,
) -> None:
    """Write every record with what `answer` says of it, CHUNK_ROWS at a time; raises Refused for no rows, or no place to write.

    The target appears only when complete; `report` gets rows, seconds and odd records.
    """
    partial, started = target.with_name(target.name + ".part"), time.monotonic()
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow((*layout.columns, *answers))
            while chunk := list(islice(records, CHUNK_ROWS)):
                rows = [_cells(record, len(layout.columns), report) for record in chunk]
                writer.writerows((*cells, *told) for cells, told in zip(rows, answer(rows), strict=True))
                report.rows += len(chunk)
                progress(report.rows)
        if not report.rows:
            raise Refused(f"{source.name} has a header and no rows.")
        partial.replace(target)
    except OSError as error:
        raise Refused(f"{target} could not be written: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)
    report.seconds = time.monotonic() - started


def _cells(record: Record, width: int, report: BatchReport) -> list[str]:
    if record.oddity:
        report.odd[record.oddity] += 1
    return (record.cells + [""] * width)[:width]


def layout_for(source: Path, target: Path, answers: Sequence[str]) -> Layout:
    """Find how a file is written that gets columns of `answers`; raises Refused for what is no table, or has such columns."""
    if source.resolve() == target.resolve():
        raise Refused("The answer would overwrite the question: name another file.")
    try:
        layout = find_layout(source)
    except FileNotFoundError as error:
        raise Refused(f"There is no file {source}.") from error
    except (OSError, Unreadable) as error:
        raise Refused(f"{error}.") from error
    taken = [name for name in answers if name in layout.columns]
    if taken:
        raise Refused(f"{source.name} already has a column {taken[0]}: rename it.")
    return layout
