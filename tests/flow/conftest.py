"""A small market over the test database and Valkey: one publisher with a source, two advertisers with campaigns, money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts import identity
from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.core.money import micros_from_text
from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.selectors import get_account
from campaigns.services import demand, supply
from demo.services import open_sandbox
from exchange.auction import snapshot
from exchange.auction.store import counters
from tests.cast import Member, join
from tests.wiping import empty_all_tables

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
    yield from opened(client, monkeypatch, django_capture_on_commit_callbacks)


@pytest.fixture
def real_market(
    committed: None, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> Iterator[Market]:
    """Open an empty market whose rows are committed, so that many connections see them."""
    yield from opened(client, monkeypatch, django_capture_on_commit_callbacks)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a test commit; what it wrote is taken away afterwards."""
    with django_db_blocker.unblock():
        yield
        empty_all_tables()


@pytest.fixture
def sandbox(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> Iterator[Market]:
    """Open a market whose operator and house buyer are those of the demo."""
    yield from opened(client, monkeypatch, django_capture_on_commit_callbacks, operate=open_sandbox)


def join_operator() -> Member:
    """Make the organization that keeps the house accounts."""
    return join("house-of-exchange", "operator")


def opened(
    client: Client, monkeypatch: pytest.MonkeyPatch, capture: Capture, operate: Callable[[], object] = join_operator
) -> Iterator[Market]:
    """Make the cast and its source, and drop this process' caches on both sides of the test."""
    monkeypatch.setattr(snapshot, "_start", snapshot.refresh)
    snapshot.forget()
    identity.forget_keys()
    counters("live").client.flushdb()
    for mode in snapshot.MODES:
        counters(mode).set_epoch("test")
        counters(mode).journal_is_up(keep_ms=60_000)
    with capture(execute=True):
        operate()
    made = Market(client, capture, join("alice", "publisher"), join("bob", "advertiser"), join("carol", "advertiser"))
    with capture(execute=True):
        row = supply.create_source(organization_id=made.alice.organization_id, data={"name": "Roofs"}, actor="system:test")
    made.source = encode("source", row.id)
    yield made
    snapshot.forget()
