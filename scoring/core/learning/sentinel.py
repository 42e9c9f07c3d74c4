"""The leakage sentinel: does a column, or a row, know what nobody knew when the lead arrived?

Every check gives findings with their evidence. docs/algorithms/training.md lists the checks, their limits, and what they were
measured on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY, Feature
from scoring.core.evaluation import auc
from scoring.core.features import FEATURES, FeatureSpec
from scoring.core.learning.derivations import DAY
from scoring.core.learning.findings import Finding
from scoring.core.learning.folds import stratified
from scoring.core.learning.names import AFTER_CONTACT, SUSPECT_NAMES, in_words
from scoring.core.learning.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SINGLE_AUC_MAX = 0.9
COPY_AUC_MIN = 0.995
MISSING_AUC_MAX = 2 / 3
MISSING_AUC_SUSPECT = 0.62
NAMED_AUC_MIN = 0.65
ALL_POSITIVE, ONE_SIDED_BASE_MAX, FILLED_MIN = 0.98, 0.6, 20
LATE_SHARE_MAX = 0.01
MIDNIGHT_GAP_MAX = 0.2
BINS = 50
SMOOTHING = 10.0
FOLDS = 5

BESIDE_THE_FIELDS = re.compile(
    r"(source|sub|lead|ping|publisher|vertical)(_?ids?)?|kind|(received|created|arrived)?_?at|time|date|timestamp|hour|weekday|month"
    r"|device|referrer|landing_page|channel|campaign|utm_\w+|ip_state"
)


def inspect(table: Table, *, spec: FeatureSpec | None = None, allow: Collection[str] = (), seed: int = 0) -> tuple[Finding, ...]:
    """Run every check of single columns; what `allow` names ("check:column") is left out. The checks of rows are in `twins`."""
    found = [*_late(table), *_midnights(table), *_missing(table), *_single(table, seed), *_outside_schema(table, spec)]
    return tuple(finding for finding in found if finding.key not in allow)


def column_strength(feature: Feature, values: Floats, outcomes: Bools, folds: Ints) -> float:
    """Give the AUC of one column alone: the out-of-fold mean outcome of its levels, or of fifty bins and of missing."""
    codes = _codes(feature, values)
    size = int(codes.max()) + 1
    answers = np.empty(len(outcomes))
    for fold in range(FOLDS):
        inside = folds == fold
        rows = np.bincount(codes[~inside], minlength=size)
        hits = np.bincount(codes[~inside], weights=outcomes[~inside], minlength=size)
        answers[inside] = ((hits + SMOOTHING * outcomes.mean()) / (rows + SMOOTHING))[codes[inside]]
    return auc(answers, outcomes)


def missing_strength(filled: Bools, outcomes: Bools) -> float:
    """Give the AUC of merely being filled, in the direction that it has."""
    gap = float(filled[outcomes].mean() - filled[~outcomes].mean())
    return 0.5 + abs(gap) / 2


def _codes(feature: Feature, values: Floats) -> Ints:
    missing = np.isnan(values)
    if feature.kind == CATEGORY:
        return np.where(missing, 0, np.nan_to_num(values) + 1).astype(np.int64)
    present = values[~missing]
    borders = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1])) if len(present) else np.empty(0)
    return np.where(missing, 0, np.searchsorted(borders, np.nan_to_num(values), side="right") + 1)


def _late(table: Table) -> Iterator[Finding]:
    """Find dates that lie after the lead's own time."""
    if table.at is None or not table.clock:
        return
    for name, moments in table.moments.items():
        said = ~np.isnan(moments)
        step = DAY if _only_days(moments[said]) or _only_days(table.at) else 1.0
        late = np.floor(moments[said] / step) > np.floor(table.at[said] / step)
        if late.sum() > max(3, LATE_SHARE_MAX * said.sum()):
            yield Finding("after_the_ping", name, f"{late.mean():.0%} of its {int(said.sum())} dates lie after the lead's time")


def _only_days(moments: Floats) -> bool:
    return not len(moments) or float(np.mean(moments % DAY == 0)) > 0.99


