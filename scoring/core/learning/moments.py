"""Columns that write moments in another way than a column of dates: as numbers, or among words in the column that is the time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoring.core.learning.cells import (
    is_day_doubted,
    moment_of_number,
    moment_reader,
    name_of_reader,
    number_reader,
    seconds_of_number,
)
from scoring.core.learning.columns import DAY_DOUBTED, LEVELS, MOMENTS, NUMBERS, ODD_SHOWN, RawColumn


def timed(column: RawColumn) -> RawColumn:
    """Read words as moments or numbers in a column that is said to be the time; they were too few different ones to tell so."""
    levels = list(column.levels)
    readers = {MOMENTS: moment_reader(levels), NUMBERS: number_reader(levels)}
    read = {kind: np.array([reader(level) for level in levels]) for kind, reader in readers.items()}
    kind = max(read, key=lambda one: int((~np.isnan(read[one])).sum()))
    if column.kind != LEVELS or np.isnan(read[kind]).all():
        return column
    said = ~np.isnan(column.values)
    values = np.full(len(said), np.nan)
    values[said] = read[kind][column.values[said].astype(np.int64)]
    odd = tuple(level for level, value in zip(levels, read[kind].tolist(), strict=True) if np.isnan(value))
    doubt = DAY_DOUBTED if kind == MOMENTS and is_day_doubted(levels) else ""
    reads, lost = name_of_reader(readers[kind]), int((said & np.isnan(values)).sum())
    return RawColumn(column.name, kind, values, odd=odd[:ODD_SHOWN], odd_count=lost, doubt=doubt, reads=reads)


def dated(column: RawColumn) -> RawColumn:
    """Read numbers as moments where they write some, such as 20180531 or Unix seconds."""
    said = ~np.isnan(column.values)
    if column.kind != NUMBERS or not said.any():
        return column
    meaning = moment_of_number(column.values[said].tolist())
    if meaning == "order":
        return column
    different, places = np.unique(column.values[said], return_inverse=True)
    values = np.full(len(said), np.nan)
    values[said] = np.array([seconds_of_number(value, meaning) for value in different.tolist()])[places]
    lost = said & np.isnan(values)
    odd = column.odd or tuple(f"{value:.15g}" for value in np.unique(column.values[lost])[:ODD_SHOWN])
    return replace(column, kind=MOMENTS, meaning=meaning, values=values, odd=odd, odd_count=column.odd_count + int(lost.sum()))
