"""Writes of scoring, and `score` itself: the one call the ping path makes.

Registry writes happen in the exchange's door, with an audit entry of the operator's organization. `actor` is as in
accounts.audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from accounts import audit
from accounts.core.clock import from_ms
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.tenancy import act_as_exchange
from scoring.announcing import announce_champion
from scoring.champions import champions
from scoring.core.arms import NOTHING, Drawn, Ping, draw
from scoring.core.examples import ServedExample, pack_features
from scoring.core.features import FEATURES_VERSION, FeatureSpec
from scoring.core.serving import Champion, Score
from scoring.models import Alias, AliasMove, Model, ModelVersion, SourceSegments
from scoring.native import load_library
from scoring.selectors import VersionFacts, get_version, previous_champion

if TYPE_CHECKING:
    from scoring.core.priors import Prior
    from scoring.core.training import Trained

ALIASES = frozenset(name for name, _ in Alias.NAMES)


@dataclass(frozen=True, slots=True)
class PriorReport:
    """What `train_missing_priors` found or made for one vertical."""

    vertical: str
    version: str
    trained: bool


def draw_arms(mode: str, vertical: str, ping: Ping, contact_keys: Mapping[str, str] | None = None) -> Drawn:
    """Say what the running experiments make of a ping; NOTHING where none runs. Raises Problem unavailable as `score` does.

    `contact_keys` are those of the full contact, where it came with the ping.
    """
    running = champions.running(mode, vertical)
    if not running:
        return NOTHING
    # A version that this process cannot serve takes no part: the champion answers, and nobody is called exposed. What is loaded
    # is looked at once, for another thread may put a version away before the ping is scored.
    loaded = champions.loaded
    served = [one for one in running if all(arm["version"] in loaded for arm in one.changes.values() if "version" in arm)]
    drawn = draw(served, ping, contact_keys)
    return replace(drawn, champion=loaded[drawn.version]) if drawn.version else drawn


def score(vertical: str, facts: Mapping[str, Any], at: datetime, champion: Champion | None = None) -> Score | None:
    """Score a validated ping by its vertical's champion, or by the one an experiment drew; None where there is none.

    `facts` has the shape of a ping's public body, `at` is its arrival (aware). Once the champions are loaded this never waits for
    PostgreSQL. Raises Problem unavailable while they could not be loaded at all.
    """
    champion = champion or champions.get(vertical)
    return None if champion is None else champion.score(facts, at, champions.context)


def warm_up() -> None:
    """Load all champions now, so that the first ping of a process does not."""
    champions.refresh()


_INSERT = """
    INSERT INTO scoring_trainingexample
        (ping_id, mode, vertical, features, probability, base_probability, model_version, source_id, sub_id, state, served_at)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::bytea[], %s::float8[], %s::float8[], %s::text[], %s::uuid[],
        %s::text[], %s::text[], %s::timestamptz[])
    ON CONFLICT (ping_id) DO NOTHING
