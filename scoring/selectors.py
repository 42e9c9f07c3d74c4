"""Reads of the registry and of the examples. Registry rows are reference data: any door may read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet

from accounts.core.errors import not_found
from accounts.tenancy import act_as_exchange
from scoring.core.features import FEATURES_VERSION
from scoring.models import Alias, AliasMove, CampaignLayer, Level, ModelVersion, SourceSegments, TrainingRun


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What may be known of a model version, without its artifact. Of two aliases at most, sorted."""

    name: str
    vertical: str
    outcome: str
    horizon_days: int
    origin: str
    engine: str
    parent: str
    badge: str
    proven: bool
    recipe: str
    features_version: int
    simulator_version: int | None
    rows: int
    positives: int
    data_from_at: datetime
    data_until_at: datetime
    judged_from_at: datetime | None
    metrics: Mapping[str, Any]
    calibration: Mapping[str, Any]
    card: Mapping[str, Any]
    rounds: int
    created_at: datetime
    aliases: tuple[str, ...]

    @property
    def servable(self) -> bool:
        """Say whether it was made for the features that this code computes."""
        return self.features_version == FEATURES_VERSION


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What serving needs to load a version."""

    name: str
    vertical: str
    badge: str
    proven: bool
    artifact: bytes
    artifact_sha256: str


def list_champions() -> Mapping[str, str]:
    """Map each vertical to the name of the version that serves it."""
    return dict(Alias.objects.filter(name="champion").values_list("model__vertical", "version__name"))


def list_levels(versions: Collection[str]) -> Mapping[str, float]:
    """Map each of some versions to the shift of its level; one that was never fitted is not there."""
    rows = Level.objects.filter(version__name__in=versions).order_by("version_id", "-id").distinct("version_id")
    return dict(rows.values_list("version__name", "shift"))


def newest_level(version: str) -> float:
    """Give the present shift of a version; 0.0 where it was never fitted."""
    return Level.objects.filter(version__name=version).order_by("-id").values_list("shift", flat=True).first() or 0.0


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """A campaign's layer as stored; `booster` is LightGBM's text of the phases that have trees."""

    campaign_id: UUID
    vertical: str
    phase: str
    a: float
    b: float
    labels: int
    positives: int
    features_version: int
    columns: int
    booster: str


def layers_stamp() -> tuple[int, datetime | None]:
    """Say whether the layers have changed: their number and the newest fit. The exchange's door only."""
    found = CampaignLayer.objects.aggregate(count=Count("id"), newest=Max("fitted_at"))
    return found["count"], found["newest"]


def list_layers() -> tuple[StoredLayer, ...]:
    """List the layers of all campaigns that add something to their vertical. The exchange's door only."""
    fields = [one.name for one in dataclass_fields(StoredLayer)]
    rows = CampaignLayer.objects.exclude(phase="prior", b=0.0).values_list(*fields)
    return tuple(StoredLayer(*row) for row in rows)


def has_own_model(campaign_id: UUID) -> bool:
    """Say whether a model of the campaign's own has won and serves it. The exchange's door only."""
    return CampaignLayer.objects.filter(campaign_id=campaign_id, phase="local").exists()


def previous_champion(vertical: str) -> UUID | None:
    """Give the version that a rollback of the champion goes to; None where there is none.

    Champions lie in a pile: a promotion lays one on top, a rollback takes off what lies above the one it goes back to.
    """
    moves = AliasMove.objects.filter(model__vertical=vertical, name="champion").order_by("id")
    pile: list[UUID | None] = []
    for kind, version, previous in moves.values_list("kind", "version_id", "previous_id"):
        if kind == "rolled_back" and version in pile:
            while pile[-1] != version:
                pile.pop()
        else:
            pile = [*(pile or [previous]), version]
    return pile[-2] if len(pile) > 1 else None


def get_stored_model(name: str) -> StoredModel:
    """Give the artifact of a version; raises Problem not_found."""
    row = ModelVersion.objects.filter(name=name).values_list(
        "name", "model__vertical", "badge", "proven", "artifact", "artifact_sha256"
    ).first()  # fmt: skip
    if row is None:
        raise not_found("model version")
    name, vertical, badge, proven, artifact, digest = row
    return StoredModel(name, vertical, badge, proven, bytes(artifact), digest)


def list_versions(*, vertical: str | None = None) -> tuple[VersionFacts, ...]:
    """List versions, newest first."""
    rows = _versions().order_by("-id")
    return tuple(_facts(row) for row in (rows if vertical is None else rows.filter(model__vertical=vertical)))


def get_version(name: str) -> VersionFacts:
    """Give one version by its name; raises Problem not_found."""
    # PostgreSQL knows no text with a NUL in it, not even to look for.
    row = None if "\0" in name else _versions().filter(name=name).first()
    if row is None:
        raise not_found("model version")
    return _facts(row)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One training run; `version` is "" until one was stored, `open` says that it waits or goes on."""

    id: UUID
    vertical: str
    state: str
    percent: int
    stage: str
    reason: str
    actor: str
    version: str
    detail: str
    findings: tuple[dict[str, str], ...]
    asked_at: datetime
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        """Say whether it is not over yet."""
        return self.ended_at is None


def list_source_segments(version: str) -> tuple[Mapping[str, Any], ...]:
    """List how a version did on the leads of each large source; only who runs the exchange is shown them."""
    with act_as_exchange("figures by source belong to the exchange"):
        found = SourceSegments.objects.filter(version__name=version).values_list("segments", flat=True).first()
    return tuple(found or ())


def get_run(run_id: UUID) -> RunFacts:
    """Give a training run; raises Problem not_found."""
    with act_as_exchange("runs belong to the exchange"):
        row = training_runs().filter(id=run_id).first()
    if row is None:
        raise not_found("training run")
    return run_facts(row)


def training_runs() -> QuerySet[TrainingRun]:
    """Give the runs with their versions, without what is heavy. The exchange's door only."""
    return TrainingRun.objects.select_related("version").defer("version__artifact", "version__pipeline")


def run_facts(row: TrainingRun) -> RunFacts:
    """Copy what may be known of a run out of its row."""
    return RunFacts(
        row.id, row.vertical, row.state, row.percent, row.stage, row.reason, row.actor,
        "" if row.version is None else row.version.name, row.detail, tuple(row.findings), row.asked_at, row.ended_at,
    )  # fmt: skip


def _versions() -> QuerySet[ModelVersion]:
    heavy = ("artifact", "pipeline", "parent__artifact", "parent__pipeline", "parent__card")
    return ModelVersion.objects.defer(*heavy).select_related("model", "parent").prefetch_related("aliases")


def _facts(row: ModelVersion) -> VersionFacts:
    return VersionFacts(
        name=row.name,
        vertical=row.model.vertical,
        outcome=row.model.outcome,
        horizon_days=row.model.horizon_days,
        origin=row.origin,
        engine=row.engine,
        parent="" if row.parent is None else row.parent.name,
        badge=row.badge,
        proven=row.proven,
        recipe=row.recipe,
        features_version=row.features_version,
        simulator_version=row.simulator_version,
        rows=row.rows,
        positives=row.positives,
        data_from_at=row.data_from_at,
        data_until_at=row.data_until_at,
        judged_from_at=row.judged_from_at,
        metrics=row.metrics,
        calibration=row.calibration,
        card=row.card,
        rounds=row.rounds,
        created_at=row.created_at,
        aliases=tuple(sorted(alias.name for alias in row.aliases.all())),
    )
