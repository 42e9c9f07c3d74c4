"""How features are made of the cells of a file. A table and the model that was learned from it share each derivation.

Training and scoring read cells by the same readers and make features by the same `of`, so a row has the same features in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from math import nan

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.cells import NUMBER_MAX, READERS, Read, is_missing, seconds_of_number

Floats = NDArray[np.float64]

DAY = 86_400.0
PLAIN, BEFORE, LEVEL, HOUR, WEEKDAY = "number", "days before", "level", "hour", "weekday"
MARK_BYTES = 8


@dataclass(frozen=True, slots=True)
class Arrival:
    """How the time of a lead is read: the column, its reader, and what numbers mean in it ("" for moments)."""

    column: str
    reads: str
    meaning: str = ""

    def reader(self) -> Read:
        """Give the function that reads a cell as Unix seconds."""
        return _reader(self.reads, self.meaning)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one feature is made of a column: what it `makes`, and which of READERS `reads` the cells ("" for words and calendar).

    A level is known by its mark, not by its text, so that a model keeps no cell of the file; its place is its code. With `rare`
    all other texts share the code after the last; without it they are missing.
    """

    feature: str
    column: str
    makes: str
    reads: str = ""
    meaning: str = ""
    marks: tuple[str, ...] = ()
    rare: bool = False

    @property
    def needs_arrival(self) -> bool:
        """Say whether the feature depends on when the lead came."""
        return self.makes in {BEFORE, HOUR, WEEKDAY}

    @property
    def is_calendar(self) -> bool:
        """Say whether the feature is made of the time alone."""
        return self.makes in {HOUR, WEEKDAY}

    def reader(self) -> Read:
        """Give the function that turns a cell of the column into what `of` takes; NaN for what says nothing or cannot be read."""
        if self.makes != LEVEL:
            return _reader(self.reads, self.meaning)
        codes = {mark: float(place) for place, mark in enumerate(self.marks)}
        other = float(len(codes)) if self.rare else nan
        return lambda cell: nan if is_missing(cell) else codes.get(mark_of(self.column, cell.strip()), other)

    def of(self, values: Floats, at: Floats | None) -> Floats:
        """Make the feature (n,) of what the reader gave (n,) and of the times of the leads in Unix seconds (n,)."""
        if not self.needs_arrival:
            return values
        assert at is not None, "a table has such features only with a time"
        if self.makes == BEFORE:
            return (at - values) / DAY
        return np.floor(at % DAY / 3600) if self.makes == HOUR else (np.floor(at / DAY) + 3) % 7


def mark_of(column: str, text: str) -> str:
    """Give the mark of a text in a column: 64 bits of a hash keyed by the column's name."""
    key = blake2b(column.encode(errors="replace"), digest_size=32).digest()
    return blake2b(text.encode(errors="replace"), key=key, digest_size=MARK_BYTES).hexdigest()


def _reader(reads: str, meaning: str) -> Read:
    read = READERS[reads]

    def measured(cell: str) -> float:
        value = read(cell)
        if not abs(value) <= NUMBER_MAX:
            return nan
        return seconds_of_number(value, meaning) if meaning else value

    return measured
