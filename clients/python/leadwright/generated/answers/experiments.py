"""What the exchange answers of experiments. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ExperimentKind = Literal["model", "floor", "sharing", "bid_rule"]

ExperimentUnit = Literal["ping", "person", "source"]

ExperimentMetric = Literal["conversion", "sold", "revenue", "payout", "margin", "spend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmShape:
    """One way to treat a unit."""

    name: str
    weight: int
    """How often it is drawn, beside the others."""
    setting: str
    """By kind: a version's name, the smallest price such as 12.50, the most buyers of a lead, or the number of a
    published revision of the campaign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailShape:
    """A figure that must not fall, or as a cost not rise, by more than so much."""

    metric: ExperimentMetric
    harm_max: float
    """Of conversion and sold a share below 1, else an amount per unit."""


ExperimentState = Literal["draft", "running", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRow:
    """An experiment in a list."""

    name: str
    hypothesis: str
    vertical: str
    campaign_id: str | None
    kind: ExperimentKind
    unit: ExperimentUnit
    """What is divided: every ping, person or source for itself."""
    metric: ExperimentMetric
    """The operator: all but spend; an advertiser: conversion, sold or spend, of which less is better."""
    arms: list[ArmShape]
    """The first is the control."""
    id: str
    state: ExperimentState
    salt: str
    """An arm is the first eight bytes of SHA-256 of `salt:unit`, scaled to the weights."""
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None
    guardrails: list[GuardrailShape] | None = None
    window_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigure:
    """What an arm shows: `low` to `high` is its confidence sequence, null where it is without bound."""

    name: str
    units_seen: int
    """All units that were served the arm."""
    units_counted: int
    """Those whose figure can be known by now."""
    figure: float | None
    low: float | None
    high: float | None
    cost_per_conversion: float | None
    """Of an advertiser's experiment: what a conversion cost, by the units whose conversions are known."""


ExperimentVerdict = Literal["better", "worse", "open", "safe", "harmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An arm less the control."""

    arm: str
    metric: ExperimentMetric
    low: float | None
    high: float | None
    verdict: ExperimentVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What an experiment shows."""

    at: datetime
    arms: list[ArmFigure]
    differences: list[Difference]
    guardrails: list[Difference]
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment with what it shows."""

    name: str
    hypothesis: str
    vertical: str
    campaign_id: str | None
    kind: ExperimentKind
    unit: ExperimentUnit
    """What is divided: every ping, person or source for itself."""
    metric: ExperimentMetric
    """The operator: all but spend; an advertiser: conversion, sold or spend, of which less is better."""
    arms: list[ArmShape]
    """The first is the control."""
    id: str
    state: ExperimentState
    salt: str
    """An arm is the first eight bytes of SHA-256 of `salt:unit`, scaled to the weights."""
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None
    results: Results
    guardrails: list[GuardrailShape] | None = None
    window_days: int | None = None
