"""Which rows judge which: stratified folds by seed, and the newest rows where there is an order of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

JUDGE_SHARE = 0.2


def stratified(outcomes: Bools, folds: int, seed: int) -> Ints:
    """Deal the rows of each outcome out over the folds, so that every fold has the same share of positives."""
    rng = np.random.default_rng(seed)
    fold = np.empty(len(outcomes), dtype=np.int64)
    start = 0
    for kind in (True, False):
        rows = rng.permutation(np.flatnonzero(outcomes == kind))
        fold[rows] = (start + np.arange(len(rows))) % folds
        start += len(rows)
    return fold


def grouped(groups: Ints, outcomes: Bools, folds: int, seed: int) -> Ints:
    """Deal whole groups out, the ones with more rows first to the emptiest fold; rows of a group never judge each other."""
    names, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) == len(groups):
        return stratified(outcomes, folds, seed)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of = np.empty(len(names), dtype=np.int64)
    large = int((sizes > 1).sum())
    filled = np.zeros(folds, dtype=np.int64)
    for group in order[:large]:
        emptiest = int(filled.argmin())
        fold_of[group] = emptiest
        filled[emptiest] += sizes[group]
    fold_of[order[large:]] = np.arange(len(order) - large) % folds
    return fold_of[place]


def newest(count: int) -> Bools:
    """Mark the newest fifth of rows in order of time: they only judge."""
    return np.arange(count) >= round(count * (1 - JUDGE_SHARE))
