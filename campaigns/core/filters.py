"""Filters of campaigns: a typed tree read from JSON, written back, told in words, and evaluated one lead at a time.

`holds` and `first_failing` are the oracle: the index of `campaigns.core.matching` must agree with them for every lead.
JSON: {"all": [{"field": "state", "op": "in", "value": ["TX"]}, {"any": [...]}]}.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.core.errors import FieldError, invalid
from campaigns.core.fields import Wrong, check_value, wanted
from campaigns.core.places import ZIP_LENGTH
from campaigns.core.schema import Field, Vertical

DEPTH_MAX = 4
CLAUSES_MAX = 200
VALUES_MAX = 10_000
VALUES_TOLD_MAX = 8

_EQUALITY = ("eq", "ne", "in", "not_in")
_PRESENCE = ("exists", "missing")
OPS: Mapping[str, tuple[str, ...]] = {
    "text": (*_EQUALITY, *_PRESENCE),
    "choice": (*_EQUALITY, *_PRESENCE),
    "state": (*_EQUALITY, *_PRESENCE),
    "zip": (*_EQUALITY, "starts_with", *_PRESENCE),
    "integer": (*_EQUALITY, "gte", "lte", "between", *_PRESENCE),
    "number": (*_EQUALITY, "gte", "lte", "between", *_PRESENCE),
    "boolean": ("is_true", "is_false", *_PRESENCE),
    "date": _PRESENCE,
    "list": _PRESENCE,
}
NEGATIVE = frozenset({"ne", "not_in"})
SETS = frozenset({"in", "not_in"})
WITHOUT_VALUE = frozenset({"is_true", "is_false", *_PRESENCE})
PROTECTED_TRAITS = frozenset(  # of the Equal Credit Opportunity Act and the Fair Housing Act, under the names the trade uses
    {
        "age", "age_band", "birth_date", "date_of_birth", "color", "disability", "ethnicity", "familial_status", "gender",
        "marital", "marital_status", "national_origin", "public_assistance", "race", "religion", "sex", "sexual_orientation",
    }
)  # fmt: skip
DEVICES = ("desktop", "mobile", "tablet", "other")
LEAD_KINDS = ("form", "call", "click_to_call")
FACTS: Mapping[str, Field] = {  # what a filter may ask of a ping besides the vertical's own fields
    "sub_id": Field("sub_id", "Sub-id", "text"),
    "device": Field("device", "Device", "choice", choices=DEVICES),
    "kind": Field("kind", "Kind of lead", "choice", choices=LEAD_KINDS),
    "score_percentile": Field("score_percentile", "Score percentile", "number", minimum=0, maximum=100),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition. `value` is a frozenset for in and not_in, a tuple for between and starts_with, None where op needs none."""

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions of which all or any must hold."""

    mode: str
    children: tuple[Clause | Group, ...]


Filter = Group
EVERYTHING = Group("all", ())


def parse_filter(data: Any, vertical: Vertical, pointer: str = "/filter") -> Filter:
    """Read a filter; raises Problem(invalid_request) that names every faulty clause by pointer and says what is allowed.

    None and {} mean every lead of the vertical. A protected field is refused in verticals of credit and housing.
    """
    if data is None or data == {}:
        return EVERYTHING
    reader = _Reader(vertical)
    node = reader.group(data, pointer, 1)
    if reader.clauses > CLAUSES_MAX:
        reader.wrong(pointer, "too_many_items", f"At most {CLAUSES_MAX} conditions; this has {reader.clauses}.")
    if reader.errors:
        raise invalid(reader.errors)
    return node


def filter_as_json(node: Clause | Group) -> dict[str, Any]:
    """Write a filter in its wire form, values of sets sorted: parse_filter reads it back to an equal filter."""
    if isinstance(node, Group):
        return {node.mode: [filter_as_json(child) for child in node.children]}
    if node.op in WITHOUT_VALUE:
        return {"field": node.field, "op": node.op}
    return {"field": node.field, "op": node.op, "value": _listed(node.value)}


def describe(node: Clause | Group) -> str:
    """Tell a filter in one line: 'state in (OK, TX) and (age >= 30 or home_ownership = own)'."""
    if isinstance(node, Clause):
        return _WORDS[node.op].format(field=node.field, value=_told(node.value))
    if not node.children:
        return "every lead"
    told = [(child, describe(child)) for child in node.children]
    nested = [f"({words})" if isinstance(child, Group) and len(child.children) > 1 else words for child, words in told]
    return (" and " if node.mode == "all" else " or ").join(nested)


def holds(node: Clause | Group, facts: Mapping[str, Any]) -> bool:
    """Say whether a condition holds for a lead's facts; a missing fact fails every op but missing, ne and not_in."""
    if isinstance(node, Group):
        answers = (holds(child, facts) for child in node.children)
        return all(answers) if node.mode == "all" else any(answers)
    field, _, inner = node.field.partition(".")
    fact = facts.get(field)
    if not inner:
        return _clause_holds(node, fact)
    found = [value for item in fact or () if (value := item.get(inner)) is not None]
    if node.op in NEGATIVE:  # no entry has the value
        return all(_clause_holds(node, value) for value in found)
    if node.op == "missing":
        return not found
    return any(_clause_holds(node, value) for value in found)


