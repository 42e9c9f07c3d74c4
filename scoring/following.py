"""What follows the stream of outcomes between two trainings: levels, layers of campaigns, answers of challengers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import F

from accounts.core.clock import to_ms
from accounts.selectors import get_operator, list_pooling
from accounts.tenancy import act_as_exchange
from scoring import learning
from scoring.champions import champions
from scoring.core.delays import Rule
from scoring.core.examples import Labelled, unpack_features
from scoring.core.features import FEATURES_VERSION, features_of
from scoring.core.labels import GRACE_DAYS
from scoring.core.ladder import fit_layer, pool_intercepts
from scoring.core.level import STEP
from scoring.models import Alias, CampaignLayer, Level, Model, ModelVersion, Outcome, ShadowScore, TrainingExample
from scoring.native import load_library
from scoring.outcomes import labelled as labels_of
from scoring.outcomes import read_early, readings
from scoring.waiting import outcome_days

if TYPE_CHECKING:
    from scoring.core.learning.local import Climbed
    from scoring.core.learning.table import Table

log = logging.getLogger(__name__)
SHADOWS_MAX = 5_000
TRIED_AGAIN = timedelta(hours=1)
_failed_at: dict[str, datetime] = {}
"""When following a vertical failed in this process: all its labels are read again an hour later, not every five minutes."""


def follow_labels(*, at: datetime) -> int:
    """Follow the verticals in which 50 sales came of age or were told late since then; count the levels that moved.

    Sales that came to nothing new cost one count a vertical, and no label is read. A vertical that fails stops no other.
    """
    with act_as_exchange("who serves, and what has come of age?"):
        served = Model.objects.filter(aliases__name="champion").order_by("vertical")
        aged = {one.vertical: _of_age(one, at) for one in served.annotate(serves_since=F("aliases__moved_at"))}
    due = {vertical: who for vertical, who in aged.items() if who is None or sum(who.values()) >= STEP}
    if due:
        champions.refresh()  # labels of another version are answered by the champion, and this process may have an old one
    return sum(_followed(vertical, who, at) for vertical, who in due.items())


def _followed(vertical: str, aged: Mapping[UUID, int] | None, at: datetime) -> bool:
    if vertical in _failed_at and at < _failed_at[vertical] + TRIED_AGAIN:
        return False
    try:
        moved = follow_vertical(vertical, aged, at=at)
    except Exception:
        log.exception("following the labels of %s failed; it is tried again in an hour", vertical)
        _failed_at[vertical] = at
        return False
    _failed_at.pop(vertical, None)
    return moved


def follow_vertical(vertical: str, aged: Mapping[UUID, int] | None = None, *, at: datetime) -> bool:
    """Fit the level where 50 new readings speak about it, and the layers of campaigns; True where the level moved.

    `aged` are the advertisers with sales that came of age; None: anybody. Private ones teach their own campaigns only.
    """
    with act_as_exchange("labels belong to the exchange"):
        pooling = list_pooling()
        read_early(vertical, at=at)
        labelled, read = labels_of(vertical, weighed=False).matured(), readings(vertical)
    fit_layers(vertical, labelled, at=at)
    for advertiser in sorted((_advertisers(vertical) if aged is None else set(aged)) - pooling):
        with act_as_exchange("a private advertiser's labels serve its own campaigns"):
            own = labels_of(vertical, advertiser=advertiser, pooled_only=False, weighed=False).matured()
        fit_layers(vertical, own, at=at)
    speaks = _new_labels(vertical, read.rows) >= STEP
    if speaks:
        learning.fit_level(vertical, read.rows, at=at, organization_id=get_operator().id, actor="system:schedule")
    _count_waiting(vertical, labelled, read.rule, at)
    return speaks


def fit_layers(vertical: str, labelled: Labelled, *, at: datetime) -> int:
    """Fit the layer of every campaign that has labels, each shrunk to its advertiser's; count them.

    Layers stand on what the vertical served, so they need no fitting again when a champion changes.
    """
    load_library()  # before the first import of LightGBM's package, see scoring.native
    from scoring.core.learning.local import Climbed, climb

    table = _table_of(vertical, labelled)
    paths = [(one.hex, other.hex) for one, other in zip(labelled.advertisers, labelled.campaigns, strict=True)]
    effects = pool_intercepts(labelled.served, labelled.outcomes, paths)
    places: dict[UUID, list[int]] = {}
    for row, campaign in enumerate(labelled.campaigns):
        places.setdefault(campaign, []).append(row)
    rows = []
    for campaign, own in places.items():
        advertiser = labelled.advertisers[own[0]]
        above = effects[(advertiser.hex,)].total
        if table is None:
            climbed = Climbed(fit_layer(labelled.served[own], labelled.outcomes[own], prior=above))
        else:
            climbed = climb(table.rows(np.array(own)), labelled.served[own], prior=above)
        if climbed.findings:
            words = "; ".join(finding.evidence for finding in climbed.findings)
            log.warning("campaign %s grows no trees of its own: %s", campaign, words)
        rows.append(_row(campaign, advertiser, vertical, climbed, labelled.features.shape[1], at))
    with act_as_exchange("layers belong to the exchange"):
        changed = ("a", "b", "phase", "labels", "positives", "features_version", "columns", "booster", "fitted_at")
        CampaignLayer.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=("campaign_id", "vertical"), update_fields=changed
        )
    return len(rows)


def _table_of(vertical: str, labelled: Labelled) -> Table | None:
    """Give the labelled leads with the names of their columns; None where no serving version has such columns."""
    from scoring.core.training import Rows

    champion = champions.get(vertical)
    if champion is None or champion.width != labelled.features.shape[1]:
        return None
    return Rows(labelled.features, labelled.outcomes, labelled.served_at_ms).table(features_of(champion.spec))


def _row(campaign: UUID, advertiser: UUID, vertical: str, climbed: Climbed, columns: int, at: datetime) -> CampaignLayer:
    layer = climbed.layer
    return CampaignLayer(
        campaign_id=campaign, organization_id=advertiser, vertical=vertical, a=layer.a, b=layer.b, phase=layer.phase,
        labels=layer.labels, positives=layer.positives, features_version=FEATURES_VERSION,
        columns=columns if climbed.trees else 0, booster=climbed.trees, fitted_at=at,
    )  # fmt: skip


def score_shadows() -> int:
    """Let each challenger answer the pings that its champion served since it exists; count the answers.

    A worker does it from the stored features: they are the bytes that were served, so the answer is the same as on the hot path,
    where it would double the model's cost for something that nobody waits for. At most 5,000 a call.
    """
    count = 0
    with act_as_exchange("examples belong to the exchange"):
        # A deployment that raises the features leaves challengers behind that read other vectors: they answer nothing any more.
        present = Alias.objects.filter(name="challenger", version__features_version=FEATURES_VERSION)
        challengers = list(present.values_list("version_id", "version__name", "moved_at"))
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


_OF_AGE = """
    SELECT organization_id, count(*) FROM scoring_outcome
    WHERE mode = 'live' AND vertical = %(vertical)s
        AND (sold_at > %(since)s - %(due)s AND sold_at <= %(at)s - %(due)s
            OR sold_at > %(since)s - %(read)s AND sold_at <= %(at)s - %(read)s
            OR known_at > %(since)s AND known_at <= %(at)s AND sold_at <= %(since)s - %(due)s)
    GROUP BY organization_id
