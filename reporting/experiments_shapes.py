"""Shapes of bodies and answers about experiments, for the OpenAPI document, with their examples."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import Any

from rest_framework import serializers

from accounts.core.clock import rfc3339
from accounts.core.ids import encode
from reporting.experiments import Results
from scoring.core.arms import ARMS_MAX, KINDS, METRICS, UNITS, WEIGHT_MAX, WINDOW_DAYS, WINDOW_DAYS_MAX
from scoring.core.comparison import Difference, in_words
from scoring.core.experiments import Interval
from scoring.experiments import ExperimentFacts

VERDICTS = ("better", "worse", "open", "safe", "harmed")
KIND_NAMES = list(KINDS)
METRIC_NAMES = list(METRICS)
UNIT_NAMES = list(UNITS)
STATES = ("draft", "running", "stopped")


class ArmShape(serializers.Serializer):  # type: ignore[type-arg]
    """One way to treat a unit."""

    name = serializers.CharField(max_length=40)
    weight = serializers.IntegerField(min_value=1, max_value=WEIGHT_MAX, help_text="How often it is drawn, beside the others.")
    setting = serializers.CharField(
        max_length=80,
        help_text="By kind: a version's name, the smallest price such as 12.50, the most buyers of a lead, or the number of a"
        " published revision of the campaign.",
    )


class GuardrailShape(serializers.Serializer):  # type: ignore[type-arg]
    """A figure that must not fall, or as a cost not rise, by more than so much."""

    metric = serializers.ChoiceField(choices=METRIC_NAMES)
    harm_max = serializers.FloatField(min_value=0, help_text="Of conversion and sold a share below 1, else an amount per unit.")


class ExperimentIn(serializers.Serializer):  # type: ignore[type-arg]
    """An experiment to be drafted: the operator's names its vertical, an advertiser's its campaign."""

    name = serializers.CharField(max_length=80)
    hypothesis = serializers.CharField(max_length=500)
    vertical = serializers.CharField(max_length=60, required=False, help_text="The operator's alone; a campaign has its own.")
    campaign_id = serializers.CharField(required=False, help_text="An advertiser's alone: whose bid rule is tried.")
    kind = serializers.ChoiceField(
        choices=KIND_NAMES, required=False, help_text="The operator's: model, floor or sharing. An advertiser's is bid_rule."
    )
    unit = serializers.ChoiceField(choices=UNIT_NAMES, help_text="What is divided: every ping, person or source for itself.")
    metric = serializers.ChoiceField(
        choices=METRIC_NAMES,
        help_text="The operator: all but spend; an advertiser: conversion, sold or spend, of which less is better.",
    )
    arms = serializers.ListField(child=ArmShape(), min_length=2, max_length=ARMS_MAX, help_text="The first is the control.")
    guardrails = serializers.ListField(child=GuardrailShape(), required=False, max_length=len(METRICS))
    window_days = serializers.IntegerField(min_value=1, max_value=WINDOW_DAYS_MAX, default=WINDOW_DAYS)


class ArmFigureOut(serializers.Serializer):  # type: ignore[type-arg]
    """What an arm shows: `low` to `high` is its confidence sequence, null where it is without bound."""

    name = serializers.CharField()
    units_seen = serializers.IntegerField(help_text="All units that were served the arm.")
    units_counted = serializers.IntegerField(help_text="Those whose figure can be known by now.")
    figure = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    cost_per_conversion = serializers.FloatField(
        allow_null=True,
        help_text="Of an advertiser's experiment: what a conversion cost, by the units whose conversions are known.",
    )


class DifferenceOut(serializers.Serializer):  # type: ignore[type-arg]
    """An arm less the control."""

    arm = serializers.CharField()
    metric = serializers.ChoiceField(choices=METRIC_NAMES)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    verdict = serializers.ChoiceField(choices=VERDICTS)


class ResultsOut(serializers.Serializer):  # type: ignore[type-arg]
    """What an experiment shows."""

    at = serializers.DateTimeField()
    arms = ArmFigureOut(many=True)
    differences = DifferenceOut(many=True)
    guardrails = DifferenceOut(many=True)
    conclusion = serializers.CharField()


class ExperimentRowOut(ExperimentIn):
    """An experiment in a list."""

    id = serializers.CharField()
    vertical = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=KIND_NAMES)
    campaign_id = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    salt = serializers.CharField(help_text="An arm is the first eight bytes of SHA-256 of `salt:unit`, scaled to the weights.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)


class ExperimentOut(ExperimentRowOut):
    """An experiment with what it shows."""

    results = ResultsOut()


class ExperimentsOut(serializers.Serializer):  # type: ignore[type-arg]
    """A page of experiments, newest first."""

    data = ExperimentRowOut(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


def show_experiment(found: ExperimentFacts) -> dict[str, Any]:
    """Give an experiment's wire form."""
    return {
        "id": encode("experiment", found.experiment_id),
        **asdict(found.wish),
        "campaign_id": encode("campaign", found.campaign_id) if found.campaign_id else None,
        "state": found.state,
        "salt": found.salt,
        "created_at": rfc3339(found.created_at),
        "started_at": rfc3339(found.started_at) if found.started_at else None,
        "stopped_at": rfc3339(found.stopped_at) if found.stopped_at else None,
    }


