"""Many publishers at once: each pings, posts its quote, and tries again only while its source holds too many open quotes."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from benchmarks import made_up
from benchmarks.market_client import Demo, MarketClient
from benchmarks.replay_csv import contact_hashes
from tests.faults.load import post_for

OPEN_QUOTES = "open_quotes"
ROUNDS_MAX = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one person's lead ended: "sold" with payout and quote, or the last no-bid's reasons."""

    status: str
    payout: Decimal = Decimal(0)
    quote_id: str = ""
    reasons: frozenset[str] = frozenset()


def rush(demo: Demo, ping: Mapping[str, Any], seeds: Sequence[int], *, parallel: int) -> list[Outcome]:
    """Send one lead for each seed from `parallel` threads that start together."""
    gate = threading.Barrier(parallel)
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        shares = pool.map(lambda first: _sell_share(demo, ping, seeds[first::parallel], gate), range(parallel))
        return [outcome for share in shares for outcome in share]


def _sell_share(demo: Demo, ping: Mapping[str, Any], seeds: Sequence[int], gate: threading.Barrier) -> list[Outcome]:
    with MarketClient(base_url=demo.base_url, key=demo.publisher_key) as client:
        gate.wait(timeout=30)
        return [sell_one(client, demo, ping, seed) for seed in seeds]


def sell_one(client: MarketClient, demo: Demo, ping: Mapping[str, Any], seed: int) -> Outcome:
    """Ping until there is a quote or a reason that waiting does not cure, then post."""
    person = made_up.contact(seed)
    body = {**ping, "contact_hashes": contact_hashes(person)}
    reasons: frozenset[str] = frozenset()
    for number in range(ROUNDS_MAX):
        answer = client.post("/api/v1/pings", body, idempotency_key=f"rush-{seed}-{number}")
        found = answer.json()
        assert answer.status == 200, f"ping answered {answer.status}: {found}"
        if found["status"] == "quoted":
            return _posted(client, demo, person, found)
        reasons = frozenset(reason["code"] for reason in found["reasons"])
        if OPEN_QUOTES not in reasons:
            break
    return Outcome("no_bid", reasons=reasons)


def _posted(client: MarketClient, demo: Demo, person: Mapping[str, str], quoted: Mapping[str, Any]) -> Outcome:
    answer = client.post("/api/v1/posts", post_for(demo, person, quoted))
    found = answer.json()
    assert answer.status == 201, f"post answered {answer.status}: {found}"
    return Outcome(found["status"], Decimal(found["payout"]["amount"]), quoted["quotes"][0]["id"])
