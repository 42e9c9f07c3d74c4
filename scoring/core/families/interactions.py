"""A short list of products and ratios that pay: what two columns say together and a tree needs many leaves to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import mul

from scoring.core.columns import NUMBER, Feature


@dataclass(frozen=True, slots=True)
class Interaction:
    """A column made of two others by name; NaN where one of them is."""

    feature: Feature
    first: str
    second: str
    of: Callable[[float, float], float]


def _over(first: float, second: float) -> float:
    return first / (1.0 + second)


def _made(name: str, words: str, first: str, second: str, of: Callable[[float, float], float]) -> Interaction:
    return Interaction(Feature(f"interaction.{name}", NUMBER, words, needs=f"{first}, {second}", since=2), first, second, of)


INTERACTIONS: tuple[Interaction, ...] = (
    _made("intent_pages", "pages viewed, as far as they were about buying", "behaviour.pages_viewed", "intent.share", mul),
    _made("deep_sessions", "sessions, by how far they went", "behaviour.session_count", "intent.depth", mul),
    _made("fresh_intent", "how far it went, less the older it is", "intent.depth", "time.recency_hours", _over),
    _made("urgent_detail", "urgent words, less the longer the comment", "text.urgent", "text.words", _over),
)
