"""What the columns of a leads CSV say: each cell put where a ping has it, the arrivals read as their column writes moments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from math import isfinite, isnan
from typing import Any
from uuid import UUID

from accounts.core.ids import BadId, decode
from scoring.core.columns import NUMBER
from scoring.core.features import FEATURES, FeatureSpec, FieldSpec
from scoring.core.learning.cells import is_missing, moment_of_number, moment_reader, number_with_point, seconds_of_number
from scoring.core.learning.names import in_words
from scoring.core.places import STATES

ARRIVED = ("received_at", "arrived_at", "created_at", "at", "time", "timestamp")
TRUE, FALSE = frozenset({"1", "true", "yes", "y", "t"}), frozenset({"0", "false", "no", "n", "f"})
SHAPES: Mapping[str, type] = {
    "lead": dict, "behaviour": dict, "touchpoints": list, "consent": dict, "contact_hashes": dict, "contact_hints": dict,
    "kind": str, "source": str, "sub_id": str,
}  # fmt: skip
MEANT = {path.partition("[")[0]: feature for feature in reversed(FEATURES) for path in feature.needs.split(", ")}
"""The first feature of each place in a ping: `behaviour.pages_viewed`, `contact_hashes.phone_*`."""
LISTS = frozenset({"behaviour.events", "consent.sellers"})
YEARS = (2000, 2100)
ZIP_MIN, ZIP_MAX = "00501", "99950"
_ZIP = re.compile(r"([0-9]{3,5})(?:\.0+)?|([0-9]{5})\s*-?\s*[0-9]{4}|([0-9]{5})-")
"""A spreadsheet takes the zeros off a zip, or writes it with a decimal; its last four say nothing to a score."""
READABLE_MIN, LIKE_MIN = 0.95, 0.8

Put = Callable[[dict[str, Any], str], bool]
ReadTime = Callable[[str], datetime | None]


def put_of(name: str, spec: FeatureSpec) -> Put | None:
    """Make the function that puts a cell of this column where a ping has it, False where it cannot; None where no ping has it."""
    fields = {known.name: known for known in spec.fields if known.stage == "ping"}
    bare = name.removeprefix("lead.")
    if bare in fields:
        return lambda facts, cell: _assign(_part(facts, "lead"), bare, _value(cell, fields[bare]))
    part, dot, rest = name.partition(".")
    if not dot and part in SHAPES:
        return lambda facts, cell: _put_part(facts, part, cell)
    feature = next((feature for path, feature in MEANT.items() if fnmatchcase(name, path)), None)
    if feature is None or SHAPES.get(part) is not dict:
        return None
    count = part == "behaviour" and feature.kind == NUMBER and feature.name == name
    read = _list if name in LISTS else _number if count else _text
    return lambda facts, cell: _assign(_part(facts, part), rest, read(cell))


def meant_by(name: str, spec: FeatureSpec) -> str:
    """Say what a column that no ping has was probably meant to be: a field, a part of a ping by its path; "" for nothing."""
    fields = [known.name for known in spec.fields if known.stage == "ping"]
    parts = [path for path in MEANT if SHAPES.get(path.partition(".")[0]) is dict and "." in path]
    words = {in_words(one): one for one in (*ARRIVED, *parts, *fields)}
    words = {in_words(one.partition(".")[2]): one for one in parts} | words
    said = in_words(name).removeprefix("lead ")
    if hashed := next((path for path in parts if "*" in path and fnmatchcase(name.lower(), path.partition(".")[2])), ""):
        return f"{hashed.partition('.')[0]}.{name.lower()}"
    near = get_close_matches(said, [one for one in words if "*" not in words[one]], n=1, cutoff=LIKE_MIN)
    return words[near[0]] if near and words[near[0]] != name else ""


def time_reader(cells: Sequence[str]) -> ReadTime:
    """Choose by a sample how a column writes moments: Unix time, compact days or text; None for what is no time.

    Text without a zone is UTC; years are 2000 to 2099. 05/06/2026 is 5 June unless the sample shows that the month comes first.
    """
    said = [cell.strip() for cell in cells if not is_missing(cell)]
    numbers = [number for number in map(number_with_point, said) if not isnan(number)]
    if numbers and len(numbers) >= READABLE_MIN * len(said):
        meaning = moment_of_number(numbers)
        return lambda cell: None if meaning == "order" else _moment(seconds_of_number(number_with_point(cell), meaning))
    read = moment_reader(said)
    return lambda cell: _moment(read(cell))


def _moment(seconds: float) -> datetime | None:
    if not _second_of(YEARS[0]) <= seconds < _second_of(YEARS[1]):
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _second_of(year: int) -> float:
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()


def _part(facts: dict[str, Any], name: str) -> dict[str, Any]:
    part: dict[str, Any] = facts.setdefault(name, {})
    return part


def _put_part(facts: dict[str, Any], part: str, cell: str) -> bool:
    """Put a whole part of a ping; an object joins what other columns said of it."""
    value: Any = _source(cell) if part == "source" else cell if SHAPES[part] is str else _json(cell)
    if isinstance(value, dict) and SHAPES[part] is dict:
        _part(facts, part).update(value)
        return True
    return _assign(facts, part, value if isinstance(value, (SHAPES[part], UUID)) else None)


def _assign(where: dict[str, Any], name: str, value: Any) -> bool:
    if value is None:
        return False
    where[name] = value
    return True


def _value(cell: str, field_spec: FieldSpec) -> Any:
    """Read a cell as its field wants it; None where it cannot be."""
    if field_spec.kind in {"number", "integer"}:
        return _number(cell)
    if field_spec.kind == "boolean":
        return True if cell.lower() in TRUE else False if cell.lower() in FALSE else None
    if field_spec.kind == "list":
        return _json(cell)
    if field_spec.kind == "zip":
        return _zip(cell)
    if field_spec.kind == "state":
        return cell.upper() if cell.upper() in STATES else None
    return cell if not field_spec.choices or cell in field_spec.choices else None


def _zip(cell: str) -> str | None:
    written = _ZIP.fullmatch(cell)
    zip_code = next(filter(None, written.groups())).zfill(5) if written else ""
    return zip_code if ZIP_MIN <= zip_code <= ZIP_MAX else None


def _number(cell: str) -> float | None:
    number = number_with_point(cell)
    return number if isfinite(number) else None


def _text(cell: str) -> str | None:
    return None if cell[0] in "[{" else cell


def _list(cell: str) -> list[Any] | None:
    value = _json(cell)
    return value if isinstance(value, list) else None


def _source(cell: str) -> UUID | None:
    try:
        return decode("source", cell)
    except BadId:
        return None


def _json(cell: str) -> Any:
    """Read JSON; None for what is none, and for what is nested so deep that nobody meant it."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return None
