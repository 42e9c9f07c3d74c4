"""Features made of the columns of a file that have no role, with a note for all that was left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY, NUMBER, Feature
from scoring.core.learning.cells import listed, quoted
from scoring.core.learning.columns import LEVELS, LEVELS_MAX, MOMENTS, NUMBERS, TEXTS, RawColumn
from scoring.core.learning.derivations import BEFORE, DAY, HOUR, LEVEL, PLAIN, WEEKDAY, Derivation, mark_of
from scoring.core.learning.identifiers import counts_rows, is_free_text, is_person, is_too_long
from scoring.core.learning.moments import dated

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Made = tuple[Feature, Floats, Derivation]

CATEGORIES_MAX = 200
RARE_ROWS = 10
RARE = "(rare)"
IDENTIFIER = "another whole number in nearly every row, an identifier"


@dataclass(slots=True)
class Making:
    """Takes columns one by one. `order` (rows,) are the places of the rows that count, `at` (rows,) their Unix seconds if any.

    `quotes` False: no cell is quoted in the notes. What is found stands in the fields that a Table has by the same names.
    """

    order: Ints
    at: Floats | None
    quotes: bool = True
    made: list[Made] = field(default_factory=list)
    moments: dict[str, Floats] = field(default_factory=dict)
    filled: dict[str, Bools] = field(default_factory=dict)
    persons: dict[str, Floats] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, column: RawColumn) -> None:
        """Make a feature of the next column, or note why there is none."""
        counts = counts_rows(column, self.order)
        column = replace(column, values=column.values[self.order])
        column = column if counts else dated(column)
        self.filled[column.name] = ~np.isnan(column.values)
        if column.kind == MOMENTS:
            self.moments[column.name] = column.values
        if is_person(column):
            self.persons[column.name] = column.values
            self._note(column, "names the same person in several rows, left out; rows of one person stay in one fold")
        elif why := self._useless(column):
            self._leave_out(column, why)
        else:
            self._make(column, counts=counts)

    def take_calendar(self, name: str) -> None:
        """Make weekday and hour of the time of the leads."""
        if self.at is not None:
            self.made.extend(_calendar(name, self.at, taken={feature.name for feature, _, _ in self.made}))

    def _useless(self, column: RawColumn) -> str:
        """Say why nothing can be learned from a column, whatever the label; "" where something can."""
        present = column.values[~np.isnan(column.values)]
        if not len(present):
            return f"{self._unread(column)}: nothing remains" if column.odd_count else "empty in every row"
        if column.kind == TEXTS:
            return f"more than {LEVELS_MAX} different texts or very long ones, an identifier or free text"
        if column.kind == NUMBERS and is_too_long(present):
            return "whole numbers of more than 15 digits, an identifier"
        if len(present) == len(column.values) and (present == present[0]).all():
            return "the same in every row"
        return ""

    def _unread(self, column: RawColumn) -> str:
        if not column.odd:
            return f"{column.odd_count:,} cells cannot be read and count as missing (numbers too large)"
        wanted = "dates" if column.kind == MOMENTS else "numbers"
        shown = f", e.g. {listed(column.odd)}" if self.quotes else ""
        return f"{column.odd_count:,} of {len(column.values):,} cells are not {wanted} and count as missing{shown}"

    def _make(self, column: RawColumn, *, counts: bool) -> None:
        if column.odd_count:
            self._note(column, self._unread(column))
        if column.kind == LEVELS:
            self._make_category(column)
        elif column.kind == MOMENTS:
            self._make_days(column)
        elif counts:
            self._leave_out(column, IDENTIFIER)
        else:
            plain = Derivation(column.name, column.name, PLAIN, column.reads)
            self._add(Feature(column.name, NUMBER, column.name), column.values, plain)

    def _make_category(self, column: RawColumn) -> None:
        counts = np.bincount(column.values[~np.isnan(column.values)].astype(np.int64), minlength=len(column.levels))
        used, rows = int((counts > 0).sum()), int(counts.sum())
        if is_free_text(used, rows):
            self._leave_out(column, f"{used} different texts in {rows} rows, an identifier or free text")
            return
        if column.doubt:
            self._note(column, column.doubt)
        kept = _frequent(counts, len(column.values))
        if pooled := rows - int(counts[kept].sum()):
            self._note(column, f"{used - len(kept)} rare values ({pooled} rows) count as one")
        levels = tuple(column.levels[place] for place in kept)
        marks = tuple(mark_of(column.name, level) for level in levels)
        derivation = Derivation(column.name, column.name, LEVEL, marks=marks, rare=pooled > 0)
        feature = Feature(column.name, CATEGORY, column.name, levels + ((RARE,) if pooled else ()))
        self._add(feature, _coded(column, derivation), derivation)

    def _make_days(self, column: RawColumn) -> None:
        name = column.name
        if self.at is None:
            when = f"give --time {quoted(name)} if it is when the lead arrived"
            self._note(column, f"dates, left out, for a date by itself never comes again; {when}")
            return
        if column.doubt:
            self._note(column, column.doubt)
        derivation = Derivation(name, name, BEFORE, column.reads, column.meaning)
        self._add(Feature(name, NUMBER, f"days from {name} to the lead"), column.values, derivation)

    def _add(self, feature: Feature, values: Floats, derivation: Derivation) -> None:
        self.made.append((feature, derivation.of(values, self.at), derivation))

    def _leave_out(self, column: RawColumn, why: str) -> None:
        self._note(column, f"{why}, left out")

    def _note(self, column: RawColumn, words: str) -> None:
        self.notes.append(f"{column.name}: {words}")


def _frequent(counts: Ints, rows: int) -> list[int]:
    """Give the places of the levels that stay by themselves, in their order."""
    rare_below = min(RARE_ROWS, max(1, rows // 200))
    by_count = np.lexsort((np.arange(len(counts)), -counts))[:CATEGORIES_MAX]
    return sorted(int(place) for place in by_count if counts[place] >= rare_below)


def _coded(column: RawColumn, derivation: Derivation) -> Floats:
    codes = np.fromiter(map(derivation.reader(), column.levels), dtype=np.float64)
    said = ~np.isnan(column.values)
    values = np.full(len(said), np.nan)
    values[said] = codes[column.values[said].astype(np.int64)]
    return values


def _calendar(name: str, at: Floats, *, taken: Collection[str]) -> Iterator[Made]:
    """Make weekday, and hour where the time has one; year and month are left out, for they never come again."""
    if len(np.unique(at % DAY)) > 1:
        derivation = Derivation(_free(f"{name} (hour)", taken), name, HOUR)
        yield Feature(derivation.feature, NUMBER, f"hour of {name}"), derivation.of(at, at), derivation
    days = np.floor(at / DAY).astype("datetime64[D]")
    first_of_month = bool((days == days.astype("datetime64[M]")).all())  # then months were meant, and weekdays say nothing
    if len(np.unique(days)) > 7 and not first_of_month:
        derivation = Derivation(_free(f"{name} (weekday)", taken), name, WEEKDAY)
        yield Feature(derivation.feature, NUMBER, f"weekday of {name}, Monday is 0"), derivation.of(at, at), derivation


def _free(name: str, taken: Collection[str]) -> str:
    """Give a name that no column of the file has."""
    while name in taken:
        name += "*"
    return name
