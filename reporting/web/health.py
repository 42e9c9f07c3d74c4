"""/o/<slug>/health: how the exchange does, measured anew every two seconds while somebody looks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.display import Status
from accounts.core.menu import OPERATORS
from accounts.portal.pages import page
from accounts.portal.visits import PortalRequest
from exchange.core.reasons import MEANINGS, Reason
from reporting.core.vitals import (
    Level,
    Sign,
    per_minute,
    sign_of_snapshot,
    signs_of_processes,
    signs_of_queues,
    signs_of_stores,
    worst,
)
from reporting.health import current_health
from reporting.pulse import MINUTES, WHOLE, Pulse, Rate, current_pulse, version_seconds

LOOKS: dict[Level, Status] = {
    "ok": Status("OK", "ok", "circle-check"),
    "look": Status("Look", "warn", "triangle-alert"),
    "bad": Status("Bad", "bad", "circle-alert"),
}
STAGES = {"check": "Read and check", "score": "Score", "bid": "Match and bid", WHOLE: "Together"}
RECENT_MINUTES = 5


@page(reads="exchange:operate", kinds=OPERATORS)
def health(request: PortalRequest) -> HttpResponse:
    """Show rates, milliseconds, reasons, queues, processes and stores; a fragment's request gets only what ticks."""
    pulse, state = current_pulse(request.organization.mode), current_health()
    groups = _groups(pulse, state.body)
    signs = [sign for _, _, group in groups for sign in group]
    shown = {
        "pulse": pulse, "rates": [_rate(one) for one in pulse.rates], "reasons": _reasons(pulse),
        "stages": [(STAGES.get(one.stage, one.stage), one) for one in pulse.stages],
        "groups": [(title, note, [(LOOKS[sign.level], sign) for sign in group]) for title, note, group in groups],
        "level": LOOKS[worst(signs)], "wrong": [(LOOKS[sign.level], sign) for sign in signs if sign.level != "ok"],
    }  # fmt: skip
    return render(request, "reporting/health_now.html" if request.htmx else "reporting/health.html", shown)


def _groups(pulse: Pulse, body: dict[str, Any]) -> list[tuple[str, str, tuple[Sign, ...]]]:
    snapshot = sign_of_snapshot(pulse.version, pulse.version_used, version_seconds(pulse))
    return [
        ("Queues", "what waits, and since when", signs_of_queues(pulse.queues)),
        ("Stores", "what answers", (*signs_of_stores(body["checks"]), snapshot)),
        ("Processes", "as the supervisor sees them", signs_of_processes(body["processes"])),
    ]


def _rate(rate: Rate) -> dict[str, Any]:
    hour = f"{per_minute(rate.minutes, MINUTES):,.1f} over the hour"
    peak = max(rate.minutes)
    return {
        "name": rate.name, "now": f"{per_minute(rate.minutes, RECENT_MINUTES):,.1f}", "hour": hour, "line": rate.minutes,
        "said": f"{rate.name} in each of the last {MINUTES} minutes, at most {peak}",
    }  # fmt: skip


def _reasons(pulse: Pulse) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    newest = f"of the newest {pulse.pings:,} pings"
    return [
        ("Why pings got no quote", newest, [_meant(code, number) for code, number in pulse.unsold]),
        ("Why posts were not sold", f"in the last {MINUTES} minutes", [_meant(code, number) for code, number in pulse.refused]),
        ("Why deliveries fail", "trying again, or given up today", [(reason, "", number) for reason, number in pulse.failing]),
    ]


def _meant(code: str, number: int) -> tuple[str, str, int]:
    known = {reason.value for reason in Reason}
    return code.replace("_", " ") or "no reason", MEANINGS[Reason(code)].sentence if code in known else "", number
