"""What a campaign's scores have learned from, and how far its advertiser's reports carry: campaigns and scoring joined."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.tenancy import act_as_exchange
from scoring.core.labels import Coverage, late_reporters
from scoring.core.phases import Phase, phase_of
from scoring.coverage import coverage
from scoring.outcomes import LabelCounts, count_labels
from scoring.selectors import VersionFacts, get_version, has_own_model, list_champions

WHY = "a campaign of the caller's own proves that it may know how far its own reports carry"
COVERAGE_SECONDS = 60.0
NOTHING_SOLD = Coverage(sales=0, reported=0, due_sales=0, due_reported=0, days_median=None)
_known: dict[tuple[str, str], tuple[float, dict[UUID, Coverage]]] = {}


@dataclass(frozen=True, slots=True)
class Learning:
    """The version that scores a campaign's leads (None: nothing does), its labels, and how much its advertiser reports."""

    version: VersionFacts | None
    labels: LabelCounts
    phase: Phase
    coverage: Coverage
    late: bool


def learning_of(*, campaign_id: UUID, organization_id: UUID, vertical: str, mode: str, at: datetime) -> Learning:
    """Say how far a campaign has come; the caller has shown that the campaign is its own."""
    with act_as_exchange(WHY):
        name = list_champions().get(vertical)
        version = None if name is None else get_version(name)
        everybody = coverage_of_all(vertical, mode=mode, at=at)
        own = everybody.get(organization_id, NOTHING_SOLD)
        labels = count_labels(campaign_id, at=at, high_coverage=own.level == "high")
        phase = phase_of(labels.labels, labels.wins, local_champion=has_own_model(campaign_id))
    return Learning(version, labels, phase, own, organization_id in late_reporters(everybody))


def coverage_of_all(vertical: str, *, mode: str, at: datetime) -> dict[UUID, Coverage]:
    """Give the coverage of a vertical's advertisers, counted again once a minute: it takes all of their sales.

    Call it inside act_as_exchange, and tell each advertiser of its own only.
    """
    found = _known.get((vertical, mode))
    if found is None or found[0] <= time.monotonic():
        found = (time.monotonic() + COVERAGE_SECONDS, coverage(vertical, mode=mode, at=at))
        _known[vertical, mode] = found
    return found[1]


def forget_coverage() -> None:
    """Drop what is known, so that the next question counts anew."""
    _known.clear()
