"""Columns of a file that have a role: the label, the time of arrival, the column that splits training from judging."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.cells import listed, quoted
from scoring.core.learning.columns import LEVELS, LEVELS_MAX, MOMENTS, NUMBERS, TEXTS, RawColumn
from scoring.core.learning.derivations import Arrival
from scoring.core.learning.moments import dated, timed
from scoring.core.learning.spellings import join_spellings, plain
from scoring.core.learning.table import Plan, Refused

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNREADABLE_TIME_MAX = 0.05
TIMES_MIN = 5
YES = (
    "1",
    "1.0",
    "yes",
    "y",
    "true",
    "t",
    "won",
    "win",
    "converted",
    "sold",
    "sale",
    "success",
    "positive",
    "closed won",
    "accepted",
)


@dataclass(frozen=True, slots=True)
class Labels:
    """`outcomes` (rows,): which are positive, `known` (rows,): which have a label, `positive`: the value that counts as yes."""

    outcomes: Bools
    known: Bools
    positive: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """`at` (rows,): Unix seconds, a bare sequence where `arrival` is None; NaN for what cannot be read."""

    at: Floats
    arrival: Arrival | None
    notes: tuple[str, ...]


def labels_of(column: RawColumn, plan: Plan) -> Labels:
    """Read the label; raises Refused where it is empty, or where nothing says which value counts."""
    if column.kind == TEXTS:
        raise Refused(f'The label "{plan.label}" holds more than {LEVELS_MAX} different values; a label has two.')
    known = ~np.isnan(column.values)
    if not known.any():
        raise Refused(f'The label "{plan.label}" is empty in all {len(known)} rows.')
    counts = np.bincount(column.values[known].astype(np.int64), minlength=len(column.levels))
    values = join_spellings(dict(zip(column.levels, counts.tolist(), strict=True)))
    positive = _positive(values, plan)
    notes = [f"{plan.label}: {listed(texts)} are read as one value" for texts in values.values() if len(texts) > 1]
    if not known.all():
        notes.append(f'{plan.label}: {int((~known).sum())} rows without a label are left out; no disposition is not a "no"')
    if len(values) > 2:
        notes.append(f"{plan.label}: {quoted(positive)} is the positive, the other {len(values) - 1} values are not")
    outcomes = np.isin(column.values, [column.levels.index(text) for text in values[positive]])
    return Labels(outcomes, known, positive, tuple(notes))


def _positive(values: Collection[str], plan: Plan) -> str:
    if plan.positive is not None:
        found = [value for value in values if plain(value) == plain(plan.positive)]
        if not found:
            raise Refused(f'No row of "{plan.label}" is {quoted(plan.positive)}; it holds {listed(values)}.')
        return found[0]
    if len(values) == 1:
        raise Refused(f'"{plan.label}" holds one value only, {listed(values)}: there is nothing to tell apart.')
    said = [value for value in values if plain(value) in YES]
    if len(values) > 2 or len(said) != 1:
        raise Refused(
            f'"{plan.label}" holds {len(values)} values, {listed(values)}: name the one that counts with --positive VALUE.'
        )
    return said[0]


def judges_of(column: RawColumn, value: str) -> Bools:
    """Say which rows hold the value that makes them judge; raises Refused where none does."""
    if column.kind == TEXTS or value not in column.levels:
        held = listed(column.levels) or "too many different texts"
        raise Refused(f'No row of "{column.name}" is {quoted(value)}; it holds {held}.')
    return np.asarray(column.values == column.levels.index(value))


def times_of(column: RawColumn, known: Bools, plan: Plan) -> Times:
    """Read the times of the rows; raises Refused where those of `known` rows (rows,) give no order."""
    read = dated(timed(column))
    _check_readable(read, known, plan)
    missing = int((np.isnan(read.values) & known).sum())
    _check_order(read, known)
    notes = [f"{missing} rows without a readable time are left out"] if missing else []
    if read.doubt:
        notes.append(read.doubt)
    if read.kind == NUMBERS:
        notes.append("numbers and no dates; they give the order of the rows, and nothing else is made of them")
    arrival = Arrival(read.name, read.reads, read.meaning) if read.kind == MOMENTS else None
    return Times(read.values, arrival, tuple(f"{read.name}: {note}" for note in notes))


def _check_readable(read: RawColumn, known: Bools, plan: Plan) -> None:
    if read.kind == LEVELS and not read.levels:
        raise Refused(f'The time column "{read.name}" is empty in all {len(known)} rows.')
    if read.kind not in {NUMBERS, MOMENTS}:
        shown = listed(read.levels, 3) if plan.quotes else ""
        raise Refused(
            f'The time column "{read.name}" holds no dates that can be read ({shown or "text"}); use 2026-05-31 14:05:00.'
        )
    share = float(np.isnan(read.values[known]).mean())
    if share > UNREADABLE_TIME_MAX:
        shown = (listed(read.odd) if plan.quotes else "") or "empty or no dates"
        raise Refused(f'{share:.0%} of the times in "{read.name}" cannot be read ({shown}); use 2026-05-31 14:05:00.')


def _check_order(read: RawColumn, known: Bools) -> None:
    different = len(np.unique(read.values[known & ~np.isnan(read.values)]))
    if different < TIMES_MIN:
        raise Refused(
            f'The time column "{read.name}" holds fewer than {TIMES_MIN} different times ({different}): '
            f"nothing tells old leads from new ones: leave out --time, or name another column."
        )
