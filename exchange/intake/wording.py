"""What is wrong with the shape of a body, in words: msgspec names its own types and stops at the first fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, get_args, get_origin, get_type_hints

from msgspec import Struct

from accounts.core.errors import FieldError

_PLACE = re.compile(r"`\$([^`]*)`")
_KINDS: Mapping[str, str] = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "array": "a list",
    "object": "an object", "null": "null", "datetime": "an instant",
}  # fmt: skip
# As msgspec writes them: with Python's quotes and escapes.
_PATTERNS: Mapping[str, str] = {
    r"^[2-9]\\d{2}$": "three digits, such as 512", r"^[A-Z]{2}$": "two capital letters, such as TX",
    r"^\\d{1,9}(\\.\\d{1,6})?$": "an amount, such as 12.50",
}  # fmt: skip
_WORDS: tuple[tuple[str, str, Callable[[re.Match[str]], str]], ...] = (
    ("required", r"missing required field `(\w+)`", lambda found: f"{found[1]} is required."),
    ("too_long", r"Expected `str.*` of length <= (\d+)", lambda found: f"At most {found[1]} characters."),
    ("too_many", r"Expected `array.*` of length <= (\d+)", lambda found: f"At most {found[1]} entries."),
    ("too_short", r"Expected `str.*` of length >= (\d+)", lambda found: f"At least {found[1]} characters."),
    ("too_few", r"Expected `array.*` of length >= (\d+)", lambda found: "Give at least one entry, or leave it out."),
    ("out_of_range", r"Expected `(?:int|float).*` >= (\S+)", lambda found: f"Must be {_number(found[1])} or more."),
    ("out_of_range", r"Expected `(?:int|float).*` <= (\S+)", lambda found: f"Must be {_number(found[1])} or less."),
    ("malformed", r"Expected `str.*` matching regex '(.*)'", lambda found: f"Must be {_PATTERNS.get(found[1], found[1])}."),
    ("wrong_type", r"(?:datetime|RFC3339)", lambda found: "Must be an instant with its offset, such as 2026-11-22T13:05:09Z."),
    ("wrong_type", r"Expected `([^`]*)`, got `([^`]*)`", lambda found: f"Must be {_kinds(found[1])}, not {_given(found[2])}."),
)


def explain(message: str, body: type[Struct]) -> FieldError:
    """Turn msgspec's "Expected `int`, got `str` - at `$.max_sales`" into a pointer, a code and words that say what to send."""
    place = _PLACE.search(message)
    pointer = re.sub(r"\[(\d+|\.\.\.)\]", r"/\1", place.group(1).replace(".", "/")) if place else ""
    if message.startswith("Invalid enum value"):
        return FieldError(pointer, "not_a_choice", f"Must be one of {', '.join(_choices(body)[pointer.rpartition('/')[2]])}.")
    for code, pattern, words in _WORDS:
        found = re.search(pattern, message)
        if found:
            return FieldError(f"{pointer}/{found[1]}" if "missing" in pattern else pointer, code, words(found))
    return FieldError(pointer, "invalid", f"{message.split(' - at ', maxsplit=1)[0].replace('`', '')}.")


def _kinds(names: str) -> str:
    wanted = [_KINDS.get(name, name) for name in names.split(" | ")]
    return " or ".join(one for one in wanted if one != "null" or len(wanted) == 1)


def _given(name: str) -> str:
    return "a fraction" if name == "float" else _kinds(name)


def _number(text: str) -> str:
    return f"{float(text):,.0f}" if float(text).is_integer() else text


def _choices(body: type[Struct]) -> dict[str, tuple[str, ...]]:
    """Collect what may be chosen in a body and in its parts, by name of the field."""
    found: dict[str, tuple[str, ...]] = {}
    for name, hint in get_type_hints(body).items():
        for kind in (hint, *get_args(hint)):
            if get_origin(kind) is Literal:
                found[name] = get_args(kind)
            elif isinstance(kind, type) and issubclass(kind, Struct):
                found |= _choices(kind)
    return found
