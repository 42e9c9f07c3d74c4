"""A model card: what a version was made of, how it did on rows it has not seen, and for whom; as a page and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.core.display import percent
from accounts.portal.naming import with_names
from scoring.core.learning.report import engine_words
from scoring.selectors import VersionFacts
from scoring.web.bins import COLUMNS, bins_rows

KIND_WORDS = {"state": "State", "device": "Device", "source": "Source"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a card: its value, its 95 % interval or what it compares with, and what it says."""

    name: str
    value: str
    beside: str
    says: str


def card_figures(facts: VersionFacts) -> tuple[Figure, ...]:
    """Give the figures on the rows that only judged."""
    metrics, around = facts.metrics, facts.card.get("intervals", {})
    between = _interval(metrics["auc_low"], metrics["auc_high"], 3)
    perfect = f"a perfect model shows {metrics['ece_floor']:.4f}"
    return (
        Figure("AUC", f"{metrics['auc']:.3f}", between, "a lead with the outcome ranks above one without"),
        Figure("Log loss", f"{metrics['log_loss']:.4f}", _around(around, "log_loss", 4), "less is better; decides who serves"),
        Figure("Skill", percent(metrics['skill']), "0 % is knowing the base rate only", "log loss saved against the base rate"),
        Figure("Brier", f"{metrics['brier']:.4f}", _around(around, "brier", 4), "mean squared distance from what happened"),
        Figure("ECE", f"{metrics['ece']:.4f}", perfect, "distance of predicted and observed, 15 bins"),
        Figure("Observed / expected", f"{metrics['oe']:.2f}", _around(around, "oe", 2), "1 is the right level"),
    )  # fmt: skip


def _interval(low: float, high: float, digits: int) -> str:
    return f"{low:.{digits}f} to {high:.{digits}f}"


def _around(intervals: Mapping[str, Sequence[float]], name: str, digits: int) -> str:
    if name not in intervals:
        return ""
    low, high = intervals[name]
    return _interval(low, high, digits)


def segments_of(facts: VersionFacts, by_source: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the figures of the largest groups of leads; those by source stand apart from the card. The exchange's door only."""
    found = (*facts.card.get("segments", ()), *by_source)
    names = with_names([one["name"] for one in found])
    kinds = [KIND_WORDS.get(one["kind"], one["kind"]) for one in found]
    return [{**one, "name": name, "kind_words": kind} for one, name, kind in zip(found, names, kinds, strict=True)]


def markdown_of(facts: VersionFacts, segments: Sequence[Mapping[str, Any]]) -> str:
    """Write the card as Markdown; `segments` are those of `segments_of`."""
    return "\n".join(_lines(facts, segments)) + "\n"


def _lines(facts: VersionFacts, segments: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    card = facts.card
    yield from (f"# {facts.name}", "", f"Model: {engine_words(facts.engine)}; {facts.badge}.", "")
    protocol = card.get("protocol", "rows it has not seen")
    yield f"Chance of “{facts.outcome}” within {facts.horizon_days} days. Judged on {protocol}."
    yield from ("", "## Data", "", *_table(("What", "Value"), _data_rows(facts)), "", "## Figures", "")
    figures = [(one.name, one.value, one.beside) for one in card_figures(facts)]
    yield from _table(("Figure", "Value", "95 % interval or comparison"), figures)
    yield from ("", "## Calibration", "")
    yield from _table(COLUMNS, bins_rows(facts.calibration["table"]))
    yield from ("", "## Candidates", "")
    entered = [(engine_words(one["name"]), f"{one['log_loss']:.4f}", f"{one['auc']:.3f}") for one in card.get("candidates", ())]
    yield from _table(("Candidate", "Log loss, cross-validated", "AUC"), entered)
    yield from ("", card.get("reason", ""), "", "## Segments", "")
    parts = [
        (f"{one['kind_words']} {one['name']}", f"{one['rows']:,}", f"{one['auc']:.3f}", f"{one['ece']:.4f}", f"{one['oe']:.2f}")
        for one in segments
    ]
    yield from _table(("Segment", "Leads", "AUC", "ECE", "O/E"), parts) if parts else ("No group is large enough.",)
    yield from ("", "## What counts most", "")
    yield from _table(
        ("Column", "Share of the training's gain"), [(one["words"], percent(one["share"])) for one in card.get("factors", ())]
    )
    sentinel = card.get("sentinel", {})
    yield from ("", "## Leakage sentinel", "", f"{sentinel.get('said', 'Not asked')}.".capitalize())
    yield from (f"- look: {one['check']}: {one['column']}: {one['evidence']}" for one in sentinel.get("suspicions", ()))


def _data_rows(facts: VersionFacts) -> list[tuple[str, str]]:
    return [
        ("Window", f"{facts.data_from_at:%Y-%m-%d} to {facts.data_until_at:%Y-%m-%d}"),
        ("Rows", f"{facts.rows:,}"),
        ("Positives", f"{facts.positives:,}"),
        ("Judged", f"{facts.metrics['rows']:,}"),
        ("Features", f"version {facts.features_version}"),
        ("Trained", f"{facts.created_at:%Y-%m-%d %H:%M} UTC"),
        ("Trained to replace", facts.parent or "nothing"),
        ("Skill proven on real outcomes", "yes" if facts.proven else "no"),
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
