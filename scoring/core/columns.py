"""What a column of the feature vector is: a name, a kind, words for people, and the levels of a category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBER, BOOLEAN, CATEGORY = "number", "boolean", "category"
OTHER = "other"
"""Open vocabularies end in this level: it stands for every word we do not know yet."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: `kind` is number, boolean or category; a category's value is the index of its level.

    `needs` names the part of a ping it is read from, `since` the FEATURES_VERSION that brought it. `calendar` marks what moves
    with time alone: drift monitors leave it out, for a new month is no drift.
    """

    name: str
    kind: str
    words: str
    levels: tuple[str, ...] = ()
    needs: str = ""
    since: int = 1
    calendar: bool = False

    @property
    def family(self) -> str:
        """Name the family, which is the name up to its first point; a column of somebody's own file has none."""
        family, point, _ = self.name.partition(".")
        return family if point else ""


def levels_of(features: Sequence[Feature], rows: NDArray[np.float64], name: str, absent: str = "") -> tuple[str, ...]:
    """Name the level of a category in each row (n, columns); `absent` where it is not said, or there is no such category."""
    place = next((place for place, one in enumerate(features) if one.name == name and one.kind == CATEGORY), None)
    if place is None:
        return (absent,) * len(rows)
    levels = features[place].levels
    return tuple(absent if isnan(code) else levels[int(code)] for code in rows[:, place].tolist())


def codes_of(levels: tuple[str, ...]) -> Mapping[str | None, float]:
    """Map each level to its index as a float."""
    return {level: float(index) for index, level in enumerate(levels)}


def code_of(codes: Mapping[str | None, float], value: Any, unknown: float = nan) -> float:
    """Give the code of a text, `unknown` for one without a code, NaN for what is no text."""
    return codes.get(value, unknown) if isinstance(value, str) else nan


def number_of(value: Any) -> float:
    """Read a finite number; everything else, infinities and texts that are no number too, is NaN."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return nan
    return number if isfinite(number) else nan


def flag_of(value: Any) -> float:
    """Read yes or no: 1, 0, or NaN for None."""
    return nan if value is None else 1.0 if value else 0.0
