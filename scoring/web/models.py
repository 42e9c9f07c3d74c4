"""/o/<slug>/models: what serves each vertical, its versions with their cards, and the operator's three moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from accounts.core.clock import utc_now
from accounts.core.display import Status, kpi
from accounts.core.errors import Problem
from accounts.core.menu import OPERATORS
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest
from accounts.tenancy import act_as_exchange
from scoring import registry, runs, services
from scoring.core.learning.report import engine_words
from scoring.selectors import VersionFacts, get_version, list_source_segments, list_versions
from scoring.shadows import shadows_of
from scoring.web.bins import bins_chart
from scoring.web.cards import card_figures, markdown_of, segments_of
from scoring.web.reading import WHY
from scoring.web.shadows import shadows_shown

OPERATE = "exchange:operate"
RUN_LOOKS = {
    "queued": Status("Waiting", "quiet", "clock"), "running": Status("Training", "accent", "refresh-cw"),
    "done": Status("Done", "ok", "circle-check"), "refused": Status("Refused", "warn", "ban"),
    "failed": Status("Failed", "bad", "circle-alert"),
}  # fmt: skip
MOVES = {"promoted": "promoted", "rolled_back": "rolled back"}


@dataclass(frozen=True, slots=True)
class Review:
    """What a move would do, for the page that asks once more: (what, before, after) rows."""

    title: str
    verb: str
    note: str
    rows: tuple[tuple[str, str, str], ...]


@page(reads=OPERATE, kinds=OPERATORS)
def models(request: PortalRequest) -> HttpResponse:
    """List the verticals with what serves them."""
    rows = [(one, one.run and RUN_LOOKS[one.run.state]) for one in registry.list_served()]
    return render(request, "scoring/models.html", {"rows": rows})


@page(reads=OPERATE, kinds=OPERATORS)
def model(request: PortalRequest, vertical: str) -> HttpResponse:
    """Show one vertical: versions, level, challenges, trainings; a fragment's request gets only the trainings."""
    trainings = [(one, RUN_LOOKS[one.state]) for one in registry.list_runs(vertical)]
    going = any(one.open for one, _ in trainings)
    shown: dict[str, Any] = {"vertical": vertical, "runs": trainings, "going": going}
    if not request.htmx:
        shown |= _whole(vertical)
    # When the last training ends the page itself is told to come again, with its new version.
    response = render(request, "scoring/runs.html" if request.htmx else "scoring/model.html", shown)
    if request.htmx and not going:
        response.headers["HX-Refresh"] = "true"
    return response


@page(reads=OPERATE, kinds=OPERATORS)
def version(request: PortalRequest, vertical: str, number: int) -> HttpResponse:
    """Show the card of one version."""
    facts = get_version(f"{vertical}/{number}")
    with act_as_exchange(WHY):
        shadows = shadows_of(facts.name, vertical, at=utc_now())
        segments = segments_of(facts, list_source_segments(facts.name))
    shown = {
        "facts": facts, "number": number, "engine": engine_words(facts.engine), "figures": card_figures(facts),
        "chart": bins_chart(facts.calibration["table"]), "segments": segments,
        "card": facts.card,
        "candidates": [(engine_words(one["name"]), one) for one in facts.card.get("candidates", ())],
        "shadows": None if shadows is None else shadows_shown(shadows),
    }  # fmt: skip
    return render(request, "scoring/version.html", shown)


