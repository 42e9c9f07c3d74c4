"""Clearing price and payout: the exchange's margin between them, and the one rounding to whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from accounts.core.money import CENT

# A quote always pays something: a lead is never sold for a payout of nothing.
PAYOUT_MIN = CENT


@dataclass(frozen=True, slots=True)
class Margin:
    """What the exchange keeps of a clearing price: a share (Decimal("0.20")) or an absolute amount in micros."""

    kind: Literal["percent", "absolute"]
    value: Decimal | int

    def __post_init__(self) -> None:
        if self.kind not in {"percent", "absolute"}:
            raise ValueError(f"unknown kind of margin {self.kind!r}")
        if self.kind == "percent" and not (isinstance(self.value, Decimal) and self.value.is_finite() and 0 <= self.value <= 1):
            raise ValueError("a margin in percent is a Decimal from 0 to 1")
        if self.kind == "absolute" and not (isinstance(self.value, int) and self.value >= 0):
            raise ValueError("an absolute margin is a whole number of micros, never negative")


def payout_of(clearing_price: int, margin: Margin) -> int:
    """Give what a clearing price pays the publisher: price - margin, rounded once to whole cents, half to even.

    Exact integer arithmetic up to that one rounding; never below 0, never above the clearing price.
    """
    keep, whole, fixed = _terms(margin)
    unit = whole * CENT
    cents, rest = divmod(clearing_price * keep - fixed, unit)
    if rest * 2 > unit or (rest * 2 == unit and cents % 2 == 1):
        cents += 1
    return max(0, min(cents * CENT, clearing_price // CENT * CENT))


def price_that_pays(payout_amount: int, margin: Margin) -> int | None:
    """Give the smallest clearing price in whole cents that leaves at least a payout (micros, above 0).

    None when no price does, because the margin takes everything.
    """
    keep, whole, fixed = _terms(margin)
    if keep == 0:
        return None
    payout_cents = -(-payout_amount // CENT)
    # From n - 1/2 cents on the payout rounds up to n; exactly n - 1/2 goes to its even neighbour, so it counts for even n only.
    numerator, denominator = (2 * payout_cents - 1) * whole * CENT + 2 * fixed, 2 * keep * CENT
    price_cents = -(-numerator // denominator) if payout_cents % 2 == 0 else numerator // denominator + 1
    return max(price_cents, payout_cents) * CENT


def _terms(margin: Margin) -> tuple[int, int, int]:
    """Give (keep, whole, fixed) with payout = (price x keep - fixed) / whole, in exact integers."""
    if margin.kind == "absolute":
        return 1, 1, int(margin.value)
    share, whole = margin.value.as_integer_ratio()
    return whole - share, whole, 0
