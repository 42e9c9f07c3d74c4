"""Reading of single values of the wire: money, ratios, whole numbers, ids. Each raises Wrong with the fix in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from accounts.core.errors import FieldError, Problem, invalid
from accounts.core.ids import BadId, decode
from accounts.core.money import CENT, MICROS, Money, MoneyError, micros_from_text, text_from_micros
from campaigns.core.fields import Wrong

PRICE_MAX = 100_000 * MICROS
DECIMALS_MAX = 4
Read = TypeVar("Read")


class Faults:
    """Collects what is wrong with one body, so that its sender reads everything at once."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self.errors: list[FieldError] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        """Note one fault."""
        self.errors.append(FieldError(pointer, code, detail))

    @contextmanager
    def at(self, pointer: str) -> Iterator[None]:
        """Note what goes wrong inside the block under a pointer, and go on after it."""
        try:
            yield
        except Wrong as wrong:
            self.add(pointer + wrong.below, wrong.code, wrong.detail)
        except Problem as problem:
            self.errors.extend(problem.errors)

    def read(self, pointer: str, reader: Callable[..., Read], *arguments: Any) -> Read | None:
        """Give what a reader makes of its arguments, None (and a noted fault) when it refuses."""
        found: Read | None = None
        with self.at(pointer):
            found = reader(*arguments)
        return found

    def only(self, data: Any, known: frozenset[str], pointer: str) -> Mapping[str, Any]:
        """Give an object whose keys are known; anything else is noted and read as empty."""
        if not isinstance(data, Mapping):
            self.add(pointer, "wrong_type", f"Must be an object with {', '.join(sorted(known))}.")
            return {}
        for name in sorted(str(key) for key in set(data) - known):
            self.add(f"{pointer}/{name[:60]}", "unknown_field", f"Unknown; known here are {', '.join(sorted(known))}.")
        return data

    def listed(self, data: Any, most: int, pointer: str) -> list[Any]:
        """Give a list of bounded length (null is empty); anything else is noted and read as empty."""
        if data is None:
            return []
        if not isinstance(data, list) or len(data) > most:
            self.add(pointer, "wrong_type", f"Must be a list of at most {most}.")
            return []
        return data

    def raise_any(self) -> None:
        """Raise Problem(invalid_request) with all that was noted, if anything was."""
        if self.errors:
            raise invalid(self.errors)


def read_price(data: Any, currency: str, least: int = CENT, most: int = PRICE_MAX) -> int:
    """Read {"amount": "41.50", "currency": "USD"} as micros in whole cents, from `least` to `most` (both micros)."""
    if not isinstance(data, Mapping) or set(data) != {"amount", "currency"}:
        raise Wrong("wrong_type", f'Must be money, such as {{"amount": "41.50", "currency": "{currency}"}}.')
    if data["currency"] != currency:
        raise Wrong("not_a_choice", f"This market trades in {currency}.", "/currency")
    if not isinstance(data["amount"], str):
        raise Wrong("wrong_type", 'Must be text such as "41.50": numbers lose cents on their way.', "/amount")
    try:
        micros = micros_from_text(data["amount"])
    except MoneyError as error:
        raise Wrong("wrong_type", f"{error}.", "/amount") from None
    if micros % CENT or not least <= micros <= most:
        words = f"Must be whole cents from {text_from_micros(least)} to {text_from_micros(most)}."
        raise Wrong("out_of_range", words, "/amount")
    return micros


def price_as_json(micros: int | None, currency: str) -> dict[str, str] | None:
    """Write micros as money, None as null."""
    return None if micros is None else Money(micros, currency).as_json()


def read_decimal(value: Any, low: str, high: str) -> Decimal:
    """Read a ratio given as text ("1.25") or number, of at most four decimals, from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Wrong("wrong_type", f'Must be a decimal number as text, such as "{high}".')
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Wrong("wrong_type", f"{str(value)[:40]!r} is not a number.") from None
    exact = number.is_finite() and number == number.quantize(Decimal(1).scaleb(-DECIMALS_MAX))
    if not exact or not Decimal(low) <= number <= Decimal(high):
        raise Wrong("out_of_range", f"Must be from {low} to {high}, with at most {DECIMALS_MAX} decimals.")
    return number


def read_whole(value: Any, low: int, high: int) -> int:
    """Read a whole number from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise Wrong("out_of_range", f"Must be a whole number from {low} to {high}.")
    return value


def read_choice(value: Any, choices: tuple[str, ...]) -> str:
    """Read one of a few words."""
    if value not in choices:
        raise Wrong("not_a_choice", f"Must be one of {', '.join(choices)}.")
    return str(value)


def read_flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Wrong("wrong_type", "Must be true or false.")
    return value


def read_text(value: Any, most: int) -> str:
    """Read text of 1 to `most` characters, without space around it."""
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= most:
        raise Wrong("wrong_type", f"Must be text of 1 to {most} characters.")
    return value.strip()


def read_id(value: Any, kind: str) -> UUID:
    """Read an id of one kind, such as src_..."""
    try:
        return decode(kind, value if isinstance(value, str) else "")
    except BadId as error:
        raise Wrong("wrong_type", f"{str(error)[0].upper()}{str(error)[1:]}.") from None
