"""What the exchange is asked of experiments. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

ExperimentKind = Literal["model", "floor", "sharing", "bid_rule"]

ExperimentUnit = Literal["ping", "person", "source"]

ExperimentMetric = Literal["conversion", "sold", "revenue", "payout", "margin", "spend"]


class ArmShape(TypedDict):
    """One way to treat a unit."""

    name: str
    weight: int
    """How often it is drawn, beside the others."""
    setting: str
    """By kind: a version's name, the smallest price such as 12.50, the most buyers of a lead, or the number of a
    published revision of the campaign."""


class GuardrailShape(TypedDict):
    """A figure that must not fall, or as a cost not rise, by more than so much."""

    metric: ExperimentMetric
    harm_max: float
    """Of conversion and sold a share below 1, else an amount per unit."""


class ExperimentIn(TypedDict):
    """An experiment to be drafted: the operator's names its vertical, an advertiser's its campaign."""

    name: str
    hypothesis: str
    vertical: NotRequired[str]
    """The operator's alone; a campaign has its own."""
    campaign_id: NotRequired[str]
    """An advertiser's alone: whose bid rule is tried."""
    kind: NotRequired[ExperimentKind]
    """The operator's: model, floor or sharing. An advertiser's is bid_rule."""
    unit: ExperimentUnit
    """What is divided: every ping, person or source for itself."""
    metric: ExperimentMetric
    """The operator: all but spend; an advertiser: conversion, sold or spend, of which less is better."""
    arms: Sequence[ArmShape]
    """The first is the control."""
    guardrails: NotRequired[Sequence[GuardrailShape]]
    window_days: NotRequired[int]
