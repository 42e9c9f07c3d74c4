"""Experiments: create, start and stop one, each with an audit entry; store who was served which arm; what processes must know.

Starting and stopping reach every process within two seconds, with the champions; those on a campaign's bid rule with the market,
which exchange/auction/experiments.py raises. An experiment is the operator's, or that of the advertiser who owns the campaign:
`advertiser_id` says whose are meant, None the operator's.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode
from accounts.tenancy import act_as, act_as_exchange
from scoring.core.arms import ADVERTISER, BID_RULE, OPERATOR, Arm, Exposed, Guardrail, Running, Wish, change_of, read_wish
from scoring.core.features import FEATURES_VERSION
from scoring.models import Experiment, Model, ModelVersion

WHY = "experiments belong to the exchange"
_INSERT = """
    INSERT INTO scoring_exposure (experiment_id, ping_id, arm, unit, served_at)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[])
    ON CONFLICT (experiment_id, ping_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class ExperimentFacts:
    """One experiment. The first arm is the control. One on a bid rule names its campaign and whose it is."""

    experiment_id: UUID
    mode: str
    state: str
    wish: Wish
    salt: str
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None
    advertiser_id: UUID | None = None
    campaign_id: UUID | None = None

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return self.wish.arms[0]


@dataclass(frozen=True, slots=True)
class Exposure:
    """A ping that was served an arm."""

    ping_id: UUID
    served_at: datetime
    exposed: Exposed


@dataclass(frozen=True, slots=True)
class Subject:
    """The campaign whose bid rule is tried, and whose it is."""

    advertiser_id: UUID
    campaign_id: UUID


def experiment_rows(mode: str, advertiser_id: UUID | None = None) -> QuerySet[Experiment]:
    """Give the experiments of a market and a side, to be cut into pages by id inside the door of whose they are."""
    return Experiment.objects.filter(mode=mode, advertiser_id=advertiser_id)


def list_experiments(mode: str, advertiser_id: UUID | None = None) -> tuple[ExperimentFacts, ...]:
    """List the experiments of a market and a side, newest first."""
    with _door(advertiser_id):
        return tuple(facts_of(row) for row in experiment_rows(mode, advertiser_id).order_by("-id"))


def get_experiment(experiment_id: UUID, mode: str, advertiser_id: UUID | None = None) -> ExperimentFacts:
    """Give one experiment of a market and a side; raises Problem not_found."""
    with _door(advertiser_id):
        row = experiment_rows(mode, advertiser_id).filter(id=experiment_id).first()
    if row is None:
        raise not_found("experiment")
    return facts_of(row)


def list_own(experiment_ids: Collection[UUID], advertiser_id: UUID) -> tuple[ExperimentFacts, ...]:
    """List those of some experiments that are an advertiser's own."""
    with act_as(advertiser_id):
        return tuple(facts_of(row) for row in Experiment.objects.filter(id__in=experiment_ids, advertiser_id=advertiser_id))


def _door(advertiser_id: UUID | None) -> AbstractContextManager[object]:
    return act_as_exchange(WHY) if advertiser_id is None else act_as(advertiser_id)


def list_verticals() -> tuple[str, ...]:
    """Name the verticals that have a model, in order: experiments run in these."""
    return tuple(Model.objects.order_by("vertical").values_list("vertical", flat=True))


def list_running() -> Mapping[tuple[str, str], tuple[Running, ...]]:
    """Give the operator's running experiments by mode and vertical. Needs the exchange's door."""
    found: dict[tuple[str, str], list[Running]] = defaultdict(list)
    for row in Experiment.objects.filter(state="running", campaign_id=None).order_by("id"):
        found[row.mode, row.vertical].append(_running(row))
    return {place: tuple(running) for place, running in found.items()}


def list_on_bid_rules(mode: str) -> Mapping[UUID, Running]:
    """Give the running experiments on bid rules by campaign: each has one at most. Needs the exchange's door."""
    rows = Experiment.objects.filter(mode=mode, state="running", kind=BID_RULE)
    return {row.campaign_id: _running(row) for row in rows if row.campaign_id is not None}


def _running(row: Experiment) -> Running:
    arms = facts_of(row).wish.arms
    weights = {arm.name: arm.weight for arm in arms}
    return Running(row.id, row.kind, row.unit, row.salt, weights, {arm.name: change_of(row.kind, arm.setting) for arm in arms})


def create_experiment(
    *, data: Mapping[str, Any], mode: str, at: datetime, organization_id: UUID, actor: str, subject: Subject | None = None
) -> ExperimentFacts:
    """Draft an experiment, the operator's or one on the bid rule of a `subject`; nothing is served by it yet.

    Raises Problem invalid_request.
    """
    wish = read_wish(data, OPERATOR if subject is None else ADVERTISER)
    with act_as_exchange(WHY):
        _check_subjects(wish)
        row = Experiment.objects.create(
            **{name: value for name, value in asdict(wish).items() if name not in {"arms", "guardrails"}},
            arms=[asdict(arm) for arm in wish.arms],
            guardrails=[asdict(one) for one in wish.guardrails],
            mode=mode,
            salt=secrets.token_hex(16),
            created_at=at,
            **({} if subject is None else asdict(subject)),
        )
        _record(row, "experiment.created", organization_id, actor, name=wish.name, kind=wish.kind, vertical=wish.vertical)
        return facts_of(row)


def start_experiment(
    *, experiment_id: UUID, mode: str, at: datetime, organization_id: UUID, actor: str, advertiser_id: UUID | None = None
) -> ExperimentFacts:
    """Let the pings of the vertical be divided among the arms. Raises Problem not_found or conflict."""
    with act_as_exchange(WHY):
        row = _locked(
            experiment_id, mode, advertiser_id, "draft", "Only a draft can be started; make a new experiment to ask again."
        )
        # A version may have gone out of use since the draft was made.
        _check_subjects(facts_of(row).wish)
        row.state, row.started_at = "running", at
        try:
            with transaction.atomic():
                row.save(update_fields=["state", "started_at"])
        except IntegrityError as error:
            where = "in this vertical" if row.campaign_id is None else "on this campaign"
            raise Problem("conflict", f"Another experiment of this kind runs {where}; stop it first.") from error
        _record(row, "experiment.started", organization_id, actor, name=row.name, kind=row.kind, vertical=row.vertical)
        return facts_of(row)


def stop_experiment(
    *, experiment_id: UUID, mode: str, at: datetime, organization_id: UUID, actor: str, advertiser_id: UUID | None = None
) -> ExperimentFacts:
    """Serve every ping as before the experiment; its exposures stay. Raises Problem not_found or conflict."""
    with act_as_exchange(WHY):
        row = _locked(experiment_id, mode, advertiser_id, "running", "Only a running experiment can be stopped.")
        row.state, row.stopped_at = "stopped", at
        row.save(update_fields=["state", "stopped_at"])
        _record(row, "experiment.stopped", organization_id, actor, name=row.name, kind=row.kind, vertical=row.vertical)
        return facts_of(row)


def store_exposures(rows: Sequence[Exposure]) -> int:
    """Store who was served which arm in one statement and count the new ones; a ping that is stored already stays as it is."""
    if not rows:
        return 0
    columns: list[Any] = [
        [row.exposed.experiment_id for row in rows],
        [row.ping_id for row in rows],
        [row.exposed.arm for row in rows],
        [row.exposed.unit for row in rows],
        [row.served_at for row in rows],
    ]
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)
        return int(cursor.rowcount)