"""


def store_examples(rows: Sequence[ServedExample]) -> int:
    """Store served scores in one statement and count the new ones; a ping that is stored already stays as it is."""
    if not rows:
        return 0
    columns: list[Any] = [
        [row.ping_id for row in rows],
        [row.mode for row in rows],
        [row.vertical for row in rows],
        [pack_features(row.features) for row in rows],
        [row.probability for row in rows],
        [row.base_probability for row in rows],
        [row.model_version for row in rows],
        [row.source_id for row in rows],
        [row.sub_id for row in rows],
        [row.state for row in rows],
        [row.served_at for row in rows],
    ]
    with act_as_exchange("examples belong to the exchange"), connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)
        return int(cursor.rowcount)


def train_prior(spec: FeatureSpec, *, at: datetime, organization_id: UUID, actor: str) -> VersionFacts:
    """Train and store the synthetic prior of a vertical, without promoting it; an equal one that exists is given back."""
    priors = _priors()
    with act_as_exchange("look for an equal prior"):
        known = _existing(spec.vertical, priors.recipe_of(spec))
    return known or _store(priors.make_prior(spec), at=at, organization_id=organization_id, actor=actor)


def train_missing_priors(
    specs: Sequence[FeatureSpec],
    *,
    at: datetime,
    organization_id: UUID,
    actor: str = "system:prepare",
    parallel: int = 2,
    **recipe: int,
) -> tuple[PriorReport, ...]:
    """Give each vertical the synthetic prior of today's features and simulator, and a champion where none serves that learned.

    Safe to repeat: what exists is skipped. Trains `parallel` verticals at a time, 2 s each. `organization_id` is the operator's;
    `recipe` may name other `rows` and another `seed` than the usual ones.
    """
    priors = _priors()
    with act_as_exchange("look for missing priors"):
        known = {spec.vertical: _existing(spec.vertical, priors.recipe_of(spec, **recipe)) for spec in specs}
    missing = [spec for spec in specs if known[spec.vertical] is None]
    made = {prior.spec.vertical: prior for prior in _make_priors(missing, parallel, recipe)}
    reports = []
    for spec in specs:
        facts = known[spec.vertical] or _store(made[spec.vertical], at=at, organization_id=organization_id, actor=actor)
        _promote_prior(facts, at=at, organization_id=organization_id, actor=actor)
        reports.append(PriorReport(spec.vertical, facts.name, spec.vertical in made))
    return tuple(reports)


def _make_priors(specs: Sequence[FeatureSpec], parallel: int, recipe: Mapping[str, int]) -> list[Prior]:
    make_prior = partial(_priors().make_prior, **recipe)
    if len(specs) < 2:
        return [make_prior(spec) for spec in specs]
    # Processes, not threads: LightGBM keeps its settings of OpenMP per process, and training twice at once in one has crashed.
    workers = ProcessPoolExecutor(max_workers=max(1, parallel), mp_context=get_context("spawn"), initializer=load_library)
    with workers:
        return list(workers.map(make_prior, specs))


def promote(
    *, version: str, at: datetime, organization_id: UUID, actor: str, alias: str = "champion", reason: str = ""
) -> VersionFacts:
    """Let an alias name a version; every process serves it within two seconds. Repeating it changes nothing.

    A challenger that becomes champion is no challenger any more. Raises Problem not_found, invalid_request, or conflict for a
    version that no process could serve.
    """
    if alias not in ALIASES:
        raise invalid([FieldError("/alias", "not_a_choice", f"Must be one of {', '.join(sorted(ALIASES))}.")])
    with act_as_exchange("the registry belongs to the exchange"):
        row = ModelVersion.objects.defer("artifact", "pipeline").select_related("model").filter(name=version).first()
        if row is None:
            raise not_found("model version")
        Model.objects.select_for_update().get(pk=row.model_id)
        _check_servable(row)
        _move(row, alias, "promoted", Mover(at, organization_id, actor, reason))
        return get_version(version)


def roll_back(*, vertical: str, at: datetime, organization_id: UUID, actor: str, reason: str = "") -> VersionFacts:
    """Give the champion's place back to the version that had it before; again goes one further back.

    Raises Problem not_found for an unknown vertical, conflict where no other version has been champion or nothing could serve it.
    """
    with act_as_exchange("the registry belongs to the exchange"):
        if not Model.objects.select_for_update().filter(vertical=vertical).exists():
            raise not_found("model")
        row = _before(vertical)
        _move(row, "champion", "rolled_back", Mover(at, organization_id, actor, reason))
        return get_version(row.name)


def get_previous_champion(vertical: str) -> VersionFacts:
    """Give the version that `roll_back` would go to; raises Problem conflict as it does."""
    return get_version(_before(vertical).name)


def _before(vertical: str) -> ModelVersion:
    """Give the version before the present champion, if it can serve."""
    before = previous_champion(vertical)
    if before is None:
        raise Problem("conflict", f"No other version has been champion of {vertical} before.")
    row = ModelVersion.objects.defer("artifact", "pipeline").select_related("model").get(id=before)
    _check_servable(row)
    return row


def _check_servable(row: ModelVersion) -> None:
    """Refuse a version whose alias every process would pass over."""
    if row.features_version != FEATURES_VERSION:
        raise Problem(
            "conflict",
            f"{row.name} was made for features {row.features_version}, this exchange computes {FEATURES_VERSION}: nothing could"
            " serve it. Train a new version.",
        )


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves an alias, when and why."""

    at: datetime
    organization_id: UUID
    actor: str
    reason: str = ""


