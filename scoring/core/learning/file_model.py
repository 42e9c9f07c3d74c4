"""A model learned from a file, kept to score other files of the same columns: compressed JSON, so reading it runs nothing."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from scoring.core.calibration import Beta, Calibration, Steps
from scoring.core.learning.cells import NO_NUMBER, Read, is_missing
from scoring.core.learning.derivations import LEVEL, Arrival, Derivation
from scoring.core.learning.learning import Ensemble, Learned
from scoring.core.learning.portable import Member, keep, revive
from scoring.core.learning.table import Table
from scoring.core.serving import percentile_of, score_of

Floats = NDArray[np.float64]

FORMAT = 1


class NoModel(ValueError):
    """A stored model that this code cannot score with: damaged, of another format, or none of ours."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything such a model consists of. Of `beta` and `steps` one is the calibration."""

    format: int
    label: str
    positive: str
    derivations: tuple[Derivation, ...]
    arrival: Arrival | None
    members: tuple[Member, ...]
    beta: Beta | None
    steps: Steps | None
    percentiles: tuple[float, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns of a file that it reads."""
        arrival = () if self.arrival is None else (self.arrival.column,)
        return tuple(dict.fromkeys([*(derivation.column for derivation in self.derivations), *arrival]))


@dataclass(slots=True)
class Oddities:
    """What a model met in cells: a column's cells that cannot be read, and texts that were rare or not there when it learned."""

    unreadable: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one row is worth: the chance of the outcome, floor(100 p), the share of the training rows that score lower."""

    probability: float
    score: int
    percentile: float


def stored_of(table: Table, learned: Learned) -> Stored:
    """Put down what was learned from a table that was read from a file."""
    fitted, report = learned.fitted(), learned.report
    members, calibration = tuple(keep(member) for member in fitted.members), fitted.calibration
    beta, steps = (calibration, None) if isinstance(calibration, Beta) else (None, calibration)
    return Stored(
        FORMAT, report.label, report.positive, table.derivations, table.arrival, members, beta, steps, learned.percentiles
    )  # fmt: skip


def pack(stored: Stored) -> bytes:
    """Write a model as compressed JSON."""
    return zlib.compress(msgspec.json.encode(stored), 6)


def unpack(data: bytes) -> Stored:
    """Read a model back; raises NoModel."""
    try:
        stored = msgspec.json.decode(zlib.decompress(data), type=Stored)
    except (zlib.error, msgspec.MsgspecError, RecursionError) as error:
        raise NoModel(f"it cannot be read: {error}") from error
    if stored.format != FORMAT:
        raise NoModel(f"it is of format {stored.format}, this code reads {FORMAT}")
    return stored


class FileModel:
    """A model that was read back: `features` makes what training made of the same cells, `answers` scores."""

    def __init__(self, stored: Stored) -> None:
        """Revive the members; raises NoModel."""
        calibration: Calibration | None = stored.beta or stored.steps
        try:
            members = tuple(revive(member, len(stored.derivations)) for member in stored.members)
            self._readers: Mapping[str, Read] = {one.feature: one.reader() for one in stored.derivations if not one.is_calendar}
            self._time = None if stored.arrival is None else stored.arrival.reader()
        except (BadZipFile, LookupError, TypeError, ValueError, AttributeError) as error:
            raise NoModel(f"{error}") from error
        if calibration is None or not members:
            raise NoModel("it holds no member or no calibration")
        self.stored, self.columns = stored, stored.columns
        self._ensemble = Ensemble(members, calibration)

    def answers(self, cells: Mapping[str, Sequence[str]], oddities: Oddities) -> Iterator[Answer]:
        """Score rows, given as cells (n,) of each of `columns`; counts into `oddities`."""
        for probability in self._ensemble(self.features(cells, oddities)).tolist():
            yield Answer(probability, score_of(probability), percentile_of(probability, self.stored.percentiles))

    def features(self, cells: Mapping[str, Sequence[str]], oddities: Oddities) -> Floats:
        """Give the features (n, derivations) of rows."""
        arrival, at = self.stored.arrival, None
        if arrival is not None and self._time is not None:
            at = _read(cells[arrival.column], self._time, arrival.column, oddities.unreadable)
        made = [derivation.of(self._values(derivation, cells, at, oddities), at) for derivation in self.stored.derivations]
        return np.array(made).T

    def _values(self, made: Derivation, cells: Mapping[str, Sequence[str]], at: Floats | None, oddities: Oddities) -> Floats:
        if made.is_calendar and at is not None:
            return at
        column, reader = cells[made.column], self._readers[made.feature]
        if made.makes != LEVEL:
            return _read(column, reader, made.column, oddities.unreadable)
        values = _read(column, reader, made.column, Counter())
        strange = (values == len(made.marks)) | np.isnan(values)
        said = sum(not is_missing(cell) for cell, one in zip(column, strange.tolist(), strict=True) if one)
        oddities.unknown.update({made.column: said} if said else {})
        return values


def _read(cells: Sequence[str], read: Read, name: str, unreadable: Counter[str]) -> Floats:
    """Read a column of cells, each different one once, and count those that say something which cannot be read."""
    counted = Counter(cells)
    table = {cell: read(cell) for cell in counted}
    odd = sum(count for cell, count in counted.items() if isnan(table[cell]) and cell.strip().lower() not in NO_NUMBER)
    unreadable.update({name: odd} if odd else {})
    return np.array([table[cell] for cell in cells], dtype=np.float64)
