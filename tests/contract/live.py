"""A running exchange as a contract test sees it: its address, keys by role, and what may be sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from benchmarks.market_client import MarketClient
from leadwright import Leadwright, answers
from tests.faults.own_exchange import OwnExchange

Found = TypeVar("Found")


@dataclass(frozen=True)
class Live:
    """`keys` names one key per role; `others` has keys of organizations that no other test looks at.

    Webhooks may be sent to `receiver_port`, where nobody listens yet.
    """

    base_url: str
    keys: dict[str, str]
    others: dict[str, str]
    source_id: str
    test_source_id: str
    receiver_port: int
    sample_ping: dict[str, Any]
    sample_post: dict[str, Any]

    @classmethod
    def of(cls, exchange: OwnExchange, receiver_port: int) -> Live:
        demo = json.loads((exchange.folder / "demo.json").read_text())
        keys = {role: demo[f"{role}_key"] for role in ("publisher", "advertiser", "operator", "publisher_test")}
        traffic = demo["traffic"]["keys"]
        others = {"publisher": traffic["quote-river"], "advertiser": traffic["summit-exteriors"], "operator": keys["operator"]}
        samples = {name: demo[name] for name in ("source_id", "test_source_id", "sample_ping", "sample_post")}
        return cls(demo["base_url"], keys, others, receiver_port=receiver_port, **samples)

    def client(self, role: str) -> Leadwright:
        return Leadwright(self.base_url, self.keys[role])

    def plain(self, role: str) -> MarketClient:
        """A client that knows nothing of the API and repeats nothing."""
        return MarketClient(self.base_url, self.keys[role], tries_max=1)

    def sell(self, contact: dict[str, Any] | None = None) -> answers.Post:
        """Sell one lead; each call is another person, for one is bought once."""
        with self.client("publisher") as publisher:
            ping = publisher.create_ping(self.sample_ping)  # type: ignore[arg-type]
            assert ping.status == "quoted", ping.reasons
            post = {**self.sample_post, "contact": {**self.sample_post["contact"], **(contact or somebody())}}
            return publisher.create_post({"ping_id": ping.id, **post})  # type: ignore[typeddict-item]


def somebody() -> dict[str, str]:
    """A phone and an address that nobody had before: exchange and area are real, the rest counts nanoseconds."""
    number = time.time_ns() // 1000 % 10_000_000
    return {"phone": f"+1512{2_000_000 + number % 7_999_999}", "email": f"visitor{time.time_ns()}@example.com"}


def eventually(look: Callable[[], Found | None], seconds: float = 20) -> Found:
    """What is found within some seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(0.05)
