"""Floors: the smallest payout a publisher takes for a lead. Publishers set payouts, because payouts are all they ever see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FloorRule:
    """A smallest payout in micros, of a whole publisher or of one source; None means every vertical, every sub-id."""

    level: str
    vertical: str | None
    floor_price: int
    sub_id: str | None = None


def highest(rules: Iterable[FloorRule], level: str, vertical: str, sub_id: str | None = None) -> int:
    """Give the highest floor of one level ("publisher" or "source") for a vertical and sub-id, 0 when there is none."""
    applying = (
        rule.floor_price
        for rule in rules
        if rule.level == level and rule.vertical in {None, vertical} and rule.sub_id in {None, sub_id}
    )
    return max(applying, default=0)
