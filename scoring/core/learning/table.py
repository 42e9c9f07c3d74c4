"""A table that can be learned from: labelled rows, their features, and what is asked of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import Feature
from scoring.core.learning.derivations import Arrival, Derivation

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

POSITIVES_MIN = 20
ROWS_MIN = 100


class Refused(ValueError):
    """A file that cannot be learned from; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: label and positive value, time column, columns to drop, `split` (column, value): rows that only judge.

    `quotes` False: no cell of a feature is quoted in notes or refusals, which are kept longer than the file.
    """

    label: str
    positive: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()
    split: tuple[str, str] | None = None
    quotes: bool = True

    @property
    def special(self) -> tuple[str, ...]:
        """Name the columns that are no features by their role."""
        return tuple(name for name in (self.label, self.time, self.split and self.split[0]) if name)


@dataclass(frozen=True, slots=True)
class Table:
    """Labelled rows in order of time where there is one. `values` is (rows, features) with NaN for missing, column by column.

    `at` are Unix seconds, or a bare sequence where `clock` is False. `moments` are columns of dates, `filled` says for every
    column of the file, used or not, which rows hold something. `derivations` say how each feature is made of cells, `arrival`
    how the time is read where one needs it. `persons` are columns that name a person: a number for each. `judge` marks the rows
    of an official test set. `weights` say how much each row counts; None is all alike.
    """

    features: tuple[Feature, ...]
    values: Floats
    outcomes: Bools
    at: Floats | None = None
    clock: bool = False
    moments: Mapping[str, Floats] = field(default_factory=dict)
    filled: Mapping[str, Bools] = field(default_factory=dict)
    persons: Mapping[str, Floats] = field(default_factory=dict)
    judge: Bools | None = None
    weights: Floats | None = None
    positive: str = "1"
    notes: tuple[str, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    arrival: Arrival | None = None

    def __len__(self) -> int:
        return len(self.outcomes)

    def rows(self, which: Bools | Ints) -> Table:
        """Give some of the rows."""
        return replace(
            self,
            values=np.asfortranarray(self.values[which]),
            outcomes=self.outcomes[which],
            at=None if self.at is None else self.at[which],
            moments={name: values[which] for name, values in self.moments.items()},
            filled={name: values[which] for name, values in self.filled.items()},
            persons={name: values[which] for name, values in self.persons.items()},
            judge=None if self.judge is None else self.judge[which],
            weights=None if self.weights is None else self.weights[which],
        )

    def without(self, names: Sequence[str]) -> Table:
        """Give the table without some features."""
        kept = [place for place, feature in enumerate(self.features) if feature.name not in names]
        features, values = tuple(self.features[place] for place in kept), np.asfortranarray(self.values[:, kept])
        derivations = tuple(derivation for derivation in self.derivations if derivation.feature not in names)
        return replace(self, features=features, values=values, derivations=derivations)


def check_labels(outcomes: Bools, label: str, positive: str) -> None:
    """Raise Refused where there is too little of either outcome to learn from."""
    rows, positives = len(outcomes), int(outcomes.sum())
    if positives in {0, rows}:
        said = "yes" if positives else "no"
        raise Refused(
            f'All {rows} labelled rows of "{label}" are "{said}" ("{positive}" is yes): there is nothing to tell apart.'
        )
    if rows < ROWS_MIN or min(positives, rows - positives) < POSITIVES_MIN:
        raise Refused(
            f'"{label}" holds {positives} positives in {rows} labelled rows; learning needs at least {POSITIVES_MIN} of each '
            f"outcome and {ROWS_MIN} rows."
        )
