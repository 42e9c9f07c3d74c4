"""Buckets: never more than burst and rate allow in any stretch of time, and never less to who keeps within them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.rates import SECOND_NS, left, next_at, rate_of, seconds_until, take

RATES = st.tuples(st.integers(1, 5000), st.integers(1, 4000), st.integers(1, 8))


@given(RATES, st.lists(st.integers(0, SECOND_NS), min_size=1, max_size=60))
def test_no_stretch_of_time_lets_more_through(rate: tuple[int, int, int], gaps: list[int]) -> None:
    per_second, burst, shares = rate
    bucket, full_at, now, passed = rate_of(per_second, burst, shares), 0, 7, []
    for gap in gaps:
        now += gap
        after = take(bucket, full_at, now)
        if after:
            full_at = after
            passed.append(now)
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            # In whole numbers: requests x interval <= burst x interval + time.
            assert (last - first + 1) * bucket.interval_ns <= bucket.burst * bucket.interval_ns + passed[last] - begin
    assert bucket.interval_ns * per_second >= SECOND_NS * shares
    assert bucket.burst <= max(1, burst / shares)


@given(RATES, st.integers(1, 300))
def test_a_steady_sender_within_the_rate_is_never_refused(rate: tuple[int, int, int], count: int) -> None:
    bucket, full_at = rate_of(*rate), 0
    for number in range(count):
        full_at = take(bucket, full_at, 7 + number * bucket.interval_ns)
        assert full_at


@given(RATES, st.lists(st.integers(0, SECOND_NS // 100), max_size=100))
def test_what_the_headers_say_is_true(rate: tuple[int, int, int], gaps: list[int]) -> None:
    bucket, full_at, now = rate_of(*rate), 0, 7
    for gap in gaps:
        now += gap
        promised = left(bucket, full_at, now)
        after = take(bucket, full_at, now)
        assert bool(after) == (promised > 0)
        if after:
            full_at = after
            assert left(bucket, full_at, now) == promised - 1
            assert left(bucket, full_at, now + seconds_until(full_at, now) * SECOND_NS) == bucket.burst
        else:
            assert take(bucket, full_at, next_at(bucket, full_at))
            assert not take(bucket, full_at, next_at(bucket, full_at) - 1)


def test_a_burst_and_then_the_rate() -> None:
    bucket, full_at = rate_of(2, 3), 0
    times = [0, 0, 0, 0, SECOND_NS // 2, SECOND_NS // 2, 10 * SECOND_NS]
    passed = []
    for now in times:
        after = take(bucket, full_at, now)
        passed.append(bool(after))
        full_at = after or full_at
    assert passed == [True, True, True, False, True, False, True]
    assert (left(bucket, full_at, 10 * SECOND_NS), seconds_until(full_at, 10 * SECOND_NS)) == (2, 1)


@pytest.mark.parametrize(("rate", "interval_ns", "burst"), [((500, 1000, 2), 4_000_000, 500), ((1, 2, 8), 8 * SECOND_NS, 1)])
def test_workers_share_a_rate(rate: tuple[int, int, int], interval_ns: int, burst: int) -> None:
    assert rate_of(*rate) == (interval_ns, burst)
