"""What forms and XML can say: everything is text there, so a lead's texts are read as the kinds its fields want.

A text that is not what its field wants stays as it is: the check of the field refuses it with the fix in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from campaigns.core.schema import Field, Vertical

_YES, _NO = frozenset({"y", "yes", "true", "t", "1", "on"}), frozenset({"n", "no", "false", "f", "0", "off"})
_NUMBER = re.compile(r"[+-]?\$?(\d{1,15}|\d{1,3}(,\d{3}){1,4})(\.\d{1,10})?")
_US_DATE = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")


def loosen(vertical: Vertical, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Read the texts of a lead as the vertical's kinds; what is no text, and names it does not know, stay."""
    return _loosened(vertical.fields, raw)


def as_list(value: Any, names: Collection[str] = ()) -> Any:
    """Make a list of what came once, and of <vehicles><vehicle>...</vehicle></vehicles>; `names` are those of an entry."""
    if isinstance(value, Mapping) and len(value) == 1 and not value.keys() & set(names):
        (value,) = value.values()
    return value if isinstance(value, list) or value is None else [value]


def number_of(value: Any) -> Any:
    """Read a number such as 12, -0.5 or $1,500.00; anything else stays."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        return value
    number = float(value.replace("$", "").replace(",", ""))
    return int(number) if number.is_integer() else number


def _loosened(fields: Mapping[str, Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(fields[name], value) if name in fields else value for name, value in raw.items()}


def _value(field: Field, value: Any) -> Any:
    if field.kind == "list":
        entries = as_list(value, field.items)
        return [_loosened(field.items, one) if isinstance(one, Mapping) else one for one in entries or []]
    if not isinstance(value, str):
        return value
    read = _READERS.get(field.kind)
    return read(field, value.strip()) if read else value


def _boolean(_field: Field, text: str) -> bool | str:
    word = text.lower()
    return True if word in _YES else False if word in _NO else text


def _date(_field: Field, text: str) -> str:
    """Read MM/DD/YYYY, the American order."""
    found = _US_DATE.fullmatch(text)
    if found is None:
        return text
    month, day, year = map(int, found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def _choice(field: Field, text: str) -> str:
    """Read "Single family" as single_family."""
    word = _plain(text)
    return text if text in field.choice_set else next((one for one in field.choices if _plain(one) == word), text)


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "_", text.strip()).lower()


_READERS: Mapping[str, Callable[[Field, str], Any]] = {
    "boolean": _boolean,
    "integer": lambda _field, text: number_of(text),
    "number": lambda _field, text: number_of(text),
    "date": _date,
    "choice": _choice,
    "zip": lambda _field, text: text,
    "state": lambda _field, text: text,
}
