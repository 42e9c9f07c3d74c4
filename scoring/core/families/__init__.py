"""The families of features, in the order of their columns: each module has one list of features and one reader.

Lives here: how a validated ping turns into numbers. Not here: the vector as a whole (scoring.core.features). A new family is a
module with `family(spec) -> Family` and its place in FAMILIES.
"""

from __future__ import annotations

from scoring.core.families import (
    behaviour,
    consent,
    contact,
    events,
    intent,
    lead,
    market,
    moments,
    sequence,
    source,
    text,
    touchpoints,
    velocity,
)
from scoring.core.families.visit import MakeFamily

FAMILIES: tuple[MakeFamily, ...] = (
    lead.family,
    behaviour.family,
    velocity.family,
    events.family,
    intent.family,
    sequence.family,
    text.family,
    moments.family,
    market.family,
    touchpoints.family,
    consent.family,
    contact.family,
    source.family,
)
