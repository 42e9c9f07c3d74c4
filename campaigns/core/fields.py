"""Fields of a vertical, and the check of a lead against them: every fault at once, each with a pointer and the fix in words.

The types and the reader of a vertical's data file stand in `campaigns.core.schema` and are given on from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from accounts.core.errors import FieldError
from campaigns.core.places import five_digits, state_code, state_of_zip
from campaigns.core.schema import NUMBER_MAX, Field, Vertical, VerticalError, parse_vertical

__all__ = [
    "Checked",
    "Field",
    "Vertical",
    "VerticalError",
    "Wrong",
    "check_lead",
    "check_value",
    "parse_vertical",
    "wanted",
]

CHOICES_SHOWN_MAX = 30


@dataclass(frozen=True, slots=True)
class Checked:
    """A lead after its check: the normal form of every sound field, and everything wrong with the others."""

    values: dict[str, Any]
    errors: tuple[FieldError, ...]


class Wrong(Exception):
    """A value that is not what its field wants."""

    def __init__(self, code: str, detail: str, below: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.below = code, detail, below


def check_lead(
    vertical: Vertical,
    raw: Mapping[str, Any],
    *,
    stages: frozenset[str],
    allowed_zips: frozenset[str] = frozenset(),
    pointer: str = "/lead",
) -> Checked:
    """Check `raw` against the vertical's fields of `stages` and give their normal form.

    An absent field, null and an empty text are the same. A field of stage post is refused while only "ping" is asked for; a field
    of stage ping may come again with the post. A missing state is filled in from the zip and may not contradict it.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    failed: set[str] = set()
    fields = vertical.fields
    for name, value in raw.items():
        field = fields.get(name)
        if value is None or value == "":
            continue
        try:
            if field is None:
                raise _unknown(name, vertical)
            if field.stage == "post" and "post" not in stages:
                raise Wrong("not_at_ping", f"{name} belongs to the post; leave it out of the ping.")
            values[name] = _CHECKS[field.kind](field, value, allowed_zips)
        except Wrong as wrong:
            failed.add(name)
            errors.append(FieldError(f"{pointer}/{_escaped(name)}{wrong.below}", wrong.code, wrong.detail))
    for stage in stages:
        for name in vertical.required[stage]:
            if name not in values and name not in failed:
                errors.append(FieldError(f"{pointer}/{name}", "required", f"{name} is required: {wanted(fields[name])}."))
    errors.extend(_settle_state(vertical, values, pointer))
    return Checked(values, tuple(errors))


def check_value(field: Field, value: Any, allowed_zips: frozenset[str] = frozenset()) -> Any:
    """Give the normal form of one value of a field; raises Wrong with code and words."""
    return _CHECKS[field.kind](field, value, allowed_zips)


def wanted(field: Field) -> str:
    """Say in words what a field wants: "one of new, repair", "a whole number from 0 to 10"."""
    if field.kind == "choice":
        shown = ", ".join(field.choices[:CHOICES_SHOWN_MAX])
        rest = len(field.choices) - CHOICES_SHOWN_MAX
        return f"one of {shown}" + (f" and {rest} more" if rest > 0 else "")
    if field.kind in {"integer", "number"}:
        noun = "a whole number" if field.kind == "integer" else "a number"
        return noun + _range(field)
    if field.kind == "list":
        return f"a list of 1 to {field.max_length} objects with {', '.join(field.items)}"
    return _WANTED[field.kind].format(length=field.max_length)


_WANTED = {
    "text": "text of at most {length} characters",
    "boolean": "true or false",
    "zip": 'a US zip of five digits as text, such as "78701"',
    "state": "a US state of two letters, such as TX",
    "date": "a date such as 1990-05-31",
}


def _range(field: Field) -> str:
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}" if max(abs(low), abs(high)) < 10**6 else f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return f" of at most {high}" if high is not None else ""


def _escaped(name: str) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")[:100]


def _unknown(name: str, vertical: Vertical) -> Wrong:
    near = get_close_matches(str(name), vertical.fields, n=1)
    hint = f" Did you mean {near[0]}?" if near else f" Known fields: {', '.join(vertical.names('ping'))}."
    return Wrong("unknown_field", f"{vertical.label} has no such field.{hint}")


def _ill_typed(field: Field) -> Wrong:
    return Wrong("wrong_type", f"Must be {wanted(field)}.")


