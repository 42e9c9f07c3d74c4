"""The operator's health page: exact numbers, and an answer also when a store does not give one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis

from accounts.core.clock import utc_now
from accounts.tenancy import act_as_exchange
from exchange.auction.counters import Counters, connect
from exchange.auction.models import Auction
from exchange.auction.store import counters
from exchange.delivery.models import Delivery, DestinationHealth
from reporting import health, pulse
from tests.reporting.conftest import World, usd
from tests.reporting.test_overview import door
from tests.reporting.test_pages import visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def looked_anew() -> Iterator[None]:
    yield
    health.forget_health()
    pulse.forget_pulse()


@pytest.fixture
def busy(world: World) -> World:
    world.sell()
    world.ping(min_price=usd("90.00"))
    world.ping()
    world.journal()
    return world


def look(world: World, **headers: str) -> Any:
    pulse.forget_pulse()
    health.forget_health()
    page = visit(world.operator, "health", "operator", **headers)
    assert page.status_code == 200, page.content
    return page


def signs(page: Any) -> dict[str, tuple[str, str]]:
    return {sign.name: (sign.level, sign.value) for _, _, rows in page.context["groups"] for _, sign in rows}


def test_it_counts_what_happened(busy: World) -> None:
    page = look(busy)
    assert {one.name: (one.minutes[-1], sum(one.minutes)) for one in page.context["pulse"].rates} == {
        "Pings": (3, 3), "Quotes": (2, 2), "Posts": (1, 1), "Sales": (1, 1),
    }  # fmt: skip
    assert page.context["rates"][0]["now"] == "0.6"
    assert page.context["pulse"].unsold == (("below_floor", 1),)
    assert (page.context["pulse"].pings, page.context["pulse"].refused) == (3, ())


def test_it_knows_the_milliseconds_of_each_stage(busy: World) -> None:
    stages = look(busy).context["pulse"].stages
    assert [(one.stage, one.count) for one in stages] == [("check", 3), ("score", 3), ("bid", 3), ("together", 3)]
    assert all(0 < one.p50_ms <= one.p95_ms <= one.p99_ms for one in stages)
    assert stages[-1].p50_ms >= max(one.p50_ms for one in stages[:-1])


def test_percentiles_are_those_of_the_record(busy: World) -> None:
    with act_as_exchange("give each ping known times"):
        for place, row in enumerate(Auction.objects.order_by("id"), 1):
            row.record = {**row.record, "stages_us": [["check", 1_000 * place]]}
            row.save(update_fields=["record"])
    check, whole = look(busy).context["pulse"].stages
    assert (check.p50_ms, check.p95_ms, check.p99_ms) == (2.0, pytest.approx(2.9), pytest.approx(2.98))
    assert (whole.stage, whole.p50_ms) == ("together", 2.0)


def test_it_sees_what_waits(busy: World) -> None:
    late = utc_now() - timedelta(minutes=3)
    with act_as_exchange("let the delivery be late"):
        Delivery.objects.update(next_attempt_at=late, created_at=late)
    found = signs(look(busy))
    assert found["Deliveries that are due"] == ("bad", "1, the oldest for 3 min")
    assert found["Open quotes"] == ("ok", "1")
    with act_as_exchange("hold the destination back"):
        row = Delivery.objects.get()
        DestinationHealth.objects.create(
            organization_id=row.organization_id, campaign_id=row.campaign_id, failures=5, failing_since=late, failed_at=late,
            held_until=utc_now() + timedelta(minutes=1), reason="500",
        )  # fmt: skip
        Delivery.objects.update(state="failed", reason="it answered 500")
    page = look(busy)
    assert signs(page)["Deliveries that are due"] == ("ok", "0")
    assert signs(page)["Deliveries trying again"] == ("ok", "1, the oldest for 3 min")
    assert page.context["pulse"].failing == (("it answered 500", 1),)


def test_records_on_their_way_and_put_aside_are_seen(world: World) -> None:
    world.ping()
    counters("live").client.xadd(counters("live").key("unreadable"), {b"error": b"why"})
    found = signs(look(world))
    assert found["Journal's stream"][1].startswith("1, the oldest for ")
    assert found["Records put aside"] == ("look", "1")


def test_it_answers_without_valkey(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Counters(connect(NOBODY, repeats=0), "live")
    monkeypatch.setattr(pulse, "counters", lambda mode: gone)
    monkeypatch.setattr(health, "counters", lambda mode: gone)
    page = look(busy)
    found = signs(page)
    assert (found["Valkey, counters"], found["Journal's stream"]) == (("bad", "away"), ("bad", "not known"))
    assert (found["Valkey, volatile"], page.context["level"].word) == (("ok", "answers"), "Bad")
    assert "No ping gets a quote until it answers" in page.content.decode()


def test_it_answers_without_the_volatile_one(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = redis.Redis.from_url(NOBODY, socket_connect_timeout=0.2)
    monkeypatch.setattr(pulse, "volatile", lambda: gone)
    monkeypatch.setattr(health, "volatile", lambda: gone)
    found = signs(look(busy))
    assert (found["Valkey, volatile"], found["Tasks for the worker"]) == (("bad", "away"), ("bad", "not known"))
    assert found["Valkey, counters"] == ("ok", "answers")


def test_a_fragment_is_only_what_ticks(busy: World) -> None:
    page = look(busy, **{"hx-request": "true"})
    assert (b"<html" in page.content, b"Pings a minute" in page.content) == (False, True)


def test_it_is_measured_once_for_everybody_who_looks(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = door(busy.operator, "operator")
    first = client.get(address + "health").context["pulse"]
    monkeypatch.setattr(pulse, "_measure", lambda mode, at: pytest.fail("measured again"))
    assert client.get(address + "health").context["pulse"] is first


@pytest.mark.parametrize(("who", "role"), [("publisher", "owner"), ("advertiser", "owner"), ("stranger", "owner")])
def test_it_is_the_operators_alone(busy: World, who: str, role: str) -> None:
    client, address = door(getattr(busy, who), role)
    _, operators = door(busy.operator, "operator")
    assert (client.get(address + "health").status_code, client.get(operators + "health").status_code) == (404, 404)


def test_the_sandbox_has_its_own(busy: World) -> None:
    client, address = door(busy.operator, "operator")
    page = client.get(address.rstrip("/") + "-test/health")
    assert [sum(one.minutes) for one in page.context["pulse"].rates] == [0, 0, 0, 0]
