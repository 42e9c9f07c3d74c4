"""The columns every vertical has: behaviour, text, time, touchpoints, device, consent.

Only what a ping carries at its arrival is read; nothing here may come from later events.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from math import nan
from typing import Any
from zoneinfo import ZoneInfo

from scoring.core.columns import BOOLEAN, CATEGORY, NUMBER, Feature, codes_of, number_of
from scoring.core.places import STATES

Entries = Sequence[Mapping[str, Any]]

# Open vocabularies end in a level that stands for every word we do not know yet.
OTHER = "other"
DEVICES = ("desktop", "mobile", "tablet", OTHER)
REFERRERS = ("none", "search", "social", "mail", OTHER)
CHANNELS = (
    "organic_search", "paid_search", "social", "paid_social", "display", "email", "affiliate", "referral", "direct", "video",
    "sms", "phone", OTHER,
)  # fmt: skip
METHODS = ("checkbox", "button", "signature", "voice", OTHER)
KINDS = ("form", "call", "click_to_call")
URGENT_WORDS = (
    "today", "now", "urgent", "urgently", "asap", "immediately", "emergency", "right away", "this week", "tomorrow",
    "soon as possible", "quickly", "ready to", "call me",
)  # fmt: skip
CALM_WORDS = (
    "just looking", "just curious", "comparing", "no rush", "next year", "someday", "maybe", "in a few months", "only browsing",
)  # fmt: skip
EVENTS_MAX = 200
"""More events than this say nothing more, and a ping must not buy our time with them."""

SIGNALS: tuple[Feature, ...] = (
    Feature("behaviour.pages_viewed", NUMBER, "pages viewed"),
    Feature("behaviour.time_on_site_seconds", NUMBER, "seconds on the site"),
    Feature("behaviour.session_count", NUMBER, "sessions"),
    Feature("behaviour.seconds_per_page", NUMBER, "seconds a page"),
    Feature("behaviour.pages_per_session", NUMBER, "pages a session"),
    Feature("behaviour.device", CATEGORY, "device", DEVICES),
    Feature("behaviour.referrer", CATEGORY, "kind of referrer", REFERRERS),
    Feature("behaviour.paid_landing", BOOLEAN, "landed through an advertisement"),
    Feature("events.count", NUMBER, "events on the site"),
    Feature("events.actions", NUMBER, "different actions"),
    Feature("events.pricing", NUMBER, "looks at prices"),
    Feature("events.contact", NUMBER, "contact or quote actions"),
    Feature("events.download", NUMBER, "downloads"),
    Feature("events.span_minutes", NUMBER, "minutes from first to last event"),
    Feature("events.quiet_minutes", NUMBER, "minutes since the last event"),
    Feature("text.characters", NUMBER, "length of the comment"),
    Feature("text.words", NUMBER, "words in the comment"),
    Feature("text.urgent", NUMBER, "urgent words in the comment"),
    Feature("text.calm", NUMBER, "words of no hurry in the comment"),
    Feature("time.hour", NUMBER, "hour of day where the lead lives"),
    Feature("time.weekday", NUMBER, "day of the week where the lead lives, Monday is 0"),
    Feature("time.weekend_share", NUMBER, "share of touchpoints and events at weekends"),
    Feature("touchpoints.count", NUMBER, "touchpoints"),
    Feature("touchpoints.channels", NUMBER, "different channels"),
    Feature("touchpoints.span_days", NUMBER, "days from first touchpoint to ping"),
    Feature("touchpoints.first", CATEGORY, "first channel", CHANNELS),
    Feature("touchpoints.last", CATEGORY, "last channel", CHANNELS),
    Feature("consent.method", CATEGORY, "how consent was given", METHODS),
    Feature("consent.age_minutes", NUMBER, "minutes since consent"),
    Feature("consent.certificate", BOOLEAN, "consent certificate given"),
    Feature("consent.sellers", NUMBER, "sellers named in the consent"),
    Feature("offer.kind", CATEGORY, "kind of lead", KINDS),
    Feature("contact.phone", BOOLEAN, "telephone hash given"),
    Feature("contact.email", BOOLEAN, "e-mail hash given"),
)

_DEVICE, _CHANNEL, _METHOD, _KIND, _REFERRER = map(codes_of, (DEVICES, CHANNELS, METHODS, KINDS, REFERRERS))
_ZONES = {state: ZoneInfo(facts.zone) for state, facts in STATES.items()}
_NO_ZONE = ZoneInfo("America/Chicago")
_SEARCH, _SOCIAL, _MAIL = (
    re.compile(pattern)
    for pattern in (
        r"//(www\.)?(google|bing|duckduckgo|search\.yahoo|ecosia)\.",
        r"//([a-z]+\.)?(facebook|instagram|tiktok|linkedin|reddit|pinterest|youtube|twitter|x)\.com",
        r"//(mail|outlook)\.|^android-app://com\.google\.android\.gm",
    )
)
_PAID = re.compile(r"[?&](gclid|fbclid|msclkid)=|utm_medium=(cpc|ppc|paid)")


def word_finder(words: Sequence[str]) -> Callable[[str], int]:
    """Make a function that counts whole words and phrases of a list in lower-case text."""
    found = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")\b").findall
    return lambda text: len(found(text))


_calm = word_finder(CALM_WORDS)


def read_signals(values: list[float], facts: Mapping[str, Any], state: Any, at: datetime, urgent: Callable[[str], int]) -> None:
    """Append the columns of SIGNALS, in their order, to `values`."""
    behaviour = facts.get("behaviour") or {}
    touchpoints = _entries(facts.get("touchpoints"))
    events = _entries(behaviour.get("events"))
    event_times = _times(events)
    touch_times = _times(touchpoints)
    _read_behaviour(values, behaviour)
    _read_events(values, events, event_times, at)
    _read_text(values, behaviour.get("comments"), urgent)
    _read_time(values, state, at, touch_times, event_times)
    _read_touchpoints(values, touchpoints, touch_times, at)
    _read_consent(values, facts.get("consent"), at)
    hashes = facts.get("contact_hashes") or {}
    values.append(_KIND.get(facts.get("kind"), nan))
    values.append(1.0 if hashes.get("phone_sha256") else 0.0)
    values.append(1.0 if hashes.get("email_sha256") else 0.0)


def _read_behaviour(values: list[float], behaviour: Mapping[str, Any]) -> None:
    pages, seconds, sessions = map(number_of, map(behaviour.get, ("pages_viewed", "time_on_site_seconds", "session_count")))
    device, landing = behaviour.get("device"), behaviour.get("landing_page_url")
    values += (
        pages,
        seconds,
        sessions,
        seconds / pages if pages > 0 else nan,
        pages / sessions if sessions > 0 else nan,
        nan if device is None else _DEVICE.get(device, _DEVICE[OTHER]),
        _referrer(behaviour.get("referrer")) if behaviour else nan,
        nan if landing is None else float(_PAID.search(landing) is not None),
    )


def _referrer(url: Any) -> float:
    if not url:
        return _REFERRER["none"]
    text = url.lower()
    kind = "search" if _SEARCH.search(text) else "social" if _SOCIAL.search(text) else "mail" if _MAIL.search(text) else OTHER
    return _REFERRER[kind]


def _read_events(values: list[float], events: Entries | None, times: Sequence[datetime], at: datetime) -> None:
    if events is None:
        values += (nan,) * 7
        return
    actions = [str(event.get("action", "")).lower() for event in events]
    pricing = contact = download = 0
    for action in actions:
        if "pric" in action or "cost" in action:
            pricing += 1
        elif "contact" in action or "quote" in action or "demo" in action:
            contact += 1
        elif "download" in action:
            download += 1
    first, last = (min(times), max(times)) if times else (None, None)
    values += (
        float(len(actions)),
        float(len(set(actions))),
        float(pricing),
        float(contact),
        float(download),
        (last - first).total_seconds() / 60 if first and last else nan,
        max(0.0, (at - last).total_seconds() / 60) if last else nan,
    )


def _read_text(values: list[float], comment: Any, urgent: Callable[[str], int]) -> None:
    if not comment or not isinstance(comment, str):
        values += (0.0, 0.0, 0.0, 0.0)
        return
    text = comment.lower()
    values += (float(len(comment)), float(len(comment.split())), float(urgent(text)), float(_calm(text)))


def _read_time(values: list[float], state: Any, at: datetime, touched: Sequence[datetime], acted: Sequence[datetime]) -> None:
    zone = _ZONES.get(state, _NO_ZONE)
    local = at.astimezone(zone)
    moments = (*touched, *acted)
    # One shift for all: a daylight change between two touchpoints moves none of them over more than an hour.
    shift = local.utcoffset()
    weekend = sum(map(_is_weekend, (moment + shift for moment in moments))) if shift is not None else 0
    values += (
        local.hour + local.minute / 60,
        float(local.weekday()),
        weekend / len(moments) if moments else nan,
    )


def _is_weekend(moment: datetime) -> bool:
    return moment.weekday() >= 5


def _read_touchpoints(values: list[float], touchpoints: Entries | None, times: Sequence[datetime], at: datetime) -> None:
    if not touchpoints:
        values += (nan if touchpoints is None else 0.0, nan if touchpoints is None else 0.0, nan, nan, nan)
        return
    channels = [touch.get("channel") for touch in touchpoints]
    if len(times) == len(channels):  # every touchpoint has its time: their order is time, not the order they were sent in
        channels = [channel for _, channel in sorted(zip(times, channels, strict=True), key=_first)]
    other = _CHANNEL[OTHER]
    values += (
        float(len(channels)),
        float(len(set(channels))),
        max(0.0, (at - min(times)).total_seconds() / 86400) if times else nan,
        _CHANNEL.get(channels[0], other),
        _CHANNEL.get(channels[-1], other),
    )


def _first(pair: tuple[datetime, Any]) -> datetime:
    return pair[0]


def _read_consent(values: list[float], consent: Any, at: datetime) -> None:
    if not isinstance(consent, Mapping):
        values += (nan, nan, nan, nan)
        return
    method, captured, sellers = consent.get("method"), _instant(consent.get("captured_at")), consent.get("sellers")
    values += (
        nan if method is None else _METHOD.get(method, _METHOD[OTHER]),
        nan if captured is None else max(0.0, (at - captured).total_seconds() / 60),
        1.0 if consent.get("certificate_url") else 0.0,
        float(len(sellers)) if isinstance(sellers, list | tuple) else nan,
    )


def _entries(value: Any) -> Entries | None:
    if not isinstance(value, list | tuple):
        return None
    return [entry for entry in value[-EVENTS_MAX:] if isinstance(entry, Mapping)]


def _times(entries: Entries | None) -> list[datetime]:
    return [moment for moment in (_instant(entry.get("at")) for entry in entries or ()) if moment is not None]


def _instant(value: Any) -> datetime | None:
    """Give an aware UTC instant of a datetime or an RFC 3339 text; a time without a zone counts as UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
