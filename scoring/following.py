"""What follows the stream of outcomes between two trainings: levels, layers of campaigns, answers of challengers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from accounts.core.clock import to_ms
from accounts.selectors import get_operator
from accounts.tenancy import act_as_exchange
from scoring import learning
from scoring.core.examples import Labelled, unpack_features
from scoring.core.features import FEATURES_VERSION
from scoring.core.ladder import Layer, pool_intercepts
from scoring.core.level import STEP
from scoring.models import Alias, CampaignLayer, Level, Model, ModelVersion, ShadowScore, TrainingExample
from scoring.native import load_library
from scoring.runs import labelled_of

SHADOWS_MAX = 5_000


def follow_labels(*, at: datetime, examples: Callable[[str], Labelled] = labelled_of) -> int:
    """Fit levels that 50 new labels speak about, and the layers of campaigns; count the levels that moved."""
    with act_as_exchange("who serves?"):
        verticals = list(Model.objects.filter(aliases__name="champion").values_list("vertical", flat=True))
    operator, moved = get_operator(), 0
    for vertical in verticals:
        labelled = examples(vertical).matured()
        _count_waiting(vertical, labelled, at)
        if _new_labels(vertical, labelled) >= STEP:
            learning.fit_level(vertical, labelled, at=at, organization_id=operator.id, actor="system:schedule")
            fit_layers(vertical, labelled, at=at)
            moved += 1
    return moved


def fit_layers(vertical: str, labelled: Labelled, *, at: datetime) -> int:
    """Fit the layer of every campaign that has labels, each shrunk to its advertiser's; count them.

    Layers stand on what the vertical served, so they need no fitting again when a champion changes.
    """
    load_library()  # before the first import of LightGBM's package, see scoring.native
    from scoring.core.learning.local import climb

    paths = [(one.hex, other.hex) for one, other in zip(labelled.advertisers, labelled.campaigns, strict=True)]
    effects = pool_intercepts(labelled.served, labelled.outcomes, paths)
    places: dict[UUID, list[int]] = {}
    for row, campaign in enumerate(labelled.campaigns):
        places.setdefault(campaign, []).append(row)
    rows = []
    for campaign, own in places.items():
        advertiser = labelled.advertisers[own[0]]
        above = effects[(advertiser.hex,)].total
        layer, booster = climb(labelled.features[own], labelled.served[own], labelled.outcomes[own], prior=above)
        rows.append(_row(campaign, advertiser, vertical, layer, booster, labelled.features.shape[1], at))
    with act_as_exchange("layers belong to the exchange"):
        changed = ("a", "b", "phase", "labels", "positives", "features_version", "columns", "booster", "fitted_at")
        CampaignLayer.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=("campaign_id", "vertical"), update_fields=changed
        )
    return len(rows)


def _row(
    campaign: UUID, advertiser: UUID, vertical: str, layer: Layer, booster: str, columns: int, at: datetime
) -> CampaignLayer:
    return CampaignLayer(
        campaign_id=campaign, organization_id=advertiser, vertical=vertical, a=layer.a, b=layer.b, phase=layer.phase,
        labels=layer.labels, positives=layer.positives, features_version=FEATURES_VERSION, columns=columns if booster else 0,
        booster=booster, fitted_at=at,
    )  # fmt: skip


def score_shadows() -> int:
    """Let each challenger answer the pings that its champion served since it exists; count the answers.

    A worker does it from the stored features: they are the bytes that were served, so the answer is the same as on the hot path,
    where it would double the model's cost for something that nobody waits for. At most 5,000 a call.
    """
    count = 0
    with act_as_exchange("examples belong to the exchange"):
        challengers = list(Alias.objects.filter(name="challenger").values_list("version_id", "version__name", "moved_at"))
        for version_id, name, since in challengers:
            count += _shadow(version_id, name, since)
    return count


def _shadow(version_id: UUID, name: str, since: datetime) -> int:
    version = learning.load_version(name)
    newest = ShadowScore.objects.filter(version_id=version_id).order_by("-served_at").values_list("served_at", flat=True).first()
    examples = TrainingExample.objects.filter(mode="live", vertical=version.spec.vertical, served_at__gte=newest or since)
    found = examples.order_by("served_at").values_list("ping_id", "features", "served_at")[:SHADOWS_MAX]
    rows = [
        ShadowScore(ping_id=ping, version_id=version_id, probability=version.base(vector), served_at=at)
        for ping, features, at in found
        if len(vector := unpack_features(bytes(features))) == version.width
    ]
    before = ShadowScore.objects.filter(version_id=version_id).count()
    ShadowScore.objects.bulk_create(rows, ignore_conflicts=True)
    return ShadowScore.objects.filter(version_id=version_id).count() - before


def _new_labels(vertical: str, labelled: Labelled) -> int:
    """Count the labels that came in since the champion's level was fitted."""
    with act_as_exchange("when was the level fitted?"):
        name = learning.champion_name(vertical)
        fitted = Level.objects.filter(version__name=name).order_by("-id").values_list("fitted_at", flat=True).first()
    return len(labelled) if fitted is None else int((labelled.known_at_ms > to_ms(fitted)).sum())


def _count_waiting(vertical: str, labelled: Labelled, at: datetime) -> None:
    """Keep how many mature labels no version has learned from yet, for the page."""
    with act_as_exchange("the registry belongs to the exchange"):
        learned = ModelVersion.objects.filter(model__vertical=vertical, origin="outcomes").order_by("-data_until_at")
        until = learned.values_list("data_until_at", flat=True).first()
        served = labelled.served_at_ms[labelled.mature]
        waiting = len(served) if until is None else int((served > to_ms(until)).sum())
        Model.objects.filter(vertical=vertical).update(waiting=waiting, counted_at=at)
