"""A walk over every address with everybody's keys and everybody else's ids: refused, and nothing changed."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from accounts.core.ids import encode, uuid7
from config import urls
from tests.tenancy.conftest import Actor, World, state
from tests.tenancy.routes import DEMO_ONLY, LISTS, MARKET, METHODS, PORTAL, PUBLIC, ROUTES, Route, patterns

pytestmark = [pytest.mark.services, pytest.mark.django_db]
WITH_ID = [route for route in ROUTES if route.kind]
NAMES = (
    "operator", "operator's test key", "publisher", "publisher's test key", "advertiser", "advertiser's test key",
    "rival publisher", "rival advertiser", "stranger", "anonymous",
)  # fmt: skip


def test_every_address_is_listed() -> None:
    listed = {route.pattern for route in ROUTES} | set(PUBLIC)
    keyed = {pattern for pattern in patterns(urls.urlpatterns) if not pattern.startswith(PORTAL)}
    assert keyed - set(DEMO_ONLY) == listed


def test_every_address_of_the_market_pool_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    # The module makes this process a market process; here it must not stay one, nor load models.
    monkeypatch.setenv("LEADWRIGHT_POOL", "market")
    monkeypatch.setattr("exchange.api.warmth.warm_up", lambda: None)
    market = importlib.import_module("config.market")
    assert set(patterns(market.urlpatterns)) == set(MARKET)
    assert set(MARKET) == {route.pattern for route in ROUTES if route.hot}


def test_the_cast_is_complete(world: World) -> None:
    assert set(world.actors) == set(NAMES)
    assert {thing.kind for thing in world.things} >= {route.kind for route in WITH_ID}


def expected(route: Route, method: str, actor: Actor) -> int:
    """Say how a request is refused whose id is somebody else's."""
    if route.hot and method != "POST":
        return 405
    if actor.name == "anonymous":
        return 401
    scope = route.scope(method)
    if scope is None:
        return 405
    return 404 if not scope or scope in actor.scopes else 403


@pytest.mark.parametrize("name", NAMES)
def test_an_id_of_somebody_else_is_not_found(world: World, name: str) -> None:
    before = state()
    for route in WITH_ID:
        for method in METHODS:
            _refused(world, world.actors[name], route, method)
        assert state() == before, route.pattern


def _refused(world: World, actor: Actor, route: Route, method: str) -> None:
    """Ask for everything that the actor has no part in, ids of every other kind included."""
    body = route.bodies.get(method, {}) if method in {"POST", "PUT", "PATCH"} else None
    nothing = world.ask(actor, method, route.path(encode(route.kind, uuid7())), body)
    for thing in world.things:
        if thing.kind == route.kind and actor.name in thing.readers:
            continue
        answer = world.ask(actor, method, route.path(thing.id), body)
        assert (method, thing.kind, answer.status_code) == (method, thing.kind, expected(route, method, actor))
        if method != "HEAD" and thing.kind == route.kind:
            assert told(answer) == told(nothing), "a foreign id must read as an unknown one"


def told(answer: Any) -> dict[str, Any]:
    """Give a problem without what names the request."""
    body: dict[str, Any] = answer.json()
    return {member: value for member, value in body.items() if member not in {"instance", "request_id"}}


@pytest.mark.parametrize("name", NAMES)
def test_who_may_read_can(world: World, name: str) -> None:
    """The walk is not empty: the same ids are answered to those they belong to."""
    actor, before = world.actors[name], state()
    for route in WITH_ID:
        for thing in world.things:
            if thing.kind == route.kind and name in thing.readers and "GET" in route.methods and route.shows:
                answer = world.ask(actor, "GET", route.path(thing.id))
                assert (route.pattern, answer.status_code, answer.json()["id"]) == (route.pattern, 200, thing.id)
    assert state() == before


@pytest.mark.parametrize("name", NAMES)
def test_without_an_id_everybody_sees_their_own(world: World, name: str) -> None:
    actor, before = world.actors[name], state()
    for route in (route for route in ROUTES if not route.kind):
        for method in METHODS:
            wanted = expected(route, method, actor)
            if method == "POST" and wanted == 404:
                continue  # It makes something of the caller's own; test_writes refers to others in it.
            answer = world.ask(actor, method, route.path(), {} if method in {"POST", "PUT", "PATCH"} else None)
            assert (route.pattern, method, answer.status_code) == (route.pattern, method, route.bare if wanted == 404 else wanted)
            assert foreign_ids(world, name, answer) == []
    assert state() == before


def foreign_ids(world: World, name: str, answer: Any) -> list[str]:
    """List what an answer shows although its reader has no part in it."""
    page = answer.content.decode()
    if name == "operator":
        return []
    if name in {"publisher", "advertiser"}:
        # Both sides of a sale know the sale's ids; the campaign is the buyer's alone, the source the seller's.
        return [thing.id for thing in world.things if thing.readers and name not in thing.readers and thing.id in page]
    return [thing.id for thing in world.things if thing.id in page]


@pytest.mark.parametrize("name", NAMES)
def test_a_cursor_of_somebody_else_opens_nothing(world: World, name: str) -> None:
    actor, before = world.actors[name], state()
    for route in (route for route in ROUTES if route.pattern in LISTS):
        for thing in world.things:
            answer = world.ask(actor, "GET", f"{route.path()}?cursor={thing.id}")
            wanted = expected(route, "GET", actor)
            if wanted == 404:
                wanted = 200 if thing.kind == LISTS[route.pattern] else 422
            assert (route.pattern, thing.kind, answer.status_code) == (route.pattern, thing.kind, wanted)
            if answer.status_code == 200:
                assert foreign_ids(world, name, answer) == []
    assert state() == before


@pytest.mark.parametrize("path", [path for path in PUBLIC if "<" not in path])
def test_public_pages_are_the_same_for_everybody(world: World, path: str) -> None:
    before = state()
    statuses = {200, 503} if path == "status.json" else {200}
    for actor in world.actors.values():
        answer = world.ask(actor, "GET", f"/{path}")
        assert answer.status_code in statuses
        assert [thing.id for thing in world.things if thing.id in answer.content.decode()] == []
    assert state() == before


def test_no_thing_is_a_problem_code(world: World) -> None:
    before = state()
    for actor in world.actors.values():
        for thing in world.things:
            assert world.ask(actor, "GET", f"/docs/errors/{thing.id}").status_code == 404
    assert state() == before
