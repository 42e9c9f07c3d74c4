"""What each column adds to the answers of a stored model, row by row, as its factors say it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accounts.tenancy import act_as_exchange
from scoring.core.examples import Labelled
from scoring.core.factors import Explainer
from scoring.core.monitors.importance import Importance, importance_of
from scoring.core.monitors.look import Served
from scoring.core.serving import Unservable, unpack
from scoring.native import load_library
from scoring.selectors import get_stored_model

ROWS = 2_000


def importance_by_model(version: str, labelled: Labelled, served: Served) -> tuple[Importance, ...]:
    """Rank the columns of a stored model on the newest labelled rows, or where there are none on what it served.

    Gives nothing for a model of other columns.
    """
    known = len(labelled) > 0
    features = (labelled.features if known else served.features)[-ROWS:]
    outcomes = labelled.outcomes[-ROWS:] if known else np.empty(0, dtype=np.bool_)
    found = contributions(version, features)
    if found is None:
        return ()
    return importance_of([one.name for one in served.columns], found[:, :-1], float(found[0, -1]), outcomes)


def contributions(version: str, features: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Give one number a row and column on the raw logit and the constant last, (n, columns + 1); None for other columns."""
    with act_as_exchange("the monitors read a model"):
        stored = get_stored_model(version)
    try:
        explainer = Explainer(load_library(), unpack(stored.artifact), version)
    except Unservable:
        return None
    if not len(features) or len(explainer.features) != features.shape[1]:
        return None
    return np.array([(*one.adds, one.base) for one in map(explainer.raw, features.tolist())])
