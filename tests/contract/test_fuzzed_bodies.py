"""10,000 bodies that nobody would send on purpose get documented answers only, and leave the exchange selling.

FUZZ_REQUESTS and FUZZ_SEED choose more of them, or others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any
from xml.etree.ElementTree import ParseError

import pytest
from defusedxml.ElementTree import fromstring

from accounts.core.errors import CATALOGUE
from benchmarks.market_client import Answer, MarketClient, Unanswered, is_ready
from tests.contract.live import Live, somebody
from tests.contract.mutations import KINDS, Kind
from tests.tidy.document import Operation, faults, operations

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "10000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
THREADS = 4
POSTS = {one.path: one for one in operations() if one.described["tags"] == ["Ping and post"]}


def test_only_documented_answers(live: Live) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        counts = [REQUESTS // THREADS] * THREADS
        rounds = list(pool.map(lambda number: rush(live, number, counts[number]), range(THREADS)))
    met = Counter((path, kind, status) for one in rounds for path, kind, status, _ in one)
    wrong = [(path, kind, complaint) for one in rounds for path, kind, _, complaint in one if complaint]
    assert wrong[:10] == []
    assert sum(met.values()) >= REQUESTS
    # What is valid is sold all along, and what is not is refused in every documented way: the fuzz reaches the whole flow.
    good = {path: sum(count for (where, kind, status), count in met.items() if where == path and status < 300) for path in POSTS}
    assert min(good.values()) > REQUESTS / 200, met
    assert {status for _, _, status in met} >= {200, 201, 400, 404, 413, 415, 422}, met
    assert is_ready(live.base_url)


@dataclass
class Rush:
    """One connection's share of the requests. A ping stays open until a post ends it, so that most posts meet living quotes."""

    live: Live
    client: MarketClient
    draw: Random
    ping_id: str = ""

    def send(self) -> tuple[str, str, int, str]:
        """Send one request; gives where, what kind of body, the status, and what is wrong with the answer."""
        path, kind = self.draw.choice(list(POSTS)), self.draw.choices(list(KINDS), list(KINDS.values()))[0]
        media_type, raw = kind(self.draw, self.body_for(path))
        keyed = path.endswith("/leads") and self.draw.random() < 0.9
        key = {"Idempotency-Key": str(self.draw.getrandbits(80))} if keyed else {}
        try:
            answer = self.client.send("POST", path, raw, {"Content-Type": media_type, **key})
        except Unanswered as silence:
            return path, kind.__name__, 0, f"{silence}: {raw[:300]!r}"
        if path.endswith("/posts") and answer.status in {201, 409}:
            self.ping_id = ""
        found = complaint(POSTS[path], answer)
        return path, kind.__name__, answer.status, f"{found}: {raw[:300]!r}" if found else ""

    def body_for(self, path: str) -> Mapping[str, Any]:
        """A body that would be accepted."""
        post = {**self.live.sample_post, "contact": {**self.live.sample_post["contact"], **somebody()}}
        if path.endswith("/pings"):
            return self.live.sample_ping
        if path.endswith("/leads"):
            return {**self.live.sample_ping, **post}
        self.ping_id = self.ping_id or self.client.post("/api/v1/pings", self.live.sample_ping).json()["id"]
        return {"ping_id": self.ping_id, **post}


def rush(live: Live, number: int, count: int) -> list[tuple[str, str, int, str]]:
    with live.plain("publisher") as client:
        one = Rush(live, client, Random(f"{SEED}-{number}"))
        return [one.send() for _ in range(count)]


def complaint(operation: Operation, answer: Answer) -> str:
    """What is wrong with an answer, "" if nothing."""
    content = operation.answers.get(answer.status, {}).get("content", {})
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    said = content.get(media_type)
    if said is not None and media_type == "application/xml":
        return "" if well_formed(answer.body) else f"{answer.status} is no XML: {answer.body[:300]!r}"
    if said is None:
        return f"undocumented: {answer.status} {answer.headers.get('content-type')} {answer.body[:300]!r}"
    document = answer.json()
    wrong = faults(said["schema"], document)
    if not wrong and answer.status >= 400 and CATALOGUE.get(document["code"], (0,))[0] != answer.status:
        wrong = [f"code {document['code']}"]
    return f"{answer.status} {wrong[0]} in {answer.body[:300]!r}" if wrong else ""


def well_formed(raw: bytes) -> bool:
    try:
        fromstring(raw)
    except ParseError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
def test_a_seed_gives_the_same_bodies(kind: Kind) -> None:
    body = {"source": "src_1", "lead": {"zip": "78701"}, "touchpoints": [{"channel": "search"}]}
    assert [kind(Random("7"), body) for _ in range(3)] == [kind(Random("7"), body)] * 3
    assert body["lead"] == {"zip": "78701"}
