"""/o/<slug>/experiments: drafted, started and stopped, and read at any moment.

The operator has its own, an advertiser those on the bid rules of its campaigns: nobody finds anybody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import money, percent
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.core.menu import ADVERTISERS, OPERATORS
from accounts.core.money import MICROS
from accounts.portal.cursors import id_of
from accounts.portal.pages import page, to, url_of
from accounts.portal.visits import PortalRequest
from campaigns.core.told import tell_bid
from campaigns.selectors import bid_rules_of, get_campaign, list_campaigns, names_of
from reporting.experiments import Results, results_of, whose, writes
from reporting.web.experiment_forms import SETTINGS, ArmsForm, BidRuleForm, ExperimentForm
from scoring import experiments as services
from scoring.core.arms import BID_RULE, COSTS, KINDS, METRICS, RATES, UNITS
from scoring.core.comparison import Difference, compare, in_words
from scoring.core.experiments import Interval
from scoring.experiments import ExperimentFacts
from scoring.selectors import list_versions

READ, WRITE, OPERATE = "campaigns:read", "campaigns:write", "exchange:operate"
ASKING = ADVERTISERS | OPERATORS
WEIGHTS = {f"arms_{row}_weight": 1 for row in range(2)}
EVERYTHING = (Interval(0.0, 1.0), Interval(-1.0, 1.0))
VERDICTS = {
    "better": ("ok", "Better", "circle-check"), "worse": ("bad", "Worse", "circle-x"), "open": ("quiet", "Open", "circle-dot"),
    "safe": ("ok", "Safe", "circle-check"), "harmed": ("bad", "Broken", "triangle-alert"),
}  # fmt: skip
STATES = {
    "draft": ("quiet", "Draft", "pencil"), "running": ("accent", "Running", "circle-dot"),
    "stopped": ("quiet", "Stopped", "circle-check"),
}  # fmt: skip


@page(reads=READ, kinds=ASKING, operators=OPERATE)
def experiments(request: PortalRequest) -> HttpResponse:
    """List the experiments of this market that are the organization's own."""
    found = services.list_experiments(request.caller.mode, whose(request.caller))
    names = names_of({one.campaign_id for one in found if one.campaign_id})
    rows = [
        {"id": encode("experiment", one.experiment_id), "look": STATES[one.state], "kind": KINDS[one.wish.kind], "one": one,
         "where": names.get(one.campaign_id, "") if one.campaign_id else one.wish.vertical}
        for one in found
    ]  # fmt: skip
    shown = {"rows": rows, "operates": request.caller.kind == "operator", "may_write": _may_write(request)}
    return render(request, "reporting/experiments.html", shown)


@page(reads=WRITE, writes=WRITE, kinds=ASKING, operators=OPERATE)
def experiment_new(request: PortalRequest) -> HttpResponse:
    """Draft an experiment; an advertiser chooses one of its campaigns first."""
    if request.caller.kind == "operator":
        return _new_on_a_vertical(request)
    if chosen := request.GET.get("campaign"):
        return _new_on_a_campaign(request, id_of("campaign", chosen))
    shown = [
        {"id": encode("campaign", row.id), "row": row, "revisions": row.published.number if row.published else 0}
        for row in list_campaigns().order_by("-id")
    ]
    return render(request, "reporting/experiment_campaigns.html", {"rows": shown})


def _new_on_a_vertical(request: PortalRequest) -> HttpResponse:
    versions, drafted = list_versions(), {"arms_0_name": "control", **WEIGHTS}
    form = ExperimentForm(request.POST or None, verticals=services.list_verticals(), initial=drafted)
    if answer := _drafted(request, form, {}):
        return answer
    settings = [(KINDS[kind], words) for kind, words in SETTINGS.items()]
    shown = {"form": form, "url": url_of(request, "experiment_new"), "versions": versions, "settings": settings}
    return render(request, "reporting/experiment_new.html", shown, status=422 if request.method == "POST" else 200)


def _new_on_a_campaign(request: PortalRequest, campaign_id: UUID) -> HttpResponse:
    row, rules = get_campaign(campaign_id=campaign_id), bid_rules_of(campaign_id=campaign_id)
    in_force, newest = row.published.number if row.published else 0, sorted(rules, reverse=True)
    other = next((one for one in newest if one != in_force and rules[one] != rules.get(in_force)), "")
    drafted = {"arms_0_name": "control", "arms_0_setting": in_force, "arms_1_setting": other, **WEIGHTS}
    form = BidRuleForm(request.POST or None, revisions=newest, initial=drafted)
    if answer := _drafted(request, form, {"campaign_id": encode("campaign", campaign_id)}):
        return answer
    told = [(one, one == in_force, tell_bid(rules[one], request.caller.currency)) for one in newest]
    url = f"{url_of(request, 'experiment_new')}?campaign={encode('campaign', campaign_id)}"
    shown = {"form": form, "url": url, "row": row, "campaign_id": encode("campaign", campaign_id), "told": told}
    return render(request, "reporting/experiment_new.html", shown, status=422 if request.method == "POST" else 200)


