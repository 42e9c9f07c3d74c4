"""The OpenAPI document is true: its examples can be sent, its answers come back, its refusals can be met."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from accounts.core.explanations import EXPLANATIONS
from benchmarks.market_client import Answer
from tests.contract.live import Live, eventually
from tests.delivery.receiver import Receiver
from tests.tidy.document import Example, Operation, examples, faults, operations

OCCURRED_AT = "2026-11-22T12:40:00Z"
EXTERNAL_ID = "form-4711"
MADE_UP = "01k2j3h4g5f6e7d8c9b0a1z2y3"
PREFIXES = {
    "campaign_id": "cmp", "source_id": "src", "delivery_id": "dlv", "ping_id": "png", "lead_id": "led",
    "webhook_id": "whk", "event_id": "evt", "experiment_id": "exp",
}  # fmt: skip
READERS = ("publisher", "advertiser", "operator")
ROLES = {
    "Ping and post": ("publisher",), "Old clients": ("publisher",), "Sources": ("publisher",),
    "Leads": READERS, "Identity": READERS, "Ledger": READERS,
    "Campaigns": ("advertiser",), "Deliveries": ("advertiser",), "Dispositions": ("advertiser",), "Webhooks": ("advertiser",),
    "Evidence": ("advertiser", "operator"), "Experiments": ("operator",),
}  # fmt: skip
# What a query must say, where it must say anything.
QUERIES = {"getEvidenceFile": "?version=home.roofing/1"}
TOO_LARGE = json.dumps({"text": "x" * 70_000}).encode()


@dataclass(frozen=True)
class World:
    """Real ids by prefix, in place of those that the examples make up; an instant after the sale; a form that was sent once."""

    live: Live
    ids: Mapping[str, str]

    def real(self, text: str) -> str:
        text = text.replace(OCCURRED_AT, datetime.now(UTC).isoformat()).replace(EXTERNAL_ID, f"form-{time.time_ns()}")
        for prefix, real in self.ids.items():
            text = text.replace(f"{prefix}_{MADE_UP}", real)
        return text

    def send(self, role: str, operation: Operation, body: str | None = None, **headers: str) -> Answer:
        with self.live.plain(role) as client:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            path = self.path(operation) + QUERIES.get(operation.id, "")
            return client.send(operation.method.upper(), path, None if body is None else body.encode(), sent)

    def path(self, operation: Operation) -> str:
        path = operation.path
        for name, prefix in PREFIXES.items():
            path = path.replace(f"{{{name}}}", self.ids[prefix])
        return path


@pytest.fixture(scope="module")
def world(live: Live, receiver: Receiver) -> Iterator[World]:
    """One of everything: a sold lead, its delivery, a webhook that was told of it, a campaign that nobody else looks at."""
    with live.client("advertiser") as advertiser, live.client("publisher") as publisher:
        source = publisher.create_source({"name": "Shown in the reference", "verticals": ["home.roofing"]})
        campaign = advertiser.create_campaign(
            {
                "name": "Shown in the reference",
                "vertical": "mortgage.refinance",
                "bid": {"base_price": {"amount": "1.00", "currency": "USD"}},
                "destination": {"url": receiver.url},
            }
        )
        advertiser.publish_campaign(campaign.id)
        webhook = advertiser.create_webhook({"url": f"{receiver.origin}/reference"})
        lead = live.sell()
        bought = advertiser.get_lead(lead.lead_id)
        event = eventually(lambda: advertiser.list_webhook_deliveries(webhook.id, state="accepted").data)[0]
        ids = {"src": source.id, "cmp": campaign.id, "whk": webhook.id, "evt": event.id, "led": lead.lead_id}
        ids |= {"exp": drafted(live)}
        ids |= {"png": bought.ping_id, "sal": bought.sales[0].id, "dlv": bought.deliveries[0].id}  # type: ignore[union-attr]
        yield World(live, ids)
        advertiser.delete_webhook(webhook.id)


def drafted(live: Live) -> str:
    """Draft an experiment; the operations that start and stop it come one after the other."""
    (shown,) = (one for one in examples() if one.operation.id == "createExperiment" and one.of == "request")
    with live.plain("operator") as operator:
        answer = operator.send("POST", "/api/v1/experiments", written(shown).encode(), {"Content-Type": "application/json"})
    assert answer.status == 201, answer.body
    made: str = answer.json()["id"]
    return made


def cases() -> list[tuple[Operation, str, Example | None]]:
    """Each operation as each role, with each example of its body; what deletes comes last."""
    found = []
    for operation in sorted(operations(), key=lambda one: one.method == "delete"):
        shown = [one for one in examples() if one.operation is operation and one.of == "request"] or [None]
        found += [(operation, role, example) for role in ROLES[operation.described["tags"][0]] for example in shown]
    return found


@pytest.mark.parametrize(
    ("operation", "role", "example"), cases(), ids=lambda one: getattr(one, "id", None) or getattr(one, "name", str(one))
)
def test_an_example_is_answered_as_the_document_says(world: World, operation: Operation, role: str, example: Example | None):
    if operation.method == "delete":
        world = replaced(world, operation)
    if operation.id in {"createPost", "createLeadConduitSubmit"}:
        with world.live.client("publisher") as publisher:
            world = World(world.live, {**world.ids, "png": publisher.create_ping(world.live.sample_ping).id})  # type: ignore[arg-type]
    body = None if example is None else written(example)
    kind = {} if example is None else {"Content_Type": example.media_type}
    answer = world.send(role, operation, None if body is None else world.real(body), **kind)
    documented = operation.answers.get(answer.status, {})
    assert (answer.status // 100, documented != {}) == (2, True), answer.body
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    assert media_type in (documented.get("content") or {""})
    if "json" in media_type:
        assert faults(documented["content"][media_type]["schema"], answer.json()) == []


def written(example: Example) -> str:
    """An example as its media type writes it: a form is shown as its fields."""
    if isinstance(example.value, str):
        return example.value
    return urlencode(example.value) if "form" in example.media_type else json.dumps(example.value)


def replaced(world: World, operation: Operation) -> World:
    """Make something new for an operation that deletes."""
    with world.live.client("advertiser") as advertiser, world.live.client("publisher") as publisher:
        make = {
            "deleteCampaign": lambda: ("cmp", advertiser.create_campaign({"name": "Gone", "vertical": "mortgage.refinance"}).id),
            "deleteSource": lambda: ("src", publisher.create_source({"name": "Gone"}).id),
            "deleteWebhook": lambda: ("whk", advertiser.create_webhook({"url": "https://hooks.example.com/gone"}).id),
        }
        prefix, made = make[operation.id]()
    return World(world.live, {**world.ids, prefix: made})


def refusals() -> list[tuple[Operation, int]]:
    """What anybody can bring about; the others need a state (409), a store that is away (503) or another key (403)."""
    found = [(one, status) for one in operations() for status in one.answers if status in {400, 401, 404, 413, 415, 422}]
    return [(one, status) for one, status in found if status != 404 or "{" in one.path]


@pytest.mark.parametrize(("operation", "status"), refusals(), ids=lambda one: str(getattr(one, "id", one)))
def test_a_documented_refusal_can_be_met(world: World, operation: Operation, status: int):
    role = ROLES[operation.described["tags"][0]][0]
    kind = next(iter(operation.bodies), "application/json")
    answer = provoke(world, operation, status, role, kind)
    content = operation.answers[status]["content"].get(answer.headers["content-type"])
    assert (answer.status, content is None) == (status, False), answer.body
    document = answer.json()
    assert (faults(content["schema"], document), EXPLANATIONS[document["code"]].status) == ([], status)
    if operation.described["tags"] != ["Old clients"]:
        told = EXPLANATIONS[document["code"]]
        assert (document["type"], document["title"], document["status"]) == (told.example["type"], told.title, status)


def provoke(world: World, operation: Operation, status: int, role: str, kind: str) -> Answer:
    body = "{}" if operation.bodies else None
    if status == 404:
        return World(world.live, {prefix: f"{prefix}_{MADE_UP}" for prefix in world.ids}).send(role, operation, body)
    if status == 401:
        return world.send(role, operation, body, Authorization="Bearer lx_live_nobody")
    if status == 415:
        return world.send(role, operation, "{}", Content_Type="image/png")
    with world.live.plain(role) as client:
        path, method = world.path(operation), operation.method.upper()
        if status in {400, 413}:
            return client.send(method, path, b'{"\xff' if status == 400 else TOO_LARGE, {"Content-Type": kind})
        if method == "GET":
            return client.get(f"{path}?limit=0&from=yesterday")
        return client.send(
            method, path, b"{}" if method == "POST" else b"[]", {"Content-Type": kind, "Idempotency-Key": "k" * 256}
        )
