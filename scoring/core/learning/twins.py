"""Checks that need a model: copies of a lead on both sides of a split, and one column that carries too good a result."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scoring.core.columns import CATEGORY
from scoring.core.evaluation import auc
from scoring.core.learning.candidates import PARAMETERS
from scoring.core.learning.findings import ROWS, Finding
from scoring.core.learning.folds import grouped, stratified
from scoring.core.learning.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

QUICK = {**PARAMETERS, "learning_rate": 0.1, "min_data_in_leaf": 20}
QUICK_ROUNDS = 80
QUICK_FOLDS = 3
ROWS_MAX = 30_000
BLOCKS = 4
NEAR_GROUP_MAX = 20
TWIN_SHARE_MIN = 0.005
TWIN_Z = -4.0
TOO_GOOD_AUC = 0.9
CARRIES = 0.08
LOOKED_AT = 4
SIZES = (
    ("near copies", 0, 1),
    ("pairs", 2, 3),
    ("three to five", 3, 6),
    ("six to twenty", 6, 21),
    ("more than twenty", 21, 2**62),
)


@dataclass(frozen=True, slots=True)
class Kin:
    """Pairs of equal rows in groups of similar size: how many, and whether they differ in the outcome as often as chance says."""

    words: str
    rows: int
    pairs: int
    differ: int
    expected: float
    z: float

    @property
    def copies(self) -> bool:
        """Say whether these are copies of the same leads and no coincidence."""
        return self.z < TWIN_Z and self.differ < self.expected / 2


@dataclass(frozen=True, slots=True)
class Twins:
    """Groups of rows that are equal or nearly so, and what their pairs say by size of group."""

    groups: Ints
    kin: tuple[Kin, ...]

    @property
    def finding(self) -> Finding | None:
        """Give the finding, None where what is equal looks like coincidence or is rare."""
        copies = [kin for kin in self.kin if kin.copies]
        rows = sum(kin.rows for kin in copies)
        if not copies or rows < TWIN_SHARE_MIN * len(self.groups):
            return None
        pairs, differ, expected = (sum(getattr(kin, name) for kin in copies) for name in ("pairs", "differ", "expected"))
        words = (
            f"{rows} rows are copies or near copies of another; of {pairs} such pairs {differ} differ in the outcome where "
            f"chance gives {expected:.0f}: the same leads stand there more than once, on both sides of any split"
        )
        return Finding("near_duplicates", ROWS, words)


def find_twins(table: Table, *, seed: int = 0, threads: int = 1) -> Twins:
    """Group rows that are equal, or equal but for one block of columns, and compare the outcomes within groups.

    Rows that say little are equal by coincidence and differ in outcome as often as their chance says; copies of one lead do not.
    """
    pairs, size = _pairs(row_keys(table))
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(table), len(table)))
    groups = connected_components(graph, directed=False)[1].astype(np.int64)
    chance = _chances(table, pairs, groups, seed, threads)
    kin = []
    for words, low, high in SIZES:
        chosen = pairs[(size >= low) & (size < high)]
        if len(chosen):
            kin.append(_kin(words, chosen, table.outcomes, chance))
    return Twins(groups, tuple(kin))


def _kin(words: str, pairs: Ints, outcomes: Bools, chance: Floats) -> Kin:
    first, second = pairs[:, 0], pairs[:, 1]
    differ = chance[first] * (1 - chance[second]) + chance[second] * (1 - chance[first])
    seen, expected = int((outcomes[first] != outcomes[second]).sum()), float(differ.sum())
    z = (seen - expected) / sqrt(max(1e-9, float((differ * (1 - differ)).sum())))
    return Kin(words, len(np.unique(pairs)), len(pairs), seen, expected, z)


def row_keys(table: Table) -> list[Ints]:
    """Give keys that are equal for rows which are equal, first in all columns, then in all but one of four blocks of them."""
    count = len(table.features)
    blocks = [np.zeros(len(table), dtype=np.uint64) for _ in range(BLOCKS)]
    for place, feature in enumerate(table.features):
        values = table.values[:, place]
        rounded = values if feature.kind == CATEGORY else _significant(values)
        blocks[place % BLOCKS] += _mixed(np.nan_to_num(rounded, nan=-1.2345e300) + 0.0, place)
    whole = np.sum(blocks, axis=0, dtype=np.uint64)
    near = [whole - block for block in blocks] if count >= 2 * BLOCKS else []
    return [np.asarray(key).view(np.int64) for key in (whole, *near)]


def find_carrier(table: Table, *, seed: int = 0, threads: int = 1) -> tuple[Finding, ...]:
    """Where all columns together are better than honest scoring ever was, find the one without which they are not."""
    sample = _sample(table, seed)
    strength, gains = _strength(sample, seed, threads)
    if strength <= TOO_GOOD_AUC:
        return ()
    found = []
    for place in np.argsort(-gains, kind="stable")[:LOOKED_AT]:
        name = sample.features[place].name
        without, _ = _strength(sample.without([name]), seed, threads) if len(sample.features) > 1 else (0.5, gains)
        if strength - without >= CARRIES:
            words = f"AUC {strength:.3f} with it and {without:.3f} without: one column carries a result too good to be honest"
            found.append(Finding("carries_the_model", name, words))
    words = (
        f"all columns together reach AUC {strength:.3f}; honest lead scoring reaches .60 to .85: look for columns filled later"
    )
    return tuple(found) or (Finding("too_good", ROWS, words, stops=False),)


def _significant(values: Floats, digits: int = 4) -> Floats:
    """Round to a number of significant digits, so that a cent more makes no new lead."""
    size = np.abs(np.nan_to_num(values))
    power = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    step = 10.0 ** np.clip(power - digits + 1, -300, 300)
    return np.asarray(np.round(values / step) * step)


def _mixed(values: Floats, place: int) -> NDArray[np.uint64]:
    """Scatter the bits of a column (splitmix64), differently for each column."""
    with np.errstate(over="ignore"):
        bits = np.ascontiguousarray(values).view(np.uint64) + np.uint64((place + 1) * 0x9E3779B97F4A7C15 % 2**64)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def _pairs(keys: list[Ints]) -> tuple[Ints, Ints]:
    """Join neighbours of equal key, with the size of their group; near keys give size 0, and nothing for large groups."""
    found, sizes = [], []
    for number, key in enumerate(keys):
        order = np.argsort(key, kind="stable")
        _, place, counts = np.unique(key, return_inverse=True, return_counts=True)
        size = counts[place][order][1:]
        same = key[order][1:] == key[order][:-1]
        if number:
            same &= size <= NEAR_GROUP_MAX
        found.append(np.column_stack([order[:-1][same], order[1:][same]]))
        sizes.append(size[same] * (number == 0))
    pairs, kept = np.unique(np.sort(np.concatenate(found), axis=1), axis=0, return_index=True)
    return pairs, np.concatenate(sizes)[kept]


def _chances(table: Table, pairs: Ints, groups: Ints, seed: int, threads: int) -> Floats:
    """Predict the rows of pairs by a quick model that has seen none of their copies."""
    folds = grouped(groups, table.outcomes, QUICK_FOLDS, seed)
    chances = np.full(len(table), float(table.outcomes.mean()))
    wanted = np.zeros(len(table), dtype=bool)
    wanted[np.unique(pairs)] = True
    for fold in range(QUICK_FOLDS):
        booster = _quick(table, np.flatnonzero(folds != fold), seed, threads)
        inside = np.flatnonzero(wanted & (folds == fold))
        if len(inside):
            chances[inside] = booster.predict(table.values[inside])
    return chances


def _quick(table: Table, rows: Ints, seed: int, threads: int) -> lightgbm.Booster:
    if len(rows) > ROWS_MAX:
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:ROWS_MAX])
    categories = [place for place, feature in enumerate(table.features) if feature.kind == CATEGORY]
    settings: dict[str, Any] = {**QUICK, "seed": seed, "num_threads": threads}
    names = [f"f{place}" for place in range(len(table.features))]
    data = lightgbm.Dataset(
        table.values[rows],
        table.outcomes[rows].astype(np.float64),
        feature_name=names,
        categorical_feature=categories,
        params=settings,
    )
    return lightgbm.train(settings, data, num_boost_round=QUICK_ROUNDS)


def _sample(table: Table, seed: int) -> Table:
    if len(table) <= ROWS_MAX:
        return table
    return table.rows(np.sort(np.random.default_rng(seed).permutation(len(table))[:ROWS_MAX]))


def _strength(table: Table, seed: int, threads: int) -> tuple[float, Floats]:
    folds = stratified(table.outcomes, QUICK_FOLDS, seed)
    answers, gains = np.empty(len(table)), np.zeros(len(table.features))
    for fold in range(QUICK_FOLDS):
        booster = _quick(table, np.flatnonzero(folds != fold), seed, threads)
        answers[folds == fold] = booster.predict(table.values[folds == fold])
        gains += booster.feature_importance("gain")
    return auc(answers, table.outcomes), gains
