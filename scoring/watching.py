"""Look at a vertical, keep what was found, and answer what is red: the level at once, and a training is asked for.

`watch` takes the labels to be judged: those of leads that are still open make early reports weigh too much, so whoever calls it
gives mature rows (see `Labelled.matured`). The level alone may be judged earlier, from `Readings`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts import audit
from accounts.core.clock import from_ms, rfc3339
from accounts.core.errors import not_found
from accounts.core.ids import encode
from accounts.tenancy import act_as_exchange
from scoring.announcing import announce_alert
from scoring.core.delays import Readings, as_told
from scoring.core.examples import Labelled
from scoring.core.monitors.drift import Inputs
from scoring.core.monitors.importance import Importance
from scoring.core.monitors.look import AMBER, GREEN, RED, Finding, Look, Served, Since, look_at
from scoring.core.monitors.segments import Segment
from scoring.models import Alert, MonitorReport
from scoring.monitoring import AlertFacts, alert_facts, first_importance, get_alert
from scoring.selectors import newest_level

log = logging.getLogger(__name__)
RED_ALARM = "red alarm"
LEVEL, REFUSED, FAILED, VERDICT = "level", "refused", "failed", "verdict"
QUIET_LABELS = 300  # without a ring, before a red alert closes
GROWN = 1.1  # a tenth more labels are worth another training
KEPT_DAYS, SEGMENTS_KEPT_DAYS = 400, 7
COMPARED_DAYS = 28
DOOR = "monitors belong to the exchange"

Caller = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Responses:
    """What answers a red alarm at once, and what is asked for: `learning.fit_level` and `runs.request_training`, or a test's."""

    fit_level: Callable[..., float]
    request_training: Callable[..., UUID]


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look led to: its level, the alerts that rang in it, and those that closed."""

    vertical: str
    level: str
    rang: tuple[AlertFacts, ...]
    closed: tuple[AlertFacts, ...]


def watch(
    vertical: str,
    labelled: Labelled,
    served: Served,
    *,
    at: datetime,
    organization_id: UUID,
    actor: str,
    responses: Responses,
    readings: Readings | None = None,
    importance: Sequence[Importance] = (),
) -> Watched:
    """Look, store the report and its alerts, and answer red ones. `organization_id` is the operator's; rows as in `look_at`.

    The alarms on the level watch `readings`, else the labels as they were told. The level is set at once; a
    challenger is asked for and trained elsewhere. An answer that fails is noted in the alerts and raises nothing.
    """
    read = as_told(labelled) if readings is None else readings
    with act_as_exchange(DOOR):
        _one_at_a_time(vertical)
        since = _since(vertical, served.version)
        found = _importances(vertical, served.version, importance, at)
        look = look_at(labelled, served, since, read=read.rows, importance=found)
        report = _store(look, labelled, read, served, at)
        replaced = _close(_of_other_versions(look, since.version, vertical), at, organization_id, actor)
        rung = [_ring(finding, report, look, since, at, organization_id, actor) for finding in look.findings]
        waiting = _unanswered(vertical, since.version, int(labelled.mature.sum()), {alert.id for alert in rung})
        quiet = _quiet(vertical, look, {alert.id for alert in (*rung, *waiting)})
        closed = replaced + _close(quiet, at, organization_id, actor)
    if answered := [*(alert for alert in rung if alert.level == RED), *waiting]:
        caller = {"at": at, "organization_id": organization_id, "actor": actor}
        _respond(answered, since.version, read.rows, responses, caller)
    with act_as_exchange(DOOR):
        rang = tuple(get_alert(alert.id) for alert in rung)
    return Watched(vertical, look.level, rang, closed)


def seen_in(labelled: Labelled, read: Readings, served: Served) -> list[int]:
    """Say what rows a look would see: how many labels and readings, the newest of each and of the scores."""
    times = (labelled.known_at_ms, read.rows.known_at_ms, served.served_at_ms)
    return [len(labelled), len(read.rows), *(int(one.max()) if len(one) else 0 for one in times)]


def is_answer_due(vertical: str, version: str, mature: int) -> bool:
    """Say whether an open red alert waits for an answer that the next look would give. The exchange's door only."""
    return bool(_unanswered(vertical, version, mature, set()))


def acknowledge(*, alert_id: UUID, at: datetime, organization_id: UUID, actor: str) -> AlertFacts:
    """Note that somebody has seen an alert; the first one counts. Raises Problem not_found."""
    with act_as_exchange(DOOR):
        row = Alert.objects.select_for_update().filter(id=alert_id).first()
        if row is None:
            raise not_found("alert")
        if row.acknowledged_at is None:
            row.acknowledged_at, row.acknowledged_by = at, actor
            row.save(update_fields=["acknowledged_at", "acknowledged_by"])
            _record(row, "alert.acknowledged", organization_id, actor)
        return alert_facts(row)