def _check_text(field: Field, value: Any, _zips: frozenset[str]) -> str:
    if not isinstance(value, str):
        raise _ill_typed(field)
    if len(value) > field.max_length:
        raise Wrong("too_long", f"Must be {wanted(field)}; this has {len(value)}.")
    return value


def _check_choice(field: Field, value: Any, _zips: frozenset[str]) -> str:
    if not isinstance(value, str):
        raise _ill_typed(field)
    if value not in field.choice_set:
        raise Wrong("not_a_choice", f"{value[:60]!r} is not known here. Must be {wanted(field)}.")
    return value


def _check_boolean(field: Field, value: Any, _zips: frozenset[str]) -> bool:
    if not isinstance(value, bool):
        raise _ill_typed(field)
    return value


def _in_range(field: Field, value: float) -> None:
    low = -NUMBER_MAX if field.minimum is None else field.minimum
    high = NUMBER_MAX if field.maximum is None else field.maximum
    if not low <= value <= high:
        raise Wrong("out_of_range", f"Must be {wanted(field)}.")


def _check_integer(field: Field, value: Any, _zips: frozenset[str]) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        raise _ill_typed(field)
    _in_range(field, value)
    return int(value)


def _check_number(field: Field, value: Any, _zips: frozenset[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _ill_typed(field)
    _in_range(field, value)
    return float(value)


def _check_zip(field: Field, value: Any, zips: frozenset[str]) -> str:
    if not isinstance(value, str):
        raise _ill_typed(field)
    zip_code = five_digits(value)
    if zip_code is None:
        raise _ill_typed(field)
    if zip_code not in zips and state_of_zip(zip_code) is None:
        raise Wrong("unknown_zip", f"There is no US zip {zip_code}.")
    return zip_code


def _check_state(field: Field, value: Any, _zips: frozenset[str]) -> str:
    if not isinstance(value, str):
        raise _ill_typed(field)
    state = state_code(value)
    if state is None:
        raise Wrong("not_a_choice", f"Must be {wanted(field)}.")
    return state


def _check_date(field: Field, value: Any, _zips: frozenset[str]) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _ill_typed(field) from None


def _check_list(field: Field, value: Any, zips: frozenset[str]) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not 1 <= len(value) <= field.max_length:
        raise _ill_typed(field)
    return [_check_item(field, place, item, zips) for place, item in enumerate(value)]


def _check_item(field: Field, place: int, item: Any, zips: frozenset[str]) -> dict[str, Any]:
    if not isinstance(item, Mapping):
        raise Wrong("wrong_type", f"Must be an object with {', '.join(field.items)}.", f"/{place}")
    checked: dict[str, Any] = {}
    for name, value in item.items():
        inner = field.items.get(name)
        if inner is None:
            known = ", ".join(field.items)
            raise Wrong("unknown_field", f"{field.label} has no such field. Known: {known}.", f"/{place}/{_escaped(name)}")
        if value is None or value == "":
            continue
        try:
            checked[name] = _CHECKS[inner.kind](inner, value, zips)
        except Wrong as wrong:
            raise Wrong(wrong.code, wrong.detail, f"/{place}/{name}") from None
    for name, inner in field.items.items():
        if inner.required and name not in checked:
            raise Wrong("required", f"{name} is required: {wanted(inner)}.", f"/{place}/{name}")
    return checked


def _settle_state(vertical: Vertical, values: dict[str, Any], pointer: str) -> tuple[FieldError, ...]:
    zip_code = values.get("zip")
    if zip_code is None or "state" not in vertical.fields:
        return ()
    found = state_of_zip(zip_code)
    if found is None:  # one of the sandbox's magic zips
        return ()
    given = values.setdefault("state", found)
    if given == found:
        return ()
    detail = f"Zip {zip_code} is in {found}, not in {given}. Correct one of the two."
    return (FieldError(f"{pointer}/state", "contradiction", detail),)


_CHECKS: Mapping[str, Callable[[Field, Any, frozenset[str]], Any]] = {
    "text": _check_text,
    "choice": _check_choice,
    "boolean": _check_boolean,
    "integer": _check_integer,
    "number": _check_number,
    "zip": _check_zip,
    "state": _check_state,
    "date": _check_date,
    "list": _check_list,
}
