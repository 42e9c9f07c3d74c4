"""What the exchange answers of deliveries. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

DeliveryState = Literal["queued", "sent", "accepted", "refused", "failed", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTarget:
    """Where the last attempt went."""

    id: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A sold lead on its way to you."""

    id: str
    """Also the webhook-id of every attempt."""
    sale_id: str
    lead_id: str
    campaign_id: str
    state: DeliveryState
    reason: str | None
    """Why it is not accepted."""
    attempts: int
    destination: DeliveryTarget | None
    disclosed: list[str]
    """The personal fields in it, by name."""
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try."""

    number: int
    request: dict[str, Any]
    """Method, URL and headers; your own headers are sealed."""
    status: int | None
    """Null: no answer came, `error` says why."""
    answer: str
    """The start of the answer, without the person's data."""
    error: str | None
    duration_ms: int
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetail:
    """A delivery with its attempts."""

    id: str
    """Also the webhook-id of every attempt."""
    sale_id: str
    lead_id: str
    campaign_id: str
    state: DeliveryState
    reason: str | None
    """Why it is not accepted."""
    attempts: int
    destination: DeliveryTarget | None
    disclosed: list[str]
    """The personal fields in it, by name."""
    next_attempt_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    tries: list[Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """How many are sent again."""

    resent: int
