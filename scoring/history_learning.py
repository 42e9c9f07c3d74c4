"""From a file of past leads to a report or to its leaks: the one path that the command and the portal take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from scoring.core.features import FeatureSpec
from scoring.core.learning.findings import Finding, Leaking
from scoring.core.learning.report import Report, refused_json
from scoring.core.learning.table import Plan, Refused
from scoring.history import Progress, read_table
from scoring.native import load_library


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a file: its columns, findings allowed knowingly, the vertical of the leads, and how to learn."""

    plan: Plan
    allow: tuple[str, ...] = ()
    vertical: str | None = None
    test: Path | None = None
    folds: int = 5
    seed: int = 0
    threads: int = 1
    candidates: tuple[str, ...] = ()
    advertiser: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give what an import keeps of it."""
        plan = self.plan
        return {
            "label": plan.label, "positive": plan.positive, "time": plan.time, "drop": list(plan.drop),
            "split": None if plan.split is None else list(plan.split), "allow": list(self.allow), "vertical": self.vertical,
        }  # fmt: skip


def wish_of(kept: Mapping[str, Any], *, advertiser: str = "") -> Wish:
    """Read back what an import kept; cells of the file stay out of what comes of it."""
    split = kept["split"]
    plan = Plan(
        kept["label"], kept["positive"], kept["time"], tuple(kept["drop"]), None if split is None else (split[0], split[1]),
        quotes=False,
    )  # fmt: skip
    return Wish(plan, tuple(kept["allow"]), kept["vertical"], advertiser=advertiser)


@dataclass(frozen=True, slots=True)
class Leaks:
    """A file that was not learned from, because the sentinel found leaks that nobody has allowed."""

    rows: int
    positives: int
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    suspicions: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the keys of a report, its figures null."""
        return refused_json(self.rows, self.positives, self.findings)

    def __str__(self) -> str:
        return f"Not trained: {len(self.findings)} findings; drop the columns or allow each knowingly."


def learn_history(path: Path, wish: Wish, *, progress: Progress) -> Report | Leaks:
    """Read, look for leaks, train, calibrate, judge; raises Refused with what is wrong and what to do."""
    spec = None if wish.vertical is None else _spec_of(wish.vertical)
    table = read_table(path, wish.plan, test=wish.test, progress=progress)
    load_library()  # before the first import of LightGBM, see scoring.native
    from scoring.core.learning.learning import Options, learn

    options = Options(
        folds=wish.folds,
        seed=wish.seed,
        threads=wish.threads,
        allow=frozenset(wish.allow),
        candidates=wish.candidates,
        spec=spec,
        advertiser=wish.advertiser,
    )
    try:
        return learn(table, wish.plan.label, options, xgboost=_xgboost(), progress=progress).report
    except Leaking as leaking:
        return Leaks(len(table), int(table.outcomes.sum()), table.notes, leaking.findings, leaking.suspicions)


def verticals() -> Mapping[str, FeatureSpec]:
    """Give the verticals that leads may belong to, by slug."""
    found: dict[str, FeatureSpec] = import_string(settings.SCORING_VERTICALS)()
    return found


def _spec_of(vertical: str) -> FeatureSpec:
    known = verticals()
    if vertical not in known:
        raise Refused(f'There is no vertical "{vertical}"; there are {", ".join(sorted(known))}.')
    return known[vertical]


def _xgboost() -> ModuleType | None:
    return import_module("xgboost") if find_spec("xgboost") else None
