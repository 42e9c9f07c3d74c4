"""From a file of past leads to a report or to its leaks: the one path that the command and the portal take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from scoring.core.progress import Progress, within
from scoring.history.reading import read_table
from scoring.native import load_library

RANGES: Mapping[str, tuple[int, int]] = {"folds": (2, 20), "threads": (1, 64), "seed": (0, 2**31 - 1)}
"""What is asked in whole numbers, and from where to where: the command and the page hold to it alike."""
FOLDS, SEED = 5, 0
READ = 10
"""Percent of a run that reading the file takes, of what is shown."""
BOTH_JUDGE = "Give a test file or a split, not both: one set of rows judges."


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a file: its columns, findings allowed knowingly, the vertical of the leads, and how to learn."""

    plan: Plan
    allow: tuple[str, ...] = ()
    vertical: str | None = None
    test: Path | None = None
    folds: int = FOLDS
    seed: int = SEED
    threads: int = 1
    candidates: tuple[str, ...] = ()
    advertiser: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give what an import keeps of it."""
        plan = self.plan
        return {
            "label": plan.label, "positive": plan.positive, "time": plan.time, "drop": list(plan.drop),
            "split": None if plan.split is None else list(plan.split), "allow": list(self.allow), "vertical": self.vertical,
            "folds": self.folds, "seed": self.seed,
        }  # fmt: skip


def out_of_range(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name each number of what is asked that lies outside of RANGES, and say how far it may go."""
    for name, (low, high) in RANGES.items():
        if name in asked and not low <= asked[name] <= high:
            yield name, f"must be {low} to {high}."


def wish_of(kept: Mapping[str, Any], *, test: Path | None = None) -> Wish:
    """Read back what an import kept; cells of the file stay out of what comes of it. Older imports kept no folds and no seed."""
    split = kept["split"]
    plan = Plan(
        kept["label"], kept["positive"], kept["time"], tuple(kept["drop"]), None if split is None else (split[0], split[1]),
        quotes=False,
    )  # fmt: skip
    numbers = {name: kept[name] for name in ("folds", "seed") if name in kept}
    return Wish(plan, tuple(kept["allow"]), kept["vertical"], test, **numbers)


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


@dataclass(frozen=True, slots=True)
class Kept:
    """A model in the form in which it is kept, and the columns of a file that it reads."""

    artifact: bytes
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a file taught: its report, and its model once somebody asks for it, for that may take another fit."""

    report: Report
    model: Callable[[], Kept]

    def as_json(self) -> dict[str, Any]:
        """Give the report as scripts read it."""
        return self.report.as_json()


def learn_history(path: Path, wish: Wish, *, progress: Progress) -> Lesson | Leaks:
    """Read, look for leaks, train, calibrate, judge; raises Refused with what is wrong and what to do."""
    spec = None if wish.vertical is None else _spec_of(wish.vertical)
    table = read_table(path, wish.plan, test=wish.test, allow=wish.allow, progress=within(progress, 0, READ))
    load_library()  # before the first import of LightGBM, see scoring.native
    from scoring.core.learning.file_model import pack, stored_of
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
        learned = learn(table, wish.plan.label, options, xgboost=_xgboost(), progress=within(progress, READ, 100))
    except Leaking as leaking:
        return Leaks(len(table), int(table.outcomes.sum()), (*table.notes, *leaking.notes), leaking.findings, leaking.suspicions)

    def model() -> Kept:
        stored = stored_of(table, learned)
        return Kept(pack(stored), stored.columns)

    return Lesson(learned.report, model)


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
