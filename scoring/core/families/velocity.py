"""How fast somebody moves: the same number of actions says more when it falls into fewer sessions, days or weeks."""

from __future__ import annotations

from bisect import bisect_left
from math import nan

from scoring.core.columns import NUMBER, Feature
from scoring.core.families.visit import DAY, DOWNLOAD, MAIL_CLICK, MAIL_OPEN, Family, Visit, count_of
from scoring.core.specs import FeatureSpec

_TIMES = "behaviour.events[].at, touchpoints[].at"
_EVENTS = "behaviour.events[]"
FEATURES = (
    Feature("velocity.pages_per_session", NUMBER, "pages a session", needs="behaviour.pages_viewed, .session_count"),
    Feature("velocity.seconds_per_page", NUMBER, "seconds a page", needs="behaviour.time_on_site_seconds, .pages_viewed"),
    Feature("velocity.actions_per_day", NUMBER, "actions a day with any", needs=_TIMES, since=2),
    Feature("velocity.last_30_days", NUMBER, "actions a week in the last 30 days", needs=_TIMES, since=2),
    Feature("velocity.last_7_days_share", NUMBER, "share of the last 30 days' actions in the last 7", needs=_TIMES, since=2),
    Feature("velocity.downloads_per_week", NUMBER, "downloads a week", needs=f"{_EVENTS}.action, .at", since=2),
    Feature("velocity.mail_opens", NUMBER, "e-mails opened", needs=f"{_EVENTS}.action", since=2),
    Feature("velocity.mail_clicks", NUMBER, "clicks in e-mails", needs=f"{_EVENTS}.action, touchpoints[].channel", since=2),
)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    said = visit.behaviour.get
    pages, seconds, sessions = (
        count_of(said("pages_viewed")),
        count_of(said("time_on_site_seconds")),
        count_of(said("session_count")),
    )
    kinds = None if visit.actions is None else [kind for kind, _ in visit.actions]
    return (
        pages / sessions if sessions >= 1 else nan,
        seconds / pages if pages >= 1 else nan,
        *_rates(visit),
        kinds.count(DOWNLOAD) / _weeks(visit) if kinds is not None and visit.acted else nan,
        nan if kinds is None else float(kinds.count(MAIL_OPEN)),
        # A touchpoint of the channel e-mail is a click that led to the site.
        nan
        if kinds is None and visit.channels is None
        else float((kinds or []).count(MAIL_CLICK) + (visit.channels or ()).count("email")),
    )


def _rates(visit: Visit) -> tuple[float, float, float]:
    moments = sorted((*visit.acted, *visit.touched))
    if not moments:
        return nan, nan, nan
    days = len({(moment + visit.shift) // DAY for moment in moments})
    month = len(moments) - bisect_left(moments, visit.now - 30 * DAY)
    week = len(moments) - bisect_left(moments, visit.now - 7 * DAY)
    return len(moments) / days, month / (30 / 7), week / month if month else nan


def _weeks(visit: Visit) -> float:
    return max(1.0, (visit.now - visit.acted[0]) / (7 * DAY))
