"""A market with its whole cast: two publishers, two advertisers, an operator, a stranger; and the journal by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest
from django.test import Client

from accounts import identity
from accounts.core.clock import utc_now
from accounts.core.ids import decode, encode
from accounts.core.money import micros_from_text
from accounts.ledger import services as ledger
from accounts.ledger.core.postings import AccountKind
from accounts.ledger.models import Entry
from accounts.ledger.selectors import get_account
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from campaigns.services import demand, supply
from exchange.aftercare.services import record_disposition
from exchange.auction import snapshot
from exchange.auction.journal import Journal
from exchange.auction.models import Auction, Bid, QuoteSettlement, Sale, SaleSide
from exchange.auction.store import counters
from exchange.delivery.models import Delivery
from exchange.intake.models import ConsentRecord, Lead, Ping
from scoring import services as scoring
from scoring.champions import champions
from scoring.core.serving import Score
from tests.cast import Member, join

LEAD = {"zip": "78701", "scope": "repair", "home_ownership": "own"}
SCORE = Score(0.7125, 71, 88.5, "prior-1", "synthetic prior", (1.0, 0.5), False, 0.7125)
TABLES = (Ping, Auction, Bid, Lead, ConsentRecord, Sale, SaleSide, Delivery, QuoteSettlement, Entry, AuditEntry)


class Capture(Protocol):
    def __call__(self, *, execute: bool = False) -> AbstractContextManager[list[Any]]: ...


@dataclass
class World:
    """Who takes part, and what they do."""

    client: Client
    capture: Capture
    publisher: Member
    rival_publisher: Member
    advertiser: Member
    rival_advertiser: Member
    operator: Member
    stranger: Member
    source: str = ""
    campaigns: dict[str, str] = field(default_factory=dict)

    @property
    def outsiders(self) -> tuple[Member, ...]:
        """Everybody who took no part in the publisher's pings."""
        return (self.rival_publisher, self.stranger)

    def publish(self, owner: Member, name: str, price: str, **draft: Any) -> None:
        """Publish a roofing campaign at a base price, with money behind it."""
        body = {"bid": {"base_price": {"amount": price, "currency": "USD"}}, **draft}
        destination = {"kind": "http", "url": "https://crm.example.com/leads"}
        wallet = get_account(organization_id=owner.organization_id, kind=AccountKind.WALLET, currency="USD")
        with self.capture(execute=True):
            row = demand.create_campaign(
                organization_id=owner.organization_id, name=name, vertical="home.roofing", draft=body, destination=destination,
                actor="system:test",
            )  # fmt: skip
            demand.publish(organization_id=owner.organization_id, campaign_id=row.id, actor="system:test")
            ledger.deposit(
                idempotency_key=f"deposit {row.id}",
                account_id=wallet.id,
                amount=micros_from_text("1000"),
                at=utc_now(),
                actor="t",
            )
        self.campaigns[name] = encode("campaign", row.id)
        snapshot.refresh()

    def ping(self, **changes: Any) -> dict[str, Any]:
        """Ping as the publisher."""
        body = {"source": self.source, "vertical": "home.roofing", "lead": LEAD, **changes}
        answer = self.client.post("/api/v1/pings", body, content_type="application/json", headers=self.publisher.headers)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, ping_id: str, number: int = 1, **changes: Any) -> dict[str, Any]:
        """Post the full lead of a ping."""
        body = {"ping_id": ping_id, **person(number), **changes}
        answer = self.client.post("/api/v1/posts", body, content_type="application/json", headers=self.publisher.headers)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def sell(self, number: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
        """Ping and post one lead and let the journal carry it over; gives both answers."""
        quoted = self.ping()
        sold = self.post(quoted["id"], number)
        assert sold["status"] == "sold"
        self.journal()
        return quoted, sold

    def journal(self) -> int:
        """Carry over what waits in the streams."""
        return Journal([counters(mode) for mode in snapshot.MODES]).drain()

    def get(self, path: str, member: Member, *, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Ask as somebody; gives status and body."""
        answer = self.client.get(f"/api/v1/{path}", headers=member.headers if headers is None else headers)
        return answer.status_code, answer.json()

    def record(self, ping_id: str) -> dict[str, Any]:
        """Give the journalled record of a ping."""
        with act_as_exchange("look"):
            return Auction.objects.get(ping_id=decode("ping", ping_id)).record


def person(number: int = 1) -> dict[str, Any]:
    """Give contact and consent of the n-th person."""
    contact = {"first_name": "Jane", "last_name": "Doe", "phone": f"+1512555{number:04d}", "email": f"jane{number}@example.com"}
    consent = {"method": "checkbox", "text": "I agree.", "captured_at": "2026-11-22T13:00:00Z", "ip": "203.0.113.77"}
    return {"contact": contact, "consent": consent | {"captured_at": utc_now().isoformat()}}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def written() -> dict[str, int]:
    """Count every row that a denied read must leave alone."""
    with act_as_exchange("look"):
        return {model.__name__: model.objects.count() for model in TABLES}


@pytest.fixture
def world(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> Iterator[World]:
    """Open a market: the advertiser bids 50.00, its rival 45.00 and, for Californian leads only, 70.00."""
    monkeypatch.setattr(snapshot, "_start", snapshot.refresh)
    monkeypatch.setattr(scoring, "score", lambda vertical, facts, at, version="": SCORE)
    champions.close()
    snapshot.forget()
    identity.forget_keys()
    counters("live").client.flushdb()
    for mode in snapshot.MODES:
        counters(mode).set_epoch("test")
        counters(mode).journal_is_up(keep_ms=600_000)
    kinds = {
        "operator": "operator", "publisher": "publisher", "rival_publisher": "publisher", "advertiser": "advertiser",
        "rival_advertiser": "advertiser", "stranger": "both",
    }  # fmt: skip
    cast = {name: join(name.replace("_", "-"), kind) for name, kind in kinds.items()}
    made = World(client, django_capture_on_commit_callbacks, **cast)
    with django_capture_on_commit_callbacks(execute=True):
        row = supply.create_source(organization_id=made.publisher.organization_id, data={"name": "Roofs"}, actor="system:test")
    made.source = encode("source", row.id)
    made.publish(made.advertiser, "Austin", "50.00")
    made.publish(made.rival_advertiser, "Everywhere", "45.00")
    only_california = {"all": [{"field": "state", "op": "in", "value": ["CA"]}]}
    made.publish(made.rival_advertiser, "California", "70.00", filter=only_california)
    yield made
    champions.close()
    snapshot.forget()


def report(member: Member, lead_id: str, status: str, after: timedelta = timedelta(0)) -> datetime:
    """Report something that happens, and is told, so long after now; gives when."""
    at = utc_now() + after
    data = {"lead_id": lead_id, "status": status, "occurred_at": at.isoformat()}
    record_disposition(organization_id=member.organization_id, currency="USD", actor="system:test", at=at, data=data)
    return at
