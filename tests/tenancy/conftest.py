"""A market in which somebody owns something of every kind, and everybody who does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.core.ids import encode, uuid7
from accounts.core.roles import KINDS
from accounts.ledger.models import Account, Entry
from accounts.models import ApiKey
from accounts.selectors import get_organization
from accounts.tenancy import act_as_exchange
from campaigns.models import CampaignRevision, Destination
from exchange.auction import snapshot
from exchange.auction.journal import Journal
from exchange.auction.models import SaleSide
from exchange.auction.store import counters
from exchange.delivery.models import Delivery
from tests.cast import Member, join
from tests.flow.conftest import Capture, Market, opened, person
from tests.reporting.arms import drafted
from tests.reporting.bid_rules import drafted_on_bid_rules, publish_again

TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
AND has_table_privilege(oid, 'SELECT')
"""
ONLY_COLORADO = {"all": [{"field": "state", "op": "in", "value": ["CO"]}]}


@dataclass(frozen=True)
class Actor:
    """Somebody who asks: a name, the headers, and what the key may do."""

    name: str
    headers: Mapping[str, str]
    scopes: frozenset[str]


@dataclass(frozen=True)
class Thing:
    """Something with an id, and who may read it where its kind is asked for."""

    kind: str
    id: str
    readers: frozenset[str]


@dataclass
class World:
    """The market, everybody in it, and what belongs to the publisher and the advertiser."""

    market: Market
    actors: dict[str, Actor]
    things: list[Thing]

    def ask(self, actor: Actor, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send one request as somebody."""
        sent = {"data": body, "content_type": "application/json"} if body is not None else {}
        call = getattr(self.market.client, method.lower())
        return call(path, **sent, headers={**actor.headers, **headers})

    def one(self, kind: str) -> str:
        """Give the id of the first thing of a kind."""
        return next(thing.id for thing in self.things if thing.kind == kind)


def state() -> dict[str, str]:
    """Take a digest of every table and of every key in Valkey: what a denied request must leave alone."""
    found = {}
    with act_as_exchange("a test compares everything"), connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"""SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM "{table}" t""")
            found[table] = cursor.fetchone()[0]
    client = counters("live").client
    for key in client.scan_iter(count=1000):
        if key.endswith(b":journal_up"):
            continue  # a sign of life that ends by itself after five seconds
        found[f"valkey {key!r}"] = hashlib.sha256(client.dump(key) or b"").hexdigest()
    return found


@pytest.fixture
def world(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> Iterator[World]:
    """Let the publisher sell one lead to the advertiser and hold an open quote; the rivals have campaign and source too."""
    operators: list[Member] = []
    market_of = opened(
        client,
        monkeypatch,
        django_capture_on_commit_callbacks,
        operate=lambda: operators.append(join("operator-of-exchange", "operator")),
    )
    market = next(market_of)
    rival, stranger = join("rival-publisher", "publisher"), join("stranger", "both")
    for buyer in (market.bob, market.carol):
        market.fund(buyer, "1000.00")
    market.publish(market.bob, "Texas roofs", "50.00", dedupe_days=0)
    market.publish(market.carol, "Colorado roofs", "60.00", filter=ONLY_COLORADO)
    market.send("sources", {"name": "Rival roofs"}, rival)
    snapshot.refresh()
    sold_ping = market.ping().json()
    sold = market.post(sold_ping["id"], **person(1)).json()
    assert sold["status"] == "sold"
    Journal([counters(mode) for mode in snapshot.MODES]).drain()
    # The second ping stays in the stream, and its quote open.
    open_ping = market.ping().json()
    # The journal's sign of life lasts five seconds, the walk longer.
    for mode in snapshot.MODES:
        counters(mode).journal_is_up(keep_ms=600_000)
    # The post's limit of five seconds holds for the whole transaction of this test, which takes longer.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_timeout = 0")
    members = {
        "operator": operators[0], "publisher": market.alice, "advertiser": market.bob, "rival publisher": rival,
        "rival advertiser": market.carol, "stranger": stranger,
    }  # fmt: skip
    yield World(market, dict(_actors(members)), [*_things(market, sold, sold_ping, open_ping)])
    next(market_of, None)


def _actors(members: Mapping[str, Member]) -> Iterator[tuple[str, Actor]]:
    for name, member in members.items():
        kind = get_organization(organization_id=member.organization_id).kind
        yield name, Actor(name, member.headers, KINDS[kind])
        if name in {"publisher", "advertiser", "operator"}:
            yield f"{name}'s test key", Actor(f"{name}'s test key", member.test_headers, KINDS[kind])
    yield "anonymous", Actor("anonymous", {}, frozenset())


def _things(
    market: Market, sold: Mapping[str, Any], sold_ping: Mapping[str, Any], open_ping: Mapping[str, Any]
) -> Iterator[Thing]:
    sides = frozenset({"publisher", "advertiser", "operator"})
    yield Thing("ping", open_ping["id"], sides)
    yield Thing("ping", sold_ping["id"], sides)
    yield Thing("lead", sold["lead_id"], sides)
    yield Thing("source", market.source, frozenset({"publisher"}))
    yield Thing("campaign", encode("campaign", market.campaigns["Texas roofs"].id), frozenset({"advertiser"}))
    hook = market.send("webhooks", {"url": "https://hooks.example.com/"}).json()
    yield Thing("webhook", hook["id"], frozenset({"publisher"}))
    yield Thing("quote", open_ping["quotes"][0]["id"], frozenset())
    yield Thing("organization", encode("organization", market.alice.organization_id), frozenset())
    yield Thing("request", encode("request", uuid7()), frozenset())
    buyer = market.bob.organization_id
    yield Thing("experiment", encode("experiment", drafted(buyer).experiment_id), frozenset({"operator"}))
    campaign_id = encode("campaign", market.campaigns["Texas roofs"].id)
    publish_again(market.bob, campaign_id, "51.00")
    own = drafted_on_bid_rules(market.bob, campaign_id)
    yield Thing("experiment", encode("experiment", own.experiment_id), frozenset({"advertiser"}))
    with act_as_exchange("a test names everything"):
        delivery_id = Delivery.objects.values_list("pk", flat=True).get(organization_id=buyer)
        yield Thing("delivery", encode("delivery", delivery_id), frozenset({"advertiser"}))
        for kind, model in (
            ("entry", Entry), ("account", Account), ("sale", SaleSide), ("revision", CampaignRevision),
            ("destination", Destination), ("key", ApiKey),
        ):  # fmt: skip
            yield Thing(
                kind, encode(kind, model.objects.filter(organization_id=buyer).values_list("pk", flat=True)[0]), frozenset()
            )
