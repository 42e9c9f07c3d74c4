"""The simulator's leads, field by field: how values of a vertical's own fields are spread, and what each is worth in logits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from scoring.core.features import FeatureSpec, FieldSpec

ORDERED = frozenset({"timeframe", "start_timeframe", "credit_band", "home_ownership"})
"""Fields whose choices go from the best lead to the worst; the others get effects without an order."""
RECENT = ("year",)
COUNTS: Mapping[str, float] = {"visits": 3.0, "views": 3.0, "seconds": 240.0}
"""Medians of numbers whose field allows far more than anybody does."""
TEXTS: Mapping[str, tuple[str, ...]] = {
    "make": ("Toyota", "Honda", "Ford", "Chevrolet", "Nissan", "Hyundai", "Subaru"),
    "model": ("Sedan", "Hatchback", "Pickup", "Van", "Coupe", "Wagon"),
    "country": ("United States",),
    "program": ("Business administration", "Nursing", "Data analysis", "Accounting", "Teaching"),
    "lead_source": ("Search", "Social", "Referral", "Newsletter"),
}
ENTRIES_MAX = 3
ABSENT_SHARE = 0.12

Floats = NDArray[np.float64]
Column = list[Any]


@dataclass(frozen=True, slots=True)
class FieldTruth:
    """How one field is drawn: `shares` and `effects` by level (choices), or shape and slope (numbers)."""

    field: FieldSpec
    shares: tuple[float, ...] = ()
    effects: tuple[float, ...] = ()
    shape: tuple[float, float] = (1.0, 1.0)
    slope: float = 0.0
    items: tuple[FieldTruth, ...] = ()


def field_truth(spec: FeatureSpec, field: FieldSpec, seed: int) -> FieldTruth:
    """Make the truth of one field, the same for the same seed, vertical and field name whatever other fields there are."""
    rng = np.random.default_rng([seed, crc32(f"{spec.vertical}/{field.name}".encode())])
    fair = spec.credit_or_housing and field.protected
    weight = 0.0 if fair else 1.0
    if field.kind == "choice":
        shares = rng.dirichlet(np.full(len(field.choices), 4.0))
        effects = rng.normal(0, 0.3, len(field.choices))
        if field.name in ORDERED:
            effects = np.linspace(0.6, -0.6, len(field.choices)) + effects / 4
        return FieldTruth(field, tuple(shares.tolist()), tuple((weight * effects).tolist()))
    if field.kind == "boolean":
        share = float(rng.uniform(0.2, 0.8))
        return FieldTruth(field, (1 - share, share), (0.0, weight * float(rng.normal(0, 0.35))))
    if field.kind in {"integer", "number"}:
        recent = any(word in field.name for word in RECENT)
        return FieldTruth(field, shape=(5.0, 1.6) if recent else (1.4, 4.0), slope=weight * float(rng.normal(0, 0.3)))
    if field.kind == "list":
        items = tuple(field_truth(spec, item, seed) for item in field.items if item.stage == "ping")
        return FieldTruth(field, (0.5, 0.35, 0.15), items=items)
    return FieldTruth(field)


def draw_field(truth: FieldTruth, rng: np.random.Generator, count: int) -> tuple[Column, Floats]:
    """Draw a column (None where the lead does not say) and what it adds to the logit; places are filled in by the leads."""
    values, effect = _draw_present(truth, rng, count)
    if truth.field.required or not values:
        return values, effect
    absent = rng.random(count) < ABSENT_SHARE
    for place in np.flatnonzero(absent).tolist():
        values[place] = None
    return values, np.where(absent, 0.0, effect)


def _draw_present(truth: FieldTruth, rng: np.random.Generator, count: int) -> tuple[Column, Floats]:
    kind = truth.field.kind
    if kind == "choice":
        level = _levels(truth.shares, rng, count)
        return np.array(truth.field.choices, dtype=object)[level].tolist(), np.array(truth.effects)[level]
    if kind == "boolean":
        yes = rng.random(count) < truth.shares[1]
        return yes.tolist(), np.where(yes, truth.effects[1], 0.0)
    if kind in {"integer", "number"}:
        return _draw_numbers(truth, rng, count)
    if kind == "list":
        return _draw_entries(truth, rng, count)
    if kind == "text":
        known = TEXTS.get(truth.field.name, ("not said",) if truth.field.required else ())
        return [known[place] for place in rng.integers(len(known), size=count).tolist()] if known else [], np.zeros(count)
    return [], np.zeros(count)


def _levels(shares: tuple[float, ...], rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    borders = np.cumsum(shares)[:-1]
    return np.searchsorted(borders, rng.random(count), side="right")


def _draw_numbers(truth: FieldTruth, rng: np.random.Generator, count: int) -> tuple[Column, Floats]:
    field = truth.field
    low = 0.0 if field.minimum is None else float(field.minimum)
    high = low + 100.0 if field.maximum is None else float(field.maximum)
    unit = rng.beta(*truth.shape, count)
    median = next((median for word, median in COUNTS.items() if word in field.name), None)
    if median is not None:
        values = low + np.exp(np.log(median) + 5.0 * (unit - 0.24))
    else:
        # Amounts: most are small against what is allowed.
        values = low + unit ** (4.0 if high - low > 10_000 else 1.0) * (high - low)
    step = 1000.0 if high - low > 100_000 and median is None else 1.0
    values = np.clip(np.round(values / step) * step, low, high)
    ranks = (unit - unit.mean()) / (unit.std() or 1.0)
    whole = field.kind == "integer" or step > 1
    return (values.astype(np.int64) if whole else np.round(values, 2)).tolist(), truth.slope * np.clip(ranks, -2.0, 2.0)


def _draw_entries(truth: FieldTruth, rng: np.random.Generator, count: int) -> tuple[Column, Floats]:
    sizes = _levels(truth.shares, rng, count) + 1
    effect = np.zeros(count)
    lists: list[list[Mapping[str, Any]]] = [[] for _ in range(count)]
    for place in range(ENTRIES_MAX):
        columns: dict[str, Column] = {}
        for item in truth.items:
            values, part = draw_field(item, rng, count)
            if values:
                columns[item.field.name] = values
            if place == 0:
                effect += part / 2
        for lead in np.flatnonzero(sizes > place).tolist():
            lists[lead].append({name: value for name, values in columns.items() if (value := values[lead]) is not None})
    return lists, effect
