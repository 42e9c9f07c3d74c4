"""How long a day of waiting for outcomes lasts: a real one, or in the demo a moment.

Only waiting is shortened: from when on silence, an open lead or a missing win may be read. What is compared with times that
somebody reported, such as whether a win fell within the horizon, goes by real days everywhere.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings


def outcome_day_ms() -> int:
    """Give how many milliseconds a day of waiting has."""
    return int(settings.OUTCOME_DAY_MS)


def outcome_days(days: float) -> timedelta:
    """Give how long so many days of waiting for outcomes take."""
    return timedelta(milliseconds=days * outcome_day_ms())