def first_failing(node: Filter, facts: Mapping[str, Any]) -> Clause | Group | None:
    """Give the first condition, in the order written, that a lead does not meet; None when it meets all."""
    if node.mode == "any":
        return None if holds(node, facts) else node
    for child in node.children:
        failing = first_failing(child, facts) if isinstance(child, Group) else None if holds(child, facts) else child
        if failing is not None:
            return failing
    return None


def _clause_holds(clause: Clause, fact: Any) -> bool:
    if fact is None:
        return clause.op == "missing" or clause.op in NEGATIVE
    return TESTS[clause.op](fact, clause.value)


TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda fact, value: bool(fact == value),
    "ne": lambda fact, value: bool(fact != value),
    "in": lambda fact, value: fact in value,
    "not_in": lambda fact, value: fact not in value,
    "gte": lambda fact, value: bool(fact >= value),
    "lte": lambda fact, value: bool(fact <= value),
    "between": lambda fact, value: bool(value[0] <= fact <= value[1]),
    "starts_with": lambda fact, value: bool(fact.startswith(value)),
    "is_true": lambda fact, value: fact is True,
    "is_false": lambda fact, value: fact is False,
    "exists": lambda fact, value: True,
    "missing": lambda fact, value: False,
}
"""What each op asks of a fact that is there."""

_WORDS = {
    "eq": "{field} = {value}",
    "ne": "{field} is not {value}",
    "in": "{field} in ({value})",
    "not_in": "{field} not in ({value})",
    "gte": "{field} >= {value}",
    "lte": "{field} <= {value}",
    "between": "{field} between {value}",
    "starts_with": "{field} starts with {value}",
    "is_true": "{field} = yes",
    "is_false": "{field} = no",
    "exists": "{field} is given",
    "missing": "{field} is not given",
}