def _one_at_a_time(vertical: str) -> None:
    """Let another look at the vertical end first, so that no label rings twice; the lock goes with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"watch {vertical}"])


def _since(vertical: str, version: str) -> Since:
    """Go on after the last red ring of this version, at the level that was set then; a new version begins anew."""
    last = Alert.objects.filter(vertical=vertical, level=RED, version=version).order_by("-rang_at", "-watched_until_ms").first()
    return Since(version) if last is None else Since(version, last.watched_until_ms, last.watched_shift)


def _importances(vertical: str, version: str, present: Sequence[Importance], at: datetime) -> tuple[Sequence[Importance], ...]:
    """Set the present importance beside that of the version's first report in the last weeks."""
    before = first_importance(vertical, version=version, since=at - timedelta(days=COMPARED_DAYS)) if present else ()
    return tuple(one for one in (before, present) if one)


def _store(look: Look, labelled: Labelled, read: Readings, served: Served, at: datetime) -> MonitorReport:
    window = labelled.served_at_ms[look.newest]
    times = {"from_at": from_ms(int(window[0])), "until_at": from_ms(int(window[-1]))} if len(window) else {}
    shared: dict[str, Any] = {
        "vertical": served.vertical, "model_version": served.version, "watched_at": at, **times,
    }  # fmt: skip
    figures = _figures(look, labelled, read, served)
    report = MonitorReport.objects.create(kind="all", rows=len(window), level=look.level, figures=figures, **shared)
    MonitorReport.objects.bulk_create(_segment_rows(look, shared))
    _forget(served.vertical, at)
    return report


def _forget(vertical: str, at: datetime) -> None:
    rows = MonitorReport.objects.filter(vertical=vertical, alerts__isnull=True)
    rows.filter(watched_at__lt=at - timedelta(days=KEPT_DAYS)).delete()
    rows.exclude(kind="all").filter(watched_at__lt=at - timedelta(days=SEGMENTS_KEPT_DAYS)).delete()


def _figures(look: Look, labelled: Labelled, read: Readings, served: Served) -> dict[str, Any]:
    surprises = look.surprises
    return {
        **asdict(look.quality),
        "mature": look.mature,
        "seen": seen_in(labelled, read, served),
        "rule": asdict(read.rule),
        "windows": [asdict(one) for one in look.windows],
        "watched": {"rows": look.watched_rows, "batches": _batches(look), "rings": [asdict(one) for one in look.watched.rings]},
        "inputs": None if look.inputs is None else asdict(look.inputs) | {"amber": look.inputs.amber},
        "spread": {"before": look.spread[0], "after": look.spread[1], "rows": len(served)},
        "importance": [asdict(one) for one in look.importance],
        "prune": look.prune,
        "surprises": {
            "low": [_surprise(one, labelled, look) for one in surprises.low_that_won],
            "high": [_surprise(one, labelled, look) for one in surprises.high_that_did_not],
            "channels": [asdict(one) for one in surprises.channels],
        },
    }


def _batches(look: Look) -> list[dict[str, Any]]:
    pairs = zip(look.watched.batches, look.batch_until_ms, strict=True)
    return [asdict(batch) | {"until_ms": until} for batch, until in pairs]


def _surprise(one: Any, labelled: Labelled, look: Look) -> dict[str, Any]:
    place = int(look.newest[one.place])
    return {"ping": encode("ping", labelled.ping_ids[place]), "probability": one.probability, "channel": one.channel}


def _segment_rows(look: Look, shared: Mapping[str, Any]) -> Iterator[MonitorReport]:
    """Make a row for each segment with labels or scores enough for any monitor."""
    judged = {(one.kind, one.key): one for one in look.segments}
    moving = {(one.kind, one.key): one.inputs for one in look.segment_inputs}
    for place in dict.fromkeys([*judged, *moving]):
        one, inputs = judged.get(place), moving.get(place)
        amber = (one is not None and one.amber) or (inputs is not None and inputs.amber)
        yield MonitorReport(
            kind=place[0],
            key=place[1],
            rows=0 if one is None else one.level.rows,
            level=AMBER if amber else GREEN,
            figures=_segment_figures(one, inputs),
            **shared,
        )


def _segment_figures(one: Segment | None, inputs: Inputs | None) -> dict[str, Any]:
    labelled = {"level": None, "metrics": None} if one is None else asdict(one)
    moved = None if inputs is None else asdict(inputs) | {"amber": inputs.amber, "columns": _amber_columns(inputs)}
    return labelled | {"inputs": moved}


def _amber_columns(inputs: Inputs) -> list[dict[str, Any]]:
    return [asdict(column) for column in inputs.columns if column.amber]


def _ring(
    finding: Finding, report: MonitorReport, look: Look, since: Since, at: datetime, organization_id: UUID, actor: str
) -> Alert:
    """Open an alert, or let the open one of its kind ring again."""
    told: dict[str, Any] = {
        "report": report, "level": finding.level, "words": finding.words, "figures": dict(finding.figures), "rang_at": at,
    }  # fmt: skip
    if finding.level == RED:
        told |= {"version": since.version, "watched_until_ms": look.watched_until_ms, "watched_shift": since.shift}
    row, opened = Alert.objects.update_or_create(
        vertical=report.vertical, kind=finding.kind, closed_at=None, defaults=told, create_defaults=told | {"opened_at": at}
    )
    if opened:
        _record(row, "alert.opened", organization_id, actor, words=finding.words)
        announce_alert(row, organization_id=organization_id)
    return row


