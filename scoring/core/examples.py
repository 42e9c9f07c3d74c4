"""A served score as an example to learn from: the features as they were, not as they would be computed today."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from math import nan
from sys import byteorder
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DOUBLE = 8
"""Bytes of a column in a packed vector."""


@dataclass(frozen=True, slots=True)
class ServedExample:
    """One scored ping. `features` stand in the order of the model version's columns; None is NaN, for JSON knows no NaN."""

    ping_id: UUID
    mode: str
    vertical: str
    features: Sequence[float | None]
    probability: float
    base_probability: float
    model_version: str
    source_id: UUID
    sub_id: str
    state: str
    served_at: datetime


class TooLittle(ValueError):
    """Not enough rows or outcomes to learn from; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Sold leads of one vertical whose outcome is known, in order of serving; every array has one entry a sale.

    `features` (n, columns) as served, NaN for absent; `base` is what the serving version itself said, `served` what was answered
    after the level; `known_at_ms` is when we learned the outcome; `mature` says that the horizon has passed for everybody;
    `weights` undo the selection by sale; `shares` is the part of a win's chance that could be known when the row was read, 1 for
    a label; `prices` is what was paid, in units of the currency, NaN where that is not known. A ping sold twice has two entries.
    """

    vertical: str
    features_version: int
    ping_ids: tuple[UUID, ...]
    features: Floats
    base: Floats
    served: Floats
    outcomes: Bools
    weights: Floats
    mature: Bools
    served_at_ms: Ints
    known_at_ms: Ints
    versions: tuple[str, ...]
    sources: tuple[UUID, ...]
    states: tuple[str, ...]
    advertisers: tuple[UUID, ...]
    campaigns: tuple[UUID, ...]
    shares: Floats
    prices: Floats

    @classmethod
    def none(cls, vertical: str, *, features_version: int, width: int) -> Labelled:
        """Give no rows at all, `width` columns each."""
        floats, whole, no = np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
        return cls(
            vertical=vertical, features_version=features_version, ping_ids=(), features=np.empty((0, width)), base=floats,
            served=floats, outcomes=no, weights=floats, mature=no, served_at_ms=whole, known_at_ms=whole, versions=(), sources=(),
            states=(), advertisers=(), campaigns=(), shares=floats, prices=floats,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.outcomes)

    def matured(self) -> Labelled:
        """Give the rows whose outcome can no longer change: what is known early has too many wins or too many losses in it."""
        return self.rows(np.flatnonzero(self.mature))

    def rows(self, places: NDArray[np.intp]) -> Labelled:
        """Give the rows at some places, in that order."""
        columns: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, column in columns.items():
            if isinstance(column, tuple):
                columns[name] = tuple(column[place] for place in places.tolist())
            elif not isinstance(column, str | int):
                columns[name] = column[places]
        return Labelled(**columns)


def pack_features(features: Sequence[float | None]) -> bytes:
    """Write a vector as little-endian doubles: exact, and eight bytes a column."""
    values = array("d", (nan if value is None else value for value in features))
    if byteorder == "big":
        values.byteswap()
    return values.tobytes()


def unpack_features(data: bytes) -> tuple[float, ...]:
    """Read what `pack_features` wrote."""
    values = array("d")
    values.frombytes(data)
    if byteorder == "big":
        values.byteswap()
    return tuple(values)
