"""What is well, what to look at, what is bad: each limit on both of its sides."""

from __future__ import annotations

import pytest

from reporting.core.vitals import (
    QUEUES,
    Queue,
    Sign,
    per_minute,
    sign_of_snapshot,
    signs_of_processes,
    signs_of_queues,
    signs_of_stores,
    span,
    worst,
)


@pytest.mark.parametrize(
    ("name", "queue", "level", "value"),
    [
        ("stream", Queue(0), "ok", "0"),
        ("stream", Queue(900, 4.9), "ok", "900, the oldest for 5 s"),
        ("stream", Queue(1_200, 5), "look", "1,200, the oldest for 5 s"),
        ("stream", Queue(1_200, 30), "bad", "1,200, the oldest for 30 s"),
        ("unreadable", Queue(1), "look", "1"),
        ("deliveries", Queue(3, 120), "bad", "3, the oldest for 2 min"),
        ("deliveries_failed", Queue(3, 3_599), "ok", "3, the oldest for 60 min"),
        ("deliveries_failed", Queue(3, 7_200), "look", "3, the oldest for 2 h"),
        ("open", Queue(1_000_000), "ok", "1,000,000"),
        ("tasks", Queue(2_000), "bad", "2,000"),
    ],
)
def test_a_queue_is_judged_by_its_measure(name: str, queue: Queue, level: str, value: str) -> None:
    (sign,) = signs_of_queues({name: queue})
    assert (sign.level, sign.value) == (level, value)
    assert sign.advice == ("" if level == "ok" else QUEUES[name].advice)


def test_a_queue_that_cannot_be_asked_is_bad() -> None:
    assert signs_of_queues({"stream": None}) == (
        Sign("Journal's stream", "not known", "bad", "Its store does not answer: begin there."),
    )


def test_every_watched_queue_says_what_to_do() -> None:
    assert [name for name, one in QUEUES.items() if not one.advice.endswith(".")] == ["open"]
    assert [name for name, one in QUEUES.items() if one.look > one.bad] == []


def test_a_store_answers_or_is_away() -> None:
    fine, away = signs_of_stores({"valkey": True, "valkey_volatile": False})
    assert (fine.value, fine.level, fine.advice) == ("answers", "ok", "")
    assert (away.value, away.level, away.advice.endswith("selling goes on.")) == ("away", "bad", True)


def test_a_process_that_ended_is_looked_at_and_one_that_does_not_run_is_bad() -> None:
    told = [("front", "running", 0), ("worker", "running", 1), ("beat", "waiting", 4), ("journal", "running", None)]
    rows = [{"name": name, "state": state, "restarts": restarts} for name, state, restarts in told]
    assert [(sign.name, sign.value, sign.level) for sign in signs_of_processes(rows)] == [
        ("front", "running", "ok"), ("worker", "running, 1 restart", "look"), ("beat", "waiting, 4 restarts", "bad"),
        ("journal", "running", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "used", "seconds", "level", "value"),
    [
        (None, None, None, "bad", "not known"),
        (7, None, None, "ok", "version 7"),
        (7, 7, 300.0, "ok", "version 7, in use for 5 min"),
        (8, 7, 90.0, "look", "version 7, in use for 90 s; the market is at 8"),
    ],
)
def test_the_snapshot_is_the_markets_or_older(
    version: int | None, used: int | None, seconds: float | None, level: str, value: str
) -> None:
    sign = sign_of_snapshot(version, used, seconds)
    assert (sign.level, sign.value) == (level, value)


def test_the_worst_sign_is_the_whole() -> None:
    ok, look, bad = (Sign("", "", level) for level in ("ok", "look", "bad"))  # type: ignore[arg-type]
    assert [worst([]), worst([ok]), worst([look, ok]), worst([ok, bad, look])] == ["ok", "ok", "look", "bad"]


def test_spans_and_rates() -> None:
    assert [span(seconds) for seconds in (-1, 0.4, 119, 120, 7_199, 7_200, 200_000)] == [
        "0 s", "0 s", "119 s", "2 min", "120 min", "2 h", "2 days",
    ]  # fmt: skip
    assert (per_minute([0, 0, 4, 6], 2), per_minute([3], 5), per_minute([], 5)) == (5.0, 3.0, 0.0)
