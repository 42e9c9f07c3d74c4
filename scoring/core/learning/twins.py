"""Copies of a lead on both sides of a split: rows that are alike and agree on the outcome more often than their chances say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scoring.core.learning.findings import ROWS, Finding
from scoring.core.learning.folds import grouped
from scoring.core.learning.likeness import Pairs, pairs_of
from scoring.core.learning.quick import FOLDS, quick_model
from scoring.core.learning.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SHARE_MIN = 0.005
COPIES_Z, SUSPECT_Z = -4.0, -6.0
EQUAL = ((2, 3, 0.5), (3, 6, 0.5), (6, 21, 0.25), (21, 2**62, 0.25))
"""Rows in a group of equal ones, from and below, and the share of expected differences below which they are copies.

Many equal rows have a rate of their own that a model without them does not know: X Education's differ half as often as expected.
"""
APART = tuple((low, high, 0.5) for low, high in ((1, 2), (2, 3), (3, 4), (4, 6), (6, 9), (9, 2**62)))
"""Columns in which a near pair differs, from and below, and the same share."""


@dataclass(frozen=True, slots=True)
class Kin:
    """Pairs that are alike in the same way: how many, and whether they differ in the outcome as often as chance says."""

    near: bool
    share: float
    rows: int
    pairs: int
    differ: int
    expected: float
    z: float

    @property
    def copies(self) -> bool:
        """Say whether these are copies of the same leads and no coincidence."""
        return self.z < COPIES_Z and self.differ < self.share * self.expected

    @property
    def suspect(self) -> bool:
        """Say whether copies seem to hide among coincidences; large groups of equal rows have a rate of their own, honestly."""
        return self.near and self.z < SUSPECT_Z


@dataclass(frozen=True, slots=True)
class Twins:
    """Groups of rows that are alike, and what their pairs say, by size of group and by columns in which they differ."""

    groups: Ints
    kin: tuple[Kin, ...]

    @property
    def finding(self) -> Finding | None:
        """Give the finding, or suspicion; None where what is alike looks like coincidence or is rare."""
        for kin, stops in (([one for one in self.kin if one.copies], True), ([one for one in self.kin if one.suspect], False)):
            if sum(one.rows for one in kin) >= max(1, SHARE_MIN * len(self.groups)):
                return Finding("near_duplicates", ROWS, _words(kin, stops), stops=stops)
        return None


def _words(kin: list[Kin], sure: bool) -> str:
    rows, pairs, differ, expected = (sum(getattr(one, name) for one in kin) for name in ("rows", "pairs", "differ", "expected"))
    seen = f"{rows} rows are copies or near copies of another" if sure else f"copies hide among {rows} rows that are nearly equal"
    return (
        f"{seen}; of {pairs} such pairs {differ} differ in the outcome where chance gives {expected:.0f}: "
        f"the same leads stand there more than once, on both sides of any split"
    )


def find_twins(table: Table, *, apart: Ints | None = None, seed: int = 0, threads: int = 1) -> Twins:
    """Group rows that are equal or nearly so, and compare the outcomes within groups.

    Rows that say little are alike by coincidence and differ in outcome as often as their chance says; copies of one lead do not.
    `apart` gives groups that no split tears apart anyway: pairs inside one of them are grouped, but are no finding.
    """
    alike = pairs_of(table, seed=seed)
    groups = groups_of([alike.rows], len(table))
    chance = _chances(table, alike.rows, groups, seed, threads)
    torn = np.ones(len(alike.rows), dtype=bool) if apart is None else apart[alike.rows[:, 0]] != apart[alike.rows[:, 1]]
    kin = (_kin(near, share, alike.rows[chosen & torn], table.outcomes, chance) for near, share, chosen in _kinds(alike))
    return Twins(groups, tuple(kin))


def groups_of(pairs: Iterable[Ints], count: int) -> Ints:
    """Number the groups that pairs of rows make."""
    joined = np.concatenate([np.empty((0, 2), dtype=np.int64), *pairs])
    graph = coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _kinds(alike: Pairs) -> Iterator[tuple[bool, float, Bools]]:
    for near, measured, borders in ((False, alike.size, EQUAL), (True, alike.differ, APART)):
        for low, high, share in borders:
            yield near, share, (measured >= low) & (measured < high)


def _kin(near: bool, share: float, pairs: Ints, outcomes: Bools, chance: Floats) -> Kin:
    first, second = pairs[:, 0], pairs[:, 1]
    differ = chance[first] * (1 - chance[second]) + chance[second] * (1 - chance[first])
    seen, expected = int((outcomes[first] != outcomes[second]).sum()), float(differ.sum())
    z = (seen - expected) / sqrt(max(1e-9, float((differ * (1 - differ)).sum())))
    return Kin(near, share, len(np.unique(pairs)), len(pairs), seen, expected, z)


def _chances(table: Table, pairs: Ints, groups: Ints, seed: int, threads: int) -> Floats:
    """Predict the rows of pairs by a quick model that has seen none of their copies."""
    folds = grouped(groups, table.outcomes, FOLDS, seed)
    chances = np.full(len(table), float(table.outcomes.mean()))
    wanted = np.zeros(len(table), dtype=bool)
    wanted[np.unique(pairs)] = True
    for fold in range(FOLDS):
        inside = np.flatnonzero(wanted & (folds == fold))
        if len(inside):
            chances[inside] = quick_model(table, np.flatnonzero(folds != fold), seed, threads).predict(table.values[inside])
    return chances