def _listed(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value


def _told(value: Any) -> str:
    listed = _listed(value)
    if not isinstance(listed, list):
        return f"{listed:g}" if isinstance(listed, float) else str(listed)
    shown = ", ".join(_told(one) for one in listed[:VALUES_TOLD_MAX])
    rest = len(listed) - VALUES_TOLD_MAX
    return f"{shown} and {rest} more" if rest > 0 else shown


class _Reader:
    """Walks the JSON of one filter and collects what is wrong with it."""

    def __init__(self, vertical: Vertical) -> None:
        self.vertical = vertical
        self.errors: list[FieldError] = []
        self.clauses = 0

    def wrong(self, pointer: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(pointer, code, detail))

    def group(self, data: Any, pointer: str, depth: int) -> Group:
        mode = next(iter(data), None) if isinstance(data, Mapping) and len(data) == 1 else None
        children = data[mode] if mode in {"all", "any"} else None
        if not isinstance(children, list):
            self.wrong(pointer, "wrong_type", 'Must be an object with one key, "all" or "any", that holds a list of conditions.')
            return EVERYTHING
        if depth > DEPTH_MAX:
            self.wrong(pointer, "too_deep", f"Groups may be nested {DEPTH_MAX} deep.")
            return EVERYTHING
        if not children and (depth > 1 or mode == "any"):
            self.wrong(f"{pointer}/{mode}", "required", "A group needs at least one condition.")
        read = [self.node(child, f"{pointer}/{mode}/{place}", depth) for place, child in enumerate(children[: CLAUSES_MAX + 1])]
        return Group(str(mode), tuple(node for node in read if node is not None))

    def node(self, data: Any, pointer: str, depth: int) -> Clause | Group | None:
        if isinstance(data, Mapping) and ("all" in data or "any" in data):
            return self.group(data, pointer, depth + 1)
        if not isinstance(data, Mapping) or not {"field", "op"} <= data.keys() <= {"field", "op", "value"}:
            words = 'Must be a condition {"field", "op", "value"} or a group {"all": [...]} or {"any": [...]}.'
            self.wrong(pointer, "wrong_type", words)
            return None
        self.clauses += 1
        return self.clause(data, pointer)

    def clause(self, data: Mapping[str, Any], pointer: str) -> Clause | None:
        try:
            return read_clause(data, self.vertical)
        except Wrong as wrong:
            self.wrong(pointer + wrong.below, wrong.code, wrong.detail)
            return None


def read_clause(data: Mapping[str, Any], vertical: Vertical) -> Clause:
    """Read one condition {"field", "op", "value"}; raises Wrong whose `below` says which of the three is at fault."""
    field = field_of(data["field"], vertical)
    op = data["op"]
    allowed = OPS[field.kind]
    if op not in allowed:
        detail = f"{data['field']} is {_KIND_WORDS[field.kind]}: op must be one of {', '.join(allowed)}."
        raise Wrong("not_a_choice", detail, "/op")
    value = data.get("value")
    if op in WITHOUT_VALUE:
        if value is not None:
            raise Wrong("unknown_field", f"op {op} takes no value; leave it out.", "/value")
        return Clause(data["field"], op)
    return Clause(data["field"], op, _read_value(field, op, value))


def field_of(name: Any, vertical: Vertical) -> Field:
    """Give the field a condition may ask for by name ("state", "vehicles.year"); raises Wrong when it may not."""
    head, _, inner = name.partition(".") if isinstance(name, str) else ("", "", "")
    field = vertical.fields.get(head) or FACTS.get(head)
    if field is not None and inner:
        protected = field.protected
        field = field.items.get(inner) if field.stage == "ping" else None
    else:
        protected = False
    if vertical.credit_or_housing and (protected or (inner or head) in PROTECTED_TRAITS or (field and field.protected)):
        words = f"{name} is a protected trait: no filter or bid may depend on it in credit and housing."
        raise Wrong("protected_field", words, "/field")
    if field is None:
        known = ", ".join(filterable(vertical))
        raise Wrong("unknown_field", f"{vertical.label} has no field {str(name)[:60]!r}. Known: {known}.", "/field")
    if field.stage == "post":
        known = ", ".join(filterable(vertical))
        raise Wrong("not_at_ping", f"{name} is known only after the sale; a filter may ask for {known}.", "/field")
    return field


def filterable(vertical: Vertical) -> tuple[str, ...]:
    """List the names a filter of this vertical may ask for."""
    names: list[str] = []
    for field in (*vertical.fields.values(), *FACTS.values()):
        if field.stage == "ping":
            names.append(field.name)
            names.extend(f"{field.name}.{inner}" for inner in field.items)
    return tuple(names)


_KIND_WORDS = {
    "text": "text",
    "choice": "a choice",
    "state": "a state",
    "zip": "a zip",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "date": "a date",
    "list": "a list",
}


def _read_value(field: Field, op: str, value: Any) -> Any:
    if op in SETS:
        return frozenset(_read_one(field, one) for one in _many(field, op, value, 1, VALUES_MAX))
    if op == "between":
        low, high = (_read_one(field, one) for one in _many(field, op, value, 2, 2))
        if low > high:
            raise Wrong("out_of_range", "Must be [low, high] with low not above high.", "/value")
        return (low, high)
    if op == "starts_with":
        prefixes = _many(field, op, [value] if isinstance(value, str) else value, 1, VALUES_MAX)
        if not all(isinstance(one, str) and 1 <= len(one) <= ZIP_LENGTH and one.isascii() and one.isdigit() for one in prefixes):
            raise Wrong("wrong_type", 'Must be the first digits of zips as text, such as ["750", "751"].', "/value")
        return tuple(sorted(set(prefixes)))
    return _read_one(field, value)


def _many(field: Field, op: str, value: Any, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        count = "two values" if least == most else f"a list of 1 to {most} values"
        raise Wrong("wrong_type", f"op {op} wants {count}, each {wanted(field)}.", "/value")
    return value


def _read_one(field: Field, value: Any) -> Any:
    try:
        if value is None or value == "":
            raise Wrong("required", f"A value is missing; it must be {wanted(field)}.")
        if field.kind == "zip" and isinstance(value, str) and len(value) == ZIP_LENGTH and value.isascii() and value.isdigit():
            return value  # retired zips stand in many lists and do no harm
        return check_value(field, value)
    except Wrong as wrong:
        raise Wrong(wrong.code, f"{str(value)[:60]!r}: {wrong.detail}", "/value") from None