def _drafted(request: PortalRequest, form: ArmsForm, subject: Mapping[str, str]) -> HttpResponse | None:
    """Draft what a form says and go to its page; None where there is nothing to draft, or it was refused."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        data = {**form.wish(), **subject}
        made = writes(request.caller).create_experiment(data=data, mode=request.caller.mode, **_who(request))
    except Problem as problem:
        form.take(problem)
        return None
    return to(request, "experiment", experiment_id=encode("experiment", made.experiment_id))


@page(reads=READ, kinds=ASKING, operators=OPERATE)
def experiment(request: PortalRequest, experiment_id: str) -> HttpResponse:
    """Show one experiment and what it says now."""
    found = services.get_experiment(id_of("experiment", experiment_id), request.caller.mode, whose(request.caller))
    results, currency = results_of(found, at=utc_now()), request.caller.currency
    shown = {"id": experiment_id, "may_write": _may_write(request), **_campaign_of(found), **_shown(results, currency)}
    return render(request, "reporting/experiment.html", shown)


def _campaign_of(found: ExperimentFacts) -> dict[str, Any]:
    """Tell of the campaign whose bid rule is tried, one that was removed by its name alone."""
    if found.campaign_id is None:
        return {}
    row = list_campaigns().filter(id=found.campaign_id).first()
    name = row.name if row else names_of({found.campaign_id}).get(found.campaign_id, "")
    return {"campaign_id": encode("campaign", found.campaign_id) if row else "", "campaign_name": name,
            "idle": found.state == "running" and (row.status if row else "archived") != "active", "campaign": row}  # fmt: skip


@page(reads=WRITE, writes=WRITE, kinds=ASKING, operators=OPERATE)
def experiment_start(request: PortalRequest, experiment_id: str) -> HttpResponse:
    """Divide the pings among the arms from now on."""
    if request.method == "POST":
        writes(request.caller).start_experiment(**_named(request, experiment_id))
        messages.success(request, "Running: every process divides its pings within two seconds.")
    return to(request, "experiment", experiment_id=experiment_id)


@page(reads=WRITE, writes=WRITE, kinds=ASKING, operators=OPERATE)
def experiment_stop(request: PortalRequest, experiment_id: str) -> HttpResponse:
    """Serve every ping as before."""
    if request.method == "POST":
        writes(request.caller).stop_experiment(**_named(request, experiment_id))
        messages.success(request, "Stopped: every ping is served as before, and what was seen stays.")
    return to(request, "experiment", experiment_id=experiment_id)


def _may_write(request: PortalRequest) -> bool:
    return (OPERATE if request.caller.kind == "operator" else WRITE) in request.member.scopes


def _who(request: PortalRequest) -> dict[str, Any]:
    return {"at": utc_now(), "organization_id": request.organization.id, "actor": request.member.actor}


def _named(request: PortalRequest, experiment_id: str) -> dict[str, Any]:
    return {"experiment_id": id_of("experiment", experiment_id), "mode": request.caller.mode, **_who(request)}


def _shown(results: Results, currency: str) -> dict[str, Any]:
    found = results.experiment
    wish, comparison = found.wish, results.comparison
    by_arm = {one.arm: one for one in comparison.differences}
    settings = {arm.name: arm for arm in wish.arms}
    arms = [
        {
            "name": one.arm, "setting": settings[one.arm].setting, "weight": settings[one.arm].weight,
            "seen": results.exposed[one.arm], "units": one.units, "figure": _figure(wish.metric, one.figure, currency),
            "interval": _range(wish.metric, one.interval, currency),
            "difference": _difference(by_arm.get(one.arm), currency),
            "cost": _figure("spend", results.costs.get(one.arm), currency),
        }
        for one in comparison.arms
    ]  # fmt: skip
    guardrails = [
        {**_difference(one, currency), "arm": one.arm, "metric": METRICS[one.metric],
         "harm_max": f"{'rise' if one.metric in COSTS else 'fall'} by {_figure(one.metric, one.harm_max, currency)}"}
        for one in comparison.guardrails
    ]  # fmt: skip
    return {
        "found": found, "wish": wish, "state": STATES[found.state], "kind": KINDS[wish.kind], "unit": UNITS[wish.unit].lower(),
        "on_a_bid_rule": wish.kind == BID_RULE,
        "metric": METRICS[wish.metric], "less_is_better": wish.metric in COSTS, "arms": arms,
        "guardrails": guardrails, "said": in_words(comparison),
        "chart": _chart(results, currency) if results.points else None,
    }  # fmt: skip


def _difference(one: Difference | None, currency: str) -> dict[str, Any]:
    if one is None:
        return {}
    return {"interval": _range(one.metric, one.interval, currency), "verdict": VERDICTS[one.verdict]}


def _figure(metric: str, value: float | None, currency: str) -> str:
    if value is None or not isfinite(value):
        return "—"
    return percent(value, 2) if metric in RATES else money(round(value * MICROS), currency)


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
