"""A small market over the test database and Valkey: one publisher with a source, two advertisers with campaigns, money."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from django.test import Client

from accounts import identity
from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.core.money import micros_from_text
from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account
from campaigns.services import demand, supply
from exchange.auction import snapshot
from exchange.auction.store import counters
from tests.cast import Member, join

LEAD = {"zip": "78701", "scope": "repair", "home_ownership": "own"}


class Capture(Protocol):
    def __call__(self, *, execute: bool = False) -> AbstractContextManager[list[Any]]: ...


@dataclass
class Market:
    """The cast with its ids, and one call per endpoint."""

    client: Client
    capture: Capture
    alice: Member
    bob: Member
    carol: Member
    source: str = ""
    campaigns: dict[str, Any] = field(default_factory=dict)

    def publish(self, owner: Member, name: str, price: str, **draft: Any) -> Any:
        """Publish a roofing campaign at a base price."""
        body = {"bid": {"base_price": {"amount": price, "currency": "USD"}}, **draft}
        destination = {"kind": "http", "url": "https://crm.example.com/leads"}
        with self.capture(execute=True):
            row = demand.create_campaign(
                organization_id=owner.organization_id,
                name=name,
                vertical="home.roofing",
                draft=body,
                destination=destination,
                actor="t",
            )
            demand.publish(organization_id=owner.organization_id, campaign_id=row.id, actor="system:test")
        self.campaigns[name] = row
        snapshot.refresh()
        return row

    def fund(self, owner: Member, amount: str, key: str = "1") -> None:
        """Deposit money for an advertiser."""
        wallet = get_account(organization_id=owner.organization_id, kind=AccountKind.WALLET, currency="USD")
        with self.capture(execute=True):
            ledger.deposit(
                idempotency_key=f"{owner.organization_id}:{key}",
                account_id=wallet.id,
                amount=micros_from_text(amount),
                at=utc_now(),
                actor="system:test",
            )

    def send(self, path: str, body: Any, member: Member | None = None, **headers: str) -> Any:
        """POST as a member (alice by default)."""
        return self.client.post(
            f"/api/v1/{path}", body, content_type="application/json", headers={**(member or self.alice).headers, **headers}
        )

    def ping(self, member: Member | None = None, **changes: Any) -> Any:
        """Ping a roofing lead."""
        return self.send("pings", {"source": self.source, "vertical": "home.roofing", "lead": LEAD, **changes}, member)

    def post(self, ping_id: str, member: Member | None = None, **changes: Any) -> Any:
        """Post the full lead of a ping."""
        return self.send("posts", {"ping_id": ping_id, **person(), **changes}, member)


def person(number: int = 1) -> dict[str, Any]:
    """Give contact and consent of the n-th person."""
    return {
        "contact": {
            "first_name": "Ann",
            "last_name": "Lee",
            "phone": f"+1512555{number:04d}",
            "email": f"ann{number}@example.com",
        },
        "consent": {"method": "checkbox", "text": "I agree.", "captured_at": utc_now().isoformat()},
    }


@pytest.fixture
def market(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> Iterator[Market]:
    """Open an empty market; its poller stands still, because another connection would not see this test's rows."""
    monkeypatch.setattr(snapshot, "_start", snapshot.refresh)
    snapshot.forget()
    identity.forget_keys()
    counters("live").client.flushdb()
    for mode in snapshot.MODES:
        counters(mode).set_epoch("test")
        counters(mode).journal_is_up(keep_ms=60_000)
    join("house-of-exchange", "operator")
    made = Market(
        client,
        django_capture_on_commit_callbacks,
        join("alice", "publisher"),
        join("bob", "advertiser"),
        join("carol", "advertiser"),
    )
    with django_capture_on_commit_callbacks(execute=True):
        row = supply.create_source(organization_id=made.alice.organization_id, data={"name": "Roofs"}, actor="system:test")
    made.source = encode("source", row.id)
    yield made
    snapshot.forget()