def _move(row: ModelVersion, alias: str, kind: str, mover: Mover) -> None:
    """Let an alias name a version, with its history and its audit entry; nothing happens where it names it already."""
    present = Alias.objects.select_related("version").filter(model_id=row.model_id, name=alias).first()
    if present is not None and present.version_id == row.id:
        return
    Alias.objects.update_or_create(model_id=row.model_id, name=alias, defaults={"version_id": row.id, "moved_at": mover.at})
    if alias == "champion":
        Alias.objects.filter(model_id=row.model_id, name="challenger", version_id=row.id).delete()
    move = AliasMove.objects.create(
        model_id=row.model_id, name=alias, kind=kind, version=row, previous_id=None if present is None else present.version_id,
        actor=mover.actor, reason=mover.reason, moved_at=mover.at,
    )  # fmt: skip
    previous = None if present is None else present.version.name
    changes = {"alias": alias, "previous": previous, "to": row.name}
    if mover.reason:
        changes["reason"] = mover.reason
    record(row.model.vertical, f"model.{kind}", mover.organization_id, mover.actor, **changes)
    if alias == "champion":
        announce_champion(move, previous=previous, organization_id=mover.organization_id)


def _priors() -> ModuleType:
    # Training needs LightGBM's whole package, which a process that only serves must not pay for.
    load_library()
    from scoring.core import priors

    return priors


def _existing(vertical: str, recipe: str) -> VersionFacts | None:
    equal = ModelVersion.objects.filter(model__vertical=vertical, recipe=recipe, origin="synthetic")
    name = equal.values_list("name", flat=True).first()
    return None if name is None else get_version(name)


def _promote_prior(facts: VersionFacts, *, at: datetime, organization_id: UUID, actor: str) -> None:
    with act_as_exchange("who serves now?"):
        present = (
            Alias.objects.filter(model__vertical=facts.vertical, name="champion")
            .values_list("version__origin", "version__features_version")
            .first()
        )
    unservable = present is not None and present[1] != FEATURES_VERSION
    # A champion that learned from real outcomes gives way to a prior only where no process could load it.
    if present is None or present[0] == "synthetic" or unservable:
        reason = f"the champion was made for features {present[1]}, not {FEATURES_VERSION}" if present and unservable else ""
        promote(version=facts.name, at=at, organization_id=organization_id, actor=actor, reason=reason)


def _store(prior: Prior, *, at: datetime, organization_id: UUID, actor: str) -> VersionFacts:
    """Store a prior as the next version of its model, unless another process stored the same meanwhile."""
    spec, trained = prior.spec, prior.trained
    with act_as_exchange("the registry belongs to the exchange"), transaction.atomic():
        terms = {"outcome": spec.outcome, "horizon_days": spec.horizon_days}
        Model.objects.get_or_create(vertical=spec.vertical, defaults=terms)
        model = Model.objects.select_for_update().get(vertical=spec.vertical)
        if known := _existing(spec.vertical, prior.recipe):
            return known
        version = store_version(
            model, trained, prior.artifact, at=at, origin="synthetic", badge=_priors().BADGE, recipe=prior.recipe,
            simulator_version=_priors().SIMULATOR_VERSION, card=prior.card,
        )  # fmt: skip
        auc = round(trained.metrics.auc, 4)
        record(spec.vertical, "model.trained", organization_id, actor, version=version.name, rows=trained.rows, auc=auc)
        return get_version(version.name)


def store_version(model: Model, trained: Trained, artifact: bytes, *, at: datetime, **terms: Any) -> ModelVersion:
    """Store what was trained as the next version of a model, which the caller has locked; `terms` are its other columns.

    Everybody may read a version. Its figures by source stand apart, because they are the exchange's own.
    """
    number = (model.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    terms["card"], by_source = _apart(terms["card"])
    version = ModelVersion.objects.create(
        model=model,
        number=number,
        name=f"{model.vertical}/{number}",
        engine=trained.engine,
        features_version=FEATURES_VERSION,
        rows=trained.rows,
        positives=trained.positives,
        data_from_at=from_ms(trained.from_ms),
        data_until_at=from_ms(trained.until_ms),
        judged_from_at=from_ms(trained.judged_from_ms),
        metrics=asdict(trained.metrics),
        calibration={**asdict(trained.calibration), "table": [asdict(line) for line in trained.table]},
        rounds=trained.rounds,
        artifact=artifact,
        artifact_sha256=sha256(artifact).hexdigest(),
        pipeline=trained.pipeline,
        created_at=at,
        **terms,
    )
    if by_source:
        SourceSegments.objects.create(version=version, segments=by_source)
    return version


def _apart(card: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Give a card without its segments by source, and those."""
    by_source = [one for one in card["segments"] if one["kind"] == "source"]
    return {**card, "segments": [one for one in card["segments"] if one["kind"] != "source"]}, by_source


def record(vertical: str, verb: str, organization_id: UUID, actor: str, **changes: Any) -> None:
    """Write an entry about a model into the audit trail of the operator."""
    audit.record(organization_id=organization_id, actor=actor, verb=verb, subject=f"model:{vertical}", changes=changes)
