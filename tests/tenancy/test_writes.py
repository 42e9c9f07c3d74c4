"""Writes that reach for what is somebody else's in their body: refused, nothing changed, and no hint that it exists."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as_exchange
from campaigns.models import Campaign
from exchange.auction.models import Sale
from tests.flow.conftest import LEAD, person
from tests.tenancy.conftest import Actor, World, state
from tests.tenancy.test_walk import told

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SENDERS = ("rival publisher", "stranger", "publisher's test key")


def ping_of(source: str) -> dict[str, Any]:
    return {"source": source, "vertical": "home.roofing", "lead": LEAD}


def sent(world: World, actor: Actor, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    """POST as somebody; gives the status and what a problem tells."""
    answer = world.ask(actor, "POST", f"/api/v1/{path}", body, **headers)
    return answer.status_code, told(answer)


@pytest.mark.parametrize("name", SENDERS)
def test_nobody_pings_from_a_foreign_source(world: World, name: str) -> None:
    actor, before = world.actors[name], state()
    foreign, unknown = world.one("source"), encode("source", uuid7())
    for path, more in (("pings", {}), ("leads", {**person(7), "external_id": "taken over"})):
        status, problem = sent(world, actor, path, {**ping_of(foreign), **more})
        assert (status, problem["code"]) == (404, "not_found")
        assert sent(world, actor, path, {**ping_of(unknown), **more}) == (status, problem)
        for thing in world.things:
            if thing.kind != "source":
                assert sent(world, actor, path, {**ping_of(thing.id), **more})[0] == 422
    assert state() == before


@pytest.mark.parametrize("name", SENDERS)
def test_nobody_posts_against_a_foreign_ping(world: World, name: str) -> None:
    actor, before = world.actors[name], state()
    unknown = sent(world, actor, "posts", {"ping_id": encode("ping", uuid7()), **person(7)})
    assert (unknown[0], unknown[1]["code"]) == (404, "not_found")
    for thing in world.things:
        if thing.kind == "ping":
            body = {"ping_id": thing.id, **person(7)}
            assert sent(world, actor, "posts", body) == unknown
            assert sent(world, actor, "posts", {**body, "quote_ids": [world.one("quote")]}) == unknown
            assert sent(world, actor, "posts", body, **{"Idempotency-Key": "k"}) == unknown
        else:
            assert sent(world, actor, "posts", {"ping_id": thing.id, **person(7)})[0] == 422
    assert state() == before


def test_a_foreign_quote_is_not_found_on_an_own_ping(world: World) -> None:
    alice = world.actors["publisher"]
    own = world.market.ping().json()
    before = state()
    foreign = [world.one("quote"), encode("quote", uuid7())]
    for quotes in ([foreign[0]], [foreign[1]], [own["quotes"][0]["id"], foreign[0]]):
        status, problem = sent(world, alice, "posts", {"ping_id": own["id"], "quote_ids": quotes, **person(7)})
        assert (status, problem["code"], problem["detail"]) == (404, "not_found", "No such quote.")
    # A claim that named its own quote beside a foreign one keeps that quote alive a little longer, and changes nothing else.
    assert {name for name, digest in state().items() if before[name] != digest} <= _of_a_claim(before)
    with act_as_exchange("look"):
        assert Sale.objects.count() == 1
    assert world.market.post(own["id"], **person(7)).json()["status"] == "sold"


def _of_a_claim(before: dict[str, str]) -> set[str]:
    return {name for name in before if any(part in name for part in ("}:due'", "}:q:", "}:a:"))}


def test_only_the_publisher_posts_its_ping(world: World) -> None:
    """Whoever sees a ping as its buyer or as the operator still cannot post it."""
    before = state()
    body = {"ping_id": world.one("ping"), **person(7)}
    assert sent(world, world.actors["advertiser"], "posts", body)[0] == 403
    assert sent(world, world.actors["operator"], "posts", body)[0] == 404
    assert state() == before


def test_a_campaign_may_name_any_source_and_learns_nothing(world: World) -> None:
    """Sources are opaque ids to advertisers: a foreign one, an unknown one, and none of one's own are all the same."""
    bob = world.actors["rival advertiser"]
    foreign, unknown = world.one("source"), encode("source", uuid7())
    answers = [_campaign_naming(world, bob, source) for source in (foreign, unknown)]
    told_of = [str(answer).replace(source, "*") for answer, source in zip(answers, (foreign, unknown), strict=True)]
    assert told_of[0] == told_of[1]
    status, problem = sent(
        world, bob, "campaigns", {"name": "x", "vertical": "home.roofing", "allowed_sources": [world.one("ping")]}
    )
    assert (status, problem["errors"][0]["pointer"]) == (422, "/allowed_sources")


def _campaign_naming(world: World, actor: Actor, source: str) -> dict[str, Any]:
    body = {
        "name": "Picky",
        "vertical": "home.roofing",
        "allowed_sources": [source],
        "caps": [{"window": "day", "limit": 3, "source": source}],
        "bid": {"base_price": {"amount": "1.00", "currency": "USD"}},
    }
    answer = world.ask(actor, "POST", "/api/v1/campaigns", body)
    assert answer.status_code == 201, answer.content
    return {name: value for name, value in answer.json().items() if name not in {"id", "created_at", "updated_at"}}


@pytest.mark.parametrize("name", ["rival advertiser", "stranger", "advertiser's test key", "operator"])
def test_a_key_of_idempotency_of_somebody_else_opens_nothing(world: World, name: str) -> None:
    path = f"campaigns/{world.one('campaign')}/pause"
    key = {"Idempotency-Key": "shared"}
    assert sent(world, world.actors["advertiser"], path, {}, **key)[0] == 200
    before = state()
    status, problem = sent(world, world.actors[name], path, {}, **key)
    assert (status, problem["code"]) == (404, "not_found")
    assert state() == before


def test_the_same_key_is_another_key_for_another_organization(world: World) -> None:
    key, publisher = {"Idempotency-Key": "shared"}, world.actors["publisher"]
    ping = ping_of(world.one("source"))
    first = sent(world, publisher, "pings", ping, **key)
    assert first[0] == 200
    lead = {**ping, **person(8)}
    sold = sent(world, publisher, "leads", lead, **key)
    assert (sold[0], sold[1]["status"]) == (201, "sold")
    before = state()
    for name in SENDERS:
        for path, body in (("pings", ping), ("leads", lead)):
            assert sent(world, world.actors[name], path, body, **key)[0] == 404
    assert state() == before


def test_an_external_id_of_another_source_is_free(world: World) -> None:
    publisher, rival = world.actors["publisher"], world.actors["rival publisher"]
    rivals_source = world.ask(rival, "GET", "/api/v1/sources").json()["data"][0]["id"]
    for actor, source, number in ((publisher, world.one("source"), 11), (rival, rivals_source, 12)):
        status, lead = sent(world, actor, "leads", {**ping_of(source), **person(number), "external_id": "form-1"})
        assert (status, lead["status"]) == (201, "sold")


def test_names_of_campaigns_and_sources_are_nobody_elses(world: World) -> None:
    """Two organizations may use one name; creating it tells nothing."""
    status, made = sent(world, world.actors["rival advertiser"], "campaigns", {"name": "Texas roofs", "vertical": "home.roofing"})
    assert (status, made["name"]) == (201, "Texas roofs")
    with act_as_exchange("look"):
        assert Campaign.objects.filter(name="Texas roofs").count() == 2
