"""Which marketing a lead met before it arrived, and in what order."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from scoring.core.columns import CATEGORY, NUMBER, OTHER, Feature, codes_of
from scoring.core.families.visit import CHANNELS, DAY, Family, Visit
from scoring.core.specs import FeatureSpec

GROUPS: Mapping[str, str] = {
    "organic_search": "search", "paid_search": "search", "social": "social", "paid_social": "social", "video": "social",
    "display": "banner", "affiliate": "banner", "referral": "known", "direct": "known", "email": "message", "sms": "message",
    "phone": "message",
}  # fmt: skip
"""Pairs are of groups: a category of 13 x 13 levels has more chances to fit noise than a thousand leads can refuse."""
GROUP_NAMES = ("search", "social", "banner", "known", "message", OTHER)
PAIRS = tuple(f"{first} > {second}" for first in GROUP_NAMES for second in GROUP_NAMES)
_PAID = frozenset({"paid_search", "paid_social", "display", "affiliate", "video"})
_CHANNEL, _AT = "touchpoints[].channel", "touchpoints[].at"
_BOTH = "touchpoints[].channel, .at"
FEATURES = (
    Feature("touchpoints.count", NUMBER, "touchpoints", needs="touchpoints[]"),
    Feature("touchpoints.channels", NUMBER, "different channels", needs=_CHANNEL),
    Feature("touchpoints.span_days", NUMBER, "days from first touchpoint to ping", needs=_AT),
    Feature("touchpoints.paid_share", NUMBER, "share of touchpoints that were paid for", needs=_CHANNEL, since=2),
    Feature("touchpoints.first", CATEGORY, "first channel", CHANNELS, needs=_BOTH),
    Feature("touchpoints.last", CATEGORY, "last channel", CHANNELS, needs=_BOTH),
    Feature("touchpoints.pair", CATEGORY, "groups of the last two channels in order", PAIRS, needs=_BOTH, since=2),
)
_CODES = codes_of(CHANNELS)
_OTHER = _CODES[OTHER]
_GROUP = {channel: float(GROUP_NAMES.index(GROUPS.get(channel, OTHER))) for channel in CHANNELS}
_NO_GROUP = _GROUP[OTHER]
_NOTHING = (0.0, 0.0, nan, nan, nan, nan, nan)
_NOT_SAID = (nan,) * len(FEATURES)


def family(_spec: FeatureSpec) -> Family:
    """Give the family, the same for every vertical."""
    return Family(FEATURES, _read)


def _read(visit: Visit) -> tuple[float, ...]:
    channels, touched = visit.channels, visit.touched
    if not channels:
        return _NOT_SAID if channels is None else _NOTHING
    size = len(channels)
    return (
        float(size),
        float(len(set(channels))),
        max(0.0, (visit.now - touched[0]) / DAY) if touched else nan,
        sum(channel in _PAID for channel in channels) / size,
        _CODES.get(channels[0], _OTHER),
        _CODES.get(channels[-1], _OTHER),
        _pair(channels[-2], channels[-1]) if size > 1 else nan,
    )


def _pair(first: str, second: str) -> float:
    return _GROUP.get(first, _NO_GROUP) * len(GROUP_NAMES) + _GROUP.get(second, _NO_GROUP)
