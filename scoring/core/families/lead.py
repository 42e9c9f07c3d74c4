"""The vertical's own fields: who asks, for what, with which household, firm or technology, as far as it has fields for them.

A field of the vertical's file becomes columns by its kind; a list counts its entries and folds each of their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite, nan
from typing import Any

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, Feature, code_of, codes_of, flag_of, number_of
from scoring.core.families.visit import Family, Visit
from scoring.core.places import STATES
from scoring.core.specs import FeatureSpec, FieldSpec

ENTRIES_MAX = 50
"""Entries of a list that are read; a vertical allows fewer."""
STATE_LEVELS = tuple(STATES)
ZIP_REGIONS = tuple("0123456789")

Reader = Callable[[Any], Sequence[float]]
Fold = Callable[[list[Any]], float]
Columns = tuple[list[Feature], Reader]


def family(spec: FeatureSpec) -> Family:
    """Give the columns of a vertical's fields, and how many of them the lead answers."""
    features = [Feature("lead.answered", NUMBER, "share of questions answered", needs="lead", since=2)]
    readers: list[tuple[str, Reader]] = []
    fields = usable(spec, spec.fields)
    for field in fields:
        if field.kind in _COLUMNS:
            columns, reader = _COLUMNS[field.kind](spec, field)
            features += columns
            readers.append((field.name, reader))
    names = frozenset(field.name for field in fields)

    def read(visit: Visit) -> list[float]:
        lead = visit.lead
        values = [len(names & lead.keys()) / len(names) if lead and names else nan]
        for name, reader in readers:
            values += reader(lead.get(name))
        return values

    return Family(tuple(features), read)


def usable(spec: FeatureSpec, fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    """List the fields a model may see: in credit and housing a protected trait is no input, not even inside a list."""
    return [field for field in fields if field.stage == "ping" and not (spec.credit_or_housing and field.protected)]


def _feature(
    field: FieldSpec, kind: str, levels: tuple[str, ...] = (), part: str = "", words: str = "", since: int = 1
) -> Feature:
    return Feature(f"lead.{field.name}{part}", kind, words or _words(field), levels, f"lead.{field.name}", since)


def _words(field: FieldSpec) -> str:
    return field.name.replace("_", " ")


def _number_column(_spec: FeatureSpec, field: FieldSpec) -> Columns:
    return [_feature(field, NUMBER)], lambda value: (number_of(value),)


def _boolean_column(_spec: FeatureSpec, field: FieldSpec) -> Columns:
    return [_feature(field, BOOLEAN)], lambda value: (flag_of(value),)


def _choice_column(_spec: FeatureSpec, field: FieldSpec) -> Columns:
    levels = STATE_LEVELS if field.kind == "state" else field.choices
    codes = codes_of(levels)
    return [_feature(field, CATEGORY, levels)], lambda value: (code_of(codes, value),)


def _zip_column(spec: FeatureSpec, field: FieldSpec) -> Columns:
    # A fine zip stands in for protected traits, so credit and housing models see the first digit only.
    region = _feature(field, CATEGORY, ZIP_REGIONS, ".region", "region of the zip")
    codes = codes_of(ZIP_REGIONS)
    if spec.credit_or_housing:
        return [region], lambda value: (code_of(codes, str(value or "")[:1]),)
    prefix = _feature(field, NUMBER, (), ".prefix", "first three digits of the zip")

    def read(value: Any) -> tuple[float, float]:
        digits = value[:3] if isinstance(value, str) else ""
        return code_of(codes, digits[:1]), number_of(digits)

    return [region, prefix], read


def _list_column(spec: FeatureSpec, field: FieldSpec) -> Columns:
    features = [_feature(field, NUMBER, (), ".count", f"number of {_words(field)}")]
    parts: list[tuple[str, Fold]] = []
    for item in usable(spec, field.items):
        for feature, fold in _folds(field, item):
            features.append(feature)
            parts.append((item.name, fold))

    def read(value: Any) -> list[float]:
        if not isinstance(value, list | tuple):
            return [nan] * (1 + len(parts))
        entries = [entry for entry in value[:ENTRIES_MAX] if isinstance(entry, dict)]
        return [float(len(value)), *(fold([entry.get(name) for entry in entries]) for name, fold in parts)]

    return features, read


def _folds(field: FieldSpec, item: FieldSpec) -> list[tuple[Feature, Fold]]:
    """Say how a list's entries become columns: the largest number, any yes, the first choice and how many different ones."""
    entries, entry = _words(field), _words(item)
    if item.kind in {"number", "integer"}:
        return [(_feature(field, NUMBER, (), f".{item.name}.max", f"largest {entry} of {entries}"), _largest)]
    if item.kind == "boolean":
        return [(_feature(field, BOOLEAN, (), f".{item.name}.any", f"any of {entries} with {entry}"), _any)]
    if item.kind != "choice":
        return []
    codes = codes_of(item.choices)
    first = _feature(field, CATEGORY, item.choices, f".{item.name}.first", f"{entry} of the first of {entries}")
    different = _feature(field, NUMBER, (), f".{item.name}.different", f"different {entry} among {entries}", since=2)
    return [
        (first, lambda values: code_of(codes, values[0]) if values else nan),
        (different, lambda values: float(len({value for value in values if isinstance(value, str)}))),
    ]


def _largest(values: list[Any]) -> float:
    return max((number for number in map(number_of, values) if isfinite(number)), default=nan)


def _any(values: list[Any]) -> float:
    return max((flag_of(value) for value in values if value is not None), default=nan)


_COLUMNS: Mapping[str, Callable[[FeatureSpec, FieldSpec], Columns]] = {
    "number": _number_column,
    "integer": _number_column,
    "boolean": _boolean_column,
    "choice": _choice_column,
    "state": _choice_column,
    "zip": _zip_column,
    "list": _list_column,
}
