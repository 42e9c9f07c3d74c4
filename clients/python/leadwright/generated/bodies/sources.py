"""What the exchange is asked of sources. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from leadwright.generated.bodies.campaigns import Money

SourceStatus = Literal["active", "paused"]


class FloorShape(TypedDict):
    """A smallest payout; null means every vertical, every sub-id."""

    vertical: NotRequired[str | None]
    sub_id: NotRequired[str | None]
    floor_price: Money


class SourceIn(TypedDict):
    """Where leads come from."""

    name: str
    status: NotRequired[SourceStatus]
    verticals: NotRequired[Sequence[str]]
    """Empty means all."""
    floors: NotRequired[Sequence[FloorShape]]
    allowed_advertisers: NotRequired[Sequence[str]]
    """Ids org_...; when there are any, only those may buy."""
    blocked_advertisers: NotRequired[Sequence[str]]
    """Ids org_..."""
    sales_max: NotRequired[int]
    """To how many advertisers a lead may go; a ping may say otherwise."""


class SourcePatch(TypedDict):
    """Where leads come from."""

    name: NotRequired[str]
    status: NotRequired[SourceStatus]
    verticals: NotRequired[Sequence[str]]
    """Empty means all."""
    floors: NotRequired[Sequence[FloorShape]]
    allowed_advertisers: NotRequired[Sequence[str]]
    """Ids org_...; when there are any, only those may buy."""
    blocked_advertisers: NotRequired[Sequence[str]]
    """Ids org_..."""
    sales_max: NotRequired[int]
    """To how many advertisers a lead may go; a ping may say otherwise."""
