"""Learn from a table: sentinel, candidates, calibration, choice, report. Pure; bit-equal for equal table, seed and options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.core.bounds import VennAbers, fit_venn_abers
from scoring.core.calibration import EDGE, Calibration, Choice, choose_calibration
from scoring.core.evaluation import auc, calibration_table, evaluate, gain_over_base_rate, lift, percentiles_of, top_hits
from scoring.core.features import FeatureSpec
from scoring.core.learning.allowed import unmet_notes
from scoring.core.learning.baseline import usual_recipe
from scoring.core.learning.candidates import Boosting, Learner, Predict, Sampled, learners, mean_logit
from scoring.core.learning.carrier import find_carrier
from scoring.core.learning.findings import Finding, Leaking
from scoring.core.learning.folds import grouped, newest
from scoring.core.learning.report import HITS_SHARE, SHARES, Entrant, Judged, Report, engine_words, mean_name
from scoring.core.learning.sentinel import inspect, name_all_later_columns
from scoring.core.learning.table import Refused, Table, check_labels
from scoring.core.learning.twins import Twins, find_twins, groups_of
from scoring.core.progress import Progress, silent

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

MEMBER_WITHIN = 1.03
"""Only candidates whose log loss is within so much of the best one enter the mean."""
SIMPLER_BY = 0.0005
"""A model of many parts must be better than the best single one by so much log loss to be worth its cost."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to learn: folds, seed, threads, findings allowed knowingly, candidates (none: all), the vertical the rows belong to.

    `rising` asks for a calibration without flat parts, as serving needs it.
    """

    folds: int = 5
    seed: int = 0
    threads: int = 1
    allow: Collection[str] = ()
    candidates: Sequence[str] = ()
    spec: FeatureSpec | None = None
    advertiser: str = ""
    sentinel: bool = True
    rising: bool = False


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Fitted members and a calibration map, as a function from rows (n, features) to calibrated probabilities."""

    members: tuple[Predict, ...]
    calibration: Calibration

    def raw(self, rows: Floats) -> Floats:
        """Give the mean logit of the members as a probability, before calibration."""
        return np.clip(mean_logit([member(rows) for member in self.members]), EDGE, 1 - EDGE)

    def __call__(self, rows: Floats) -> Floats:
        """Give calibrated probabilities."""
        return self.calibration.all(self.raw(rows))


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned: the report, `fitted`, which fits on all training rows the first time that somebody asks.

    `percentiles` are quantiles of the cross-fitted, calibrated answers of the training rows.
    """

    report: Report
    fitted: Callable[[], Ensemble]
    intervals: VennAbers
    percentiles: tuple[float, ...]

    def predict(self, rows: Floats) -> Floats:
        """Give the calibrated probabilities of rows of the table's features."""
        return self.fitted()(rows)


@dataclass(frozen=True, slots=True)
class Entry:
    """A candidate after cross-fitting: its members (several for a mean), raw answers, calibration and its log loss."""

    name: str
    members: tuple[Learner, ...]
    crossed: Floats
    choice: Choice
    loss: float


@dataclass(frozen=True, slots=True)
class Split:
    """Which rows train, in which `folds` (training rows,), and which judge: others, or, where `crossed`, the same ones."""

    train: Table
    judges: Table
    folds: Ints
    protocol: str
    crossed: bool

    def answers(self, entry: Entry, fitted: Callable[[], Ensemble]) -> tuple[Floats, Floats]:
        """Give raw and calibrated answers (judging rows,) of models and maps that have not seen them."""
        if self.crossed:
            return entry.crossed, entry.choice.crossed
        raw = fitted().raw(self.judges.values)
        return raw, entry.choice.calibration.all(raw)


