"""The round of the monitors: every vertical with a champion is looked at, and who operates the exchange hears of what rang."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from accounts.selectors import OrganizationFacts, get_operator
from accounts.tenancy import act_as_exchange
from scoring import learning, runs
from scoring.alerting import tell
from scoring.champions import champions
from scoring.contributions import importance_by_model
from scoring.core.delays import Readings
from scoring.core.examples import Labelled
from scoring.core.features import FEATURES_VERSION, features_of
from scoring.monitoring import latest_reports, list_served
from scoring.outcomes import labelled as labelled_of
from scoring.outcomes import readings
from scoring.selectors import list_champions
from scoring.watching import DOOR, Responses, Watched, is_answer_due, seen_in, watch

log = logging.getLogger(__name__)
ACTOR = "system:monitors"
RESPONSES = Responses(learning.fit_level, runs.request_training)


def labels_of(vertical: str, width: int) -> Labelled:
    """Give the mature labelled leads of a vertical, `width` columns each: early ones would ring in a quiet market."""
    found = labelled_of(vertical).matured()
    return found if len(found) else nothing_known(vertical, width)


def readings_of(vertical: str, width: int) -> Readings:
    """Give the leads of a vertical as they were read for the level, `width` columns each."""
    found = readings(vertical)
    return found if len(found.rows) else replace(found, rows=nothing_known(vertical, width))


def watch_all(*, at: datetime) -> tuple[Watched, ...]:
    """Look at every vertical with a champion where something is new, and tell of what rang; a look that fails stops no other."""
    operator = get_operator()
    champions.refresh()  # a process that looks once an hour has the champions of an hour ago
    with act_as_exchange(DOOR):
        verticals = sorted(list_champions())
    return tuple(look for vertical in verticals for look in _looked(vertical, operator, at))


def _looked(vertical: str, operator: OrganizationFacts, at: datetime) -> Iterator[Watched]:
    try:
        look = watch_vertical(vertical, operator, at=at, responses=RESPONSES)
    except Exception:
        log.exception("the look at %s failed", vertical)
        return
    if look is not None:
        _tell(look, operator, at)
        yield look


def _tell(look: Watched, operator: OrganizationFacts, at: datetime) -> None:
    try:
        tell([alert for alert in look.rang if alert.opened_at == at], operator)
    except Exception:
        log.exception("nobody was told of the alerts of %s", look.vertical)


def watch_vertical(vertical: str, operator: OrganizationFacts, *, at: datetime, responses: Responses) -> Watched | None:
    """Look at one vertical; None where its champion cannot be loaded, or nothing is new and no red alert waits for its answer."""
    champion = champions.get(vertical)
    if champion is None:
        return None
    columns = features_of(champion.spec)
    with act_as_exchange(DOOR):
        served = list_served(vertical, version=champion.version, columns=columns)
        known, read = labels_of(vertical, len(columns)), readings_of(vertical, len(columns))
        last = next(iter(latest_reports(vertical, limit=1)), None)
        news = last is None or last.figures["seen"] != seen_in(known, read, served)
        due = news or is_answer_due(vertical, champion.version, int(known.mature.sum()))
    if not len(served) or not due:
        return None
    importance = importance_by_model(champion.version, known, served)
    return watch(
        vertical, known, served, at=at, organization_id=operator.id, actor=ACTOR, responses=responses, readings=read,
        importance=importance,
    )  # fmt: skip


def nothing_known(vertical: str, width: int) -> Labelled:
    """Give no labelled leads of a vertical, `width` columns each."""
    return Labelled.none(vertical, features_version=FEATURES_VERSION, width=width)
