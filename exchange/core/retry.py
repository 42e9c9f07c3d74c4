"""When a delivery is tried again, and what an HTTP answer means for it.

Ten attempts over about three days (the schedule of Standard Webhooks, stretched): a buyer's system may be away over a weekend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Literal

# Seconds before each attempt, counted from the end of the one before.
SCHEDULE_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS_MAX = len(SCHEDULE_SECONDS)

# Jitter only ever adds: deliveries that failed together do not come back together, and none comes early.
JITTER_SHARE = 0.1
RETRY_AFTER_SECONDS_MAX = 86_400

# After so many rounds of failures nothing is sent to a destination for a while, so that one that hangs delays nobody else.
ROUNDS_UNTIL_HELD = 5
HELD_SECONDS, HELD_SECONDS_MAX = 15, 300

# The buyer's system has read the lead and said no: sending the same bytes again cannot change that.
_REFUSALS = frozenset({400, 409, 422})
_GONE = 410


class Verdict(StrEnum):
    """What one answer means: taken, refused for good, try again, or never send here again."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    RETRY = "retry"
    GONE = "gone"


def judge(status: int) -> Verdict:
    """Read an HTTP status: 2xx accepted; 400, 409 and 422 refused; 410 gone; all else, redirects too, is tried again."""
    if 200 <= status < 300:
        return Verdict.ACCEPTED
    if status == _GONE:
        return Verdict.GONE
    return Verdict.REFUSED if status in _REFUSALS else Verdict.RETRY


def next_attempt_at(
    attempts: int, ended_at: datetime, *, noise: float = 0.0, retry_after_seconds: int | None = None
) -> datetime | None:
    """Say when to try again after `attempts` attempts, the last one ended at `ended_at`; None when all are spent.

    `noise` from 0 (included) to 1 spreads the attempts; a Retry-After longer than the schedule's pause is honoured, up to a day.
    """
    if not 0.0 <= noise <= 1.0:
        raise ValueError("noise is a number from 0 to 1")
    if attempts >= ATTEMPTS_MAX:
        return None
    pause = SCHEDULE_SECONDS[attempts] * (1 + JITTER_SHARE * noise)
    asked = min(retry_after_seconds or 0, RETRY_AFTER_SECONDS_MAX)
    return ended_at + timedelta(seconds=max(pause, asked))


def read_retry_after(header: str | None, at: datetime) -> int | None:
    """Read a Retry-After header (seconds or HTTP date) as whole seconds from `at`, never negative; None when unreadable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), RETRY_AFTER_SECONDS_MAX)
    try:
        instant = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return min(max(0, round((aware - at).total_seconds())), RETRY_AFTER_SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt makes of its delivery: the next state, when to try again (None: never), and the reason in words.

    `gone`: the receiver said that nothing may ever be sent there again.
    """

    state: Literal["accepted", "refused", "failed", "dead"]
    next_attempt_at: datetime | None
    reason: str
    gone: bool = False

    @property
    def answered(self) -> bool:
        """Say whether the receiver works: it took what was sent, or read it and said no."""
        return self.state in {"accepted", "refused"}


def after_attempt(
    *, status: int | None, error: str, attempts: int, ended_at: datetime, noise: float, retry_after: str | None = None
) -> Outcome:
    """Decide what follows attempt number `attempts`; `status` None means that no answer came and `error` says why."""
    verdict = Verdict.RETRY if status is None else judge(status)
    told = error or f"the receiver answered {status}"
    if verdict is Verdict.ACCEPTED:
        return Outcome("accepted", None, "")
    if verdict is Verdict.REFUSED:
        return Outcome("refused", None, told)
    if verdict is Verdict.GONE:
        return Outcome("dead", None, "the receiver answered 410: this destination is gone for good", gone=True)
    again_at = next_attempt_at(attempts, ended_at, noise=noise, retry_after_seconds=read_retry_after(retry_after, ended_at))
    if again_at is None:
        return Outcome("dead", None, f"given up after {attempts} attempts; the last one: {told}")
    return Outcome("failed", again_at, told)


def held_seconds(failures: int) -> int:
    """Say how long nothing is sent to a destination after so many rounds of failures in a row: 0, then 15 s doubling to 300."""
    if failures < ROUNDS_UNTIL_HELD:
        return 0
    return min(HELD_SECONDS << min(failures - ROUNDS_UNTIL_HELD, 10), HELD_SECONDS_MAX)
