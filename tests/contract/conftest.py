"""One whole exchange for all contract tests, which trusts one receiver of ours; it is deleted when the run ends."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from leadwright import Leadwright
from tests.contract.live import Live
from tests.delivery.receiver import Receiver, running
from tests.faults.own_exchange import fresh_exchange


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def live(receiver: Receiver) -> Iterator[Live]:
    with tempfile.TemporaryDirectory(prefix="leadwright-") as folder:
        fresh = fresh_exchange(Path(folder) / "home")
        snippets = fresh_exchange(Path(folder) / "snippets").port
        trusted = ",".join([f"http://127.0.0.1:{fresh.port}", receiver.origin, f"http://127.0.0.1:{snippets}"])
        # Limits have tests of their own; here they would hide what is behind them.
        unlimited = {"RATE_PER_KEY": "0", "RATE_PER_SOURCE": "0"}
        exchange = replace(fresh, environment={"WIRE_TRUSTED_ORIGINS": trusted, **unlimited})
        try:
            exchange.start()
            yield Live.of(exchange, snippets)
        finally:
            exchange.reset()


@pytest.fixture
def publisher(live: Live) -> Iterator[Leadwright]:
    with live.client("publisher") as found:
        yield found


@pytest.fixture
def advertiser(live: Live) -> Iterator[Leadwright]:
    with live.client("advertiser") as found:
        yield found
