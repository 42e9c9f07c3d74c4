"""Columns of a foreign file, built chunk by chunk in bounded memory: few different texts are kept, many become floats.

A column starts as a dictionary of its texts. Where it has more than LEVELS_MAX of them it is read as numbers or moments from then
on if most of them are, and where it holds neither only whether a cell is filled is kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isnan, nan
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.cells import (
    NO_NUMBER,
    NUMBER_MAX,
    Read,
    is_day_doubted,
    is_missing,
    moment_reader,
    name_of_reader,
    number_reader,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS_MAX = 5_000
READABLE_MIN = 0.95
MOSTLY_MIN = 0.5
HELD_CHARACTERS_MAX = 1 << 24
ODD_SHOWN = 3
MIXED_MIN = 0.2
MIXED = "mixes numbers and words, read as words"
DAY_DOUBTED = "no date settles whether day or month comes first, read as day first; 2026-05-31 leaves no doubt"
NUMBERS, MOMENTS, LEVELS, TEXTS = "numbers", "moments", "levels", "texts"


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One column as read. `values`: numbers, Unix seconds, indices of `levels`, or the CRC-32 of a text; NaN is missing.

    `odd` are cells that a column of numbers or moments could not read, up to three with their count. `reads` names the reader of
    its cells in READERS, "" for words; `meaning` says how numbers write moments, "" where none do. `doubt` says what its cells
    left open, and how they were read.
    """

    name: str
    kind: str
    values: Floats
    levels: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    odd_count: int = 0
    doubt: str = ""
    reads: str = ""
    meaning: str = ""


class ColumnBuilder:
    """Takes the cells of one column in chunks; `finish` gives the column."""

    def __init__(self, name: str, *, words: bool = False) -> None:
        """Start an empty column; with `words` its texts are kept as they are, never read as numbers or moments."""
        self.name, self._words = name, words
        self._codes = array("i")
        self._places: dict[str, int] = {}
        self._values: array[float] | None = None
        self._kind = LEVELS
        self._read: Read = _as_text
        self._odd: dict[str, None] = {}
        self._odd_count = 0
        self._doubt = ""
        self._held = 0

    def add(self, cells: Sequence[str]) -> None:
        """Take the next cells."""
        if self._values is not None:
            self._values.extend(map(self._value, cells))
            return
        places, before = self._places, len(self._places)
        self._codes.extend([places.setdefault(cell, len(places)) for cell in cells])
        self._held += sum(map(len, islice(places, before, None)))
        if len(places) > LEVELS_MAX or self._held > HELD_CHARACTERS_MAX:
            self._widen()

    def finish(self) -> RawColumn:
        """Decide what the column is and give it."""
        if self._values is None and not self._words:
            self._kind, self._read, self._doubt = _kind_of(list(self._places), READABLE_MIN)
            if self._kind in {NUMBERS, MOMENTS}:
                self._values = array("d", self._take_levels())
        if self._values is None:
            return _levels(self.name, np.frombuffer(self._codes, dtype=np.int32), list(self._places), self._doubt)
        values = np.array(self._values, dtype=np.float64)
        self._values = None
        large = np.abs(values) > NUMBER_MAX
        values[large] = nan
        count = self._odd_count + int(large.sum())
        reads = name_of_reader(self._read)
        return RawColumn(self.name, self._kind, values, odd=tuple(self._odd), odd_count=count, doubt=self._doubt, reads=reads)

    def _widen(self) -> None:
        self._kind, self._read, self._doubt = _kind_of(list(self._places), MOSTLY_MIN)
        if self._words or self._kind == LEVELS:
            self._kind, self._read, self._doubt = TEXTS, _as_text, ""
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
            self._odd_count += count
            if len(self._odd) < ODD_SHOWN:
                self._odd.setdefault(cell)
        return value


def _as_text(cell: str) -> float:
    return nan if is_missing(cell) else float(crc32(cell.strip().encode()))


def _kind_of(cells: list[str], enough: float) -> tuple[str, Read, str]:
    """Find kind and reader of a column, of which so many different texts agree, and what is in doubt."""
    said = [cell for cell in cells if cell.strip().lower() not in NO_NUMBER]
    if not said:
        return LEVELS, _as_text, ""
    number, moment = number_reader(said), moment_reader(said)
    numeric = _share(said, number)
    if numeric >= enough:
        return NUMBERS, number, ""
    if _share(said[:200], moment) >= enough:
        return MOMENTS, moment, DAY_DOUBTED if is_day_doubted(said) else ""
    return LEVELS, _as_text, MIXED if numeric >= MIXED_MIN else ""


def _share(cells: list[str], read: Callable[[str], float]) -> float:
    return sum(not isnan(read(cell)) for cell in cells) / len(cells)


def _levels(name: str, codes: NDArray[np.int32], cells: list[str], doubt: str) -> RawColumn:
    """Fold texts that differ by outer blanks only; levels stand in alphabetical order, so that row order does not matter."""
    texts = [cell.strip() for cell in cells]
    levels = tuple(sorted({text for text in texts if not is_missing(text)}))
    place = {text: float(index) for index, text in enumerate(levels)}
    table = np.array([place.get(text, nan) for text in texts] or [nan])
    return RawColumn(name, LEVELS, table[codes], levels=levels, doubt=doubt)
