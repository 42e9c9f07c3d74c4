"""Ping facts -> feature vector: one pure function, used by serving and by training alike, so the two cannot drift apart.

`FEATURES` are the columns every vertical has; `features_of(spec)` puts the vertical's own fields before them. Raise
FEATURES_VERSION with every change of a column's meaning: models keep the version they were trained on, serving refuses another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from math import isfinite, nan
from typing import Any, Protocol

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, Feature, codes_of, number_of
from scoring.core.places import STATES
from scoring.core.signals import SIGNALS, URGENT_WORDS, read_signals, word_finder

__all__ = [
    "FEATURES", "FEATURES_VERSION", "Extractor", "Feature", "FeatureSpec", "FieldSpec", "extractor_of", "features_of", "spec_of",
]  # fmt: skip

FEATURES_VERSION = 1
FEATURES: tuple[Feature, ...] = SIGNALS
STATE_LEVELS = tuple(STATES)
ZIP_REGIONS = tuple("0123456789")

Reader = Callable[[Any], Sequence[float]]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What features need to know of one field of a vertical; `items` are the fields of each entry of a list."""

    name: str
    kind: str
    stage: str = "ping"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    protected: bool = False
    items: tuple[FieldSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """What scoring needs to know of a vertical: plain data, hashable, stored with each model as it was in training."""

    vertical: str
    label: str
    version: int
    fields: tuple[FieldSpec, ...]
    credit_or_housing: bool = False
    urgent_words: tuple[str, ...] = ()
    outcome: str = "sale"
    horizon_days: int = 30


class FieldShape(Protocol):
    """The attributes `spec_of` reads of a vertical's field, whoever defines it."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def choices(self) -> tuple[str, ...]: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def protected(self) -> bool: ...
    @property
    def items(self) -> Mapping[str, Any]: ...


class VerticalShape(Protocol):
    """The attributes `spec_of` reads of a vertical, whoever defines it."""

    @property
    def slug(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...
    @property
    def credit_or_housing(self) -> bool: ...
    @property
    def urgency_words(self) -> tuple[str, ...]: ...
    @property
    def outcome(self) -> str: ...
    @property
    def horizon_days(self) -> int: ...


def spec_of(vertical: VerticalShape) -> FeatureSpec:
    """Copy what features need out of a vertical."""
    return FeatureSpec(
        vertical=vertical.slug,
        label=vertical.label,
        version=vertical.version,
        fields=tuple(_field_of(field) for field in vertical.fields.values()),
        credit_or_housing=vertical.credit_or_housing,
        urgent_words=tuple(vertical.urgency_words),
        outcome=vertical.outcome,
        horizon_days=vertical.horizon_days,
    )


def _field_of(field: FieldShape) -> FieldSpec:
    return FieldSpec(
        name=field.name,
        kind=field.kind,
        stage=field.stage,
        choices=tuple(field.choices),
        # As floats, so that a spec read back from a stored model writes the same bytes.
        minimum=None if field.minimum is None else float(field.minimum),
        maximum=None if field.maximum is None else float(field.maximum),
        required=field.required,
        protected=field.protected,
        items=tuple(_field_of(item) for item in field.items.values()),
    )


@dataclass(frozen=True, slots=True)
class Extractor:
    """The feature function of one vertical: `extractor(facts, at)` gives one float per column of `features`."""

    features: tuple[Feature, ...]
    readers: tuple[tuple[str, Reader], ...]
    urgent: Callable[[str], int]

    def __call__(self, facts: Mapping[str, Any], at: datetime) -> tuple[float, ...]:
        """Turn a validated ping into its vector; what is absent is NaN, a category is the index of its level.

        `facts` has the shape of a ping's public body (lead, behaviour, touchpoints, consent, kind, contact_hashes); `at` is its
        arrival, aware. Odd values of optional parts count as absent.
        """
        lead = facts.get("lead") or {}
        values: list[float] = []
        for name, reader in self.readers:
            values += reader(lead.get(name))
        read_signals(values, facts, lead.get("state"), at, self.urgent)
        return tuple(values)


@lru_cache(maxsize=256)
def extractor_of(spec: FeatureSpec) -> Extractor:
    """Prepare the feature function of a vertical, its own fields first, then FEATURES. Keep it: looking it up hashes the spec."""
    features: list[Feature] = []
    readers: list[tuple[str, Reader]] = []
    for field in _usable(spec, spec.fields):
        if field.kind in _COLUMNS:
            columns, reader = _COLUMNS[field.kind](spec, field)
            features += columns
            readers.append((field.name, reader))
    return Extractor((*features, *FEATURES), tuple(readers), word_finder(spec.urgent_words or URGENT_WORDS))


def features_of(spec: FeatureSpec) -> tuple[Feature, ...]:
    """List the columns of a vertical in the order of its vectors."""
    return extractor_of(spec).features


def _usable(spec: FeatureSpec, fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    # Credit and housing law: a protected trait is no input of a model there, not even inside a list.
    return [field for field in fields if field.stage == "ping" and not (spec.credit_or_housing and field.protected)]


def _words(field: FieldSpec) -> str:
    return field.name.replace("_", " ")


def _flag(value: Any) -> float:
    return nan if value is None else 1.0 if value else 0.0


def _number_column(_spec: FeatureSpec, field: FieldSpec) -> tuple[list[Feature], Reader]:
    return [Feature(f"lead.{field.name}", NUMBER, _words(field))], lambda value: (number_of(value),)


def _boolean_column(_spec: FeatureSpec, field: FieldSpec) -> tuple[list[Feature], Reader]:
    return [Feature(f"lead.{field.name}", BOOLEAN, _words(field))], lambda value: (_flag(value),)


def _category(name: str, words: str, levels: tuple[str, ...]) -> tuple[list[Feature], Reader]:
    codes = codes_of(levels)
    return [Feature(name, CATEGORY, words, levels)], lambda value: (codes.get(value, nan),)


def _choice_column(_spec: FeatureSpec, field: FieldSpec) -> tuple[list[Feature], Reader]:
    return _category(f"lead.{field.name}", _words(field), field.choices)


def _state_column(_spec: FeatureSpec, field: FieldSpec) -> tuple[list[Feature], Reader]:
    return _category(f"lead.{field.name}", _words(field), STATE_LEVELS)


def _zip_column(spec: FeatureSpec, field: FieldSpec) -> tuple[list[Feature], Reader]:
    # A fine zip stands in for protected traits, so credit and housing models see the first digit only.
    region = Feature(f"lead.{field.name}.region", CATEGORY, "region of the zip", ZIP_REGIONS)
    codes = codes_of(ZIP_REGIONS)
    if spec.credit_or_housing:
        return [region], lambda value: (codes.get(value[:1], nan) if value else nan,)
    prefix = Feature(f"lead.{field.name}.prefix", NUMBER, "first three digits of the zip")
    return [region, prefix], lambda value: (codes.get(value[:1], nan), number_of(value[:3])) if value else (nan, nan)


def _list_column(spec: FeatureSpec, field: FieldSpec) -> tuple[list[Feature], Reader]:
    features = [Feature(f"lead.{field.name}.count", NUMBER, f"number of {_words(field)}")]
    parts: list[tuple[str, Callable[[list[Any]], float]]] = []
    for item in _usable(spec, field.items):
        if item.kind in _FOLDS:
            feature, fold = _FOLDS[item.kind](field, item)
            features.append(feature)
            parts.append((item.name, fold))

    def read(value: Any) -> list[float]:
        if not isinstance(value, list | tuple):
            return [nan] * (1 + len(parts))
        entries = [entry for entry in value if isinstance(entry, Mapping)]
        return [float(len(value)), *(fold([entry.get(name) for entry in entries]) for name, fold in parts)]

    return features, read


def _fold_number(field: FieldSpec, item: FieldSpec) -> tuple[Feature, Callable[[list[Any]], float]]:
    feature = Feature(f"lead.{field.name}.{item.name}.max", NUMBER, f"largest {_words(item)} of {_words(field)}")
    return feature, lambda values: max((number for number in map(number_of, values) if isfinite(number)), default=nan)


def _fold_boolean(field: FieldSpec, item: FieldSpec) -> tuple[Feature, Callable[[list[Any]], float]]:
    feature = Feature(f"lead.{field.name}.{item.name}.any", BOOLEAN, f"any of {_words(field)} with {_words(item)}")
    return feature, lambda values: max((_flag(value) for value in values if value is not None), default=nan)


def _fold_choice(field: FieldSpec, item: FieldSpec) -> tuple[Feature, Callable[[list[Any]], float]]:
    codes = codes_of(item.choices)
    words = f"{_words(item)} of the first of {_words(field)}"
    feature = Feature(f"lead.{field.name}.{item.name}.first", CATEGORY, words, item.choices)
    return feature, lambda values: codes.get(values[0], nan) if values else nan


_FOLDS: Mapping[str, Callable[[FieldSpec, FieldSpec], tuple[Feature, Callable[[list[Any]], float]]]] = {
    "number": _fold_number,
    "integer": _fold_number,
    "boolean": _fold_boolean,
    "choice": _fold_choice,
}
_COLUMNS: Mapping[str, Callable[[FeatureSpec, FieldSpec], tuple[list[Feature], Reader]]] = {
    "number": _number_column,
    "integer": _number_column,
    "boolean": _boolean_column,
    "choice": _choice_column,
    "state": _state_column,
    "zip": _zip_column,
    "list": _list_column,
}