def learn(
    table: Table,
    label: str,
    options: Options,
    *,
    xgboost: ModuleType | None = None,
    progress: Progress = silent,
) -> Learned:
    """Look for leaks, train the candidates, calibrate, choose, judge. Raises Leaking, or Refused for too few outcomes.

    With an official test set the rest trains and the set judges; with times the oldest 80 % train and the newest judge; otherwise
    every row is judged by models and maps that have not seen it.
    """
    progress(1, "looking for leaks")
    watched = watch(table, options)
    split = split_of(table, label, watched, options)
    entries = entries_of(split.train, split.folds, options, progress)
    best, reason = choose(entries)
    progress(75, f"fitting: {engine_words(best.name)}")
    fitted = cache(partial(_fitted, best, split.train))
    intervals = fit_venn_abers(best.crossed, split.train.outcomes)
    raw, answers = split.answers(best, fitted)
    low, high = intervals.all(raw)
    progress(85, "the usual recipe")
    baseline = None if xgboost is None else _baseline(xgboost, split, options)
    report = Report(
        label=label,
        positive=table.positive,
        rows=len(table),
        positives=int(table.outcomes.sum()),
        protocol=split.protocol,
        model=best.name,
        reason=reason,
        calibration=best.choice.method,
        judged=judge(answers, split.judges.outcomes),
        baseline=baseline,
        entrants=tuple(entrant_of(entry, split.train.outcomes) for entry in entries),
        interval_width=float(np.mean(high - low)),
        trees=max((member.rounds for member in best.members if isinstance(member, Boosting)), default=0),
        features=tuple(feature.name for feature in table.features),
        findings=watched.allowed,
        suspicions=watched.suspicions,
        notes=(*table.notes, *watched.notes),
        vertical="" if options.spec is None else options.spec.vertical,
        advertiser=options.advertiser,
        seed=options.seed,
    )
    progress(100, "done")
    return Learned(report, fitted, intervals, percentiles_of(best.choice.calibration.all(best.crossed)))


@dataclass(frozen=True, slots=True)
class Watched:
    """What the sentinel saw and let pass: findings allowed knowingly, suspicions, which rows are copies, notes."""

    allowed: tuple[Finding, ...] = ()
    suspicions: tuple[Finding, ...] = ()
    twins: Twins | None = None
    notes: tuple[str, ...] = ()


def watch(table: Table, options: Options) -> Watched:
    """Run the whole sentinel; raises Leaking with every finding that is not allowed."""
    if not options.sentinel:
        return Watched()
    persons = None if table.judge is not None or table.at is not None else persons_of(table)
    twins = find_twins(table, apart=persons, seed=options.seed, threads=options.threads)
    found = [
        *inspect(table, spec=options.spec, seed=options.seed),
        *find_carrier(table, seed=options.seed, threads=options.threads),
    ]
    if twins.finding is not None:
        found.append(twins.finding)
    every = name_all_later_columns(tuple(found))
    suspicions = tuple(finding for finding in every if not finding.stops)
    stopping = [finding for finding in every if finding.stops and finding.key not in options.allow]
    notes = unmet_notes(options.allow, every)
    if stopping:
        raise Leaking(tuple(stopping), suspicions, notes)
    allowed = tuple(replace(finding, evidence=f"allowed: {finding.evidence}") for finding in every if finding.stops)
    return Watched(allowed, suspicions, twins, notes)


def choose(entries: Sequence[Entry]) -> tuple[Entry, str]:
    """Choose by cross-validated log loss of calibrated answers; their mean must be better by SIMPLER_BY. Says why."""
    single = min((entry for entry in entries if len(entry.members) == 1), key=lambda entry: entry.loss)
    mean = next((entry for entry in entries if len(entry.members) > 1), None)
    if mean is None:
        return single, f"Lowest cross-validated log loss, {single.loss:.4f}." if len(entries) > 1 else "The only candidate."
    if mean.loss < single.loss - SIMPLER_BY:
        return (
            mean,
            f"Its cross-validated log loss {mean.loss:.4f} is below {single.loss:.4f} of {engine_words(single.name)},"
            " the best single model.",
        )
    return (
        single,
        f"Lowest cross-validated log loss of the single models, {single.loss:.4f}; the {engine_words(mean.name)} has"
        f" {mean.loss:.4f}.",
    )


def judge(answers: Floats, outcomes: Bools) -> Judged:
    """Give all figures of probabilities that their model made without having seen the rows."""
    hits, hits_of = top_hits(answers, outcomes, HITS_SHARE)
    table, gain = calibration_table(answers, outcomes.astype(np.float64)), gain_over_base_rate(answers, outcomes)
    lifts = tuple(lift(answers, outcomes, share) for share in SHARES)
    return Judged(evaluate(answers, outcomes), gain, lifts, hits, hits_of, table)


