"""What the exchange answers of sources. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadwright.generated.answers.campaigns import Money

SourceStatus = Literal["active", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorShape:
    """A smallest payout; null means every vertical, every sub-id."""

    floor_price: Money
    vertical: str | None = None
    sub_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source."""

    name: str
    status: SourceStatus
    verticals: list[str]
    """Empty means all."""
    floors: list[FloorShape]
    allowed_advertisers: list[str]
    """Ids org_...; when there are any, only those may buy."""
    blocked_advertisers: list[str]
    """Ids org_..."""
    sales_max: int
    """To how many advertisers a lead may go; a ping may say otherwise."""
    id: str
    created_at: datetime
    updated_at: datetime
