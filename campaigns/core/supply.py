"""What the market needs of a source: whose it is, its floors, and what the exchange keeps of its sales."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

from campaigns.core.floors import FloorRule


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One source, frozen. `margin` is a share (percent) or micros (absolute); no verticals means all of them.

    `sales_max`: to how many advertisers its leads may go where a ping does not say.

    Advertisers are organizations: when any are allowed, only those may buy; blocked ones never do.
    """

    source_id: UUID
    organization_id: UUID
    account_id: UUID
    name: str
    verticals: frozenset[str]
    active: bool
    margin_kind: Literal["percent", "absolute"] = "percent"
    margin_value: Decimal | int = Decimal("0.20")
    floors: tuple[FloorRule, ...] = field(default_factory=tuple)
    allowed_advertisers: frozenset[UUID] = frozenset()
    blocked_advertisers: frozenset[UUID] = frozenset()
    sales_max: int = 1
