"""Learning from outcomes: the level of a vertical, a challenger for its champion, and whether the challenger may take over.

Nothing here runs on the hot path, and nothing promotes itself that does not win on the newest mature labels. Labels are handed in
as `Labelled`, read by whoever calls. Raises TooLittle where there are not enough of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.core.clock import to_ms, utc_now
from accounts.core.errors import not_found
from accounts.core.ids import encode
from accounts.tenancy import act_as_exchange
from scoring.core.delays import newest_worth
from scoring.core.examples import Labelled, TooLittle
from scoring.core.features import FEATURES_VERSION, features_of
from scoring.core.ladder import Paired, paired_test
from scoring.core.level import WINDOW, fit_intercept, stream
from scoring.core.progress import Progress, silent
from scoring.core.serving import Champion, pack, unpack
from scoring.models import Alias, Challenge, Level, Model, ModelVersion
from scoring.native import load_library
from scoring.selectors import StoredModel, VersionFacts, get_stored_model, get_version, newest_level
from scoring.services import promote, record, store_version

if TYPE_CHECKING:
    from scoring.core.training import Rows, Trained

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LATE_LABELS = 50
CHALLENGE_ROWS, CHALLENGE_POSITIVES = 200, 20
WIN_Z = 2.0
"""A challenger must be better by so many standard errors: a chance of 1 in 44 to promote one that is only as good."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a challenger did against the champion on labels that neither has learned from, and whether it took over."""

    vertical: str
    champion: str
    challenger: str
    figures: Paired
    promoted: bool
    reason: str


def fit_level(vertical: str, labelled: Labelled, *, at: datetime, organization_id: UUID, actor: str) -> float:
    """Move the intercept of a vertical's champion to its newest 400 labels; give the shift that all processes serve within 2 s.

    Leads that were read early are worth the share of a label that they had to tell by then, so it takes more of them. Labels that
    another version served are answered anew by the champion from their stored features. 300 more labels say that the level is
    still what it was. `at` is when the labels were read: what came in later is new. Raises TooLittle without a label, Problem
    not_found where the vertical has no champion.
    """
    if not len(labelled):
        raise TooLittle(f"{vertical} has no outcome yet; its level stays.")
    newest = labelled.rows(newest_worth(labelled, WINDOW))
    outcomes, shares = newest.outcomes, newest.shares
    with act_as_exchange("who serves?"):
        name = champion_name(vertical)
        version = load_version(name)
    answers = answers_of(version, newest)
    with act_as_exchange("a level belongs to the exchange"):
        Model.objects.select_for_update().get(vertical=vertical)
        before = newest_level(name)
        shift = fit_intercept(answers, outcomes, prior=before, shares=shares)
        Level.objects.create(
            version=ModelVersion.objects.only("id").get(name=name), shift=shift, before=before, labels=len(newest),
            positives=int(outcomes.sum()), expected=float(answers @ shares), fitted_at=at,
        )  # fmt: skip
        changes = {"version": name, "labels": len(newest), "shift": {"from": round(before, 4), "to": round(shift, 4)}}
        record(vertical, "model.level_fitted", organization_id, actor, **changes)
    return shift


