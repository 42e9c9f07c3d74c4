"""When a person may be called: legal hours by the clock where the person lives. The one place that knows them.

47 CFR 64.1200(c)(1) allows telephone solicitations from 8 to 21 o'clock; the states named here allow less. Holidays, on which
some of them allow none at all, are not known here, and laws change: who calls stays answerable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scoring.core.places import STATES

Hours = tuple[int, int]
"""[from, to) in whole hours of the local day; (0, 0) is a day without any."""

FEDERAL: Hours = (8, 21)
NEVER: Hours = (0, 0)
SATURDAY, SUNDAY = 5, 6


def _week(weekdays: Hours, saturday: Hours | None = None, sunday: Hours | None = None) -> tuple[Hours, ...]:
    return (*(weekdays,) * 5, weekdays if saturday is None else saturday, weekdays if sunday is None else sunday)


NARROWER: Mapping[str, tuple[Hours, ...]] = {
    "AL": _week((8, 20), sunday=NEVER),
    "CT": _week((9, 20)),
    "FL": _week((8, 20)),
    "KY": _week((10, 21)),
    "LA": _week((8, 20), sunday=NEVER),
    "MA": _week((8, 20)),
    "MD": _week((8, 20)),
    "MS": _week((8, 20), sunday=NEVER),
    "OK": _week((8, 20)),
    "OR": _week((8, 20)),
    "RI": _week((9, 18), saturday=(10, 17), sunday=NEVER),
    "SD": _week((9, 21), sunday=NEVER),
    "TX": _week((9, 21), sunday=(12, 21)),
    "WA": _week((8, 20)),
}
#: The other zone of states that have two. Where only the state is known, an hour must be legal in both.
SECOND_ZONES: Mapping[str, str] = {
    "AK": "America/Adak", "AZ": "America/Denver", "FL": "America/Chicago", "ID": "America/Los_Angeles", "IN": "America/Chicago",
    "KS": "America/Denver", "KY": "America/Chicago", "MI": "America/Menominee", "ND": "America/Denver", "NE": "America/Denver",
    "OR": "America/Boise", "SD": "America/Denver", "TN": "America/New_York", "TX": "America/Denver",
}  # fmt: skip
ZONE_WORDS: Mapping[str, str] = {
    "EST": "Eastern", "EDT": "Eastern", "CST": "Central", "CDT": "Central", "MST": "Mountain", "MDT": "Mountain",
    "PST": "Pacific", "PDT": "Pacific", "AKST": "Alaska", "AKDT": "Alaska", "HST": "Hawaii", "HDT": "Aleutian", "AST": "Atlantic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """Where a person's clock stands: the state's code, the zone it is shown in, and every zone it may be in."""

    state: str
    zone: str
    zones: tuple[str, ...]

    def local(self, at: datetime) -> datetime:
        """Give an instant on the clock where the person lives."""
        return at.astimezone(ZoneInfo(self.zone))

    def zone_words(self, at: datetime) -> str:
        """Name the zone as people do; where the state has two and no zip says which, say so."""
        local = self.local(at)
        name = ZONE_WORDS.get(local.strftime("%Z")) or self.zone.rpartition("/")[2].replace("_", " ")
        return name if len(self.zones) == 1 else f"{name}, as in most of {self.state}"


@lru_cache(maxsize=4096)
def home_of(state: str, zip_zone: str | None) -> Home | None:
    """Find somebody's clock by the zone of the zip, else by the state; None where neither says anything."""
    if zip_zone is not None:
        return Home(state, zip_zone, (zip_zone,))
    if state not in STATES:
        return None
    zone, second = STATES[state].zone, SECOND_ZONES.get(state)
    return Home(state, zone, (zone,) if second is None else (zone, second))


def may_call(home: Home, at: datetime) -> bool:
    """Say whether the person may be called at an instant, wherever it lives of the places it may live in."""
    return all(_open(home.state, at.astimezone(ZoneInfo(zone))) for zone in home.zones)


def legal_hours(home: Home, *, since: datetime, hours: int) -> Iterator[datetime]:
    """Give the beginnings of the hours of the clock in which the person may be called, from the one of `since` on.

    Zones of the United States differ by whole hours, so an hour begins everywhere at once.
    """
    first = since.replace(minute=0, second=0, microsecond=0)
    return (hour for hour in (first + timedelta(hours=number) for number in range(hours)) if may_call(home, hour))


def _open(state: str, local: datetime) -> bool:
    begins, ends = NARROWER[state][local.weekday()] if state in NARROWER else FEDERAL
    return begins <= local.hour < ends
