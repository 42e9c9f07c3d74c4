"""A ping read once for all families: each time parsed once, events and touchpoints in order, local time known.

Only what a ping carries at its arrival is read; nothing here may come from later events. Odd values count as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import nan
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from scoring.core.columns import Feature, number_of
from scoring.core.context import Context
from scoring.core.places import STATES
from scoring.core.specs import FeatureSpec

EVENTS_MAX = 200
"""More events than this say nothing more, and a ping must not buy our time with them."""
TEXT_MAX = 2000
COUNT_MAX = 1_000_000.0
CHANNELS = (
    "organic_search", "paid_search", "social", "paid_social", "display", "email", "affiliate", "referral", "direct", "video",
    "sms", "phone", "other",
)  # fmt: skip
DAY = 86_400.0

# Classes of actions, from the first that matches a stem; their order is also how far a visitor has come.
VIEW, READ, MAIL_OPEN, MAIL_CLICK, COMPARE, DOWNLOAD, PRICING, FORM, DEMO, CONTACT = range(10)
ACTIONS = ("view", "content", "mail opened", "mail clicked", "comparison", "download", "prices", "form", "demo", "contact")
_STEMS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (PRICING, ("pric", "cost")),
    (CONTACT, ("contact", "quote", "callback")),
    (DEMO, ("demo", "trial")),
    (DOWNLOAD, ("download", "brochure", "whitepaper")),
    (COMPARE, ("compar", "versus", "review", "alternative")),
    (FORM, ("form", "apply", "application", "calculator")),
    (READ, ("video", "article", "guide", "blog", "faq")),
)


class Visit(NamedTuple):
    """What the families read. Times are Unix seconds; `local` is the arrival where the lead lives, `shift` its seconds from UTC.

    `actions` are (class, lower-case text) and `acted` the times of those that have one, both in order of time where all have one,
    as sent otherwise; `channels` and `touched` likewise. None: the ping does not say.
    """

    local: datetime
    now: float
    shift: float
    facts: Mapping[str, Any]
    lead: Mapping[str, Any]
    behaviour: Mapping[str, Any]
    actions: Sequence[tuple[int, str]] | None
    acted: Sequence[float]
    channels: Sequence[str] | None
    touched: Sequence[float]
    context: Context

    @property
    def in_order(self) -> bool:
        """Tell whether every action has its time, so that steps between them can be measured."""
        return self.actions is not None and len(self.acted) == len(self.actions)


Read = Callable[[Visit], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Family:
    """A list of features and the one reader that gives a value for each, in their order."""

    features: tuple[Feature, ...]
    read: Read


MakeFamily = Callable[[FeatureSpec], Family]

_ZONES = {state: ZoneInfo(facts.zone) for state, facts in STATES.items()}
_NO_ZONE = ZoneInfo("America/Chicago")


def visit_of(facts: Mapping[str, Any], at: datetime, context: Context) -> Visit:
    """Read a ping's public body that arrived at `at` (aware)."""
    lead, behaviour = part_of(facts, "lead"), part_of(facts, "behaviour")
    actions, acted = _in_time(behaviour.get("events"), "action", _action)
    channels, touched = _in_time(facts.get("touchpoints"), "channel", _channel)
    state = lead.get("state")
    local = at.astimezone(_ZONES.get(state, _NO_ZONE) if isinstance(state, str) else _NO_ZONE)
    shift = local.utcoffset()
    # One shift for all: a daylight change between two touchpoints moves none of them over more than an hour.
    seconds = 0.0 if shift is None else shift.total_seconds()
    return Visit(local, at.timestamp(), seconds, facts, lead, behaviour, actions, acted, channels, touched, context)


def part_of(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a part of a ping; what is no object is empty."""
    part = facts.get(name)
    return part if isinstance(part, dict) else {}


def count_of(value: Any) -> float:
    """Read a count as the public schema allows it, 0 to a million; anything else is NaN."""
    number = number_of(value)
    return number if 0.0 <= number <= COUNT_MAX else nan


def seconds_of(value: Any) -> float | None:
    """Give Unix seconds of a datetime or an RFC 3339 text; a time without a zone counts as UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).timestamp()


def _in_time(entries: Any, name: str, read: Callable[[Any], Any]) -> tuple[list[Any] | None, list[float]]:
    """Read entries and their times; ties of time stand in order of what was done, so that sending order says nothing."""
    if not isinstance(entries, list | tuple):
        return None, []
    known = [(read(entry.get(name)), seconds_of(entry.get("at"))) for entry in entries[-EVENTS_MAX:] if isinstance(entry, dict)]
    times = [time for _, time in known if time is not None]
    if len(times) == len(known):
        known.sort(key=_time_first)
    times.sort()
    return [what for what, _ in known], times


def _time_first(pair: tuple[Any, float | None]) -> tuple[float | None, Any]:
    return pair[1], pair[0]


def _channel(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _action(value: Any) -> tuple[int, str]:
    return _classified(value) if isinstance(value, str) else (VIEW, "")


@lru_cache(maxsize=4096)
def _classified(text: str) -> tuple[int, str]:
    action = text[:120].lower()
    if "mail" in action:
        return (MAIL_CLICK if "click" in action else MAIL_OPEN if "open" in action else VIEW), action
    return next((kind for kind, stems in _STEMS if any(stem in action for stem in stems)), VIEW), action
