"""When to call a bought lead, in the words of its page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from campaigns.core.schedule import DAYS
from reporting.core.advice import Advice, NextWindow, Urgency
from reporting.web.timing_words import chance, hours_of_day, lasting
from scoring.core.calling import Home
from scoring.core.timing import OWN_CALLS

HURRY_WORDS = {1: "The person wrote of hurry.", 0: "", -1: "The person wrote of no hurry."}


def card_of(advice: Advice, *, sold_at: datetime, at: datetime) -> dict[str, Any]:
    """Give what templates/reporting/lead_timing.html draws."""
    contacted = None if advice.contacted_at is None else lasting(max(0.0, (advice.contacted_at - sold_at).total_seconds() / 60))
    return {
        "state": advice.state, "contacted": contacted, "may_call_now": advice.may_call_now,
        "clock": _clock(advice.home, at) if advice.home else "",
        "wait": _hour(advice.legal_from, advice.home) if advice.may_call_now is False and advice.home else "",
        "urgency": _urgency(advice.urgency, at) if advice.urgency else None,
        "window": _window(advice.window, advice.home) if advice.window and advice.home else None,
    }  # fmt: skip


def _clock(home: Home, at: datetime) -> str:
    local = home.local(at)
    return f"{DAYS[local.weekday()].capitalize()} {local:%H:%M}, {home.zone_words(at)}"


def _hour(at: datetime | None, home: Home) -> str:
    if at is None:
        return "not within two days"
    local = home.local(at)
    return f"{DAYS[local.weekday()].capitalize()} {local:%H:%M}"


def _urgency(found: Urgency, at: datetime) -> dict[str, Any]:
    late = (at - found.by).total_seconds() / 60
    about = f"{chance(found.chance)} of first calls so soon reach somebody"
    later = f", {chance(found.chance_later)} of those after half an hour" if found.minutes < 30 else ""
    basis = (
        f"drawn from {found.own_calls:,} first calls of your own"
        if found.own
        else f"documented figures, not yours: {found.own_calls:,} of {OWN_CALLS} first calls of your own are known"
    )
    return {
        "within": lasting(found.minutes), "late": lasting(late) if late > 0 else "", "left": lasting(max(-late, 0.0)),
        "hurry": HURRY_WORDS[found.hurry], "why": f"{about}{later} ({basis}).",
    }  # fmt: skip


def _window(found: NextWindow, home: Home) -> dict[str, Any]:
    local = home.local(found.starts_at)
    hour = f"{DAYS[local.weekday()].capitalize()} {hours_of_day(local.hour)}"
    why = (
        f"The first hour in which it may be called; {found.calls:,} of {OWN_CALLS} own calls are known: too few to prefer one."
        if found.chance is None
        else f"{chance(found.chance)} of calls in it reach somebody, drawn from {found.calls:,} own calls."
    )
    return {"hour": hour, "zone": home.zone_words(found.starts_at), "why": why, "best": found.chance is not None}
