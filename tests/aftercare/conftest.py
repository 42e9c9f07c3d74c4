"""An advertiser with purchases, its rival, and the REST API."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from accounts.core.clock import utc_now
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as_exchange
from exchange.auction.models import SaleSide
from tests.cast import Member, join

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Bought:
    """One purchase by its ids."""

    sale_id: UUID
    lead_id: UUID

    @property
    def sale(self) -> str:
        return encode("sale", self.sale_id)

    @property
    def lead(self) -> str:
        return encode("lead", self.lead_id)


@dataclass
class Shop:
    """Who bought what."""

    client: Client
    buyer: Member
    rival: Member
    publisher: Member

    def sell(self, owner: Member, *, vertical: str = "home.roofing", lead_id: UUID | None = None) -> Bought:
        """Write both sides of a sale of yesterday."""
        made = Bought(uuid7(), lead_id or uuid7())
        shared = {"sale_id": made.sale_id, "lead_id": made.lead_id, "currency": "USD", "vertical": vertical, "quote_id": uuid7()}
        with act_as_exchange("a test sells"):
            for side, member in (("advertiser", owner), ("publisher", self.publisher)):
                own = {"organization_id": member.organization_id, "side": side, "amount": 1, "created_at": utc_now() - DAY}
                SaleSide.objects.create(**shared, **own, ping_id=uuid7(), campaign_id=uuid7() if side == "advertiser" else None)
        return made

    def ask(self, method: str, path: str, body: Any = None, member: Member | None = None, **more: Any) -> tuple[int, Any]:
        """Send JSON as somebody, by default the buyer."""
        data = "" if body is None else json.dumps(body)
        headers = {**(member or self.buyer).headers, **more}
        answer = self.client.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    def upload(self, text: str | bytes, member: Member | None = None, kind: str = "text/csv") -> tuple[int, Any]:
        """Send CSV as somebody."""
        data = text.encode() if isinstance(text, str) else text
        headers = (member or self.buyer).headers
        answer = self.client.generic("POST", "/api/v1/dispositions/csv", data, content_type=kind, headers=headers)
        return answer.status_code, answer.json()


@pytest.fixture
def shop(db: None, client: Client) -> Shop:
    return Shop(client, join("buyer", "advertiser"), join("rival", "advertiser"), join("seller", "publisher"))


@pytest.fixture
def report() -> Callable[..., dict[str, Any]]:
    def make(bought: Bought | None = None, **changes: Any) -> dict[str, Any]:
        happened = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        body = {"status": "contacted", "occurred_at": happened.isoformat(), **changes}
        return body if bought is None else {"sale_id": bought.sale, **body}

    return make