def train_challenger(
    vertical: str,
    labelled: Labelled,
    *,
    organization_id: UUID,
    actor: str,
    progress: Progress = silent,
) -> VersionFacts:
    """Train a version on mature labels, store it and name it challenger.

    The oldest 80 % train, the newest judge. Raises TooLittle with what is missing, Leaking with the findings of the sentinel.
    """
    load_library()  # before the first import of LightGBM's package, see scoring.native
    from scoring.core.card import card_of, is_proven, kinds_of
    from scoring.core.priors import artifact_of
    from scoring.core.training import judged_from, train

    with act_as_exchange("the champion's fields"):
        champion = champion_name(vertical)
        spec = unpack(get_stored_model(champion).artifact).spec
    features = features_of(spec)
    if labelled.features_version != FEATURES_VERSION:
        raise TooLittle(f"the labels are of features {labelled.features_version}, this code computes {FEATURES_VERSION}")
    rows, mature = _rows_of(labelled)
    progress(2, "looking for leaks")
    suspicions = _watched(rows, features) if len(rows) else ()
    trained = train(rows, features, progress=progress)
    judged = np.flatnonzero(mature)[judged_from(len(rows)) :]
    outcomes = labelled.outcomes[judged]
    sources = [encode("source", one) if one.int else "" for one in labelled.sources]
    kinds: dict[str, Sequence[str]] = {
        **kinds_of(features, labelled.features[judged]),
        "source": [sources[one] for one in judged],
    }
    card = card_of(
        trained, features, outcomes, protocol="the newest fifth of the mature labels, after training on all before", kinds=kinds,
        suspicions=suspicions, sentinel=f"asked about {len(features)} columns and {len(rows):,} rows; nothing stopped training",
    )  # fmt: skip
    terms = {"card": card, "proven": is_proven(trained.answers, outcomes, _pings(labelled, judged)), "champion": champion}
    return _store(vertical, trained, pack(artifact_of(spec, trained)), terms, organization_id=organization_id, actor=actor)


def challenge(vertical: str, labelled: Labelled, *, organization_id: UUID, actor: str) -> Verdict:
    """Let champion and challenger answer the newest mature labels, and promote the challenger if it is clearly better.

    Only labels that neither has learned from count. Both are answered as they would be served, with an intercept that follows the
    labels. Raises TooLittle, Problem not_found where there is no challenger.
    """
    with act_as_exchange("who stands against whom"):
        champion, challenger = (load_version(version_named(vertical, alias)) for alias in ("champion", "challenger"))
        window = _window(labelled, get_version(champion.version), get_version(challenger.version))
    outcomes, weights = labelled.outcomes[window], labelled.weights[window]
    pings = _pings(labelled, window)
    leads, wins = len(np.unique(pings)), len(np.unique(pings[outcomes]))
    if leads < CHALLENGE_ROWS or wins < CHALLENGE_POSITIVES:
        raise TooLittle(
            f"{leads} mature leads with {wins} outcomes that neither version has learned from; a challenge"
            f" needs {CHALLENGE_ROWS} with {CHALLENGE_POSITIVES}."
        )
    judged = labelled.rows(window)
    first, second = (_served(one, judged) for one in (champion, challenger))
    figures = paired_test(first, second, outcomes, weights, pings)
    won, reason = _judged(figures)
    verdict = Verdict(vertical, champion.version, challenger.version, figures, won, reason)
    return _close(verdict, organization_id=organization_id, actor=actor)


def champion_name(vertical: str) -> str:
    """Name the champion of a vertical; raises Problem not_found."""
    return version_named(vertical, "champion")


def version_named(vertical: str, alias: str) -> str:
    """Name the version behind an alias; raises Problem not_found."""
    name = Alias.objects.filter(model__vertical=vertical, name=alias).values_list("version__name", flat=True).first()
    if name is None:
        raise not_found(f"{alias} of {vertical}")
    return name


def load_version(name: str) -> Champion:
    """Load a stored version to let it answer; raises Problem not_found, Unservable."""
    stored: StoredModel = get_stored_model(name)
    return Champion(load_library(), unpack(stored.artifact), version=name, badge=stored.badge, proven=stored.proven)


def answers_of(version: Champion, labelled: Labelled) -> Floats:
    """Give what a version says of each label: as it was served where it served it, else anew from the stored features."""
    served = labelled.base.tolist()
    rows = zip(labelled.versions, served, labelled.features.tolist(), strict=True)
    return np.array([base if name == version.version else version.base(row) for name, base, row in rows])


def _rows_of(labelled: Labelled) -> tuple[Rows, Bools]:
    """Give the mature labels as rows in order of serving; entries of one ping are a group."""
    from scoring.core.training import Rows

    mature = labelled.mature
    picked = labelled.features[mature], labelled.outcomes[mature], labelled.served_at_ms[mature]
    return Rows(*picked, labelled.weights[mature], _pings(labelled, np.flatnonzero(mature))), mature


