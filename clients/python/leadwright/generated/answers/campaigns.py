"""What the exchange answers of campaigns. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in the currency of the caller's market: USD with live keys, XTS with test keys."""

    amount: str
    """Decimal number as text, such as "41.50"."""
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BandShape:
    """From this score percentile upward: another price, or a factor."""

    percentile_from: str
    """0 to 100; higher is better."""
    price: Money | None = None
    factor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiplierShape:
    """A condition as in filters, and the factor it brings; 0 excludes."""

    field: str
    """A field of the vertical, sub_id, device, kind, source or hour_of_week."""
    op: str
    factor: str
    value: Any | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueShape:
    """Bid chance x value x (1 - margin), once the model is proven on real outcomes."""

    value: Money
    margin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BidShape:
    """What the campaign offers."""

    base_price: Money
    bands: list[BandShape] | None = None
    multipliers: list[MultiplierShape] | None = None
    min_price: Money | None = None
    max_price: Money | None = None
    value: ValueShape | None = None


Window = Literal["hour", "day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapShape:
    """At most so many leads in each window, of all sources or of one."""

    window: Window
    limit: int
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShape:
    """At most so much money in each window, for all sources or for one."""

    window: Window
    limit: Money
    source: str | None = None


ConsentPolicy = Literal["basic", "one_to_one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentShape:
    """What a lead's consent must be."""

    policy: ConsentPolicy | None = None
    age_days_max: int | None = None


DestinationKind = Literal["http"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A destination; its secret is shown only in the answer to the request that set it."""

    id: str
    kind: DestinationKind
    url: str
    secret: str | None = None


CampaignStatus = Literal["draft", "active", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The revision in force."""

    id: str
    number: int
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign: its draft, and which revision is in force."""

    name: str
    zone: str
    """Time zone of all its windows and hours, such as America/Chicago."""
    filter: dict[str, Any] | None
    """{"all": [{"field", "op", "value"}, {"any": [...]}]}; null: every lead."""
    bid: BidShape | None
    caps: list[CapShape]
    budgets: list[BudgetShape]
    schedule: dict[str, Any] | None
    """{"hours": {"mon": [[9, 17]]}, "holidays": ["2026-12-25"]}; null: always open."""
    exclusive: bool
    sales_max: int | None
    """Where not exclusive: to how many advertisers in all the lead may go; null: as many as the vertical allows."""
    score_percentile_min: str | None
    dedupe_days: int
    allowed_sources: list[str]
    blocked_sources: list[str]
    consent: ConsentShape
    destination: Destination | None
    vertical: str
    id: str
    status: CampaignStatus
    paused_reason: str | None
    """Set when the exchange paused it; says what to do."""
    filter_text: str
    revision: Revision | None
    unpublished_changes: bool
    created_at: datetime
    updated_at: datetime


TrialVerdict = Literal["accepted", "refused", "retry", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was sent to the destination and what it really answered."""

    id: str
    """The webhook-id of the request; no such delivery is kept."""
    verdict: TrialVerdict
    """What a real lead's delivery would have made of it."""
    request: dict[str, Any]
    body: dict[str, Any]
    """The JSON that was sent: test is true, test_lead too."""
    status: int | None
    headers: dict[str, str]
    answer: str
    error: str | None
    duration_ms: int
