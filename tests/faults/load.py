"""Load that remembers every promise: publishers that ping, post, repeat themselves, and note what they were told."""

from __future__ import annotations

import copy
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import made_up
from benchmarks.market_client import Answer, Demo, MarketClient, Unanswered
from benchmarks.replay_csv import contact_hashes

POST_SECONDS_MAX = 75.0  # longer than a quote lives: then the answer is 409, not silence
AWAY = 503
DOUBLE_EVERY = 5


@dataclass(frozen=True, slots=True)
class Promise:
    """A post that was answered 201: what was sent, and what the exchange said."""

    post: Mapping[str, Any]
    answer: Mapping[str, Any]

    @property
    def lead_id(self) -> str:
        return str(self.answer["lead_id"])


@dataclass(slots=True)
class Load:
    """Threads that sell leads until stopped; `pause_seconds` is each one's rest between two leads."""

    demo: Demo
    threads: int = 3
    pause_seconds: float = 0.05
    ping: Mapping[str, Any] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    unanswered: list[Mapping[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _workers: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(self.threads)]
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """Let every thread finish the lead it is at."""
        self._ended.set()
        for worker in self._workers:
            worker.join(timeout=POST_SECONDS_MAX + 60)
            assert not worker.is_alive(), "a thread of the load hangs"

    def _work(self) -> None:
        with MarketClient(base_url=self.demo.base_url, key=self.demo.publisher_key, tries_max=1, timeout_seconds=15) as client:
            while not self._ended.is_set():
                try:
                    self._sell_one(client)
                except Exception as error:  # the run goes on, and the report says what was odd
                    self._fault(f"the load met {error!r}")
                time.sleep(self.pause_seconds)

    def _sell_one(self, client: MarketClient) -> None:
        person = made_up.contact(secrets.randbits(62))
        body = {**copy.deepcopy({**self.demo.sample_ping, **self.ping}), "contact_hashes": contact_hashes(person)}
        answer = self._try(client, "/api/v1/pings", body, idempotency_key=secrets.token_hex(12))
        if answer is None or answer.status == AWAY:
            self._count("ping away")
            time.sleep(0.2)
            return
        found = answer.json()
        if answer.status != 200:
            self._fault(f"ping answered {answer.status}: {found}")
            return
        if found["status"] != "quoted":
            self._count("no bid: " + ", ".join(sorted({reason["code"] for reason in found["reasons"]})))
            return
        self._count("quoted")
        self._post(client, post_for(self.demo, person, found))

    def _post(self, client: MarketClient, body: Mapping[str, Any]) -> None:
        answer = settled(client, body)
        if answer is None:
            self._count("post unanswered")
            with self._lock:
                self.unanswered.append(body)
            return
        self._keep(body, answer)
        if secrets.randbelow(DOUBLE_EVERY) == 0:
            again = settled(client, body)
            if again is not None and (again.status, again.json()) != (answer.status, answer.json()):
                self._fault(f"the same post had two answers: {answer.json()} and {again.json()}")

    def _keep(self, body: Mapping[str, Any], answer: Answer) -> None:
        found = answer.json()
        if answer.status == 201:
            self._count(found["status"])
            with self._lock:
                self.promises.append(Promise(body, found))
        elif answer.status == 409:
            self._count(f"post {found['code']}")
            if found["code"] != "quote_expired":
                self._fault(f"a fresh post was answered {found}")
        else:
            self._fault(f"post answered {answer.status}: {found}")

    def _try(self, client: MarketClient, path: str, body: Mapping[str, Any], **more: str) -> Answer | None:
        try:
            return client.post(path, body, **more)
        except Unanswered:
            return None

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def _fault(self, text: str) -> None:
        with self._lock:
            self.faults.append(text)


def post_for(demo: Demo, person: Mapping[str, str], quoted: Mapping[str, Any]) -> dict[str, Any]:
    """Make the post that takes every quote of an answer, for one person."""
    sample = copy.deepcopy(dict(demo.sample_post))
    contact = {**sample["contact"], **person}
    quote_ids = [quote["id"] for quote in quoted["quotes"]]
    return {**sample, "ping_id": quoted["id"], "quote_ids": quote_ids, "contact": contact}


def settled(client: MarketClient, body: Mapping[str, Any], seconds: float = POST_SECONDS_MAX) -> Answer | None:
    """Repeat a post until something other than silence or 503 comes back; None when nothing did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = client.post("/api/v1/posts", body)
        except Unanswered:
            answer = None
        if answer is not None and answer.status != AWAY:
            return answer
        time.sleep(0.25)
    return None
