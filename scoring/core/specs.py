"""What features need to know of a vertical and its fields, copied once out of whatever defines them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["FeatureSpec", "FieldSpec", "spec_of"]


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
    """What scoring needs to know of a vertical: plain data, hashable, stored with each model as it was in training.

    `problem_words` pairs each class of problem with the words that name it; `rate_series` is the uploaded series that its market
    follows, "" for none.
    """

    vertical: str
    label: str
    version: int
    fields: tuple[FieldSpec, ...]
    credit_or_housing: bool = False
    urgent_words: tuple[str, ...] = ()
    problem_words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    rate_series: str = ""
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
    def problem_words(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def rate_series(self) -> str: ...
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
        problem_words=tuple(vertical.problem_words.items()),
        rate_series=vertical.rate_series,
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
