"""The score by scikit-learn's face of LightGBM."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from benchmarks.market import CHOICES, STATES, leads
from scoring.native import load_library

# LightGBM's package needs an OpenMP runtime, which slim machines lack; this lends it one.
load_library()
from lightgbm import LGBMClassifier  # noqa: E402

PLACES: Mapping[str, Mapping[str, int]] = {
    name: {value: place for place, value in enumerate(known)} for name, known in {**CHOICES, "state": STATES}.items()
}
NUMBERS = ("roof_age_years", "stories", "utility_bill", "storm_damage")
ROWS, TREES, LEAVES = 6_000, 300, 15


def features(lead: Mapping[str, Any], behaviour: Mapping[str, Any]) -> list[float]:
    """Give one row: choices by their place, numbers as they are, NaN for what is absent."""
    coded = [PLACES[name].get(lead.get(name, ""), float("nan")) for name in PLACES]
    counted = [float(lead.get(name, "nan")) for name in NUMBERS]
    return [*coded, *counted, *(float(behaviour.get(name, "nan")) for name in ("pages_viewed", "time_on_site_seconds"))]


@cache
def model() -> LGBMClassifier:
    """Train on made-up outcomes when the process starts: what a score costs does not depend on what was learned."""
    draw = random.Random(1)
    visits = [{"pages_viewed": draw.randint(1, 12), "time_on_site_seconds": draw.randint(5, 900)} for _ in range(ROWS)]
    rows = np.array([features(lead, visit) for lead, visit in zip(leads(ROWS), visits, strict=True)])
    outcomes = [draw.random() < 0.1 + 0.02 * visit["pages_viewed"] for visit in visits]
    return LGBMClassifier(n_estimators=TREES, num_leaves=LEAVES, n_jobs=1, verbose=-1).fit(rows, outcomes)


def score(lead: Mapping[str, Any], behaviour: Mapping[str, Any]) -> float:
    """Give the chance of a sale, 0 to 1."""
    return float(np.asarray(model().predict_proba(np.array([features(lead, behaviour)])))[0, 1])
