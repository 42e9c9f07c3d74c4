"""A campaign's conditions in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

HOLDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "in": lambda fact, value: fact in value,
    "between": lambda fact, value: fact is not None and value[0] <= fact <= value[1],
    "gte": lambda fact, value: fact is not None and fact >= value,
}


def matches(conditions: Sequence[Mapping[str, Any]], lead: Mapping[str, Any]) -> bool:
    """Say whether a lead meets all conditions."""
    return all(HOLDS[one["op"]](lead.get(one["field"]), one["value"]) for one in conditions)