@page(reads=OPERATE, kinds=OPERATORS)
def version_card(request: PortalRequest, vertical: str, number: int) -> HttpResponse:
    """Give the card of one version as Markdown."""
    facts = get_version(f"{vertical}/{number}")
    with act_as_exchange(WHY):
        segments = segments_of(facts, list_source_segments(facts.name))
    text = markdown_of(facts, segments)
    headers = {"Content-Disposition": f'attachment; filename="{vertical}-{number}.md"'}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def version_promote(request: PortalRequest, vertical: str, number: int) -> HttpResponse:
    """Let a version serve its vertical, once it was looked at again."""
    if request.method != "POST":
        return to(request, "version", vertical=vertical, number=number)
    facts, present = get_version(f"{vertical}/{number}"), registry.get_served(vertical)
    if "confirmed" not in request.POST:
        return _ask(request, vertical, _review(f"Let {facts.name} serve?", "Promote", present.champion, facts))
    services.promote(version=facts.name, reason="by hand", **_mover(request))
    messages.success(request, f"{facts.name} serves within two seconds.")
    return to(request, "model", vertical=vertical)


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def model_roll_back(request: PortalRequest, vertical: str) -> HttpResponse:
    """Give the place back to the champion before, once it was looked at again."""
    if request.method != "POST":
        return to(request, "model", vertical=vertical)
    present = registry.get_served(vertical)
    if "confirmed" not in request.POST:
        facts = services.get_previous_champion(vertical)
        return _ask(request, vertical, _review(f"Go back to {facts.name}?", "Roll back", present.champion, facts))
    facts = services.roll_back(vertical=vertical, reason="by hand", **_mover(request))
    messages.success(request, f"{facts.name} serves again within two seconds.")
    return to(request, "model", vertical=vertical)


@page(reads=OPERATE, writes=OPERATE, kinds=OPERATORS)
def model_train(request: PortalRequest, vertical: str) -> HttpResponse:
    """Ask for a training now, once it was looked at again."""
    if request.method != "POST":
        return to(request, "model", vertical=vertical)
    present = registry.get_served(vertical)
    if "confirmed" not in request.POST:
        note = (
            "A worker learns from all mature labels. The new version serves only if it beats the champion on the newest of them."
        )
        rows = (("Challenger", present.challenger or "none", "the new version"), ("Champion", present.champion, "whoever wins"))
        return _ask(request, vertical, Review(f"Train {vertical} now?", "Train", note, rows))
    runs.request_training(vertical=vertical, reason="by hand", **_mover(request))
    messages.success(request, "Asked for. It goes on in the background; this page follows it.")
    return to(request, "model", vertical=vertical)


def _whole(vertical: str) -> dict[str, Any]:
    served = registry.get_served(vertical)
    return {
        "model": served, "numbers": _numbers(served), "may_roll_back": _may_roll_back(vertical),
        "moves": [(one, MOVES[one.kind]) for one in registry.list_moves(vertical)],
        "levels": registry.list_level_fits(vertical),
        "versions": [(one, _number(one), engine_words(one.engine)) for one in list_versions(vertical=vertical)],
        "challenges": registry.list_challenges(vertical),
    }  # fmt: skip


def _may_roll_back(vertical: str) -> bool:
    try:
        services.get_previous_champion(vertical)
    except Problem:
        return False
    return True


def _numbers(one: registry.Served) -> list[dict[str, Any]]:
    metrics = one.metrics
    auc = f"{metrics['auc_low']:.3f} to {metrics['auc_high']:.3f}" if metrics else ""
    return [
        kpi("Champion", one.champion or "none", one.badge),
        kpi("AUC", f"{metrics['auc']:.3f}" if metrics else "—", auc),
        kpi("Level", one.shift_words, "on the logit of every score" if one.shift else "scores are served as they were trained"),
        kpi("Challenger", one.challenger or "none", ""),
        kpi("Labels waiting", f"{one.waiting:,}" if one.waiting is not None else "—", "mature and shared, not learned from yet"),
    ]


def _mover(request: PortalRequest) -> dict[str, Any]:
    return {"at": utc_now(), "organization_id": request.organization.id, "actor": request.member.actor}


def _number(facts: VersionFacts) -> int:
    return int(facts.name.rpartition("/")[2])


def _review(title: str, verb: str, before: str, facts: VersionFacts) -> Review:
    old = get_version(before)
    rows = (
        ("Champion", old.name, facts.name), ("What it learned from", old.badge, facts.badge),
        ("Log loss, each on its own rows", f"{old.metrics['log_loss']:.4f}", f"{facts.metrics['log_loss']:.4f}"),
        ("Skill proven", "yes" if old.proven else "no", "yes" if facts.proven else "no"),
    )  # fmt: skip
    return Review(
        title, verb, "Every process serves it within two seconds. Its level is the one it had when it last served.", rows
    )


def _ask(request: PortalRequest, vertical: str, review: Review) -> HttpResponse:
    return render(request, "scoring/confirm.html", {"vertical": vertical, "review": review})