"""


def _of_age(model: Any, at: datetime) -> dict[UUID, int] | None:
    """Count the sales that came to be read or due, or were told after that, by advertiser; None: everything is new.

    Labels come of age by the clock, so the index of sales by time answers; that of reports by time finds those told late.
    """
    if model.counted_at is None or model.serves_since > model.counted_at:
        return None
    day = outcome_days(1)
    due = (model.horizon_days + GRACE_DAYS) * day
    read = due if model.read_days is None else model.read_days * day
    asked: dict[str, Any] = {"vertical": model.vertical, "since": model.counted_at, "at": at, "due": due, "read": read}
    with connection.cursor() as cursor:
        cursor.execute(_OF_AGE, asked)
        return dict(cursor.fetchall())


def _advertisers(vertical: str) -> set[UUID]:
    with act_as_exchange("who bought here?"):
        return set(Outcome.objects.filter(mode="live", vertical=vertical).values_list("organization_id", flat=True).distinct())


def _new_labels(vertical: str, labelled: Labelled) -> int:
    """Count the labels that came in since the champion's level was fitted."""
    with act_as_exchange("when was the level fitted?"):
        name = learning.champion_name(vertical)
        fitted = Level.objects.filter(version__name=name).order_by("-id").values_list("fitted_at", flat=True).first()
    return len(labelled) if fitted is None else int((labelled.known_at_ms > to_ms(fitted)).sum())


def _count_waiting(vertical: str, labelled: Labelled, rule: Rule, at: datetime) -> None:
    """Keep how many mature labels no version has learned from yet, for the page, and when leads are read."""
    with act_as_exchange("the registry belongs to the exchange"):
        learned = ModelVersion.objects.filter(model__vertical=vertical, origin="outcomes").order_by("-data_until_at")
        until = learned.values_list("data_until_at", flat=True).first()
        served = labelled.served_at_ms[labelled.mature]
        waiting = len(served) if until is None else int((served > to_ms(until)).sum())
        Model.objects.filter(vertical=vertical).update(waiting=waiting, counted_at=at, read_days=rule.day)
