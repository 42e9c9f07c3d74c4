"""Which rows are equal, and which agree in more columns than coincidence explains.

Copies of a lead may differ in any few columns (a counter that moved on, a date of export), so no fixed set of columns finds them.
Rows are compared on many small sets of columns, drawn by chance, each just telling enough that equal rows are rare: a copy that
differs in a third of its columns still agrees on some of the sets (locality sensitive hashing by sampled coordinates, Indyk and
Motwani 1998). How much a column tells is its collision entropy, -log2 of the chance that two rows agree in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY
from scoring.core.learning.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint64]

SETS = 48
SPARE_BITS = 7.0
"""So rare is coincidence on one set, were its columns independent: one row in 2**7 meets another."""
NEAR_GROUP_MAX = 20
SAMPLE = 30_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of rows, (pairs, 2). `size`: rows of the group of an equal pair, 0 if near; `differ`: columns apart, 0 if equal."""

    rows: Ints
    size: Ints
    differ: Ints


def pairs_of(table: Table, *, seed: int = 0) -> Pairs:
    """Pair every row with its neighbour among the equal ones, and with the likest of those that are equal on some set."""
    tells = [_bits(_codes(table, place, step=1 + len(table) // SAMPLE)) for place in range(len(table.features))]
    sets = _sets(np.array(tells), log2(len(table)) + SPARE_BITS, seed)
    keys = np.zeros((len(sets), len(table)), dtype=np.uint64)
    for place in range(len(tells)):
        keys[sets[:, place]] += _codes(table, place)
    equal, size = _neighbours(keys[0], len(table))
    near, differ = _likest(table, _alike(keys), tells)
    none_equal, none_near = np.zeros_like(size), np.zeros_like(differ)
    return Pairs(np.concatenate([equal, near]), np.concatenate([size, none_near]), np.concatenate([none_equal, differ]))


def _codes(table: Table, place: int, step: int = 1) -> Codes:
    """Give a column as scattered bits: equal for equal categories, for numbers equal to four digits, and for missing."""
    values = table.values[::step, place]
    rounded = values if table.features[place].kind == CATEGORY else _significant(values)
    return _mixed(np.nan_to_num(rounded, nan=-1.2345e300) + 0.0, place)


def _bits(codes: Codes) -> float:
    shares = np.unique(codes, return_counts=True)[1] / len(codes)
    return -log2(float(np.square(shares).sum()))


def _sets(tells: Floats, enough: float, seed: int) -> Bools:
    """Give sets of columns, (sets, columns): all columns first, then sets drawn by chance that just tell enough."""
    rng = np.random.default_rng(seed)
    drawn = {(True,) * len(tells): None}
    for _ in range(SETS):
        order = rng.permutation(len(tells))
        chosen = np.zeros(len(tells), dtype=bool)
        chosen[order[: int(np.searchsorted(np.cumsum(tells[order]), enough)) + 1]] = True
        drawn[tuple(chosen.tolist())] = None
    return np.array(list(drawn))


def _neighbours(key: Codes, largest: int) -> tuple[Ints, Ints]:
    """Join rows that stand next to each other among those of equal key, with the size of their group."""
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    sizes = np.diff(np.flatnonzero(np.concatenate([[True], ~same, [True]])))
    size = np.repeat(sizes, sizes)[1:]
    same &= size <= largest
    return np.column_stack([order[:-1][same], order[1:][same]]), size[same]


def _alike(keys: Codes) -> Ints:
    """Give the pairs that are equal on some set, but not in all columns."""
    count = keys.shape[1]
    found = [np.empty(0, dtype=np.int64)]
    for key in keys[1:]:
        pairs, _ = _neighbours(key, NEAR_GROUP_MAX)
        pairs = pairs[keys[0][pairs[:, 0]] != keys[0][pairs[:, 1]]]
        found.append(pairs[:, 0] * count + pairs[:, 1])
    return np.column_stack(np.divmod(np.unique(np.concatenate(found)), count))


def _likest(table: Table, pairs: Ints, tells: Sequence[float]) -> tuple[Ints, Ints]:
    """Keep for each row the pairs whose common columns tell most, with the number of columns in which they differ."""
    likeness, differ = np.zeros(len(pairs)), np.zeros(len(pairs), dtype=np.int64)
    for place, bits in enumerate(tells):
        code = _codes(table, place)
        equal = code[pairs[:, 0]] == code[pairs[:, 1]]
        likeness += bits * equal
        differ += ~equal
    best = np.zeros(len(table))
    for side in (0, 1):
        np.maximum.at(best, pairs[:, side], likeness)
    kept = likeness >= best[pairs].min(axis=1)
    return pairs[kept], differ[kept]


def _significant(values: Floats, digits: int = 4) -> Floats:
    """Round to a number of significant digits, so that a cent more makes no new lead."""
    size = np.abs(np.nan_to_num(values))
    power = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    step = 10.0 ** np.clip(power - digits + 1, -300, 300)
    return np.asarray(np.round(values / step) * step)


def _mixed(values: Floats, place: int) -> Codes:
    """Scatter the bits of a column (splitmix64), differently for each column."""
    with np.errstate(over="ignore"):
        bits = np.ascontiguousarray(values).view(np.uint64) + np.uint64((place + 1) * 0x9E3779B97F4A7C15 % 2**64)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))