def _protocol(table: Table, options: Options) -> tuple[Bools | None, str]:
    if table.judge is not None:
        return table.judge, "the official test set, which trained nothing"
    if table.at is not None:
        return newest(len(table)), "the newest fifth of the rows, after training on all before"
    return None, f"{options.folds} stratified folds, every row by a model and a map that have not seen it"


def split_of(table: Table, label: str, watched: Watched, options: Options) -> Split:
    """Say which rows train and which judge; raises Refused where either holds too few outcomes."""
    held, protocol = _protocol(table, options)
    groups = _groups(table, watched)
    train, judges = (table, table) if held is None else (table.rows(~held), table.rows(held))
    check_labels(train.outcomes, label, table.positive)
    if judges.outcomes.all() or not judges.outcomes.any():
        raise Refused(f'The rows that judge, {protocol}, all have the same "{label}": no figure can be made of them.')
    folds = grouped(groups if held is None else groups[~held], train.outcomes, options.folds, options.seed)
    return Split(train, judges, folds, protocol, crossed=held is None)


def _groups(table: Table, watched: Watched) -> Ints:
    """Number what stays together, so that the figures are honest: persons, and copies that were allowed knowingly."""
    groups = persons_of(table)
    if watched.twins is None or not any(finding.check == "near_duplicates" for finding in watched.allowed):
        return groups
    return groups_of([_chained(groups), _chained(watched.twins.groups)], len(table))


def persons_of(table: Table) -> Ints:
    """Number the persons of the rows; a row that names none is one of its own."""
    return groups_of([_chained(values) for values in table.persons.values()], len(table))


def _chained(values: NDArray[Any]) -> Ints:
    """Pair each row with the next one of the same value."""
    order = np.argsort(values, kind="stable")
    same = values[order][1:] == values[order][:-1]  # NaN equals nothing, itself included
    return np.column_stack([order[:-1][same], order[1:][same]])


def entries_of(train: Table, folds: Ints, options: Options, progress: Progress) -> list[Entry]:
    """Cross-fit and calibrate every candidate, and the mean of the good ones where there are several."""
    entries = []
    candidates = learners(train.features, seed=options.seed, threads=options.threads, names=options.candidates)
    for number, learner in enumerate(candidates):
        progress(5 + 70 * number // len(candidates), f"cross-fitting: {engine_words(learner.name)}")
        crossed = learner.cross_fit(train.values, train.outcomes, folds, train.weights)
        entries.append(_entry(learner.name, (learner,), crossed, train, folds, options))
    good = [entry for entry in entries if entry.loss <= MEMBER_WITHIN * min(entry.loss for entry in entries)]
    if len(good) > 1:
        members = tuple(member for entry in good for member in entry.members)
        name = mean_name([entry.name for entry in good])
        entries.append(_entry(name, members, mean_logit([entry.crossed for entry in good]), train, folds, options))
    return entries


def _entry(name: str, members: tuple[Learner, ...], crossed: Floats, train: Table, folds: Ints, options: Options) -> Entry:
    clipped = np.clip(crossed, EDGE, 1 - EDGE)
    choice = choose_calibration(clipped, train.outcomes, folds, train.weights, rising=options.rising)
    return Entry(name, members, clipped, choice, choice.losses[choice.method])


def entrant_of(entry: Entry, outcomes: Bools) -> Entrant:
    """Say how a candidate did."""
    return Entrant(entry.name, entry.loss, auc(entry.choice.crossed, outcomes), entry.choice.method)


def _fitted(entry: Entry, train: Table) -> Ensemble:
    members = tuple(member.fit(train.values, train.outcomes, train.weights) for member in entry.members)
    return Ensemble(members, entry.choice.calibration)


def _baseline(xgboost: ModuleType, split: Split, options: Options) -> Judged:
    """Judge the usual recipe on the very same rows."""
    recipe, train = (
        Sampled("usual recipe", usual_recipe(xgboost, options.seed, options.threads), options.seed, rows_max=0),
        split.train,
    )
    if split.crossed:
        answers = recipe.cross_fit(train.values, train.outcomes, split.folds)
    else:
        answers = recipe.fit(train.values, train.outcomes)(split.judges.values)
    return judge(answers, split.judges.outcomes)
