"""Floors: the smallest clearing price of an auction and the smallest payout its publisher takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Floor:
    """Micros: what a bid must reach, what the publisher must get, and whose floor decided the first."""

    floor_price: int
    floor_payout: int
    decided_by: str


@dataclass(frozen=True, slots=True)
class FloorRule:
    """A floor on the clearing price: of the publisher as a whole or of one source; None means every vertical, every sub-id."""

    level: str
    vertical: str | None
    floor_price: int
    sub_id: str | None = None


def floor_for(*, exchange_price: int = 0, publisher_price: int = 0, source_price: int = 0, min_payout_amount: int = 0) -> Floor:
    """Take the highest of the three floors on the clearing price; `min_payout_amount` is what a ping asks for its publisher.

    Equal floors name the more general one. Negative amounts raise ValueError.
    """
    levels = (("exchange", exchange_price), ("publisher", publisher_price), ("source", source_price))
    if min(min_payout_amount, *(price for _, price in levels)) < 0:
        raise ValueError("a floor is never negative")
    decided_by, price = max(levels, key=lambda level: level[1])
    return Floor(price, min_payout_amount, decided_by)


def highest(rules: Iterable[FloorRule], level: str, vertical: str, sub_id: str | None = None) -> int:
    """Give the highest floor of one level that applies to a vertical and sub-id, 0 when there is none."""
    applying = (
        rule.floor_price
        for rule in rules
        if rule.level == level and rule.vertical in {None, vertical} and rule.sub_id in {None, sub_id}
    )
    return max(applying, default=0)