def _of_other_versions(look: Look, version: str, vertical: str) -> list[Alert]:
    """Give the open red alerts of other versions that ring now: their rows say where watching goes on after a rollback."""
    kinds = [finding.kind for finding in look.findings if finding.level == RED]
    others = Alert.objects.select_related("report").filter(vertical=vertical, kind__in=kinds, level=RED, closed_at__isnull=True)
    return list(others.exclude(version=version))


def _quiet(vertical: str, look: Look, busy: set[UUID]) -> list[Alert]:
    """Give what is quiet and waits for no answer: amber at once, red after enough labels without a ring."""
    quiet = Alert.objects.select_related("report").filter(vertical=vertical, closed_at__isnull=True).exclude(id__in=busy)
    return [row for row in quiet if row.level == AMBER or look.watched_worth >= QUIET_LABELS]


def _close(rows: Sequence[Alert], at: datetime, organization_id: UUID, actor: str) -> tuple[AlertFacts, ...]:
    for row in rows:
        row.closed_at = at
        row.save(update_fields=["closed_at"])
        _record(row, "alert.closed", organization_id, actor)
        announce_alert(row, organization_id=organization_id)
    return tuple(alert_facts(row) for row in rows)


def note_answer(vertical: str, step: Mapping[str, Any], *, at: datetime) -> None:
    """Note what came of a training in the open red alerts that have no verdict yet."""
    with act_as_exchange(DOOR):
        rows = Alert.objects.filter(vertical=vertical, level=RED, closed_at__isnull=True)
        waiting = [row for row in rows if _last(row) != VERDICT]
    _note(waiting, step, at)


def _unanswered(vertical: str, version: str, mature: int, rung: set[UUID]) -> list[Alert]:
    """Give the open red alerts without a level or a verdict: what was refused, mostly for too few labels, waits for a tenth more.

    Any other has its training under way, or lost it, or it failed: asking again finds the one and makes up for the others.
    """
    rows = Alert.objects.filter(vertical=vertical, level=RED, closed_at__isnull=True).exclude(id__in=rung)
    return [row for row in rows if _is_due(row, version, mature)]


def _is_due(row: Alert, version: str, mature: int) -> bool:
    if _lacks_level(row, version):
        return True
    if _last(row) == REFUSED:
        return mature > GROWN * float(row.responses[-1]["mature"])
    return _last(row) != VERDICT


def _lacks_level(row: Alert, version: str) -> bool:
    """Say whether this version's level was not set since the alert rang: fitting it failed, or its process died."""
    rang = rfc3339(row.rang_at)
    return row.version == version and not any(step["what"] == LEVEL and step["at"] >= rang for step in row.responses)


def _last(row: Alert) -> str:
    return str(row.responses[-1]["what"]) if row.responses else ""


def _respond(answered: Sequence[Alert], version: str, read: Labelled, responses: Responses, caller: Caller) -> None:
    """Set the level where a ring waits for it, and ask for a challenger; the training notes the other steps."""
    vertical, failing = answered[0].vertical, "The level could not be set."
    try:
        if unset := [alert for alert in answered if _lacks_level(alert, version)]:
            _set_level(unset, version, read, responses, caller)
        failing = "No training could be asked for."
        responses.request_training(vertical=vertical, reason=RED_ALARM, **caller)
    except Exception:
        # Who operates the exchange is told of the ring all the same, and the next round tries again.
        log.exception("a red alarm of %s was not answered", vertical)
        _note(answered, {"what": FAILED, "why": failing}, caller["at"])


def _set_level(unset: Sequence[Alert], version: str, read: Labelled, responses: Responses, caller: Caller) -> None:
    with act_as_exchange(DOOR):
        before = newest_level(version)
    shift = responses.fit_level(unset[0].vertical, read, **caller)
    _note(unset, {"what": LEVEL, "from": before, "to": shift}, caller["at"], watched_shift=shift)


def _note(red: Sequence[Alert], step: Mapping[str, Any], at: datetime, **changes: Any) -> None:
    with act_as_exchange(DOOR):
        for row in Alert.objects.select_for_update().filter(id__in=[alert.id for alert in red]):
            row.responses = _with(row.responses, {**step, "at": rfc3339(at)})
            for name, value in changes.items():
                setattr(row, name, value)
            row.save(update_fields=["responses", *changes])


def _with(steps: Sequence[Mapping[str, Any]], step: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Add a step; one that says the same as the last takes its place, so that a fault of days is one line."""
    same = bool(steps) and {**steps[-1], "at": step["at"]} == step
    return [*(steps[:-1] if same else steps), step]


def _record(row: Alert, verb: str, organization_id: UUID, actor: str, **changes: Any) -> None:
    subject, about = encode("alert", row.id), {"vertical": row.vertical, "kind": row.kind}
    audit.record(organization_id=organization_id, actor=actor, verb=verb, subject=subject, changes=about | changes)
