"""The demo market's traffic: publishers that ping and post, advertisers that report, all through the public HTTP API.

One loop works through a calendar of things to do. What goes wrong (the exchange restarts, a key was revoked) is counted and
forgotten: this is a demo, and the next lead comes in two seconds.
"""

from __future__ import annotations

import heapq
import itertools
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from accounts.core.clock import rfc3339
from demo.cast import Stream
from demo.crowd import Crowd, Visitor
from demo.first_sale import NotSold
from demo.reports import Planned, plan_reports

log = logging.getLogger(__name__)

# How long a person looks at the quote's form before it is sent: most within the quote's minute.
POST_SECONDS_MEDIAN, POST_SPREAD = 4.0, 0.8
REPORT_EACH_SECONDS = 3.0
REPORTS_AT_ONCE = 100
TELL_EACH_SECONDS = 60.0
FIRST_MINUTE_FACTOR, FIRST_SECONDS = 8.0, 60.0
RATE_MAX = 1_200.0


class Api(Protocol):
    """The public API with one key."""

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any], float]:
        """Give status, body and milliseconds; raises NotSold when nobody answers."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may send: an API by slug, sources by slug and name, and slugs by organization id."""

    apis: Mapping[str, Api]
    sources: Mapping[str, Mapping[str, str]]
    slugs: Mapping[str, str]


def access_of(demo: Mapping[str, Any], api: Callable[[str], Api]) -> Access:
    """Read what demo.json holds for us; `api` makes the client of a key."""
    traffic = demo["traffic"]
    slugs = {organization: slug for slug, organization in traffic["organizations"].items()}
    return Access({slug: api(key) for slug, key in traffic["keys"].items()}, traffic["sources"], slugs)


class Traffic:
    """The calendar and what has happened so far. Times are seconds of a monotonic clock."""

    def __init__(
        self, access: Access, streams: tuple[Stream, ...], crowd: Crowd, *, rate: float, now: float, first: bool, seed: int = 1
    ) -> None:
        """Begin at `now`; on the very `first` run the first minute is busier, so that no page stays empty."""
        self.counts: Counter[str] = Counter()
        self.crowd = crowd
        self._access = access
        self._streams = streams
        self._shares = np.array([stream.share for stream in streams]) / sum(stream.share for stream in streams)
        self._dice = np.random.default_rng(seed)
        self._rate = rate
        self._busy_until = now + FIRST_SECONDS if first else now
        self._calendar: list[tuple[float, int, Callable[[float, datetime], None]]] = []
        self._order = itertools.count()
        self._reports: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._at(now, self._arrive)
        self._at(now + REPORT_EACH_SECONDS, self._send_reports)

    def next_due(self) -> float:
        """Say when something is to be done."""
        return self._calendar[0][0]

    def work(self, now: float, at: datetime) -> None:
        """Do everything that is due at `now`, which the wall clock calls `at`."""
        while self._calendar[0][0] <= now:
            due, _, act = heapq.heappop(self._calendar)
            try:
                act(due, at)
            except (NotSold, ValueError) as error:  # nobody answers, or the front answers for the exchange
                self.counts["failed"] += 1
                log.info("the demo's traffic waits: %s", error)

    def _at(self, when: float, act: Callable[[float, datetime], None]) -> None:
        heapq.heappush(self._calendar, (when, next(self._order), act))

    def _arrive(self, now: float, at: datetime) -> None:
        """Let one lead arrive, and note when the next one does."""
        rate = min(self._rate * (FIRST_MINUTE_FACTOR if now < self._busy_until else 1.0), RATE_MAX)
        self._at(now + float(self._dice.exponential(60.0 / rate)), self._arrive)
        stream = self._streams[int(self._dice.choice(len(self._streams), p=self._shares))]
        self._ping(self.crowd.next(stream, at), now, at)

    def _ping(self, visitor: Visitor, now: float, at: datetime) -> None:
        stream = visitor.stream
        body = visitor.ping(self._access.sources[stream.publisher][stream.source], at)
        status, answer = self._call(stream.publisher, "pings", body)
        if status != 200 or answer["status"] != "quoted":
            self.counts["no_bid" if status == 200 else "refused"] += 1
            return
        self.counts["quoted"] += 1
        if self._dice.random() < stream.posted:
            pause = POST_SECONDS_MEDIAN * float(self._dice.lognormal(0.0, POST_SPREAD))
            self._at(now + pause, lambda now, _: self._post(visitor, answer, now, at))

    def _post(self, visitor: Visitor, quoted: Mapping[str, Any], now: float, pinged_at: datetime) -> None:
        stream = visitor.stream
        body = visitor.post(quoted["id"], pinged_at)
        if self._dice.random() < stream.switched:
            body["lead"] = {"zip": "99501"}  # bait and switch: the ping said another place
        status, answer = self._call(stream.publisher, "posts", body)
        self.counts[answer["status"] if status == 201 else "not_posted"] += 1
        if status == 201 and answer["status"] == "sold":
            self._expect_reports(visitor, quoted, answer, now)

    def _expect_reports(self, visitor: Visitor, quoted: Mapping[str, Any], sold: Mapping[str, Any], now: float) -> None:
        buyers = {quote["id"]: quote["advertiser"]["id"] for quote in quoted["quotes"]}
        for leg in sold["legs"]:
            slug = self._access.slugs.get(buyers.get(leg["quote_id"], ""))
            if leg["status"] == "sold" and slug is not None:
                for planned in plan_reports(visitor, self._dice):
                    self._at(now + planned.after_seconds, self._reporting(slug, sold["lead_id"], planned))

    def _reporting(self, slug: str, lead_id: str, planned: Planned) -> Callable[[float, datetime], None]:
        def report(now: float, at: datetime) -> None:
            body: dict[str, Any] = {"lead_id": lead_id, "status": planned.status, "occurred_at": rfc3339(at)}
            if planned.revenue is not None:
                body["revenue"] = {"amount": f"{planned.revenue}.00", "currency": "USD"}
            self._reports[slug].append(body)

        return report

    def _send_reports(self, now: float, at: datetime) -> None:
        """Let each advertiser's system report what has come together, as one batch."""
        self._at(now + REPORT_EACH_SECONDS, self._send_reports)
        for slug, waiting in self._reports.items():
            if waiting:
                status, answer = self._call(slug, "dispositions", {"dispositions": waiting[:REPORTS_AT_ONCE]})
                del waiting[:REPORTS_AT_ONCE]
                self.counts["reported"] += answer["recorded"] if status == 200 else 0

    def _call(self, slug: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, answer, _ = self._access.apis[slug].call("POST", f"/api/v1/{path}", body)
        return status, answer


@dataclass(slots=True)
class Memory:
    """What outlives the process: how many persons were sent, how often it has begun, and how often its market was learned.

    Kept in traffic.json of the home; what `demo drift` sent stands in drift.json.
    """

    path: Path
    next_person: int = 0
    runs: int = 0
    learned: int = 0

    @classmethod
    def load(cls, path: Path) -> Memory:
        """Read what an earlier run left; begin anew where there is nothing readable."""
        try:
            known = json.loads(path.read_text())
            return cls(path, int(known["next_person"]), int(known["runs"]), int(known.get("learned", 0)))
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path)

    def save(self, crowd: Crowd) -> None:
        """Write it as a whole."""
        self.next_person = crowd.next_person
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"next_person": self.next_person, "runs": self.runs, "learned": self.learned}))
        fresh.replace(self.path)