def _locked(experiment_id: UUID, mode: str, advertiser_id: UUID | None, state: str, otherwise: str) -> Experiment:
    row = experiment_rows(mode, advertiser_id).select_for_update().filter(id=experiment_id).first()
    if row is None:
        raise not_found("experiment")
    if row.state != state:
        raise Problem("conflict", otherwise)
    return row


def _check_subjects(wish: Wish) -> None:
    """Refuse a vertical without a model, and versions that no process could serve there; bid rules need none."""
    if wish.kind == BID_RULE:
        return
    if not Model.objects.filter(vertical=wish.vertical).exists():
        raise invalid([FieldError("/vertical", "unknown", "No model is kept for this vertical.")])
    if wish.kind != "model":
        return
    served = ModelVersion.objects.filter(model__vertical=wish.vertical, features_version=FEATURES_VERSION)
    known = set(served.values_list("name", flat=True))
    errors = [
        FieldError(f"/arms/{place}/setting", "unknown", f"Choose a version that is served today: {', '.join(sorted(known))}.")
        for place, arm in enumerate(wish.arms)
        if arm.setting not in known
    ]
    if errors:
        raise invalid(errors)


def facts_of(row: Experiment) -> ExperimentFacts:
    """Give a row as a value."""
    wish = Wish(
        name=row.name,
        hypothesis=row.hypothesis,
        vertical=row.vertical,
        kind=row.kind,
        unit=row.unit,
        metric=row.metric,
        arms=tuple(Arm(**arm) for arm in row.arms),
        guardrails=tuple(Guardrail(**one) for one in row.guardrails),
        window_days=row.window_days,
    )
    return ExperimentFacts(
        row.id, row.mode, row.state, wish, row.salt, row.created_at, row.started_at, row.stopped_at, row.advertiser_id,
        row.campaign_id,
    )  # fmt: skip


def _record(row: Experiment, verb: str, organization_id: UUID, actor: str, **changes: Any) -> None:
    subject = encode("experiment", row.id)
    audit.record(organization_id=organization_id, actor=actor, verb=verb, subject=subject, changes=changes)
