"""What the exchange is asked of campaigns. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict


class Money(TypedDict):
    """An amount in the currency of the caller's market: USD with live keys, XTS with test keys."""

    amount: str
    """Decimal number as text, such as "41.50"."""
    currency: str


class BandShape(TypedDict):
    """From this score percentile upward: another price, or a factor."""

    percentile_from: str
    """0 to 100; higher is better."""
    price: NotRequired[Money]
    factor: NotRequired[str]


class MultiplierShape(TypedDict):
    """A condition as in filters, and the factor it brings; 0 excludes."""

    field: str
    """A field of the vertical, sub_id, device, kind, source or hour_of_week."""
    op: str
    value: NotRequired[Any]
    factor: str


class ValueShape(TypedDict):
    """Bid chance x value x (1 - margin), once the model is proven on real outcomes."""

    value: Money
    margin: NotRequired[str]


class BidShape(TypedDict):
    """What the campaign offers."""

    base_price: Money
    bands: NotRequired[Sequence[BandShape]]
    multipliers: NotRequired[Sequence[MultiplierShape]]
    min_price: NotRequired[Money | None]
    max_price: NotRequired[Money | None]
    value: NotRequired[ValueShape | None]


Window = Literal["hour", "day", "week", "month"]


class CapShape(TypedDict):
    """At most so many leads in each window, of all sources or of one."""

    window: Window
    limit: int
    source: NotRequired[str]


class BudgetShape(TypedDict):
    """At most so much money in each window, for all sources or for one."""

    window: Window
    limit: Money
    source: NotRequired[str]


ConsentPolicy = Literal["basic", "one_to_one"]


class ConsentShape(TypedDict):
    """What a lead's consent must be."""

    policy: NotRequired[ConsentPolicy]
    age_days_max: NotRequired[int]


DestinationKind = Literal["http"]


class DestinationIn(TypedDict):
    """Where leads go: an HTTP address; each request is signed as a Standard Webhook."""

    kind: NotRequired[DestinationKind]
    url: str
    headers: NotRequired[Mapping[str, str]]
    """Sent along; never shown again."""
    secret: NotRequired[str]
    """whsec_...; made by the exchange when left out."""


class CampaignIn(TypedDict):
    """A new campaign."""

    name: str
    zone: NotRequired[str]
    """Time zone of all its windows and hours, such as America/Chicago."""
    filter: NotRequired[Mapping[str, Any] | None]
    """{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead."""
    bid: NotRequired[BidShape | None]
    caps: NotRequired[Sequence[CapShape]]
    budgets: NotRequired[Sequence[BudgetShape]]
    schedule: NotRequired[Mapping[str, Any] | None]
    """{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open."""
    exclusive: NotRequired[bool]
    sales_max: NotRequired[int | None]
    """Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows."""
    score_percentile_min: NotRequired[str | None]
    dedupe_days: NotRequired[int]
    allowed_sources: NotRequired[Sequence[str]]
    blocked_sources: NotRequired[Sequence[str]]
    consent: NotRequired[ConsentShape]
    destination: NotRequired[DestinationIn]
    vertical: str


class CampaignPatch(TypedDict):
    """Parts of a campaign; null resets a part to its default."""

    name: NotRequired[str]
    zone: NotRequired[str]
    """Time zone of all its windows and hours, such as America/Chicago."""
    filter: NotRequired[Mapping[str, Any] | None]
    """{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead."""
    bid: NotRequired[BidShape | None]
    caps: NotRequired[Sequence[CapShape]]
    budgets: NotRequired[Sequence[BudgetShape]]
    schedule: NotRequired[Mapping[str, Any] | None]
    """{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open."""
    exclusive: NotRequired[bool]
    sales_max: NotRequired[int | None]
    """Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows."""
    score_percentile_min: NotRequired[str | None]
    dedupe_days: NotRequired[int]
    allowed_sources: NotRequired[Sequence[str]]
    blocked_sources: NotRequired[Sequence[str]]
    consent: NotRequired[ConsentShape]
    destination: NotRequired[DestinationIn]
