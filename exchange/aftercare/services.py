"""Writes of aftercare: reports of advertisers on what they bought, each kept once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from accounts import audit
from accounts.core.errors import FieldError, Problem, invalid
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as
from campaigns.verticals import load_verticals
from exchange.aftercare.models import Disposition
from exchange.aftercare.outcomes import tell_outcomes
from exchange.aftercare.selectors import DispositionFacts, disposition_facts
from exchange.auction.selectors import SideFacts, list_purchases
from exchange.core.dispositions import Report, check_report, fingerprint_of, parse_report


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one report: recorded, repeated (it was known), or refused with what is wrong with it."""

    result: Literal["recorded", "repeated", "refused"]
    report: DispositionFacts | None
    errors: tuple[FieldError, ...] = ()


def record_disposition(*, organization_id: UUID, data: Any, currency: str, actor: str, at: datetime) -> Told:
    """Keep one report; raises Problem invalid_request when it is refused."""
    (told,) = record_dispositions(organization_id=organization_id, entries=[data], currency=currency, actor=actor, at=at)
    if told.errors:
        raise invalid(FieldError(error.pointer.removeprefix("/0"), error.code, error.detail) for error in told.errors)
    return told


def record_dispositions(
    *, organization_id: UUID, entries: Sequence[Any], currency: str, actor: str, at: datetime
) -> tuple[Told, ...]:
    """Keep reports, each for itself: what is wrong with one refuses that one alone. Pointers begin with its place."""
    with act_as(organization_id):
        read = [_read(place, entry, currency, at) for place, entry in enumerate(entries)]
        bought = _Purchases([one for one in read if isinstance(one, Report)])
        made = [_row(organization_id, place, one, bought, at) for place, one in enumerate(read)]
        kept = _keep([row for row in made if isinstance(row, Disposition)])
        told = tuple(_told(row, kept) for row in made)
        fresh = [row for row, one in zip(made, told, strict=True) if isinstance(row, Disposition) and one.result == "recorded"]
        tell_outcomes(fresh, bought.by_sale)
        counts = {result: sum(one.result == result for one in told) for result in ("recorded", "repeated", "refused")}
        if counts["recorded"]:
            subject = encode("organization", organization_id)
            audit.record(
                organization_id=organization_id, actor=actor, verb="dispositions.recorded", subject=subject, changes=counts
            )
    return told


class _Purchases:
    """What the organization bought, found by sale or by lead in two queries."""

    def __init__(self, reports: Iterable[Report]) -> None:
        named = list(reports)
        sides = list_purchases(
            sale_ids={one.sale_id for one in named if one.sale_id}, lead_ids={one.lead_id for one in named if one.lead_id}
        )
        self.by_sale = {side.sale_id: side for side in sides}

    def of(self, report: Report, pointer: str) -> SideFacts:
        """Find the purchase of a report; raises Problem when there is none, or more than one."""
        if report.sale_id is not None:
            found = [side for side in (self.by_sale.get(report.sale_id),) if side is not None]
        else:
            found = [side for side in self.by_sale.values() if side.lead_id == report.lead_id]
        if len(found) > 1:
            raise invalid([FieldError(f"{pointer}/lead_id", "ambiguous", "You bought this lead more than once: give sale_id.")])
        if not found:
            name = "sale_id" if report.sale_id is not None else "lead_id"
            raise invalid([FieldError(f"{pointer}/{name}", "unknown", "You have bought nothing with this id.")])
        return found[0]


Refused = tuple[FieldError, ...]


def _read(place: int, entry: Any, currency: str, at: datetime) -> Report | Refused:
    try:
        return parse_report(entry, currency=currency, at=at, pointer=f"/{place}")
    except Problem as problem:
        return problem.errors


def _row(organization_id: UUID, place: int, read: Report | Refused, bought: _Purchases, at: datetime) -> Disposition | Refused:
    if not isinstance(read, Report):
        return read
    pointer = f"/{place}"
    try:
        side = bought.of(read, pointer)
        stage = check_report(read, load_verticals()[side.vertical], sold_at=side.created_at, pointer=pointer)
    except Problem as problem:
        return problem.errors
    return Disposition(
        id=uuid7(),
        organization_id=organization_id,
        sale_id=side.sale_id,
        lead_id=side.lead_id,
        ping_id=side.ping_id,
        campaign_id=side.campaign_id,
        vertical=side.vertical,
        status=read.status,
        stage=stage,
        occurred_at=read.occurred_at,
        revenue=read.revenue,
        currency=side.currency,
        agent=read.agent,
        fingerprint=fingerprint_of(side.sale_id, read),
        recorded_at=at,
    )


def _keep(rows: Sequence[Disposition]) -> dict[str, Disposition]:
    """Insert what is new, and give what now stands by fingerprint; of two equal reports at once one is kept."""
    Disposition.objects.bulk_create(rows, ignore_conflicts=True)
    return {row.fingerprint: row for row in Disposition.objects.filter(fingerprint__in={row.fingerprint for row in rows})}


def _told(made: Disposition | Refused, kept: dict[str, Disposition]) -> Told:
    if not isinstance(made, Disposition):
        return Told("refused", None, made)
    row = kept[made.fingerprint]
    return Told("recorded" if row.id == made.id else "repeated", disposition_facts(row))
