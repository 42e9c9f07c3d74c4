"""Reads of the registry for pages and the terminal: what serves each vertical, how versions moved, how trainings go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.core.display import signed
from accounts.core.errors import not_found
from accounts.tenancy import act_as_exchange
from scoring.models import Alias, AliasMove, Challenge, Level, Model
from scoring.selectors import RunFacts, list_levels, run_facts, training_runs

WHY = "runs belong to the exchange"
NEWEST = 20


@dataclass(frozen=True, slots=True)
class Served:
    """A vertical with what serves it: champion, challenger ("" where there is none), level, labels waiting, newest run."""

    vertical: str
    outcome: str
    horizon_days: int
    champion: str
    badge: str
    proven: bool
    metrics: Mapping[str, Any]
    challenger: str
    shift: float
    waiting: int | None
    counted_at: datetime | None
    run: RunFacts | None

    @property
    def shift_words(self) -> str:
        """Write the level with its sign; "none" where the champion has none of its own."""
        return signed(self.shift, 3) if self.shift else "none"

    @property
    def level_words(self) -> str:
        """Say at which level the champion serves, after "it serves"."""
        return f"at {self.shift_words}" if self.shift else "at the level it was trained at"

    @property
    def champion_words(self) -> str:
        """Name the champion without its vertical."""
        return _number_words(self.champion)

    @property
    def challenger_words(self) -> str:
        """Name the challenger without its vertical."""
        return _number_words(self.challenger)

    @property
    def said(self) -> str:
        """Say what its scores mean."""
        return f"Chance of “{self.outcome}” within {self.horizon_days} days."


@dataclass(frozen=True, slots=True)
class Move:
    """One move of an alias."""

    alias: str
    kind: str
    version: str
    previous: str
    actor: str
    reason: str
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class LevelFit:
    """One fit of a level."""

    version: str
    before: float
    shift: float
    labels: int
    positives: int
    expected: float
    fitted_at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """One challenge and its end."""

    champion: str
    challenger: str
    rows: int
    champion_loss: float
    challenger_loss: float
    z: float
    won: bool
    judged_at: datetime


def list_served() -> tuple[Served, ...]:
    """List every vertical that has a model, by name."""
    named: dict[str, dict[str, Any]] = {}
    fields = ("model__vertical", "name", "version__name", "version__badge", "version__proven", "version__metrics")
    for vertical, name, *facts in Alias.objects.values_list(*fields):
        named.setdefault(vertical, {})[name] = facts
    levels = list_levels([found["champion"][0] for found in named.values() if "champion" in found])
    newest = _newest_training_runs()
    return tuple(
        _served(model, named.get(model.vertical, {}), levels, newest.get(model.vertical))
        for model in Model.objects.order_by("vertical")
    )


def get_served(vertical: str) -> Served:
    """Give one vertical; raises Problem not_found."""
    found = next((one for one in list_served() if one.vertical == vertical), None)
    if found is None:
        raise not_found("model")
    return found


def list_runs(vertical: str) -> tuple[RunFacts, ...]:
    """List the newest trainings of a vertical, newest first."""
    with act_as_exchange(WHY):
        return tuple(run_facts(row) for row in training_runs().filter(vertical=vertical).order_by("-id")[:NEWEST])


def list_moves(vertical: str) -> tuple[Move, ...]:
    """List how the aliases of a vertical moved, newest first."""
    fields = ("name", "kind", "version__name", "previous__name", "actor", "reason", "moved_at")
    rows = AliasMove.objects.filter(model__vertical=vertical).order_by("-id").values_list(*fields)[:NEWEST]
    return tuple(Move(alias, kind, version, before or "", *rest) for alias, kind, version, before, *rest in rows)


def list_level_fits(vertical: str, *, limit: int = NEWEST) -> tuple[LevelFit, ...]:
    """List how the level of a vertical moved, newest first."""
    fields = ("version__name", "before", "shift", "labels", "positives", "expected", "fitted_at")
    rows = Level.objects.filter(version__model__vertical=vertical).order_by("-id").values_list(*fields)[:limit]
    return tuple(LevelFit(*row) for row in rows)


def list_challenges(vertical: str) -> tuple[Judgement, ...]:
    """List the challenges of a vertical, newest first."""
    fields = ("champion__name", "challenger__name", "rows", "champion_loss", "challenger_loss", "z", "won", "judged_at")
    rows = Challenge.objects.filter(model__vertical=vertical).order_by("-id").values_list(*fields)[:NEWEST]
    return tuple(Judgement(*row) for row in rows)


def _number_words(version: str) -> str:
    return f"version {version.rpartition('/')[2]}" if version else "none"


def _newest_training_runs() -> dict[str, RunFacts]:
    with act_as_exchange(WHY):
        return {row.vertical: run_facts(row) for row in training_runs().order_by("vertical", "-id").distinct("vertical")}


def _served(model: Model, named: Mapping[str, Any], levels: Mapping[str, float], run: RunFacts | None) -> Served:
    champion, badge, proven, metrics = named.get("champion", ("", "", False, {}))
    return Served(
        model.vertical, model.outcome, model.horizon_days, champion, badge, proven, metrics,
        named.get("challenger", ("",))[0], levels.get(champion, 0.0), model.waiting, model.counted_at, run,
    )  # fmt: skip
