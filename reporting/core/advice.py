"""When to call one lead: how soon, and if that is over, in which of the coming hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from reporting.core.timing import ToldLead, calls_by_delay, calls_by_hour, contact_of, hour_of_week
from scoring.core.calling import Home, legal_hours, may_call
from scoring.core.labels import INVALID, LOST, WON
from scoring.core.timing import Calls, best_windows, call_within, chances_by_delay, enough

NEXT_HOURS = 48
HOUR = timedelta(hours=1)
State = Literal["open", "contacted", "ended"]


@dataclass(frozen=True, slots=True)
class Urgency:
    """Within how many minutes of its sale to call, and the chance to reach the lead then and half an hour after the sale.

    `own_calls` first calls of the advertiser's own are known; with `own` they moved the chances, else the documented ones stand.
    """

    minutes: float
    by: datetime
    chance: float
    chance_later: float
    hurry: int
    own_calls: int
    own: bool


@dataclass(frozen=True, slots=True)
class NextWindow:
    """An hour in which the lead may be called; `chance` is None where too few calls are known to prefer any hour.

    Then it is the first legal hour, not a better one.
    """

    starts_at: datetime
    chance: float | None
    calls: int

    @property
    def ends_at(self) -> datetime:
        """Give its end."""
        return self.starts_at + HOUR


@dataclass(frozen=True, slots=True)
class Advice:
    """What is to be said of one lead: `urgency` and `window` only while it is open, `window` only where its clock is known.

    `legal_from` is the first hour of the next two days in which it may be called, None where there is none or no clock.
    """

    state: State
    contacted_at: datetime | None
    home: Home | None
    may_call_now: bool | None
    legal_from: datetime | None
    urgency: Urgency | None
    window: NextWindow | None


def advise(lead: ToldLead, known: Sequence[ToldLead], *, hurry: int, at: datetime) -> Advice:
    """Say when to call a lead, from what is known of the advertiser's other calls in its vertical.

    `hurry` is 1 for urgent words, -1 for words of no hurry, else 0.
    """
    contact = contact_of(lead)
    ended = lead.stage in (WON, LOST, INVALID)
    state: State = "ended" if ended else "open" if contact is None else "contacted"
    is_open = state == "open"
    hours = () if lead.home is None else tuple(legal_hours(lead.home, since=at, hours=NEXT_HOURS))
    return Advice(
        state=state,
        contacted_at=None if contact is None else contact.at,
        home=lead.home,
        may_call_now=None if lead.home is None else may_call(lead.home, at),
        legal_from=next(iter(hours), None),
        urgency=_urgency(lead, known, hurry) if is_open else None,
        window=_window(lead.home, hours, known, at) if is_open and lead.home is not None and hours else None,
    )


def _urgency(lead: ToldLead, known: Sequence[ToldLead], hurry: int) -> Urgency:
    own = calls_by_delay(known)
    total = Calls(sum(one.calls for one in own.values()), sum(one.reached for one in own.values()))
    chances = chances_by_delay(own)
    minutes = call_within(chances, hurry=hurry)
    by = lead.sold_at + timedelta(minutes=minutes)
    return Urgency(minutes, by, chances[minutes], chances[30.0], hurry, total.calls, enough(total))


def _window(home: Home, hours: Sequence[datetime], known: Sequence[ToldLead], at: datetime) -> NextWindow:
    windows = calls_by_hour(known)
    total = Calls(sum(one.attempts for one in windows), sum(one.reached for one in windows))
    if not enough(total):
        return NextWindow(hours[0], None, total.calls)
    by_hour = {hour_of_week(home.local(one)): one for one in hours}
    ((hour, chance),) = best_windows(windows, after=hour_of_week(home.local(at)), count=1, among=by_hour)
    return NextWindow(by_hour[hour], chance, total.calls)
