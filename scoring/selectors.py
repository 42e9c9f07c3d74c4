"""Reads of the registry and of the examples. Registry rows are reference data: any door may read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.core.errors import not_found
from scoring.core.examples import unpack_features
from scoring.models import Alias, ModelVersion, TrainingExample


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What may be known of a model version, without its artifact. Of two aliases at most, sorted."""

    name: str
    vertical: str
    outcome: str
    horizon_days: int
    origin: str
    badge: str
    proven: bool
    recipe: str
    features_version: int
    simulator_version: int | None
    rows: int
    positives: int
    data_from_at: datetime
    data_until_at: datetime
    metrics: Mapping[str, Any]
    calibration: Mapping[str, Any]
    created_at: datetime
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What serving needs to load a version."""

    name: str
    vertical: str
    badge: str
    proven: bool
    artifact: bytes
    artifact_sha256: str


@dataclass(frozen=True, slots=True)
class Example:
    """One stored example with its vector."""

    ping_id: UUID
    mode: str
    vertical: str
    features: tuple[float, ...]
    probability: float
    model_version: str
    served_at: datetime


def list_champions() -> Mapping[str, str]:
    """Map each vertical to the name of the version that serves it."""
    return dict(Alias.objects.filter(name="champion").values_list("model__vertical", "version__name"))


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
    rows = ModelVersion.objects.defer("artifact").select_related("model").prefetch_related("aliases").order_by("-id")
    return tuple(_facts(row) for row in (rows if vertical is None else rows.filter(model__vertical=vertical)))


def get_version(name: str) -> VersionFacts:
    """Give one version by its name; raises Problem not_found."""
    row = ModelVersion.objects.defer("artifact").select_related("model").prefetch_related("aliases").filter(name=name).first()
    if row is None:
        raise not_found("model version")
    return _facts(row)


def get_example(ping_id: UUID) -> Example:
    """Give the example of a ping; raises Problem not_found. The exchange's door only."""
    row = TrainingExample.objects.filter(ping_id=ping_id).first()
    if row is None:
        raise not_found("example")
    return Example(
        ping_id=row.ping_id,
        mode=row.mode,
        vertical=row.vertical,
        features=unpack_features(bytes(row.features)),
        probability=row.probability,
        model_version=row.model_version,
        served_at=row.served_at,
    )


def _facts(row: ModelVersion) -> VersionFacts:
    return VersionFacts(
        name=row.name,
        vertical=row.model.vertical,
        outcome=row.model.outcome,
        horizon_days=row.model.horizon_days,
        origin=row.origin,
        badge=row.badge,
        proven=row.proven,
        recipe=row.recipe,
        features_version=row.features_version,
        simulator_version=row.simulator_version,
        rows=row.rows,
        positives=row.positives,
        data_from_at=row.data_from_at,
        data_until_at=row.data_until_at,
        metrics=row.metrics,
        calibration=row.calibration,
        created_at=row.created_at,
        aliases=tuple(sorted(alias.name for alias in row.aliases.all())),
    )
