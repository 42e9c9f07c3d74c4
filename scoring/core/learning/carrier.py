"""Are all columns together better than honest scoring ever was, and is there one without which they are not?"""

from __future__ import annotations

import numpy as np

from scoring.core.learning.findings import ROWS, Finding
from scoring.core.learning.quick import sample_of, strength_of
from scoring.core.learning.table import Table

TOO_GOOD_AUC, STOPS_AUC = 0.9, 0.95
CARRIES = 0.08
LOOKED_AT = 4


def find_carrier(table: Table, *, seed: int = 0, threads: int = 1) -> tuple[Finding, ...]:
    """Where the result is too good, name the columns that carry it; where none does, say so, and stop above STOPS_AUC."""
    sample = sample_of(table, seed)
    strength, gains = strength_of(sample, seed, threads)
    if strength <= TOO_GOOD_AUC:
        return ()
    found = []
    for place in np.argsort(-gains, kind="stable")[:LOOKED_AT]:
        name = sample.features[place].name
        without = strength_of(sample.without([name]), seed, threads)[0] if len(sample.features) > 1 else 0.5
        if strength - without >= CARRIES:
            words = f"AUC {strength:.3f} with it and {without:.3f} without: one column carries a result too good to be honest"
            found.append(Finding("carries_the_model", name, words))
    words = (
        f"all columns together reach AUC {strength:.3f}; honest lead scoring reaches .60 to .85: look for columns filled later, "
        f"and for rows that stand there more than once"
    )
    return tuple(found) or (Finding("too_good", ROWS, words, stops=strength > STOPS_AUC),)
