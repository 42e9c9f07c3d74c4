"""The forms of experiments: what the operator asks of a vertical, and what an advertiser asks of one of its campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms

from accounts.core.errors import Problem
from accounts.portal.forms import PortalForm
from scoring.core.arms import ADVERTISER, COSTS, KINDS, METRICS, OPERATOR, UNITS, WINDOW_DAYS, WINDOW_DAYS_MAX, Side

ARM_ROWS, GUARDRAIL_ROWS = 4, 2
ROWS: Mapping[str, tuple[str, ...]] = {"arms": ("name", "weight", "setting"), "guardrails": ("metric", "harm_max")}
ROWS_OF = {"arms": ARM_ROWS, "guardrails": GUARDRAIL_ROWS}
SETTINGS = {
    "model": "the name of a version", "floor": "the smallest price, such as 12.50 (0 for none)",
    "sharing": "to how many buyers a lead goes at most",
}  # fmt: skip


def metrics_of(side: Side) -> list[tuple[str, str]]:
    """Offer the figures that a side may know."""
    return [(metric, f"{METRICS[metric]} (less is better)" if metric in COSTS else METRICS[metric]) for metric in side.metrics]


class ArmsForm(PortalForm):
    """What every experiment says of itself, its arms and guardrails."""

    side = OPERATOR
    name = forms.CharField(label="Name", max_length=80)
    hypothesis = forms.CharField(
        label="Hypothesis", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What you expect to change, by how much, and why.",
    )  # fmt: skip
    unit = forms.ChoiceField(label="Divided by", choices=list(UNITS.items()))
    metric = forms.ChoiceField(label="Decided by")
    window_days = forms.IntegerField(
        label="Days in which a win counts", min_value=1, max_value=WINDOW_DAYS_MAX, initial=WINDOW_DAYS,
        help_text="A conversion is known only so many days after the ping.",
    )  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Offer the side's figures, and rows for arms and guardrails."""
        super().__init__(*arguments, **options)
        metrics = metrics_of(self.side)
        self.fields["metric"].choices = metrics  # type: ignore[attr-defined]
        for row in range(ARM_ROWS):
            given = row < 2
            self.fields[f"arms_{row}_name"] = forms.CharField(label="Name", max_length=40, required=given)
            self.fields[f"arms_{row}_weight"] = forms.IntegerField(label="Weight", min_value=1, required=given)
            self.fields[f"arms_{row}_setting"] = self.setting(required=given)
        for row in range(GUARDRAIL_ROWS):
            choices = [("", "None"), *metrics]
            self.fields[f"guardrails_{row}_metric"] = forms.ChoiceField(label=self.guards, choices=choices, required=False)
            self.fields[f"guardrails_{row}_harm_max"] = forms.FloatField(label="by more than", min_value=0, required=False)

    guards = "May not fall"

    def setting(self, *, required: bool) -> forms.Field:
        """Make the field of an arm's setting."""
        return forms.CharField(label="Setting", max_length=80, required=required)

    @property
    def first_fields(self) -> list[Any]:
        """Give the fields above the arms."""
        return [self[name] for name in self.base_fields]

    @property
    def arm_rows(self) -> list[tuple[str, list[Any]]]:
        """Give the rows of arms, each with what it is called."""
        titles = ["Control", *(f"Arm {row}" for row in range(1, ARM_ROWS))]
        return [
            (title, [self[f"arms_{row}_{name}"] for name in ("name", "weight", "setting")]) for row, title in enumerate(titles)
        ]

    @property
    def guardrail_rows(self) -> list[list[Any]]:
        """Give the rows of guardrails."""
        return [[self[f"guardrails_{row}_{name}"] for name in ("metric", "harm_max")] for row in range(GUARDRAIL_ROWS)]

    def wish(self) -> dict[str, Any]:
        """Give what was filled in as the service takes it: rows in which nothing at all stands are no rows."""
        sent = self.cleaned_data
        groups = {
            group: [{name: sent.get(f"{group}_{row}_{name}") for name in ROWS[group]} for row in self._filled(group)]
            for group in ROWS
        }
        return {**{name: sent[name] for name in self.base_fields}, **groups}

    def take(self, problem: Problem) -> None:
        """Show a refusal beside its fields; a pointer counts the rows that were sent, the page all of them."""
        placed = tuple(replace(one, pointer=self._placed(one.pointer)) for one in problem.errors)
        super().take(replace(problem, errors=placed))

    def _placed(self, pointer: str) -> str:
        group, *rest = pointer.strip("/").split("/")
        if group not in ROWS or not rest:
            return pointer
        return "/".join(("", group, str(self._filled(group)[int(rest[0])]), *rest[1:]))

    def _filled(self, group: str) -> list[int]:
        given = {name for name, value in self.cleaned_data.items() if value not in (None, "")}
        return [row for row in range(ROWS_OF[group]) if any(f"{group}_{row}_{name}" in given for name in ROWS[group])]


class ExperimentForm(ArmsForm):
    """The operator's experiment: which vertical, and what the arms set."""

    vertical = forms.ChoiceField(label="Vertical")
    kind = forms.ChoiceField(
        label="What the arms set", choices=[(kind, f"{KINDS[kind]}: {SETTINGS[kind]}") for kind in OPERATOR.kinds]
    )
    field_order = ("name", "hypothesis", "vertical", "kind", "unit", "metric", "window_days")

    def __init__(self, *arguments: Any, verticals: Sequence[str], **options: Any) -> None:
        """Offer the verticals that have a model."""
        super().__init__(*arguments, **options)
        self.fields["vertical"].choices = [(one, one) for one in verticals]  # type: ignore[attr-defined]


class BidRuleForm(ArmsForm):
    """An advertiser's experiment on one campaign: each arm bids by the rule of a published revision."""

    side = ADVERTISER
    guards = "May not get worse"

    def __init__(self, *arguments: Any, revisions: Sequence[int], **options: Any) -> None:
        """Offer the campaign's published revisions."""
        self._revisions = revisions
        super().__init__(*arguments, **options)

    def setting(self, *, required: bool) -> forms.Field:
        """Offer the revisions."""
        choices = [*([] if required else [("", "None")]), *((str(one), f"Revision {one}") for one in self._revisions)]
        return forms.ChoiceField(label="Bids by", choices=choices, required=required)
