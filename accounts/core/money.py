"""Money as whole micros of a currency: 1 USD = 1,000,000 micros. Never a float.

Names ending in `_price` or `_amount` hold int micros; `Money` pairs them with a currency where they leave a function.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

MICROS = 1_000_000
CENT = 10_000
MICROS_MAX = 10**15  # a billion units: no single amount of this market is larger, and 64 bits hold sums of millions of them


class MoneyError(ValueError):
    """Text that is not an amount, or two currencies in one sum."""


def micros_from_text(text: str) -> int:
    """Read "41.50" as 41_500_000 micros; more than six decimals, exponents and non-numbers raise MoneyError."""
    try:
        value = Decimal(text)
    except (InvalidOperation, TypeError) as error:
        raise MoneyError(f"{text!r} is not an amount such as 41.50") from error
    if not value.is_finite() or "e" in text.lower():
        raise MoneyError(f"{text!r} is not an amount such as 41.50")
    micros = value * MICROS
    if micros != micros.to_integral_value():
        raise MoneyError(f"{text!r} has more than six decimals")
    if abs(micros) > MICROS_MAX:
        raise MoneyError(f"{text!r} is larger than {MICROS_MAX // MICROS}")
    return int(micros)


def text_from_micros(micros: int) -> str:
    """Write micros with at least two decimals and no needless zeros: 41_500_000 is "41.50"."""
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"


def round_to_cents(micros: int) -> int:
    """Round to whole cents, half to even: the one rounding a payout goes through."""
    cents, rest = divmod(micros, CENT)
    if rest * 2 > CENT or (rest * 2 == CENT and cents % 2 == 1):
        cents += 1
    return cents * CENT


def scale(micros: int, factor: Decimal) -> int:
    """Multiply micros by a decimal factor, rounded once, half to even."""
    return int((micros * factor).to_integral_value(rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency."""

    micros: int
    currency: str

    @classmethod
    def of(cls, text: str, currency: str) -> Money:
        """Read an amount from its text form."""
        return cls(micros_from_text(text), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + self._same(other).micros, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - self._same(other).micros, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.micros, self.currency)

    def __str__(self) -> str:
        return f"{text_from_micros(self.micros)} {self.currency}"

    def as_json(self) -> dict[str, str]:
        """Give the wire form {"amount": "41.50", "currency": "USD"}."""
        return {"amount": text_from_micros(self.micros), "currency": self.currency}

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MoneyError(f"cannot mix {self.currency} and {other.currency}")
        return other
