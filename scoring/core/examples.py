"""A served score as an example to learn from: the features as they were, not as they would be computed today."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan
from sys import byteorder
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ServedExample:
    """One scored ping. `features` stand in the order of the model version's columns; None is NaN, for JSON knows no NaN."""

    ping_id: UUID
    mode: str
    vertical: str
    features: Sequence[float | None]
    probability: float
    model_version: str
    served_at: datetime


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
