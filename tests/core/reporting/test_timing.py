"""Who counts, until when it is watched, what a call is: the rules behind the page Timing, on leads made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from reporting.core.advice import advise
from reporting.core.timing import (
    Band,
    Contact,
    Teller,
    ToldLead,
    bands,
    calls_by_delay,
    calls_by_hour,
    contact_of,
    contact_spans,
    place_of,
    readable,
    tries_of,
    watch,
    win_spans,
)
from scoring.core.calling import home_of
from scoring.core.timing import Calls, Span, Window

# A Monday, noon in Texas.
NOON = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OWN, RIVAL = UUID(int=1), UUID(int=2)
TEXAS = home_of("TX", "America/Chicago")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def lead(*reports: tuple[str, float], **changes: Any) -> ToldLead:
    """Give a lead sold at noon with reports so many minutes later; it is told of at once."""
    sold_at = changes.pop("sold_at", NOON)
    told = tuple((status, sold_at + minutes(after)) for status, after in reports)
    facts = {"stage": "open" if told else "silent", "first_told_at": told[0][1] if told else None, **changes}
    return ToldLead(advertiser_id=OWN, sold_at=sold_at, home=TEXAS, reports=told, **facts)


def test_the_first_contact_is_the_first_report_that_somebody_spoke() -> None:
    assert contact_of(lead()) is None
    assert contact_of(lead(("attempted", 1), ("unreachable", 30), ("lost", 40))) is None
    assert contact_of(lead(("attempted", 1), ("contacted", 9), ("quoted", 20))) == Contact(NOON + minutes(9), timed=True)
    assert contact_of(lead(("quoted", 20), ("contacted", 30))) == Contact(NOON + minutes(20), timed=False)
    assert contact_of(lead(("quoted", 20), ("contacted", 20))) == Contact(NOON + minutes(20), timed=True)


def test_calls_end_with_the_one_that_reached_somebody() -> None:
    called = lead(("attempted", 1), ("attempted", 5), ("contacted", 9), ("attempted", 20), ("contacted", 30))
    assert tries_of(called) == ((NOON + minutes(1), False), (NOON + minutes(5), False), (NOON + minutes(9), True))
    # A step that only implies a contact names no call; what was tried before it was in vain.
    assert tries_of(lead(("attempted", 1), ("sale", 90))) == ((NOON + minutes(1), False),)
    assert tries_of(lead(("unreachable", 90))) == ()


def test_silence_counts_only_where_an_advertiser_tells_of_nearly_all() -> None:
    leads = [lead(("contacted", 10)), lead()]
    for level, counted, left in (
        ("high", 2, {}),
        ("fair", 1, {"silent": 1}),
        ("unknown", 1, {"silent": 1}),
        ("low", 0, {"low": 2}),
    ):
        watched, why = watch(leads, {OWN: Teller(level, NOON + DAY)})  # type: ignore[arg-type]
        assert (level, len(watched), why) == (level, counted, left)


def test_who_never_told_anything_is_not_read_at_all() -> None:
    assert watch([lead(), lead()], {}) == ((), {"silent": 2})


def test_nobody_is_watched_longer_than_its_advertiser_told() -> None:
    watched, left = watch([lead(), lead(sold_at=NOON + DAY)], {OWN: Teller("high", NOON + minutes(90))})
    assert left == {"young": 1}
    assert contact_spans(watched) == [Span(90, False)]


def test_the_youngest_leads_are_left_out_told_or_not() -> None:
    old = [lead(("contacted", wait)) for wait in (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 500)]
    young = lead(("contacted", 1), sold_at=NOON + minutes(485))
    # Nine in ten were told of within 20 minutes: what was sold in the last 20 before the last report may still be told of.
    watched, left = watch([*old, young, lead()], {OWN: Teller("fair", NOON + minutes(500))})
    assert (len(watched), left) == (11, {"young": 1, "silent": 1})
    everybody, none_left = watch([*old, young, lead()], {OWN: Teller("high", NOON + minutes(500))})
    assert (len(everybody), none_left) == (13, {})


def test_what_was_lost_stays_watched_as_not_won_and_not_contacted() -> None:
    lost = lead(("unreachable", 30), stage="lost", won=False)
    won = lead(("contacted", 3), ("sale", 60), stage="won", won_at=NOON + minutes(60), won=True)
    watched, _ = watch([lost, won], {OWN: Teller("high", NOON + minutes(240))})
    assert contact_spans(watched) == [Span(240, False), Span(3, True)]
    assert win_spans(watched) == [Span(240, False), Span(60, True)]


def test_a_report_from_a_clock_that_is_behind_is_no_time_before_the_sale() -> None:
    watched, _ = watch([lead(("contacted", -3))], {OWN: Teller("high", NOON + minutes(10))})
    assert contact_spans(watched) == [Span(0, True)]


@pytest.mark.parametrize(
    ("reports", "place"),
    [
        ((("contacted", 5),), "5 min"), ((("contacted", 5.1),), "30 min"), ((("contacted", 60),), "1 h"),
        ((("contacted", 1_440),), "1 day"), ((("contacted", 1_441),), "later"), ((("quoted", 2),), "untimed"),
        ((("attempted", 2),), "none"), ((), "none"),
    ],
)  # fmt: skip
def test_the_place_of_a_first_contact(reports: tuple[tuple[str, float], ...], place: str) -> None:
    assert place_of(lead(*reports)) == place


def test_bands_count_wins_of_known_outcomes_only() -> None:
    leads = [
        lead(("contacted", 1), won=True), lead(("contacted", 2), won=False), lead(("contacted", 3)),
        lead(("contacted", 40), won=False),
    ]  # fmt: skip
    watched, _ = watch(leads, {OWN: Teller("high", NOON + DAY)})
    assert bands(watched)[:3] == (Band("5 min", 3, 2, 1), Band("30 min", 0, 0, 0), Band("1 h", 1, 1, 0))


def test_hours_are_those_of_the_lead() -> None:
    mountain = lead(("attempted", 1), ("contacted", 70))
    elsewhere = ToldLead(OWN, NOON, home_of("TX", "America/Denver"), "open", mountain.reports)
    nowhere = ToldLead(OWN, NOON, None, "open", mountain.reports)
    # Noon of Monday in Dallas is 11 o'clock in El Paso.
    assert calls_by_hour([mountain, elsewhere, nowhere]) == (Window(11, 1, 0), Window(12, 2, 1), Window(13, 1, 1))


def test_first_calls_by_delay() -> None:
    leads = [
        lead(("contacted", 0.5)),
        lead(("attempted", 1), ("contacted", 3)),
        lead(("contacted", 50)),
        lead(("attempted", 9_000)),
    ]
    assert calls_by_delay(leads) == {1.0: Calls(2, 1), 60.0: Calls(1, 1)}


def test_who_tells_of_too_few_gives_no_calls() -> None:
    rival = ToldLead(RIVAL, NOON, TEXAS, "open", (("contacted", NOON),))
    tellers = {OWN: Teller("unknown", NOON), RIVAL: Teller("low", NOON)}
    assert readable([lead(), rival], tellers) == (lead(),)


def test_an_open_lead_is_to_be_called_at_once_and_the_first_legal_hour_is_named() -> None:
    found = advise(lead(), [], hurry=0, at=NOON + minutes(2))
    assert (found.state, found.may_call_now, found.contacted_at) == ("open", True, None)
    assert found.urgency is not None
    assert (found.urgency.minutes, found.urgency.by, found.urgency.own) == (5.0, NOON + minutes(5), False)
    assert (found.urgency.chance, found.urgency.chance_later, found.urgency.own_calls) == (0.59, 0.37, 0)
    assert found.window is not None
    assert (found.window.starts_at, found.window.ends_at, found.window.chance) == (NOON, NOON + minutes(60), None)


def test_words_of_hurry_make_it_sooner() -> None:
    urgent, calm = (advise(lead(), [], hurry=hurry, at=NOON).urgency for hurry in (1, -1))
    assert urgent is not None
    assert calm is not None
    assert (urgent.minutes, calm.minutes) == (1.0, 30.0)


def test_at_night_the_window_begins_in_the_morning() -> None:
    found = advise(lead(), [], hurry=0, at=NOON + timedelta(hours=11))
    nine = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert (found.may_call_now, found.legal_from) == (False, nine)
    assert found.window is not None
    assert found.window.starts_at == nine


def test_with_enough_calls_the_best_of_the_coming_legal_hours_is_chosen() -> None:
    """Six in the evening reaches 90 of 100, noon 40 of 100, and 10 at night, which is not legal, all of 100."""
    evening = [_called(6, success=number < 90) for number in range(100)]
    noon = [_called(0, success=number < 40) for number in range(100)]
    night = [_called(10, success=True) for _ in range(100)]
    found = advise(lead(), [*evening, *noon, *night], hurry=0, at=NOON)
    assert found.window is not None
    assert found.window.starts_at == NOON + timedelta(hours=6)
    overall = 230 / 300
    assert found.window.chance == pytest.approx((90 + 50 * overall) / 150)
    assert found.window.calls == 300


def _called(hours: int, *, success: bool) -> ToldLead:
    """Give a lead of the week before, called so many hours after noon."""
    return lead(("contacted" if success else "attempted", hours * 60), sold_at=NOON - 7 * DAY)


def test_who_was_reached_or_has_ended_is_not_to_be_called() -> None:
    reached = advise(lead(("contacted", 4)), [], hurry=1, at=NOON + DAY)
    assert (reached.state, reached.contacted_at, reached.urgency, reached.window) == ("contacted", NOON + minutes(4), None, None)
    ended = advise(lead(("do_not_contact", 4), stage="lost"), [], hurry=1, at=NOON + DAY)
    assert (ended.state, ended.contacted_at, ended.urgency, ended.window) == ("ended", None, None, None)


def test_without_a_clock_there_is_no_window() -> None:
    unknown = ToldLead(OWN, NOON, None, "silent")
    found = advise(unknown, [], hurry=0, at=NOON)
    assert (found.may_call_now, found.legal_from, found.window) == (None, None, None)
    assert found.urgency is not None
