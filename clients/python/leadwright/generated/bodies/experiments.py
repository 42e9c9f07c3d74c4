"""What the exchange is asked of experiments. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

ExperimentKind = Literal["model", "floor", "sharing"]

ExperimentUnit = Literal["ping", "person", "source"]

ExperimentMetric = Literal["conversion", "sold", "revenue", "payout", "margin"]


class ArmShape(TypedDict):
    """One way to treat a unit."""

    name: str
    weight: int
    """How often it is drawn, beside the others."""
    setting: str
    """By kind: a version's name, the smallest price such as 12.50, or the most buyers of a lead."""


class GuardrailShape(TypedDict):
    """A figure that must not fall by more than so much."""

    metric: ExperimentMetric
    harm_max: float
    """A share, or an amount per unit."""


class ExperimentIn(TypedDict):
    """An experiment to be drafted."""

    name: str
    hypothesis: str
    vertical: str
    kind: ExperimentKind
    unit: ExperimentUnit
    """What is divided: every ping, person or source for itself."""
    metric: ExperimentMetric
    arms: Sequence[ArmShape]
    """The first is the control."""
    guardrails: NotRequired[Sequence[GuardrailShape]]
    window_days: NotRequired[int]