def show_results(results: Results) -> dict[str, Any]:
    """Give the wire form of what an experiment shows."""
    comparison = results.comparison
    return {
        "at": rfc3339(results.at),
        "arms": [
            {
                "name": one.arm, "units_seen": results.exposed[one.arm], "units_counted": one.units, "figure": one.figure,
                **_bounds(one.interval), "cost_per_conversion": results.costs.get(one.arm),
            }
            for one in comparison.arms
        ],
        "differences": [_difference(one) for one in comparison.differences],
        "guardrails": [_difference(one) for one in comparison.guardrails],
        "conclusion": in_words(comparison),
    }  # fmt: skip


def _difference(one: Difference) -> dict[str, Any]:
    return {"arm": one.arm, "metric": one.metric, **_bounds(one.interval), "verdict": one.verdict}


def _bounds(interval: Interval) -> dict[str, float | None]:
    return {
        "low": interval.low if isfinite(interval.low) else None,
        "high": interval.high if isfinite(interval.high) else None,
    }


WISH: dict[str, Any] = {
    "name": "Roofing: a smallest price",
    "hypothesis": "Buyers pay more where nothing is sold below 12.50, and few leads stay unsold.",
    "vertical": "home.roofing", "kind": "floor", "unit": "ping", "metric": "conversion",
    "arms": [
        {"name": "as_before", "weight": 9, "setting": "0.00"},
        {"name": "dearer", "weight": 1, "setting": "12.50"},
    ],
    "guardrails": [{"metric": "sold", "harm_max": 0.02}], "window_days": 14,
}  # fmt: skip
_AT, _BEGUN, _OVER = "2026-11-01T09:00:00.000Z", "2026-11-02T08:00:00.000Z", "2026-11-22T08:00:00.000Z"
_DRAFT: dict[str, Any] = {
    **WISH, "campaign_id": None,
    "id": "exp_01k2j3h4g5f6e7d8c9b0a1z2y3", "state": "draft", "salt": "5f0c0e0b7d4c4f6f8a3f1c2b9d7e6a51",
    "created_at": _AT, "started_at": None, "stopped_at": None,
}  # fmt: skip
_UNSEEN = {"units_seen": 0, "units_counted": 0, "figure": None, "low": 0.0, "high": 1.0, "cost_per_conversion": None}
_NOTHING: dict[str, Any] = {
    "at": _AT, "arms": [{"name": "as_before", **_UNSEEN}, {"name": "dearer", **_UNSEEN}],
    "differences": [{"arm": "dearer", "metric": "conversion", "low": -1.0, "high": 1.0, "verdict": "open"}],
    "guardrails": [{"arm": "dearer", "metric": "sold", "low": -1.0, "high": 1.0, "verdict": "open"}],
    "conclusion": "dearer is not yet told apart from the control.",
}  # fmt: skip
_FOUND: dict[str, Any] = {
    "at": _OVER,
    "arms": [
        {"name": "as_before", "units_seen": 48210, "units_counted": 31874, "figure": 0.0312, "low": 0.0279, "high": 0.0348,
         "cost_per_conversion": None},
        {"name": "dearer", "units_seen": 5333, "units_counted": 3541, "figure": 0.0514, "low": 0.0398, "high": 0.0653,
         "cost_per_conversion": None},
    ],
    "differences": [{"arm": "dearer", "metric": "conversion", "low": 0.0037, "high": 0.0385, "verdict": "better"}],
    "guardrails": [{"arm": "dearer", "metric": "sold", "low": -0.0121, "high": 0.0442, "verdict": "safe"}],
    "conclusion": "dearer is better than the control.",
}  # fmt: skip
EXPERIMENT: dict[str, Any] = {**_DRAFT, "results": _NOTHING}
RUNNING = {**EXPERIMENT, "state": "running", "started_at": _BEGUN}
SHOWN = {**RUNNING, "results": _FOUND}
STOPPED = {**SHOWN, "state": "stopped", "stopped_at": _OVER}
ROW = _DRAFT
ON_A_BID_RULE: dict[str, Any] = {
    **_DRAFT, "state": "running", "started_at": _BEGUN, "name": "Dearer bids", "kind": "bid_rule", "metric": "conversion",
    "hypothesis": "Bidding a fifth more wins leads that convert better.", "campaign_id": "cmp_01k2j3h4g5f6e7d8c9b0a1z2y3",
    "arms": [{"name": "as_before", "weight": 1, "setting": "4"}, {"name": "dearer", "weight": 1, "setting": "5"}],
    "guardrails": [{"metric": "spend", "harm_max": 3.5}],
    "results": {
        "at": _OVER,
        "arms": [
            {"name": "as_before", "units_seen": 9120, "units_counted": 6033, "figure": 0.0302, "low": 0.0238, "high": 0.0378,
             "cost_per_conversion": 402.15},
            {"name": "dearer", "units_seen": 9077, "units_counted": 5988, "figure": 0.0439, "low": 0.0362, "high": 0.0528,
             "cost_per_conversion": 331.07},
        ],
        "differences": [{"arm": "dearer", "metric": "conversion", "low": -0.0021, "high": 0.0297, "verdict": "open"}],
        "guardrails": [{"arm": "dearer", "metric": "spend", "low": 0.91, "high": 3.02, "verdict": "safe"}],
        "conclusion": "dearer is not yet told apart from the control.",
    },
}  # fmt: skip
