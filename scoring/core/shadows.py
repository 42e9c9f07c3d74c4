"""Who served beside who only watched: the answers of two versions to the same leads, and to those whose outcome is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.core.ladder import Paired, paired_test

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOVED = 10.0
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of the leads by the chance that was served: what both said of it, and of `known` outcomes how many came true."""

    leads: int
    served: float
    shadow: float
    moved: float
    known: int
    positives: int


@dataclass(frozen=True, slots=True)
class Beside:
    """Both versions on the same leads: mean chances, the share of leads whose percentile moves by more than 10, the tenths.

    `paired` compares their log losses on the known outcomes; None while there are none.
    """

    leads: int
    served: float
    shadow: float
    moved: float
    tenths: tuple[Tenth, ...]
    paired: Paired | None


def beside(served: Floats, shadow: Floats, known: Bools, outcomes: Bools) -> Beside:
    """Set answers beside each other, lead by lead (n,); `outcomes` count where `known`. Needs at least one lead."""
    far = np.abs(percentiles(served) - percentiles(shadow)) > MOVED
    parts = [part for part in np.array_split(np.argsort(served, kind="stable"), TENTHS) if len(part)]
    tenths = tuple(
        Tenth(
            len(part), float(served[part].mean()), float(shadow[part].mean()), float(far[part].mean()), int(known[part].sum()),
            int((known & outcomes)[part].sum()),
        )
        for part in parts
    )  # fmt: skip
    paired = paired_test(served[known], shadow[known], outcomes[known]) if known.any() else None
    return Beside(len(served), float(served.mean()), float(shadow.mean()), float(far.mean()), tenths, paired)


def percentiles(chances: Floats) -> Floats:
    """Give of each lead the share of these leads that stand below it, 0 to 100; equal chances share the middle of theirs."""
    ordered = np.sort(chances)
    below, until = (np.searchsorted(ordered, chances, side=side) for side in ("left", "right"))
    return np.asarray(50.0 * (below + until) / len(chances))
