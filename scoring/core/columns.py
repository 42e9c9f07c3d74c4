"""What a column of the feature vector is: a name, a kind, words for people, and the levels of a category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

NUMBER, BOOLEAN, CATEGORY = "number", "boolean", "category"


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: `kind` is number, boolean or category; a category's value is the index of its level."""

    name: str
    kind: str
    words: str
    levels: tuple[str, ...] = ()


def codes_of(levels: tuple[str, ...]) -> Mapping[str | None, float]:
    """Map each level to its index as a float."""
    return {level: float(index) for index, level in enumerate(levels)}


def number_of(value: Any) -> float:
    """Read a finite number; everything else, infinities and texts that are no number too, is NaN."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return nan
    return number if isfinite(number) else nan
