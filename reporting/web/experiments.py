"""/o/<slug>/experiments: the operator drafts, starts and stops experiments, and reads what they show at any moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import money
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.menu import OPERATORS
from accounts.core.money import MICROS
from accounts.portal.cursors import id_of
from accounts.portal.forms import PortalForm
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from reporting.experiments import Results, results_of
from scoring import experiments as services
from scoring.core.arms import KINDS, METRICS, RATES, UNITS, WINDOW_DAYS, WINDOW_DAYS_MAX
from scoring.core.comparison import Difference, compare, in_words
from scoring.core.experiments import Interval
from scoring.selectors import list_versions

OPERATE = "exchange:operate"
EVERYTHING = (Interval(0.0, 1.0), Interval(-1.0, 1.0))
ARM_ROWS, GUARDRAIL_ROWS = 4, 2
ROWS: Mapping[str, tuple[str, ...]] = {"arms": ("name", "weight", "setting"), "guardrails": ("metric", "harm_max")}
ROWS_OF = {"arms": ARM_ROWS, "guardrails": GUARDRAIL_ROWS}
SETTINGS = {
    "model": "the name of a version", "floor": "the smallest price, such as 12.50 (0 for none)",
    "sharing": "to how many buyers a lead goes at most",
}  # fmt: skip
VERDICTS = {
    "better": ("ok", "Better", "circle-check"), "worse": ("bad", "Worse", "circle-x"), "open": ("quiet", "Open", "circle-dot"),
    "safe": ("ok", "Safe", "circle-check"), "harmed": ("bad", "Broken", "triangle-alert"),
}  # fmt: skip
STATES = {
    "draft": ("quiet", "Draft", "pencil"), "running": ("accent", "Running", "circle-dot"),
    "stopped": ("quiet", "Stopped", "circle-check"),
}  # fmt: skip


class ExperimentForm(PortalForm):
    """An experiment: what is asked, of which units, by which arms."""

    name = forms.CharField(label="Name", max_length=80)
    hypothesis = forms.CharField(
        label="Hypothesis", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What you expect to change, by how much, and why.",
    )  # fmt: skip
    vertical = forms.ChoiceField(label="Vertical")
    kind = forms.ChoiceField(label="What the arms set", choices=[(kind, f"{KINDS[kind]}: {SETTINGS[kind]}") for kind in KINDS])
    unit = forms.ChoiceField(label="Divided by", choices=list(UNITS.items()))
    metric = forms.ChoiceField(label="Decided by", choices=list(METRICS.items()))
    window_days = forms.IntegerField(
        label="Days in which a win counts", min_value=1, max_value=WINDOW_DAYS_MAX, initial=WINDOW_DAYS,
        help_text="A conversion is known only so many days after the ping.",
    )  # fmt: skip

    def __init__(self, *arguments: Any, verticals: tuple[str, ...], **options: Any) -> None:
        """Offer the verticals that have a model, and rows for arms and guardrails."""
        super().__init__(*arguments, **options)
        self.fields["vertical"].choices = [(one, one) for one in verticals]  # type: ignore[attr-defined]
        for row in range(ARM_ROWS):
            given = row < 2
            self.fields[f"arms_{row}_name"] = forms.CharField(label="Name", max_length=40, required=given)
            self.fields[f"arms_{row}_weight"] = forms.IntegerField(label="Weight", min_value=1, required=given)
            self.fields[f"arms_{row}_setting"] = forms.CharField(label="Setting", max_length=80, required=given)
        for row in range(GUARDRAIL_ROWS):
            choices = [("", "None"), *METRICS.items()]
            self.fields[f"guardrails_{row}_metric"] = forms.ChoiceField(label="May not fall", choices=choices, required=False)
            self.fields[f"guardrails_{row}_harm_max"] = forms.FloatField(label="by more than", min_value=0, required=False)

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


@page(reads=OPERATE, kinds=OPERATORS)
def experiments(request: PortalRequest) -> HttpResponse:
    """List the experiments of this market."""
    found = services.list_experiments(request.caller.mode)
    rows = [(encode("experiment", one.experiment_id), STATES[one.state], KINDS[one.wish.kind], one) for one in found]
    return render(request, "reporting/experiments.html", {"rows": rows, "metrics": METRICS})


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def experiment_new(request: PortalRequest) -> HttpResponse:
    """Draft an experiment."""
    versions = list_versions()
    weights = {f"arms_{row}_weight": 1 for row in range(2)}
    form = ExperimentForm(
        request.POST or None, verticals=services.list_verticals(), initial={"arms_0_name": "control", **weights}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_experiment(data=form.wish(), mode=request.caller.mode, **_who(request))
        except Problem as problem:
            form.take(problem)
        else:
            return to(request, "experiment", experiment_id=encode("experiment", made.experiment_id))
    shown = {"form": form, "versions": versions, "settings": [(KINDS[kind], words) for kind, words in SETTINGS.items()]}
    return render(request, "reporting/experiment_new.html", shown, status=422 if request.method == "POST" else 200)


@page(reads=OPERATE, kinds=OPERATORS)
def experiment(request: PortalRequest, experiment_id: str) -> HttpResponse:
    """Show one experiment and what it says now."""
    found = services.get_experiment(id_of("experiment", experiment_id), request.caller.mode)
    results, currency = results_of(found, at=utc_now()), request.caller.currency
    return render(request, "reporting/experiment.html", {"id": experiment_id, **_shown(results, currency)})


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def experiment_start(request: PortalRequest, experiment_id: str) -> HttpResponse:
    """Divide the pings among the arms from now on."""
    if request.method == "POST":
        services.start_experiment(**_named(request, experiment_id))
        messages.success(request, "Running: every process divides its pings within two seconds.")
    return to(request, "experiment", experiment_id=experiment_id)


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def experiment_stop(request: PortalRequest, experiment_id: str) -> HttpResponse:
    """Serve every ping as before."""
    if request.method == "POST":
        services.stop_experiment(**_named(request, experiment_id))
        messages.success(request, "Stopped: every ping is served as before, and what was seen stays.")
    return to(request, "experiment", experiment_id=experiment_id)


def _who(request: PortalRequest) -> dict[str, Any]:
    return {"at": utc_now(), "organization_id": request.organization.id, "actor": request.member.actor}


def _named(request: PortalRequest, experiment_id: str) -> dict[str, Any]:
    return {"experiment_id": id_of("experiment", experiment_id), "mode": request.caller.mode, **_who(request)}


def _shown(results: Results, currency: str) -> dict[str, Any]:
    found = results.experiment
    wish, comparison = found.wish, results.comparison
    by_arm = {one.arm: one for one in comparison.differences}
    settings = {arm.name: (arm.setting, arm.weight) for arm in wish.arms}
    arms = [
        {
            "name": one.arm, "setting": settings[one.arm][0], "weight": settings[one.arm][1], "seen": results.exposed[one.arm],
            "units": one.units, "figure": _figure(wish.metric, one.figure, currency),
            "interval": _range(wish.metric, one.interval, currency),
            "difference": _difference(by_arm.get(one.arm), currency),
        }
        for one in comparison.arms
    ]  # fmt: skip
    guardrails = [
        {**_difference(one, currency), "arm": one.arm, "metric": METRICS[one.metric],
         "harm_max": _figure(one.metric, one.harm_max, currency)}
        for one in comparison.guardrails
    ]  # fmt: skip
    return {
        "found": found, "wish": wish, "state": STATES[found.state], "kind": KINDS[wish.kind], "unit": UNITS[wish.unit].lower(),
        "metric": METRICS[wish.metric], "arms": arms, "guardrails": guardrails, "said": in_words(comparison),
        "chart": _chart(results, currency) if results.points else None,
    }  # fmt: skip


def _difference(one: Difference | None, currency: str) -> dict[str, Any]:
    if one is None:
        return {}
    return {"interval": _range(one.metric, one.interval, currency), "verdict": VERDICTS[one.verdict]}


def _figure(metric: str, value: float | None, currency: str) -> str:
    if value is None or not isfinite(value):
        return "—"
    return f"{value:.2%}".replace("-", "−") if metric in RATES else money(round(value * MICROS), currency)


def _range(metric: str, interval: Interval, currency: str) -> str:
    if not (isfinite(interval.low) and isfinite(interval.high)) or interval in EVERYTHING:
        return "too few units"
    return f"{_figure(metric, interval.low, currency)} to {_figure(metric, interval.high, currency)}"


def _chart(results: Results, currency: str) -> dict[str, Any]:
    """Draw each treatment's difference to the control with its interval, by the units served until then as known today."""
    wish = results.experiment.wish
    on_the_way = [(point.until, compare(wish, point.tallies).differences) for point in results.points]
    data: list[dict[str, Any]] = []
    for place, arm in enumerate(one.name for one in wish.arms[1:]):
        mine = [(until, next(one for one in found if one.arm == arm).interval) for until, found in on_the_way]
        data += _band([(until, one) for until, one in mine if isfinite(one.low) and isfinite(one.high)], arm, place + 1)
    rows = [
        [f"{until:%-d %b %H:%M}", *(_range(wish.metric, one.interval, currency) for one in found)] for until, found in on_the_way
    ]
    summary = f"{METRICS[wish.metric]} less the control's, with its interval over time. {in_words(results.comparison)}"
    return {
        "figure": {"data": data, "layout": _layout(wish.metric, currency)}, "summary": summary, "rows": rows,
        "columns": ["Units served until (UTC)", *(arm.name for arm in wish.arms[1:])],
    }  # fmt: skip


def _band(known: list[tuple[Any, Interval]], arm: str, place: int) -> list[dict[str, Any]]:
    times, colour = [until.isoformat() for until, _ in known], f"--c{place}"
    line = {"color": colour, "width": 2}
    drawn = {"type": "scatter", "mode": "lines", "x": times}
    return [
        {**drawn, "y": [one.high for _, one in known], "line": line, "name": f"{arm}, at most"},
        {**drawn, "y": [one.low for _, one in known], "line": {**line, "dash": "dot"}, "name": f"{arm}, at least"},
    ]


def _layout(metric: str, currency: str) -> dict[str, Any]:
    axis = (
        {"tickformat": "+.1%", "hoverformat": "+.2%"}
        if metric in RATES
        else {"tickformat": "+,.2f", "ticksuffix": f" {currency}"}
    )
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": {"color": "--muted", "width": 1}}
    return {
        "height": 300, "hovermode": "x unified", "shapes": [zero], "yaxis": {**axis, "zeroline": False},
        "xaxis": {"type": "date", "showgrid": False},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }  # fmt: skip
