"""What of a ping was sent, read back from its feature vector: a column that is NaN, or says no more than "no", was not.

A part is what a publisher sends together: answers, events, consent. Each column names in `needs` what it is read from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from scoring.core.columns import Feature

PARTS: Mapping[str, str] = {
    "lead": "answers",
    "behaviour": "figures of the visit",
    "behaviour.events[]": "events",
    "behaviour.comments": "comment",
    "touchpoints[]": "touchpoints",
    "consent": "consent",
    "contact_hashes": "contact hashes",
    "contact_hints": "contact hints",
}
"""By the beginning of `needs`, the longest that fits; what is read from elsewhere (arrival, rates, outcomes) nobody sends."""
MADE_FROM: Mapping[str, str] = {"intent": "behaviour.events[]", "text": "behaviour.comments"}
"""What the columns are read from that interactions are made of."""
NO_MEANS_NOTHING = frozenset(
    {"contact.phone", "contact.email", "behaviour.referrer", "touchpoints.count", "touchpoints.channels"}
)
"""Columns that are 0 where a ping is silent."""
NAMED_MAX = 4


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what a publisher can send was sent: `share` of the columns, which parts not, which answers not."""

    share: float
    parts: int
    absent: tuple[str, ...]
    unanswered: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say it in a sentence or two."""
        sent = f"{self.parts - len(self.absent)} of {self.parts} parts of a ping were sent"
        first = f"{sent}; no {', no '.join(self.absent)}." if self.absent else f"{sent}."
        if not self.unanswered or "answers" in self.absent:
            return first
        named, more = ", ".join(self.unanswered[:NAMED_MAX]), len(self.unanswered) - NAMED_MAX
        return f"{first} Not answered: {named}{f' and {more} more' if more > 0 else ''}."


def part_of(feature: Feature) -> str:
    """Give the part of a ping a column is read from first; "" for what nobody sends."""
    return parts_of(feature)[0]


def sent_parts(features: Sequence[Feature], row: Sequence[float]) -> frozenset[str]:
    """Give the parts that a vector shows to have been sent; what is read from two parts proves neither."""
    shown = {parts_of(feature) for feature, value in zip(features, row, strict=True) if not is_silent(feature, value)}
    return frozenset(parts[0] for parts in shown if len(parts) == 1 and parts[0])


def completeness_of(features: Sequence[Feature], row: Sequence[float]) -> Completeness:
    """Say how much of a ping was sent."""
    sendable = [(feature, value) for feature, value in zip(features, row, strict=True) if part_of(feature)]
    sent = sent_parts(features, row)
    asked: dict[str, bool] = {}
    for feature, value in sendable:
        if part_of(feature) == "lead" and feature.needs != "lead":
            name = feature.needs.removeprefix("lead.").replace("_", " ")
            asked[name] = asked.get(name, False) or not is_silent(feature, value)
    return Completeness(
        share=sum(not is_silent(feature, value) for feature, value in sendable) / max(1, len(sendable)),
        parts=len(PARTS),
        absent=tuple(words for part, words in PARTS.items() if part not in sent),
        unanswered=tuple(name for name, answered in asked.items() if not answered),
    )


def is_silent(feature: Feature, value: float) -> bool:
    """Say whether a value says nothing of the ping."""
    return isnan(value) or (value == 0 and feature.name in NO_MEANS_NOTHING)


def parts_of(feature: Feature) -> tuple[str, ...]:
    """Give all parts of a ping a column is read from; in `needs` ".x" goes on in the part before it."""
    found = [_part(need) for need in feature.needs.split(", ") if not need.startswith(".")]
    return tuple(dict.fromkeys(found))


def _part(need: str) -> str:
    need = MADE_FROM.get(need.partition(".")[0], need)
    fitting = [part for part in PARTS if need == part or need.startswith((f"{part}.", f"{part}["))]
    return max(fitting, key=len, default="")
