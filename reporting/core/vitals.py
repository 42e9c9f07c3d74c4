"""What of an exchange is well, what somebody should look at, and what is bad: the thresholds, and what to do in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["ok", "look", "bad"]
LEVELS: tuple[Level, ...] = ("ok", "look", "bad")


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits: how many, and for how many seconds the oldest of them (None where nothing waits)."""

    count: int
    oldest_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing looked at: its value in words, its level, and what to do unless it is ok."""

    name: str
    value: str
    level: Level
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """A queue with its limits: on `measure` (its count, or the age of its oldest in seconds) from `look` and from `bad` on."""

    name: str
    measure: Literal["count", "age"]
    look: float
    bad: float
    advice: str

    def sign(self, queue: Queue | None) -> Sign:
        """Judge it; one that could not be asked is bad."""
        if queue is None:
            return Sign(self.name, "not known", "bad", "Its store does not answer: begin there.")
        measured = queue.count if self.measure == "count" else queue.oldest_seconds or 0.0
        level: Level = "bad" if measured >= self.bad else "look" if measured >= self.look else "ok"
        return Sign(self.name, _words(queue), level, "" if level == "ok" else self.advice)


NEVER = float("inf")
QUEUES: Mapping[str, Watched] = {
    "stream": Watched(
        "Journal's stream", "age", 5, 30,
        "The journal falls behind: look at its process and its log; the market stops quoting when the stream is full.",
    ),
    "unreadable": Watched(
        "Records put aside", "count", 1, 100,
        "PostgreSQL took none of these; each says why in Valkey's stream {mode}:unreadable.",
    ),
    "due": Watched(
        "Quotes past their end", "age", 10, 60,
        "The sweeper does not end them, so they hold money and caps: look at the process journal.",
    ),
    "open": Watched("Open quotes", "count", NEVER, NEVER, ""),
    "deliveries": Watched(
        "Deliveries that are due", "age", 15, 120, "No worker takes them: look at the processes worker and beat.",
    ),
    "deliveries_failed": Watched(
        "Deliveries trying again", "age", 3_600, 6 * 3_600,
        "A destination fails for long; its campaign shows the reason and is paused by itself in the end.",
    ),
    "deliveries_dead": Watched(
        "Deliveries given up today", "count", 1, 50,
        "Tell the advertisers: each lead shows the last answer and can be sent again.",
    ),
    "webhooks": Watched(
        "Webhooks that are due", "age", 15, 120, "No worker takes them: look at the processes worker and beat.",
    ),
    "webhooks_failed": Watched(
        "Webhooks trying again", "age", 3_600, 24 * 3_600, "An address fails for long; its owner sees why.",
    ),
    "webhooks_dead": Watched("Webhooks given up today", "count", 1, 1_000, "Their owners find them in their log."),
    "tasks": Watched(
        "Tasks for the worker", "count", 200, 2_000, "The worker is slow or away; nothing is lost, a sweep finds what waits.",
    ),
}  # fmt: skip
STORES: Mapping[str, tuple[str, str]] = {
    "postgresql": ("PostgreSQL", "Nothing is sold until it answers: look at its process and at the disk."),
    "valkey": ("Valkey, counters", "No ping gets a quote until it answers; nothing sold is lost, the counters are built anew."),
    "valkey_volatile": ("Valkey, volatile", "Live pages stand still and deliveries wait for the sweep; selling goes on."),
    "counters_live": ("Counters, live", "They are being built from PostgreSQL; if this stays, look at the process journal."),
    "counters_test": ("Counters, test", "They are being built from PostgreSQL; if this stays, look at the process journal."),
    "journal_live": ("Journal, live", "The journal gives no sign of life, so nothing is promised: look at its process."),
    "journal_test": ("Journal, test", "The journal gives no sign of life, so nothing is promised: look at its process."),
}


def signs_of_stores(checks: Mapping[str, bool]) -> tuple[Sign, ...]:
    """Judge what answers and what does not."""
    return tuple(
        Sign(STORES[name][0], "answers" if fine else "away", "ok" if fine else "bad", "" if fine else STORES[name][1])
        for name, fine in checks.items()
    )


def signs_of_queues(queues: Mapping[str, Queue | None]) -> tuple[Sign, ...]:
    """Judge what waits; raises KeyError for a queue that QUEUES does not know."""
    return tuple(QUEUES[name].sign(queue) for name, queue in queues.items())


def signs_of_processes(processes: Iterable[Mapping[str, Any]]) -> tuple[Sign, ...]:
    """Judge the processes as the supervisor sees them."""
    return tuple(_process(one) for one in processes)


def sign_of_snapshot(version: int | None, used: int | None, used_seconds: float | None) -> Sign:
    """Judge whether pings are matched against the market as it stands; `used` is the version of the newest ping."""
    if version is None:
        return Sign("Snapshot", "not known", "bad", "PostgreSQL does not say which version the market has.")
    if used is None:
        return Sign("Snapshot", f"version {version}", "ok")
    words = f"version {used}, in use for {span(used_seconds or 0)}"
    if used == version:
        return Sign("Snapshot", words, "ok")
    # A new version reaches every process within a second; the newest ping may simply be older than that.
    return Sign("Snapshot", f"{words}; the market is at {version}", "look", "If pings come in, look at the process market.")


def worst(signs: Iterable[Sign]) -> Level:
    """Give the level of the worst sign."""
    return max((sign.level for sign in signs), key=LEVELS.index, default="ok")


def span(seconds: float) -> str:
    """Write a length of time with one unit: 4 s, 12 min, 3 h, 2 days."""
    for size, unit in ((86_400, " days"), (3_600, " h"), (60, " min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(seconds, 0):.0f} s"


def per_minute(counts: Sequence[int], minutes: int) -> float:
    """Give the mean of the last whole minutes; `counts` ends with the newest."""
    chosen = counts[-minutes:]
    return sum(chosen) / len(chosen) if chosen else 0.0


def _words(queue: Queue) -> str:
    if not queue.count or queue.oldest_seconds is None:
        return f"{queue.count:,}"
    return f"{queue.count:,}, the oldest for {span(queue.oldest_seconds)}"


def _process(one: Mapping[str, Any]) -> Sign:
    name, state, restarts = str(one.get("name")), str(one.get("state")), int(one.get("restarts") or 0)
    words = f"{state}, {restarts} restart{'' if restarts == 1 else 's'}" if restarts else state
    if state != "running":
        return Sign(name, words, "bad", f"The supervisor starts it again; `make logs` says why {name} ended.")
    if restarts:
        return Sign(name, words, "look", f"It ended {restarts} time{'' if restarts == 1 else 's'}: `make logs` says why.")
    return Sign(name, words, "ok")
