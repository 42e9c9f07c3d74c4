"""What a column of a foreign file looks like from its first rows, before anything is learned from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.core.learning.cells import is_missing
from scoring.core.learning.columns import MOMENTS, NUMBERS, TEXTS, ColumnBuilder, RawColumn
from scoring.core.learning.identifiers import is_free_text, is_identifier, is_person
from scoring.core.learning.names import is_distrusted
from scoring.core.learning.roles import YES

NUMBER, DATE, CATEGORY, TEXT, IDENTIFIER, EMPTY = "number", "date", "category", "text", "identifier", "empty"
ENDINGS = frozenset(
    {"closed", "converted", "enrolled", "label", "outcome", "result", "sale", "sold", "success", "target", "won", "y"}
)
"""Words in the names of columns that say how a lead ended."""
EXAMPLES = 3
WORDS_OF_A_TEXT = 3


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column at a glance: the kind guessed, the share of rows with something in it, examples, how many values differ.

    `distrusted`: its name is one of what is often known only after contact.
    """

    name: str
    kind: str
    filled: float
    examples: tuple[str, ...]
    different: int
    distrusted: bool


def describe(name: str, cells: Sequence[str]) -> ColumnFacts:
    """Guess from some cells what a column is."""
    builder = ColumnBuilder(name)
    builder.add(cells)
    column = builder.finish()
    said = list(dict.fromkeys(cell.strip() for cell in cells if not is_missing(cell)))
    filled = 1 - float(np.isnan(column.values).mean()) if len(cells) else 0.0
    return ColumnFacts(name, _kind(column, said), filled, tuple(said[:EXAMPLES]), len(said), is_distrusted(name))


def guess_label(columns: Sequence[ColumnFacts]) -> str | None:
    """Guess which column says how a lead ended: of those with two values, one a yes, the last that is named so, or the last."""
    said = [column.name for column in columns if column.different == 2 and _yes(column.examples)]
    named = [name for name in said if ENDINGS & set(re.split(r"[\W_]+", name.lower()))]
    return next(reversed(named or said), None)


def guess_positive(values: Sequence[str]) -> str | None:
    """Guess which value counts: the only one that is a yes."""
    said = [value for value in values if _yes([value])]
    return said[0] if len(said) == 1 else None


def _yes(values: Sequence[str]) -> bool:
    return any(value.lower() in YES for value in values)


def _kind(column: RawColumn, said: Sequence[str]) -> str:
    present = column.values[~np.isnan(column.values)]
    if not said:
        return EMPTY
    if is_person(column):
        return IDENTIFIER
    if column.kind == NUMBERS:
        return IDENTIFIER if is_identifier(column.name, present) else NUMBER
    if column.kind == MOMENTS:
        return DATE
    if column.kind == TEXTS or is_free_text(len(said), len(present)):
        sentences = np.mean([len(text.split()) > WORDS_OF_A_TEXT for text in said]) > 1 / 2
        return TEXT if sentences else IDENTIFIER
    return CATEGORY
