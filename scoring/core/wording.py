"""A column and its value as a few words for people: every column of every vertical, absent or present, gives a clean phrase."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isnan

from scoring.core.columns import BOOLEAN, CATEGORY, OTHER, Feature
from scoring.core.families.visit import ACTIONS
from scoring.core.parts import PARTS, is_silent, part_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TITLES: Mapping[str, str] = {
    "intent.depth": "Furthest step",
    "time.hour": "Hour of the day where the lead lives",
    "time.weekday": "Day of the week where the lead lives",
    "market.year_sin": "Season",
    "market.year_cos": "Season",
    "market.month_sin": "Time of the month",
    "market.month_cos": "Time of the month",
    "source.lift": "How leads of the source have turned out",
    "source.leads": "How many outcomes of the source are known",
    "source.sub_lift": "How leads of the sub-id have turned out",
    "source.repeats": "Persons of the source that came before",
    "source.sub_repeats": "Persons of the sub-id that came before",
}
"""Where the words of the reference explain a scale, which is no phrase."""
VALUES: Mapping[str, Callable[[float], str]] = {
    "intent.depth": lambda value: ACTIONS[int(value)] if 0 <= value < len(ACTIONS) else OTHER,
    "time.weekday": lambda value: WEEKDAYS[int(value) % 7],
    "time.hour": lambda value: f"{int(value)} o'clock",
    # Outcomes and persons are other people's: that they moved the score is said, their figures are not.
    **{name: lambda _value: "" for name in TITLES if name.startswith(("market.", "source."))},
}


def title_of(feature: Feature) -> str:
    """Name a column, without what a ping said of it."""
    words = TITLES.get(feature.name, feature.words)
    return words[:1].upper() + words[1:]


def said(feature: Feature, value: float, sent: frozenset[str]) -> str:
    """Say what a ping said in a column, or that it did not; `sent` are the parts it has."""
    part = part_of(feature)
    if is_unsent(feature, value, sent):
        return unsent(part)
    if isnan(value):
        return f"{title_of(feature)}: {_missing(feature, part)}"
    special = VALUES.get(feature.name)
    shown = special(value) if special else _value(feature, value)
    return f"{title_of(feature)}: {shown}" if shown else title_of(feature)


def is_unsent(feature: Feature, value: float, sent: frozenset[str]) -> bool:
    """Say whether a column is silent because the part of the ping it is read from is not there."""
    return is_silent(feature, value) and part_of(feature) in PARTS.keys() - sent


def unsent(part: str) -> str:
    """Say that a part of the ping was not sent."""
    return f"No {PARTS[part]} sent"


def _missing(feature: Feature, part: str) -> str:
    if part == "lead":
        return "not answered"
    # What is counted from a list, or from two places, may be unknown although everything was sent.
    return "not known" if not part or "[]" in feature.needs or ", " in feature.needs else "not sent"


def _value(feature: Feature, value: float) -> str:
    if feature.kind == BOOLEAN:
        return "yes" if value else "no"
    if feature.kind == CATEGORY:
        level = feature.levels[int(value)] if 0 <= value < len(feature.levels) else OTHER
        return level.replace(" > ", ", then ").replace("_", " ")
    if feature.words.startswith("share of"):
        return f"{100 * value:.0f} %"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"