def _midnights(table: Table) -> Iterator[Finding]:
    """Find times whose hour is missing for one outcome: a sign that they were written by another process, later."""
    timed = dict(table.moments) | ({"(time)": table.at} if table.at is not None and table.clock else {})
    for name, moments in timed.items():
        said = ~np.isnan(moments)
        midnight, outcomes = moments[said] % DAY == 0, table.outcomes[said]
        if not 0 < outcomes.sum() < len(outcomes):
            continue
        shares = float(midnight[outcomes].mean()), float(midnight[~outcomes].mean())
        if abs(shares[0] - shares[1]) > MIDNIGHT_GAP_MAX and midnight.sum() >= 20:
            yield Finding(
                "midnight", name, f"exactly 00:00:00 in {shares[0]:.0%} of the positives and {shares[1]:.0%} of the others"
            )


def _missing(table: Table) -> Iterator[Finding]:
    for name, filled in table.filled.items():
        if filled.all() or not filled.any():
            continue
        strength = missing_strength(filled, table.outcomes)
        rates = [float(table.outcomes[part].mean()) for part in (filled, ~filled)]
        for_winners = rates[0] >= ALL_POSITIVE and table.outcomes.mean() < ONE_SIDED_BASE_MAX and filled.sum() >= FILLED_MIN
        if strength > MISSING_AUC_SUSPECT or for_winners:
            words = (
                f"positive in {rates[0]:.1%} where filled and {rates[1]:.1%} where empty: "
                f"being filled alone has AUC {strength:.3f}"
            )
            yield Finding("missingness", name, words, stops=strength > MISSING_AUC_MAX or for_winners)


def _single(table: Table, seed: int) -> Iterator[Finding]:
    """Look at each feature alone: it is the label, it is too good, or its name is one of later work and it is good."""
    folds = stratified(table.outcomes, FOLDS, seed)
    for place, feature in enumerate(table.features):
        strength = column_strength(feature, table.values[:, place], table.outcomes, folds)
        if strength >= COPY_AUC_MIN:
            yield Finding("label_copy", feature.name, f"tells the label by itself: AUC {strength:.3f}")
        elif strength > SINGLE_AUC_MAX:
            yield Finding(
                "single_feature", feature.name, f"AUC {strength:.3f} by itself; honest columns stay below {SINGLE_AUC_MAX}"
            )
        else:
            yield from _named(feature.name, strength)


def _named(name: str, strength: float) -> Iterator[Finding]:
    plain = in_words(name)
    if AFTER_CONTACT.search(plain) and strength > 0.53:
        words = f"its name is that of something known after contact, and it predicts: AUC {strength:.3f} by itself"
        yield Finding("named_after_contact", name, words, stops=strength > NAMED_AUC_MIN or plain.startswith("asymmetrique"))
    elif SUSPECT_NAMES.search(plain) and strength > NAMED_AUC_MIN:
        yield Finding(
            "named_after_contact", name, f"may change after the lead's arrival; AUC {strength:.3f} by itself", stops=False
        )


def _outside_schema(table: Table, spec: FeatureSpec | None) -> Iterator[Finding]:
    if spec is None:
        return
    stages = {_plain(field.name): field.stage for field in spec.fields}
    known = {_plain(part) for feature in FEATURES for part in (feature.name, feature.name.split(".")[-1])}
    for name in table.filled:
        stage = stages.get(_plain(name.removeprefix("lead.")))
        if stage == "post":
            yield Finding("not_in_schema", name, f"a field of the post in {spec.vertical}: no ping carries it")
        elif stage is None and _plain(name) not in known and not BESIDE_THE_FIELDS.fullmatch(_plain(name)):
            yield Finding("not_in_schema", name, f"no ping of {spec.vertical} carries it")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name).strip("_").lower()


def name_all_later_columns(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Where something stops, let columns stop whose names alone were suspicious: one leak seldom comes alone."""
    if not any(finding.stops for finding in findings):
        return findings
    return tuple(
        replace(finding, stops=True)
        if finding.check == "named_after_contact" and "known after contact" in finding.evidence
        else finding
        for finding in findings
    )
