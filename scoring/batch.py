"""Scores a CSV of leads by a champion, chunk by chunk: the very function that serves pings, so the answers are the same."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from math import isnan
from pathlib import Path
from typing import Any

from scoring.core.features import FEATURES, FieldSpec
from scoring.core.learning.cells import is_missing, moment_reader, number_with_point
from scoring.core.learning.table import Refused
from scoring.core.serving import Champion
from scoring.csv_rows import Layout, Unreadable, find_layout, read_records

CHUNK_ROWS = 5_000
ANSWERS = ("probability", "score", "percentile", "model_version")
ARRIVED = ("received_at", "arrived_at", "created_at", "at", "time", "timestamp")
TRUE, FALSE = frozenset({"1", "true", "yes", "y", "t"}), frozenset({"0", "false", "no", "n", "f"})
PARTS = frozenset({"lead", "behaviour", "touchpoints", "consent", "kind", "contact_hashes", "contact_hints", "device"})
Progress = Callable[[int], None]
Put = Callable[[dict[str, Any], str], bool]


@dataclass(slots=True)
class BatchReport:
    """What became of a file: rows, seconds, columns that say nothing to the model, unreadable cells a column, odd records."""

    rows: int = 0
    seconds: float = 0.0
    unused: tuple[str, ...] = ()
    unreadable: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)


def score_file(
    champion: Champion, source: Path, target: Path, *, now: datetime, progress: Progress = lambda rows: None
) -> BatchReport:
    """Write every row of `source` with its probability, score, percentile and model version; raises Refused.

    Columns are fields of the vertical by their name, or parts of a ping by their path ("behaviour.pages_viewed"); a cell that
    starts with [ or { is JSON. A lead without a time of arrival counts as arriving `now`. The target appears only when complete.
    """
    layout = _layout(source, target)
    puts = {place: put for place, name in enumerate(layout.columns) if (put := _put(name, champion)) is not None}
    arrived = next((layout.columns.index(name) for name in ARRIVED if name in layout.columns), None)
    if not puts:
        raise Refused(f"{source.name} has no column that {champion.spec.vertical} knows; it has {', '.join(layout.columns[:8])}.")
    report = BatchReport(
        unused=tuple(name for place, name in enumerate(layout.columns) if place not in puts and place != arrived)
    )
    started, partial = time.monotonic(), target.with_name(target.name + ".part")
    read_time = moment_reader([])
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow((*layout.columns, *ANSWERS))
            records = read_records(source, layout)
            while chunk := list(islice(records, CHUNK_ROWS)):
                for record in chunk:
                    if record.oddity:
                        report.odd[record.oddity] += 1
                    cells = (record.cells + [""] * len(layout.columns))[: len(layout.columns)]
                    at = now if arrived is None else _arrival(cells[arrived], read_time, now)
                    score = champion.score(_facts(cells, puts, layout, report), at)
                    writer.writerow((*cells, f"{score.probability:.6f}", score.score, score.percentile, score.model_version))
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
    return report


def _layout(source: Path, target: Path) -> Layout:
    if source.resolve() == target.resolve():
        raise Refused("The answer would overwrite the question: name another file.")
    try:
        layout = find_layout(source)
    except FileNotFoundError as error:
        raise Refused(f"There is no file {source}.") from error
    except (OSError, Unreadable) as error:
        raise Refused(f"{error}.") from error
    taken = [name for name in ANSWERS if name in layout.columns]
    if taken:
        raise Refused(f"{source.name} already has a column {taken[0]}: rename it.")
    return layout


def _facts(cells: list[str], puts: Mapping[int, Put], layout: Layout, report: BatchReport) -> dict[str, Any]:
    facts: dict[str, Any] = {"lead": {}}
    for place, put in puts.items():
        if not is_missing(cells[place]) and not put(facts, cells[place].strip()):
            report.unreadable[layout.columns[place]] += 1
    return facts


def _arrival(cell: str, read: Callable[[str], float], now: datetime) -> datetime:
    seconds = read(cell)
    return now if isnan(seconds) else datetime.fromtimestamp(seconds, UTC)


def _put(name: str, champion: Champion) -> Put | None:
    """Make the function that puts a cell of this column where a ping has it; None for a column that no ping has."""
    fields = {known.name: known for known in champion.spec.fields if known.stage == "ping"}
    bare = name.removeprefix("lead.")
    if bare in fields:
        return lambda facts, cell: _assign(facts["lead"], bare, _value(cell, fields[bare]))
    part, dot, rest = name.partition(".")
    if part not in PARTS or (dot and not any(part in feature.needs for feature in FEATURES)):
        return None
    if not dot:
        return lambda facts, cell: _assign(facts, part, _json(cell) if cell[0] in "[{" else cell)
    return lambda facts, cell: _assign(facts.setdefault(part, {}), rest, _guess(cell))


def _assign(where: dict[str, Any], name: str, value: Any) -> bool:
    if value is None:
        return False
    where[name] = value
    return True


def _value(cell: str, field_spec: FieldSpec) -> Any:
    """Read a cell as its field wants it; None where it cannot be."""
    if field_spec.kind in {"number", "integer"}:
        number = number_with_point(cell)
        return None if isnan(number) else number
    if field_spec.kind == "boolean":
        return True if cell.lower() in TRUE else False if cell.lower() in FALSE else None
    if field_spec.kind == "list":
        return _json(cell)
    if field_spec.kind == "zip":
        return cell.zfill(5) if cell.isdigit() else cell
    return cell if not field_spec.choices or cell in field_spec.choices else None


def _guess(cell: str) -> Any:
    number = number_with_point(cell)
    if not isnan(number):
        return number
    if cell[0] in "[{":
        return _json(cell)
    return True if cell.lower() == "true" else False if cell.lower() == "false" else cell


def _json(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return None
