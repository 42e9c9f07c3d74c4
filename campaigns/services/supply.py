"""Writes of supply: sources, floors, and the exchange's margin on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.core.errors import FieldError, invalid
from accounts.core.ids import encode
from accounts.tenancy import act_as
from campaigns import selectors
from campaigns.core.floors import FloorRule
from campaigns.core.sources import SourceWish, parse_source, source_as_json
from campaigns.models import FloorRule as FloorRow
from campaigns.models import Source
from campaigns.services.market import mode_of, touch_market
from campaigns.verticals import load_verticals

MARGIN_MAX = {"percent": Decimal("0.95"), "absolute": Decimal(10**12)}


def create_source(*, organization_id: UUID, data: Mapping[str, Any], actor: str) -> Source:
    """Create a source from its wire form (campaigns.core.sources); it may ping at once. Raises Problem invalid_request."""
    mode = mode_of(organization_id)
    wish = parse_source(data, load_verticals(), currency=selectors.currency_of(mode))
    with act_as(organization_id):
        row = Source.objects.create(organization_id=organization_id, **_columns(wish))
        _put_floors(organization_id, row.id, wish.floors)
        _audit(row, actor, "source.created", source_as_json(wish, selectors.currency_of(mode)))
        touch_market(mode)
        return selectors.get_source(source_id=row.id)


def update_source(*, organization_id: UUID, source_id: UUID, changes: Mapping[str, Any], actor: str) -> Source:
    """Replace some parts of a source; null resets one. Raises Problem not_found, or invalid_request with pointers."""
    mode = mode_of(organization_id)
    currency = selectors.currency_of(mode)
    with act_as(organization_id):
        row = _locked(source_id)
        wish = parse_source({**source_as_json(selectors.wish_of(row), currency), **changes}, load_verticals(), currency=currency)
        for column, value in _columns(wish).items():
            setattr(row, column, value)
        row.save()
        _put_floors(organization_id, row.id, wish.floors)
        _audit(
            row, actor, "source.edited", {key: value for key, value in source_as_json(wish, currency).items() if key in changes}
        )
        touch_market(mode)
        return selectors.get_source(source_id=row.id)


def archive_source(*, organization_id: UUID, source_id: UUID, actor: str) -> None:
    """Remove a source for good; its leads stay. Raises Problem not_found."""
    mode = mode_of(organization_id)
    with act_as(organization_id):
        row = _locked(source_id)
        row.status = "archived"
        row.save(update_fields=["status", "updated_at"])
        _audit(row, actor, "source.archived", {})
        touch_market(mode)


def set_publisher_floors(*, organization_id: UUID, floors: Iterable[FloorRule], actor: str) -> None:
    """Replace the floors that hold for all sources of a publisher."""
    mode = mode_of(organization_id)
    wished = tuple(floors)
    with act_as(organization_id):
        _put_floors(organization_id, None, wished)
        subject = encode("organization", organization_id)
        changes = {"floors": [f"{rule.vertical or 'all'} {rule.sub_id or 'all'} {rule.floor_price}" for rule in wished]}
        audit.record(organization_id=organization_id, actor=actor, verb="floors.set", subject=subject, changes=changes)
        touch_market(mode)


def set_margin(*, organization_id: UUID, source_id: UUID, kind: str, value: Decimal | None, actor: str) -> Source:
    """Set what the exchange keeps of a source's sales: a share (percent, "0.20") or micros (absolute); None is the usual margin.

    A decision of the exchange, never of the publisher. Raises Problem invalid_request or not_found.
    """
    if kind not in MARGIN_MAX or (value is not None and not 0 <= value <= MARGIN_MAX[kind]):
        raise invalid([FieldError("/margin", "out_of_range", "A margin is a share from 0 to 0.95, or micros.")])
    mode = mode_of(organization_id)
    with act_as(organization_id):
        row = _locked(source_id)
        row.margin_kind, row.margin_value = kind, value
        row.save(update_fields=["margin_kind", "margin_value", "updated_at"])
        _audit(row, actor, "source.margin_set", {"kind": kind, "value": None if value is None else str(value)})
        touch_market(mode)
        return selectors.get_source(source_id=source_id)


def _locked(source_id: UUID) -> Source:
    selectors.get_source(source_id=source_id)
    Source.objects.select_for_update().get(id=source_id)
    return selectors.get_source(source_id=source_id)


def _columns(wish: SourceWish) -> dict[str, Any]:
    return {
        "name": wish.name,
        "status": wish.status,
        "verticals": list(wish.verticals),
        "allowed_advertisers": sorted(wish.allowed_advertisers),
        "blocked_advertisers": sorted(wish.blocked_advertisers),
        "sales_max": wish.sales_max,
    }


def _put_floors(organization_id: UUID, source_id: UUID | None, rules: tuple[FloorRule, ...]) -> None:
    mine = FloorRow.objects.filter(source__isnull=True) if source_id is None else FloorRow.objects.filter(source_id=source_id)
    mine.delete()
    FloorRow.objects.bulk_create(
        FloorRow(
            organization_id=organization_id,
            source_id=source_id,
            vertical=rule.vertical or "",
            sub_id=rule.sub_id or "",
            floor_price=rule.floor_price,
        )
        for rule in rules
    )


def _audit(row: Source, actor: str, verb: str, changes: Mapping[str, Any]) -> None:
    audit.record(organization_id=row.organization_id, actor=actor, verb=verb, subject=encode("source", row.id), changes=changes)
