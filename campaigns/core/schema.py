"""Verticals and their fields: what a lead may say, in which stage, and what is wrong with one that says otherwise.

A vertical is data (a TOML file); this module turns parsed data into `Vertical` and checks leads against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

KINDS = frozenset({"text", "choice", "boolean", "integer", "number", "zip", "state", "date", "list"})
STAGES = frozenset({"ping", "post"})
RESERVED = frozenset({"vertical", "source", "organization", "sub_id", "device", "kind", "score_percentile", "hour_of_week"})
TEXT_LENGTH_MAX = 200
SALES_MAX = 10  # a lead goes to so many advertisers at most, whatever a vertical, a source or a campaign says
NUMBER_MAX = 10**15  # floats hold every whole number up to here exactly, so intervals over them are exact too


class VerticalError(ValueError):
    """A vertical's data file that cannot be used; the text names the place."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a vertical. `items` holds the fields of each entry of a list, `max_length` its characters or entries."""

    name: str
    label: str
    kind: str
    required: bool = False
    stage: str = "ping"
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int = TEXT_LENGTH_MAX
    protected: bool = False
    items: Mapping[str, Field] = field(default_factory=dict)
    choice_set: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        """Keep the choices as a set too: a lead is checked against it on every ping."""
        object.__setattr__(self, "choice_set", frozenset(self.choices))


@dataclass(frozen=True, slots=True)
class Vertical:
    """One kind of lead: its fields and the terms every campaign in it shares. Days are whole days, `outcome` names the label.

    `sales_max`: to how many advertisers one lead may go; `pricing`: first_price or second_price. `problem_words`: what comments
    call each kind of problem; `rate_series`: the rate the market follows.
    """

    slug: str
    label: str
    version: int
    fields: Mapping[str, Field]
    pricing: str = "first_price"
    sales_max: int = 1
    consent_age_days_max: int = 30
    dedupe_days: int = 90
    outcome: str = "sale"
    horizon_days: int = 30
    credit_or_housing: bool = False
    urgency_words: tuple[str, ...] = ()
    problem_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rate_series: str = ""
    required: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Know the required fields of each stage."""
        required = {stage: tuple(f.name for f in self.fields.values() if f.required and f.stage == stage) for stage in STAGES}
        object.__setattr__(self, "required", MappingProxyType(required))

    def names(self, stage: str) -> tuple[str, ...]:
        """List the fields of one stage in the order of the data file."""
        return tuple(f.name for f in self.fields.values() if f.stage == stage)


def parse_vertical(data: Mapping[str, Any]) -> Vertical:
    """Make a vertical from a parsed TOML file; raises VerticalError that names the faulty field or key."""
    slug = str(data.get("slug", ""))
    fields = {name: _parse_field(slug, name, table) for name, table in data.get("fields", {}).items()}
    plain = {key: value for key, value in data.items() if key != "fields"}
    unknown = sorted(set(plain) - set(_TERMS))
    if unknown:
        raise VerticalError(f"{slug}: unknown key {unknown[0]!r}")
    missing = [key for key in ("slug", "label", "version") if not plain.get(key)]
    if missing or not fields:
        raise VerticalError(f"{slug or 'vertical'}: {missing[0] if missing else 'fields'} is missing")
    if plain.get("pricing", "first_price") not in {"first_price", "second_price"}:
        raise VerticalError(f"{slug}: pricing must be first_price or second_price")
    if plain.get("sales_max", 1) not in range(1, SALES_MAX + 1):
        raise VerticalError(f"{slug}: sales_max must be a whole number from 1 to {SALES_MAX}")
    plain["urgency_words"] = tuple(plain.get("urgency_words", ()))
    plain["problem_words"] = _word_lists(slug, plain.get("problem_words", {}))
    return Vertical(fields=MappingProxyType(fields), **plain)


_TERMS = (
    "slug", "label", "version", "pricing", "sales_max", "consent_age_days_max", "dedupe_days", "outcome", "horizon_days",
    "credit_or_housing", "urgency_words", "problem_words", "rate_series",
)  # fmt: skip
_FIELD_KEYS = frozenset(
    {"label", "kind", "required", "stage", "choices", "minimum", "maximum", "max_length", "protected", "items"}
)


def _word_lists(slug: str, tables: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    for name, words in tables.items():
        if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise VerticalError(f"{slug}.problem_words.{name}: give a list of words or phrases")
    return MappingProxyType({name: tuple(words) for name, words in tables.items()})


def _parse_field(slug: str, name: str, table: Mapping[str, Any], *, inner: bool = False) -> Field:
    place = f"{slug}.{name}"
    unknown = sorted(set(table) - _FIELD_KEYS)
    if unknown:
        raise VerticalError(f"{place}: unknown key {unknown[0]!r}")
    kind = table.get("kind")
    if kind not in KINDS or (inner and kind == "list"):
        raise VerticalError(f"{place}: kind must be one of {', '.join(sorted(KINDS))}, lists only at the top")
    if not inner and (name in RESERVED or "." in name):
        raise VerticalError(f"{place}: this name is taken by the exchange itself")
    if table.get("stage", "ping") not in STAGES:
        raise VerticalError(f"{place}: stage must be ping or post")
    if (kind == "choice") != bool(table.get("choices")) or (kind == "list") != bool(table.get("items")):
        raise VerticalError(f"{place}: choices belong to kind choice, items to kind list, and neither may be empty")
    inner_fields = {key: _parse_field(place, key, value, inner=True) for key, value in table.get("items", {}).items()}
    return Field(
        name=name,
        label=str(table.get("label") or name.replace("_", " ").capitalize()),
        kind=kind,
        required=bool(table.get("required", False)),
        stage=table.get("stage", "ping"),
        choices=tuple(table.get("choices", ())),
        minimum=table.get("minimum"),
        maximum=table.get("maximum"),
        max_length=int(table.get("max_length", 10 if kind == "list" else TEXT_LENGTH_MAX)),
        protected=bool(table.get("protected", False)),
        items=MappingProxyType(inner_fields),
    )
