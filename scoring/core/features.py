"""Ping facts -> feature vector: one pure function, used by serving and by training alike, so the two cannot drift apart.

The columns are those of the families in their order, the vertical's own fields first, then the interactions. Raise
FEATURES_VERSION with every change of a column's meaning: models keep the version they were trained on, serving refuses another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from scoring.core.columns import Feature
from scoring.core.context import NOTHING, Context
from scoring.core.families import FAMILIES
from scoring.core.families.interactions import INTERACTIONS
from scoring.core.families.visit import Read, visit_of
from scoring.core.specs import FeatureSpec, FieldSpec, spec_of

__all__ = [
    "FEATURES", "FEATURES_VERSION", "Extractor", "Feature", "FeatureSpec", "FieldSpec", "extractor_of", "features_of", "spec_of",
]  # fmt: skip

FEATURES_VERSION = 3

Pair = tuple[int, int, Callable[[float, float], float]]


@dataclass(frozen=True, slots=True)
class Extractor:
    """The feature function of one vertical: `extractor(facts, at)` gives one float per column of `features`."""

    features: tuple[Feature, ...]
    reads: tuple[Read, ...]
    pairs: tuple[Pair, ...]

    def __call__(self, facts: Mapping[str, Any], at: datetime, context: Context = NOTHING) -> tuple[float, ...]:
        """Turn a validated ping into its vector; what is absent is NaN, a category is the index of its level.

        `facts` has the shape of a ping's public body (lead, behaviour, touchpoints, consent, kind, contact_hashes, contact_hints,
        source, sub_id); `at` is its arrival, aware; `context` is what is known beside it. Odd values count as absent.
        """
        visit = visit_of(facts, at, context)
        values: list[float] = []
        for read in self.reads:
            values += read(visit)
        values += [of(values[first], values[second]) for first, second, of in self.pairs]
        return tuple(values)


@lru_cache(maxsize=256)
def extractor_of(spec: FeatureSpec) -> Extractor:
    """Prepare the feature function of a vertical, its own fields first, then FEATURES. Keep it: looking it up hashes the spec."""
    families = [make(spec) for make in FAMILIES]
    features = tuple(feature for family in families for feature in family.features)
    place = {feature.name: number for number, feature in enumerate(features)}
    return Extractor(
        features=(*features, *(one.feature for one in INTERACTIONS)),
        reads=tuple(family.read for family in families),
        pairs=tuple((place[one.first], place[one.second], one.of) for one in INTERACTIONS),
    )


def features_of(spec: FeatureSpec) -> tuple[Feature, ...]:
    """List the columns of a vertical in the order of its vectors."""
    return extractor_of(spec).features


FEATURES: tuple[Feature, ...] = features_of(FeatureSpec("", "", 0, ()))
"""The columns that every vertical has; the levels of `text.problem` are the vertical's own."""
