"""Time to an event: worked curves, what holds for any spans, and hours that prove something."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.simulator import contact_chance
from scoring.core.timing import (
    DOCUMENTED,
    STEPS,
    Calls,
    Curve,
    Span,
    Window,
    best_windows,
    call_within,
    chances_by_delay,
    curve_of,
    enough,
    wilson,
)

SPANS = st.lists(st.builds(Span, st.integers(0, 20).map(float), st.booleans()), max_size=40)


def test_a_curve_by_hand() -> None:
    spans = [Span(1, True), Span(2, False), Span(3, True), Span(3, True), Span(4, False), Span(5, True)]
    # 6 watched at 1: 5/6 stay. 4 watched at 3, of whom 2 end: 5/12. 1 watched at 5, who ends: nobody stays.
    found = curve_of(spans)
    assert (found.times, found.watched) == ((1, 3, 5), (6, 4, 1))
    assert found.shares == pytest.approx((1 / 6, 7 / 12, 1))
    assert [found.share_by(time) for time in (0.5, 1, 2.9)] == pytest.approx([0, 1 / 6, 1 / 6])
    assert (found.time_of(0.5), found.time_of(0.1)) == (3, 1)


def test_what_has_not_happened_yet_is_no_failure() -> None:
    happened, open_still = [Span(1, True)] * 5, [Span(0.5, False)] * 95
    assert curve_of(happened + open_still).share_by(1) == 1
    assert curve_of(happened + [Span(2, False)] * 95).share_by(1) == pytest.approx(0.05)


def test_nothing_watched_gives_an_empty_curve() -> None:
    assert curve_of([]) == Curve((), (), (), ())
    assert curve_of([Span(3, False)]).time_of(0.5) is None


@given(SPANS)
def test_shares_grow_and_stay_shares(spans: list[Span]) -> None:
    found = curve_of(spans)
    assert list(found.times) == sorted({span.length for span in spans if span.happened})
    assert all(0 < share <= 1 + 1e-12 for share in found.shares)
    assert list(found.shares) == sorted(found.shares)


@given(SPANS)
def test_without_anything_open_it_is_the_plain_share(spans: list[Span]) -> None:
    closed = [Span(span.length, True) for span in spans]
    found = curve_of(closed)
    for time in found.times:
        assert found.share_by(time) == pytest.approx(sum(span.length <= time for span in closed) / len(closed))


def test_it_finds_the_truth_behind_censored_spans() -> None:
    draw = np.random.default_rng(3)
    waits, watched = draw.exponential(2.0, 20_000), draw.uniform(0, 6, 20_000)
    spans = [Span(float(min(wait, end)), bool(wait <= end)) for wait, end in zip(waits, watched, strict=True)]
    assert curve_of(spans).share_by(2.0) == pytest.approx(1 - np.exp(-1), abs=0.01)


def test_an_hour_with_few_attempts_proves_nothing() -> None:
    windows = [Window(9, 1_000, 500), Window(20, 3, 3), Window(30, 1_000, 300)]
    best = best_windows(windows, after=0, count=2)
    assert [hour for hour, _ in best] == [9, 20]
    assert best[0][1] == pytest.approx((500 + 50 * 803 / 2003) / 1050)


def test_of_equal_hours_the_next_one_wins() -> None:
    same = [Window(hour, 100, 40) for hour in (10, 100, 160)]
    assert [hour for hour, _ in best_windows(same, after=90)] == [100, 160, 10]
    assert best_windows([], after=0) == []


@pytest.mark.parametrize("wrong", [Window(168, 1, 1), Window(-1, 1, 1), Window(3, 1, 2)])
def test_windows_that_make_no_sense_are_refused(wrong: Window) -> None:
    with pytest.raises(ValueError, match="hours"):
        best_windows([wrong], after=0)


def test_a_negative_span_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Span(-1, True)


def test_an_interval_by_hand() -> None:
    found = curve_of([Span(1, True), Span(2, False), Span(3, True), Span(3, True), Span(4, False), Span(5, True)])
    # Greenwood at 1: 1/(6 * 5) = .0333, so exp(1.96 * .18257 / ln(5/6)) is the power of 5/6.
    power = np.exp(1.96 * np.sqrt(1 / 30) / np.log(5 / 6))
    assert found.interval_by(1) == pytest.approx((1 - (5 / 6) ** power, 1 - (5 / 6) ** (1 / power)))
    assert found.interval_by(0.5) == (0.0, 1.0)
    assert found.interval_by(5) == pytest.approx((7 / 12, 1.0))


@given(SPANS)
def test_an_interval_holds_its_share(spans: list[Span]) -> None:
    found = curve_of(spans)
    for time in found.times:
        low, high = found.interval_by(time)
        assert -1e-12 <= low <= found.share_by(time) + 1e-12
        assert found.share_by(time) - 1e-12 <= high <= 1 + 1e-12


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draw, held = np.random.default_rng(8), 0
    for _ in range(400):
        waits, watched = draw.exponential(2.0, 120), draw.uniform(0, 6, 120)
        spans = [Span(float(min(wait, end)), bool(wait <= end)) for wait, end in zip(waits, watched, strict=True)]
        low, high = curve_of(spans).interval_by(2.0)
        held += low <= 1 - np.exp(-1) <= high
    assert 0.92 <= held / 400 <= 0.98


def test_wilson_by_hand() -> None:
    assert wilson(3, 10) == pytest.approx((0.1078, 0.6032), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == pytest.approx(0.0)
    assert wilson(20, 20)[1] == pytest.approx(1.0)


def test_only_the_hours_that_are_allowed_are_chosen() -> None:
    windows = [Window(9, 1_000, 500), Window(20, 1_000, 300)]
    assert best_windows(windows, after=0, among=[20, 21]) == [(21, pytest.approx(0.4)), (20, pytest.approx(320 / 1_050))]
    assert best_windows(windows, after=0, among=[]) == []


def test_the_documented_chances_are_the_simulators() -> None:
    assert [DOCUMENTED[step] for step in STEPS] == pytest.approx(contact_chance(np.array(STEPS), 18.0).tolist(), abs=5e-4)


def test_few_calls_or_calls_of_one_kind_do_not_speak() -> None:
    assert [enough(Calls(*one)) for one in ((199, 100), (200, 100), (400, 381), (400, 380), (400, 19))] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert chances_by_delay({1.0: Calls(199, 20)}) == dict(DOCUMENTED)


def test_own_calls_move_the_documented_chances() -> None:
    found = chances_by_delay({1.0: Calls(150, 60), 30.0: Calls(50, 40)})
    assert found[1.0] == pytest.approx((60 + 50 * 0.71) / 200)
    assert found[30.0] == pytest.approx((40 + 50 * 0.37) / 100)
    assert found[5.0] == pytest.approx(0.59)


def test_within_what_to_call() -> None:
    # .59 is more than .8 * .71, .37 is not.
    assert [call_within(DOCUMENTED, hurry=hurry) for hurry in (1, 0, -1)] == [1.0, 5.0, 30.0]
    flat = dict.fromkeys(STEPS, 0.5)
    assert [call_within(flat, hurry=hurry) for hurry in (1, 0, -1)] == [60.0, 1440.0, 1440.0]
    steep = {**flat, 1.0: 0.9}
    assert [call_within(steep, hurry=hurry) for hurry in (1, 0)] == [1.0, 1.0]


def test_nobody_is_reached_more_often_than_called() -> None:
    with pytest.raises(ValueError, match="more often"):
        Calls(1, 2)