def _pings(labelled: Labelled, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the pings of some rows; a lead sold twice has two rows of one number."""
    _, numbers = np.unique([labelled.ping_ids[place].hex for place in places.tolist()], return_inverse=True)
    return numbers.astype(np.int64)


def _watched(rows: Rows, features: Any) -> Any:
    """Ask the sentinel about one row a ping, for a lead sold twice is no copy; gives what it suspects, raises Leaking."""
    from scoring.core.learning.learning import Options, watch

    assert rows.groups is not None
    _, firsts = np.unique(rows.groups, return_index=True)
    return watch(rows.table(features).rows(np.sort(firsts)), Options()).suspicions


def _store(
    vertical: str, trained: Trained, artifact: bytes, terms: dict[str, Any], *, organization_id: UUID, actor: str
) -> VersionFacts:
    at = utc_now()  # a training ends minutes after it began
    with act_as_exchange("the registry belongs to the exchange"):
        model = Model.objects.select_for_update().get(vertical=vertical)
        parent = ModelVersion.objects.only("id").get(name=terms["champion"])
        version = store_version(
            model, trained, artifact, at=at, origin="outcomes", badge=f"learned from {trained.rows:,} real outcomes", recipe="",
            proven=terms["proven"], card=terms["card"], parent=parent,
        )  # fmt: skip
        # Every mature label was in its hands; those that come of age from now on are counted when the labels are followed.
        Model.objects.filter(id=model.id).update(waiting=0)
        said = {"version": version.name, "engine": trained.engine, "rows": trained.rows, "auc": round(trained.metrics.auc, 4)}
        record(vertical, "model.trained", organization_id, actor, **said)
        promote(version=version.name, alias="challenger", at=at, organization_id=organization_id, actor=actor)
        return get_version(version.name)


def _window(labelled: Labelled, *versions: VersionFacts) -> NDArray[np.int64]:
    """Name the mature labels served after everything that either version learned from."""
    learned = [to_ms(one.judged_from_at) for one in versions if one.origin == "outcomes" and one.judged_from_at is not None]
    return np.flatnonzero(labelled.mature & (labelled.served_at_ms >= max(learned, default=0)))


def _served(version: Champion, judged: Labelled) -> Floats:
    """Answer as the version would be served: with an intercept that follows the labels, one to fifty leads late."""
    return stream(answers_of(version, judged), judged.outcomes, late=LATE_LABELS).answers


def _judged(figures: Paired) -> tuple[bool, str]:
    losses = f"log loss {figures.second_loss:.4f} against {figures.first_loss:.4f} on {figures.rows:,} labels, z {figures.z:+.1f}"
    if figures.z > WIN_Z:
        return True, f"The challenger wins: {losses}."
    return False, f"The champion stays: {losses}, and {WIN_Z:g} would be needed."


def _close(verdict: Verdict, *, organization_id: UUID, actor: str) -> Verdict:
    """Store and audit a verdict; a winner is promoted in the same transaction, unless somebody moved one of the two meanwhile."""
    at, names = utc_now(), {"champion": verdict.champion, "challenger": verdict.challenger}
    with act_as_exchange("a verdict belongs to the exchange"):
        model = Model.objects.select_for_update().get(vertical=verdict.vertical)
        standing = dict(Alias.objects.filter(model=model).values_list("name", "version__name"))
        if verdict.promoted and names != standing:
            verdict = replace(verdict, promoted=False, reason=f"{verdict.reason} Nothing moves: other versions stand there now.")
        ids = {alias: ModelVersion.objects.only("id").get(name=name).id for alias, name in names.items()}
        figures = asdict(verdict.figures)
        losses = {"champion_loss": figures.pop("first_loss"), "challenger_loss": figures.pop("second_loss")}
        Challenge.objects.create(
            model=model, champion_id=ids["champion"], challenger_id=ids["challenger"], **figures, **losses, won=verdict.promoted,
            reason=verdict.reason, judged_at=at,
        )  # fmt: skip
        said = {**names, "won": verdict.promoted, "rows": verdict.figures.rows, "z": round(verdict.figures.z, 2)}
        record(verdict.vertical, "model.challenged", organization_id, actor, **said)
        if verdict.promoted:
            promote(version=verdict.challenger, at=at, organization_id=organization_id, actor=actor, reason=verdict.reason)
    return verdict
