"""What each column adds to the answers of a stored model, row by row, as its factors say it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accounts.tenancy import act_as_exchange
from scoring.core.examples import Labelled
from scoring.core.factors import Explainer
from scoring.core.monitors.importance import Importance, importance_of, is_enough, worth_of
from scoring.core.monitors.look import Served
from scoring.core.serving import Unservable, unpack
from scoring.native import load_library
from scoring.selectors import get_stored_model

ROWS, ROWS_LEAST = 2_000, 200


def importance_by_model(version: str, labelled: Labelled, served: Served) -> tuple[Importance, ...]:
    """Rank the columns of a stored model on the newest rows it was asked about, sold or not; worth as far as labels tell.

    The rows are of one kind from the first look on, so that the first labels change no leader. Gives nothing for fewer than 200
    of them, in which chance leads, nor for a model of other columns.
    """
    found = contributions(version, served.features[-ROWS:]) if len(served) >= ROWS_LEAST else None
    if found is None:
        return ()
    return importance_of([one.name for one in served.columns], found[:, :-1], _worth(version, labelled))


def _worth(version: str, labelled: Labelled) -> NDArray[np.float64] | None:
    outcomes = labelled.outcomes[-ROWS:]
    told = contributions(version, labelled.features[-ROWS:]) if is_enough(outcomes) else None
    return None if told is None else worth_of(told[:, :-1], float(told[0, -1]), outcomes)


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
