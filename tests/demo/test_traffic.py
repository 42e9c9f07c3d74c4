"""The demo's traffic against the real API: leads are pinged, posted, sold, reported on; a fall of the exchange ends nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.tenancy import act_as_exchange
from demo.cast import Stream
from demo.crowd import Crowd
from demo.first_sale import NotSold
from demo.traffic import Access, Memory, Traffic, access_of
from exchange.aftercare.models import Disposition
from exchange.auction.models import Sale
from exchange.intake.models import Lead
from scoring.models import Outcome
from tests.flow.conftest import Market, opened
from tests.wiping import empty_all_tables

pytestmark = pytest.mark.services
GOOD = Stream("alice", "Roofs", "home.roofing", 3.0, 0.6, 0.0, 0.0, 0.0, 1.0, 0.0)
SWITCHING = Stream("alice", "Roofs", "home.roofing", 1.0, -0.5, 0.0, 0.0, 0.0, 1.0, 1.0)


class Wire:
    """The public API over Django's test client, with what was sent; `away` plays an exchange that is down."""

    def __init__(self, market: Market, headers: dict[str, str]) -> None:
        self.market, self.headers = market, headers
        self.sent: list[tuple[str, Any, int]] = []
        self.away = False

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any], float]:
        if self.away:
            raise NotSold(f"{method} {path}: nobody answers")
        answer = self.market.client.generic(method, path, json.dumps(body), content_type="application/json", headers=self.headers)
        self.sent.append((path, body, answer.status_code))
        return answer.status_code, answer.json(), 1.0

    def statuses(self, path: str) -> Counter[int]:
        return Counter(status for sent, _, status in self.sent if sent == f"/api/v1/{path}")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let a test commit: a post's transaction may take five seconds, all posts of a test take longer."""
    with django_db_blocker.unblock():
        yield
        empty_all_tables()


@pytest.fixture
def market(
    committed: None, client: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Iterator[Market]:
    for made in opened(client, monkeypatch, django_capture_on_commit_callbacks):
        made.publish(made.bob, "Roofs", "20.00", filter={"all": [{"field": "home_ownership", "op": "eq", "value": "own"}]})
        made.fund(made.bob, "100000")
        yield made


@pytest.fixture
def wires(market: Market) -> dict[str, Wire]:
    return {"alice": Wire(market, market.alice.headers), "bob": Wire(market, market.bob.headers)}


def traffic_of(market: Market, wires: dict[str, Wire], *streams: Stream, rate: float = 60.0, first: bool = False) -> Traffic:
    access = Access(wires, {"alice": {"Roofs": market.source}}, {encode("organization", market.bob.organization_id): "bob"})
    return Traffic(access, streams, Crowd(streams), rate=rate, now=0.0, first=first)


def run(traffic: Traffic, seconds: float) -> None:
    """Let the calendar's time pass; the wall clock of the exchange stays the real one."""
    while traffic.next_due() < seconds:
        traffic.work(traffic.next_due(), utc_now())


def rows(model: Any) -> list[Any]:
    with act_as_exchange("look"):
        return list(model.objects.order_by("pk"))


def test_leads_are_sold_and_reported_on_through_the_api(market: Market, wires: dict[str, Wire]) -> None:
    traffic = traffic_of(market, wires, GOOD)
    run(traffic, 30.0)
    assert set(wires["alice"].statuses("pings")) == {200}
    assert set(wires["alice"].statuses("posts")) == {201}
    assert 15 <= len(wires["alice"].sent) <= 75
    sold = rows(Sale)
    assert len(sold) == traffic.counts["sold"] >= 3
    assert traffic.counts["no_bid"] >= 3
    assert {sale.advertiser_id for sale in sold} == {market.bob.organization_id}


def test_dispositions_come_back_as_batches_of_the_advertiser(market: Market, wires: dict[str, Wire]) -> None:
    traffic = traffic_of(market, wires, GOOD)
    run(traffic, 30.0)
    wires["alice"].away = True  # no more leads, so that the reports of these are all there is
    run(traffic, 300.0)
    assert set(wires["bob"].statuses("dispositions")) == {200}
    reported = rows(Disposition)
    assert len(reported) == traffic.counts["reported"] >= 3
    assert {one.lead_id for one in reported} <= {sale.lead_id for sale in rows(Sale)}
    assert {one.organization_id for one in reported} == {market.bob.organization_id}
    assert {one.status for one in reported} >= {"contacted"}
    outcomes = {row.ping_id: row for row in rows(Outcome)}
    assert set(outcomes) == {one.ping_id for one in reported}
    labels = {"open": None, "won": True, "lost": False}
    assert [row.outcome for row in outcomes.values()] == [labels[row.stage] for row in outcomes.values()]


def test_bait_and_switch_is_caught(market: Market, wires: dict[str, Wire]) -> None:
    traffic = traffic_of(market, wires, SWITCHING)
    run(traffic, 30.0)
    assert (traffic.counts["sold"], rows(Sale)) == (0, [])
    assert traffic.counts["rejected"] == len(rows(Lead)) >= 3
    assert {reason["code"] for lead in rows(Lead) for reason in lead.reasons} == {"ping_mismatch"}


def test_an_exchange_that_is_away_is_waited_for(market: Market, wires: dict[str, Wire]) -> None:
    traffic = traffic_of(market, wires, GOOD)
    for wire in wires.values():
        wire.away = True
    run(traffic, 20.0)
    assert (traffic.counts["failed"] >= 10, rows(Lead)) == (True, [])
    for wire in wires.values():
        wire.away = False
    run(traffic, 40.0)
    assert traffic.counts["sold"] == len(rows(Sale)) >= 3


def test_the_first_minute_is_busier(market: Market, wires: dict[str, Wire]) -> None:
    for wire in wires.values():
        wire.away = True
    traffic = traffic_of(market, wires, GOOD, rate=30.0, first=True)
    run(traffic, 60.0)
    busy = traffic.counts["failed"]
    run(traffic, 120.0)
    assert (150 < busy < 350, 10 < traffic.counts["failed"] - busy < 60) == (True, True)


def test_keys_and_sources_are_read_from_the_access_file() -> None:
    demo = {
        "traffic": {
            "keys": {"alice": "k1", "bob": "k2"},
            "organizations": {"alice": "org_1", "bob": "org_2"},
            "sources": {"alice": {"Roofs": "src_1"}},
        }
    }
    access = access_of(demo, lambda key: key)  # type: ignore[arg-type,return-value]
    assert (access.apis, access.sources["alice"], access.slugs["org_2"]) == (
        {"alice": "k1", "bob": "k2"}, {"Roofs": "src_1"}, "bob",
    )  # fmt: skip


def test_a_restart_goes_on_with_new_people(tmp_path: Path) -> None:
    file = tmp_path / "traffic.json"
    assert (Memory.load(file).runs, Memory.load(file).next_person) == (0, 0)
    crowd = Crowd((GOOD,))
    crowd.next(GOOD, utc_now() - timedelta(days=1))
    Memory(file, runs=1).save(crowd)
    assert (Memory.load(file).runs, Memory.load(file).next_person) == (1, 400)
    file.write_text("{")
    assert Memory.load(file).runs == 0
