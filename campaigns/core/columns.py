"""Columns of the matching index: for each field, bitmaps (Python ints, bit n is campaign n) of the campaigns a fact satisfies.

A campaign's conditions on one field are first merged into one acceptance (`Values` or `Ranges`); columns are built from those.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.core.filters import NEGATIVE, Clause

SPARSE_DIVISOR = 64  # positions take four bytes, bits an eighth: below 1/64 of the campaigns a list is smaller and quick enough
PENDING_MAX = 16  # most single bits a look-up in a number column flips

_ALL = math.inf
Interval = tuple[float, float]  # [from, to)


def bitmap_of(positions: Iterable[int]) -> int:
    """Make a bitmap from positions."""
    listed = list(positions)
    if not listed:
        return 0
    cells = bytearray(max(listed) // 8 + 1)
    for position in listed:
        cells[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(cells, "little")


def positions_of(bitmap: int) -> list[int]:
    """List the positions of a bitmap, ascending."""
    text = bin(bitmap)[:1:-1]
    found: list[int] = []
    position = text.find("1")
    while position >= 0:
        found.append(position)
        position = text.find("1", position + 1)
    return found


def rows_of(positions: list[int], size: int) -> int | array[int]:
    """Keep positions in the smaller of the two forms."""
    return array("I", positions) if len(positions) * SPARSE_DIVISOR < size else bitmap_of(positions)


def as_bitmap(rows: int | array[int]) -> int:
    """Give the bitmap of either form."""
    return rows if isinstance(rows, int) else bitmap_of(rows)


@dataclass(frozen=True, slots=True)
class Values:
    """What a campaign accepts of a field with values: only those listed or all but those, and whether it may be missing."""

    only: bool
    listed: frozenset[Any]
    missing: bool

    def both(self, other: Values) -> Values:
        """Give what two acceptances accept together."""
        missing = self.missing and other.missing
        if self.only and other.only:
            return Values(True, self.listed & other.listed, missing)
        if self.only or other.only:
            some, rest = (self, other) if self.only else (other, self)
            return Values(True, some.listed - rest.listed, missing)
        return Values(False, self.listed | other.listed, missing)


def values_of(clause: Clause) -> Values:
    """Give the acceptance of one condition on a field with values."""
    op, value = clause.op, clause.value
    match op:
        case "eq":
            return Values(True, frozenset({value}), False)
        case "in":
            return Values(True, frozenset(value), False)
        case "ne":
            return Values(False, frozenset({value}), True)
        case "not_in":
            return Values(False, frozenset(value), True)
        case "is_true" | "is_false":
            return Values(True, frozenset({op == "is_true"}), False)
        case "starts_with":
            return Values(True, frozenset([value] if isinstance(value, str) else value), False)
        case "missing":
            return Values(True, frozenset(), True)
        case "exists":
            return Values(False, frozenset(), False)
    raise ValueError(f"op {op!r} has no values")


@dataclass(frozen=True, slots=True)
class Ranges:
    """What a campaign accepts of a number: disjoint ascending half-open intervals, and whether it may be missing."""

    intervals: tuple[Interval, ...]
    missing: bool

    def both(self, other: Ranges) -> Ranges:
        """Give what two acceptances accept together."""
        cut = [
            (max(low, other_low), min(high, other_high))
            for low, high in self.intervals
            for other_low, other_high in other.intervals
            if max(low, other_low) < min(high, other_high)
        ]
        return Ranges(tuple(sorted(cut)), self.missing and other.missing)


def ranges_of(clause: Clause) -> Ranges:
    """Give the acceptance of one condition on a number."""
    op, value = clause.op, clause.value
    match op:
        case "gte":
            return Ranges(((float(value), _ALL),), False)
        case "lte":
            return Ranges(((-_ALL, _after(value)),), False)
        case "between":
            return Ranges(((float(value[0]), _after(value[1])),), False)
        case "missing":
            return Ranges((), True)
        case "exists":
            return Ranges(((-_ALL, _ALL),), False)
    points = sorted({float(point) for point in (value if op in {"in", "not_in"} else [value])})
    inside = tuple((point, _after(point)) for point in points)
    if op not in NEGATIVE:
        return Ranges(inside, False)
    edges = [-_ALL, *(edge for pair in inside for edge in pair), _ALL]
    outside = tuple((low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high)
    return Ranges(outside, True)


def _after(value: float) -> float:
    return math.nextafter(float(value), _ALL)


class ValueColumn:
    """Campaigns by accepted value of one field; `prefix` > 0 looks at that many first characters only."""

    __slots__ = ("_default", "_excluded", "_included", "_missing", "prefix")

    def __init__(self, accepted: Mapping[int, Values], size: int, prefix: int = 0) -> None:
        self.prefix = prefix
        included: dict[Any, list[int]] = defaultdict(list)
        excluded: dict[Any, list[int]] = defaultdict(list)
        for position, values in accepted.items():
            for value in values.listed:
                (included if values.only else excluded)[value].append(position)
        self._default = _others({p for p, values in accepted.items() if values.only}, size)
        self._missing = _others({p for p, values in accepted.items() if not values.missing}, size)
        self._included = {value: rows_of(positions, size) for value, positions in included.items()}
        self._excluded = {value: rows_of(positions, size) for value, positions in excluded.items()}

    def passing(self, fact: Any) -> int:
        """Give the campaigns whose conditions on this field hold for a fact (None: missing)."""
        if fact is None:
            return self._missing
        value = fact[: self.prefix] if self.prefix else fact
        passing = self._default
        excluded = self._excluded.get(value)
        if excluded is not None:
            passing &= ~as_bitmap(excluded)
        included = self._included.get(value)
        if included is not None:
            passing |= as_bitmap(included)
        return passing


class NumberColumn:
    """Campaigns by accepted number: one bucket per stretch between neighbouring limits, found by bisection."""

    __slots__ = ("_buckets", "_edges", "_missing")

    def __init__(self, accepted: Mapping[int, Ranges], size: int) -> None:
        self._missing = _others({p for p, ranges in accepted.items() if not ranges.missing}, size)
        flips: dict[float, list[int]] = defaultdict(list)
        for position, ranges in accepted.items():
            for low, high in ranges.intervals:
                flips[low].append(position)
                flips[high].append(position)
        current = _others(set(accepted), size) ^ bitmap_of(flips.pop(-_ALL, []))
        flips.pop(_ALL, None)
        self._edges = sorted(flips)
        self._buckets = _sweep(current, [flips[edge] for edge in self._edges])

    def passing(self, fact: float | None) -> int:
        """Give the campaigns whose conditions on this field hold for a number (None: missing)."""
        if fact is None:
            return self._missing
        passing, pending = self._buckets[bisect_right(self._edges, float(fact))]
        for position in pending:
            passing ^= 1 << position
        return passing


def _sweep(current: int, flips: list[list[int]]) -> list[tuple[int, tuple[int, ...]]]:
    # A bitmap for each bucket would cost limits x campaigns bits. Neighbouring buckets differ by few campaigns, so they share one
    # bitmap and a short list of bits to flip; a new bitmap is made when the list gets long.
    pending: tuple[int, ...] = ()
    buckets = [(current, pending)]
    for positions in flips:
        pending = (*pending, *positions)
        if len(pending) > PENDING_MAX:
            for_all = _odd(pending)
            current ^= bitmap_of(for_all)
            pending = ()
        buckets.append((current, pending))
    return buckets


def _odd(positions: tuple[int, ...]) -> set[int]:
    odd: set[int] = set()
    for position in positions:
        odd ^= {position}
    return odd


def _others(positions: set[int], size: int) -> int:
    return ((1 << size) - 1) & ~bitmap_of(positions)
