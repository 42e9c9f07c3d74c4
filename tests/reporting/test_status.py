"""GET /status.json: ready or not, and nothing secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client

from exchange.auction.store import counters
from exchange.core.auction import ENGINE_VERSION
from reporting import health
from tests.reporting.conftest import World

pytestmark = [pytest.mark.services, pytest.mark.django_db, pytest.mark.urls("tests.reporting.urls")]
CHECKS = {
    "postgresql", "valkey", "valkey_volatile", "counters_live", "counters_test", "journal_live", "journal_test",
}  # fmt: skip


@pytest.fixture(autouse=True)
def looked_anew() -> Iterator[None]:
    health.forget_health()
    yield
    health.forget_health()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "static").mkdir()
    monkeypatch.setattr(settings, "LEADWRIGHT_HOME", tmp_path)
    return tmp_path


def ask(method: str = "get") -> tuple[int, dict[str, Any]]:
    answer = getattr(Client(), method)("/status.json")
    return answer.status_code, json.loads(answer.content)


def failing(body: dict[str, Any]) -> set[str]:
    return {name for name, fine in body["checks"].items() if not fine}


def test_ready(world: World) -> None:
    world.sell()
    world.ping(min_price={"amount": "90.00", "currency": "USD"})
    world.journal()
    status, body = ask()
    assert (status, body["ready"], set(body["checks"]), failing(body)) == (200, True, CHECKS, set())
    idle = {"pings_per_minute": 0, "quotes_per_minute": 0, "sales_per_minute": 0}
    busy = {"pings_per_minute": 2, "quotes_per_minute": 1, "sales_per_minute": 1}
    assert body["rates"] == {"window_seconds": 60, "live": busy, "test": idle}
    assert body["versions"]["leadwright"] == settings.VERSION
    assert (body["versions"]["django"], body["versions"]["engine"]) == (django.get_version(), ENGINE_VERSION)
    assert body["versions"]["postgresql"].startswith("18")


def test_processes_are_read_without_pids(world: World, home: Path) -> None:
    row = {"name": "market", "pid": 1, "port": 2, "state": "running", "restarts": 3, "started_ticks": 4}
    (home / "processes.json").write_text(json.dumps({"state": "ready", "message": "secret", "processes": [row]}))
    assert ask()[1]["processes"] == [{"name": "market", "state": "running", "restarts": 3}]


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"processes": 1}', '{"processes": [1]}', "{}"])
def test_a_broken_list_of_processes_is_no_failure(world: World, home: Path, text: str | None) -> None:
    if text is not None:
        (home / "processes.json").write_text(text)
    status, body = ask()
    assert (status, body["processes"]) == (200, [])


@pytest.mark.parametrize("mode", ["live", "test"])
def test_not_ready_without_the_counters_epoch(world: World, mode: str) -> None:
    market = counters(mode)
    market.client.delete(market.key("epoch"))
    status, body = ask()
    assert (status, body["ready"], failing(body)) == (503, False, {f"counters_{mode}"})


def test_not_ready_without_the_journal(world: World) -> None:
    market = counters("live")
    market.client.delete(market.key("journal_up"))
    status, body = ask()
    assert (status, failing(body)) == (503, {"journal_live"})


def test_not_ready_without_postgresql(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise django.db.OperationalError("connection to 127.0.0.1 failed for user secret")

    monkeypatch.setattr(health, "_ask_database", away)
    monkeypatch.setattr(connection, "close", lambda: None)
    status, body = ask()
    assert (status, failing(body), body["rates"]) == (503, {"postgresql"}, {"window_seconds": 60})
    assert (body["versions"]["postgresql"], "secret" in json.dumps(body)) == (None, False)


def test_not_ready_without_valkey(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(mode: str) -> None:
        raise redis.ConnectionError("refused")

    monkeypatch.setattr(health, "_ask_market", away)
    status, body = ask()
    assert (status, body["ready"]) == (503, False)
    assert failing(body) == {"valkey", "counters_live", "counters_test", "journal_live", "journal_test"}


def test_the_answer_is_a_second_old_at_most(world: World) -> None:
    assert ask()[1]["rates"]["live"]["pings_per_minute"] == 0
    world.ping()
    world.journal()
    assert ask()[1]["rates"]["live"]["pings_per_minute"] == 0
    health.forget_health()
    assert ask()[1]["rates"]["live"]["pings_per_minute"] == 1


def test_no_secret_is_named(world: World) -> None:
    text = json.dumps(ask()[1])
    secrets = [settings.SECRET_KEY, settings.VALKEY_URL, settings.VALKEY_VOLATILE_URL, settings.DATABASES["default"]["PASSWORD"]]
    assert [one for one in secrets if one in text] == []


def test_only_reading(world: World) -> None:
    assert Client().post("/status.json").status_code == 405
    assert Client().head("/status.json").status_code == 200
