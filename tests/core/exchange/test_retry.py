"""When a delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.core.retry import ATTEMPTS_MAX, SCHEDULE_SECONDS, Verdict, after_attempt, judge, next_attempt_at, read_retry_after

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


def test_schedule_is_the_published_one() -> None:
    pauses = [next_attempt_at(attempts, AT) - AT for attempts in range(ATTEMPTS_MAX)]
    hours = [timedelta(hours=count) for count in (2, 5, 10, 14, 20, 24)]
    assert pauses == [timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *hours]
    assert next_attempt_at(10, AT) is None
    assert next_attempt_at(11, AT) is None


@given(st.integers(0, 9), st.floats(0, 1), st.one_of(st.none(), st.integers(0, 10**9)))
def test_never_early_never_much_later(attempts: int, noise: float, retry_after: int | None) -> None:
    pause = (next_attempt_at(attempts, AT, noise=noise, retry_after_seconds=retry_after) - AT).total_seconds()
    planned = SCHEDULE_SECONDS[attempts]
    assert max(planned, min(retry_after or 0, 86_400)) <= pause <= max(planned * 1.1, 86_400)


def test_retry_after_is_honoured_when_longer() -> None:
    assert next_attempt_at(1, AT, retry_after_seconds=120) == AT + timedelta(seconds=120)
    assert next_attempt_at(2, AT, retry_after_seconds=120) == AT + timedelta(minutes=5)
    assert next_attempt_at(1, AT, retry_after_seconds=10**9) == AT + timedelta(days=1)


@pytest.mark.parametrize("noise", [-0.1, 1.1])
def test_noise_out_of_range(noise: float) -> None:
    with pytest.raises(ValueError, match="noise"):
        next_attempt_at(1, AT, noise=noise)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 0 ", 0),
        ("9999999999999", 86_400),
        ("Sun, 22 Nov 2026 13:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 12:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
    ],
)
def test_retry_after_header(header: str | None, seconds: int | None) -> None:
    assert read_retry_after(header, AT) == seconds


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200, 201, 204, 299), Verdict.ACCEPTED),
        ((400, 409, 422), Verdict.REFUSED),
        ((410,), Verdict.GONE),
        ((100, 301, 302, 307, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504), Verdict.RETRY),
    ],
)
def test_verdicts(statuses: tuple[int, ...], verdict: Verdict) -> None:
    assert {judge(status) for status in statuses} == {verdict}


def _after(status: int | None, attempts: int = 1, **options) -> tuple[str, datetime | None, str]:
    outcome = after_attempt(**{"status": status, "error": "", "attempts": attempts, "ended_at": AT, "noise": 0.0} | options)
    return outcome.state, outcome.next_attempt_at, outcome.reason


def test_what_follows_an_attempt() -> None:
    assert _after(201) == ("accepted", None, "")
    assert _after(422) == ("refused", None, "the receiver answered 422")
    assert _after(410) == ("dead", None, "the receiver answered 410: this destination is gone for good")
    assert _after(503) == ("failed", AT + timedelta(seconds=5), "the receiver answered 503")
    assert _after(429, retry_after="90") == ("failed", AT + timedelta(seconds=90), "the receiver answered 429")
    assert _after(None, 2, error="no answer within 10000 ms") == (
        "failed",
        AT + timedelta(minutes=5),
        "no answer within 10000 ms",
    )


def test_the_tenth_failure_is_the_last() -> None:
    assert _after(500, 9)[0] == "failed"
    assert _after(500, 10) == ("dead", None, "given up after 10 attempts; the last one: the receiver answered 500")
    assert _after(200, 10)[0] == "accepted"
