"""Which columns carry a model's answers, how that changes from report to report, and which have stopped paying.

Everything is read off contributions: one number a row and column on the logit, as LightGBM's `pred_contrib` gives them; their sum
with the constant is the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.core.level import fit_intercept

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEADERS = 5
LEADERS_CHANGED = 2
USED_SHARE = 0.01
LABELS_LEAST = 1_000


@dataclass(frozen=True, slots=True)
class Importance:
    """One column: its share of all contributions, and its worth: by how much the log loss rises where it says the same of all.

    `worth` is None without labels enough to tell.
    """

    name: str
    share: float
    worth: float | None


def importance_of(names: Sequence[str], contributions: Floats, worth: Floats | None) -> tuple[Importance, ...]:
    """Rank columns by their mean absolute contribution (n, columns); `worth` is that of `worth_of`."""
    sizes = np.abs(contributions).mean(axis=0)
    total = float(sizes.sum()) or 1.0
    found = [
        Importance(name, float(sizes[place]) / total, None if worth is None else float(worth[place]))
        for place, name in enumerate(names)
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.name)))


def is_enough(outcomes: Bools) -> bool:
    """Say whether outcomes can tell what columns are worth."""
    return len(outcomes) >= LABELS_LEAST and 0 < int(outcomes.sum()) < len(outcomes)


def worth_of(contributions: Floats, constant: float, outcomes: Bools) -> Floats:
    """Give what each column of labelled rows (n, columns) is worth, at the level of these outcomes."""
    whole = contributions.sum(axis=1) + constant
    whole = whole + fit_intercept(_sigmoid(whole), outcomes, strength=0.0)
    means = contributions.mean(axis=0)
    without = [_loss(whole - contributions[:, place] + mean, outcomes) for place, mean in enumerate(means)]
    return np.array(without) - _loss(whole, outcomes)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))


def _loss(logits: Floats, outcomes: Bools) -> float:
    return float(np.mean(np.logaddexp(0.0, logits) - np.where(outcomes, logits, 0.0)))


def leaders_changed(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[str, ...]:
    """Name the columns that are new among the leading five; amber when two or more are. `before` and `after` are shares."""
    old, new = (_leaders(shares) for shares in (before, after))
    joined = tuple(name for name in new if name not in old)
    return joined if before and len(joined) >= LEADERS_CHANGED else ()


def _leaders(shares: Mapping[str, float]) -> list[str]:
    return sorted(shares, key=lambda name: (-shares[name], name))[:LEADERS]


def to_prune(reports: Sequence[Sequence[Importance]]) -> tuple[str, ...]:
    """Name columns that a model uses and that were worth nothing in each of these reports; two reports are the least."""
    if len(reports) < 2:
        return ()
    idle = [
        {one.name for one in report if one.worth is not None and one.worth <= 0 and one.share >= USED_SHARE} for report in reports
    ]
    return tuple(one.name for one in reports[-1] if one.name in set.intersection(*idle))
