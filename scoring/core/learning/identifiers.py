"""Columns that only name or count the rows, or name the persons in them: they say nothing that comes again."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.columns import MOMENTS, NUMBERS, RawColumn
from scoring.core.learning.names import names_a_person

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PERSON_ROWS_MAX = 10
EXACT_MAX = 2.0**53
_NUMBERED = re.compile(
    r"(^|[\W_])(id|ids|no|nr|num|number|uuid|guid|seq|index|key|phone|mobile|row)([\W_]|$)|(?<=[a-z])(Id|ID|No)$", re.IGNORECASE
)


def is_person(column: RawColumn) -> bool:
    """Say whether a column names persons who stand in several rows, ten at most on average."""
    present = column.values[~np.isnan(column.values)]
    if column.kind == MOMENTS or not names_a_person(column.name):
        return False
    return len(present) / PERSON_ROWS_MAX <= len(np.unique(present)) < len(present)


def is_identifier(name: str, present: Floats) -> bool:
    """Say whether numbers only count or name the rows."""
    if is_too_long(present):
        return True
    if len(present) < 50 or (np.abs(present) > EXACT_MAX).any() or (present != np.round(present)).any():
        return False
    distinct = len(np.unique(present)) / len(present)
    steps = np.diff(present)
    monotone = bool((steps > 0).all() or (steps < 0).all())
    return (distinct == 1 and monotone) or (distinct > 0.9 and _NUMBERED.search(name) is not None)


def is_too_long(present: Floats) -> bool:
    """Say whether most have so many digits that neighbours are one number here: nothing is measured so, ids are written so."""
    return len(present) > 0 and float(np.median(np.abs(present))) > EXACT_MAX


def counts_rows(column: RawColumn, order: Ints) -> bool:
    """Say whether a column of numbers is an identifier as the file stands, as a preview sees it, or in `order` (rows,)."""
    if column.kind != NUMBERS:
        return False
    orders = column.values, column.values[order]
    return any(is_identifier(column.name, values[~np.isnan(values)]) for values in orders)


def is_free_text(different: int, rows: int) -> bool:
    """Say whether so many different texts in so many rows are identifiers or sentences, not categories."""
    return different > 50 and different > rows / 2
