"""Columns of a foreign file, built chunk by chunk in bounded memory: few different texts are kept, many become floats.

A column starts as a dictionary of its texts. Where it has more than LEVELS_MAX of them it is read as numbers or moments from then
on, and where it holds neither only whether a cell is filled is kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.cells import NO_NUMBER, Read, is_missing, moment_reader, number_reader

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS_MAX = 5_000
READABLE_MIN = 0.95
MIXED_MIN = 0.2
NUMBERS, MOMENTS, LEVELS, TEXTS = "numbers", "moments", "levels", "texts"


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One column as read. `values`: numbers, Unix seconds, indices of `levels`, or 0 for any text; NaN is missing.

    `odd` are cells that a column of numbers or moments could not read, up to three with their count.
    """

    name: str
    kind: str
    values: Floats
    levels: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    odd_count: int = 0
    mixed: bool = False


class ColumnBuilder:
    """Takes the cells of one column in chunks; `finish` gives the column."""

    def __init__(self, name: str, *, words: bool = False) -> None:
        """Start an empty column; with `words` its texts are kept as they are, never read as numbers or moments."""
        self.name, self._words = name, words
        self._codes = array("i")
        self._places: dict[str, int] = {}
        self._values: array[float] | None = None
        self._kind = LEVELS
        self._read: Read = _nothing
        self._odd: dict[str, int] = {}

    def add(self, cells: Sequence[str]) -> None:
        """Take the next cells."""
        if self._values is not None:
            self._values.extend(map(self._value, cells))
            return
        places = self._places
        self._codes.extend([places.setdefault(cell, len(places)) for cell in cells])
        if len(places) > LEVELS_MAX:
            self._widen()

    def finish(self) -> RawColumn:
        """Decide what the column is and give it."""
        mixed = False
        if self._values is None and not self._words:
            self._kind, self._read, mixed = _kind_of(list(self._places))
            if self._kind in {NUMBERS, MOMENTS}:
                self._values = array("d", self._take_levels())
        if self._values is None:
            return _levels(self.name, np.frombuffer(self._codes, dtype=np.int32), list(self._places), mixed=mixed)
        values = np.array(self._values, dtype=np.float64)
        self._values = None
        infinite = np.isinf(values)
        values[infinite] = nan
        count = sum(self._odd.values()) + int(infinite.sum())
        return RawColumn(self.name, self._kind, values, odd=tuple(self._odd)[:3], odd_count=count)

    def _widen(self) -> None:
        self._kind, self._read, _ = _kind_of(list(self._places))
        if self._words or self._kind == LEVELS:
            self._kind, self._read = TEXTS, _nothing
        self._values = array("d", self._take_levels())

    def _take_levels(self) -> Floats:
        counts = np.bincount(np.frombuffer(self._codes, dtype=np.int32), minlength=len(self._places))
        table = np.array([self._value(cell, int(count)) for cell, count in zip(self._places, counts, strict=True)])
        taken: Floats = table[np.frombuffer(self._codes, dtype=np.int32)]
        self._places, self._codes = {}, array("i")
        return taken

    def _value(self, cell: str, count: int = 1) -> float:
        value = self._read(cell)
        if isnan(value) and cell.strip().lower() not in NO_NUMBER:
            told = cell if cell in self._odd or len(self._odd) < LEVELS_MAX else "others"
            self._odd[told] = self._odd.get(told, 0) + count
        return value


def _nothing(cell: str) -> float:
    return nan if is_missing(cell) else 0.0


def _kind_of(cells: list[str]) -> tuple[str, Read, bool]:
    """Find kind and reader of a column from its different texts, and whether numbers stand among its words."""
    said = [cell for cell in cells if cell.strip().lower() not in NO_NUMBER]
    if not said:
        return LEVELS, _nothing, False
    number, moment = number_reader(said), moment_reader(said)
    numeric = _share(said, number)
    if numeric >= READABLE_MIN:
        return NUMBERS, number, False
    if _share(said[:200], moment) >= READABLE_MIN:
        return MOMENTS, moment, False
    return LEVELS, _nothing, numeric >= MIXED_MIN


def _share(cells: list[str], read: Callable[[str], float]) -> float:
    return sum(not isnan(read(cell)) for cell in cells) / len(cells)


def _levels(name: str, codes: NDArray[np.int32], cells: list[str], *, mixed: bool) -> RawColumn:
    """Fold texts that differ by outer blanks only; levels stand in alphabetical order, so that row order does not matter."""
    texts = [cell.strip() for cell in cells]
    levels = tuple(sorted({text for text in texts if not is_missing(text)}))
    place = {text: float(index) for index, text in enumerate(levels)}
    table = np.array([place.get(text, nan) for text in texts] or [nan])
    return RawColumn(name, LEVELS, table[codes], levels=levels, mixed=mixed)
