"""What the exchange answers of sales. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadwright.generated.answers.campaigns import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSale:
    """A row of your sales. The trace is a publisher's, a buyer's or the operator's, and null for a moment after the sale."""

    id: str
    side: str
    """advertiser or publisher"""
    status: str
    amount: Money
    """What you paid, or what you are paid."""
    vertical: str
    sold_at: datetime
    quote_id: str
    ping_id: str | None
    source_id: str | None
    """The publisher's side only."""
    campaign_id: str | None
    """The advertiser's side only."""
    lead_id: str
    trace: dict[str, Any] | None
