"""How a row of somebody's CSV becomes a ping and a post: a mapping file read once, then applied row by row.

The file is JSON:
  "lead", "behaviour", "contact", "post"   target name -> "Column" or {"column", "type", "enum", "default", "minimum", "maximum"}
  "touchpoints"                            list of such objects: one touchpoint each
  "constants"                              dotted target of the ping ("lead.zip") -> value of every row
  "choose"                                 dotted target of the ping -> list; each row gets one of them, always the same one
  "enums"                                  name -> {their value: our value}; null leaves the value out on purpose
  "skip_values"                            texts that mean "not given" in any column
  "identity"                               columns that make a row itself; without them its number does
  "made_up"                                contact fields to make up for rows without phone and e-mail
Types: text (default), integer, number, boolean. A cell that fits neither its type nor its enum is left out and counted.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import made_up

SECTIONS = ("lead", "behaviour", "contact", "post")
KNOWN = frozenset({*SECTIONS, "touchpoints", "constants", "choose", "enums", "skip_values", "identity", "made_up", "about"})
YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "on"})
NO = frozenset({"no", "n", "false", "f", "0", "0.0", "off"})


class BadMapping(Exception):
    """The mapping file says something that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one target comes from and what it must look like."""

    column: str
    kind: str = "text"
    enum: Mapping[str, Any] | None = None
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class RowMapping:
    """A mapping file, checked; `left_out` counts by column the cells that fitted neither type nor enum."""

    sections: Mapping[str, Mapping[str, Rule]]
    touchpoints: tuple[Mapping[str, Rule], ...]
    constants: Mapping[str, Any]
    choose: Mapping[str, Sequence[Any]]
    skip_values: frozenset[str]
    identity: tuple[str, ...]
    made_up: tuple[str, ...]
    left_out: Counter[str] = field(default_factory=Counter)

    def columns(self) -> frozenset[str]:
        """Give every column the mapping reads."""
        rules = [rule for section in (*self.sections.values(), *self.touchpoints) for rule in section.values()]
        return frozenset(rule.column for rule in rules) | frozenset(self.identity)

    def has_contact(self) -> bool:
        """Tell whether the file itself brings a phone or an e-mail address."""
        return bool({"phone", "email"} & set(self.sections["contact"]))


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its number from 1, its cells by column, and what was odd about it ("" when nothing was)."""

    number: int
    cells: Mapping[str, str]
    oddity: str = ""


@dataclass(frozen=True, slots=True)
class MappedRow:
    """What one row says: parts of a ping, contact and further fields of the post; whether the contact is a made-up one."""

    lead: Mapping[str, Any]
    behaviour: Mapping[str, Any]
    touchpoints: tuple[Mapping[str, Any], ...]
    contact: Mapping[str, Any]
    post: Mapping[str, Any]
    further: Mapping[str, Any]
    seed: int
    contact_made_up: bool


def load_mapping(path: Path, columns: Sequence[str]) -> RowMapping:
    """Read and check a mapping file against the columns of a CSV; raises BadMapping naming what is wrong."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or not set(data) <= KNOWN:
        raise BadMapping(f"{path}: only these keys are understood: {', '.join(sorted(KNOWN))}")
    enums = data.get("enums", {})
    mapping = RowMapping(
        sections={name: _rules(data.get(name, {}), enums) for name in SECTIONS},
        touchpoints=tuple(_rules(section, enums) for section in data.get("touchpoints", [])),
        constants=data.get("constants", {}),
        choose=data.get("choose", {}),
        skip_values=frozenset(text.casefold() for text in data.get("skip_values", [""])) | {""},
        identity=tuple(data.get("identity", ())),
        made_up=tuple(data.get("made_up", made_up.FIELDS)),
    )
    missing = sorted(mapping.columns() - set(columns))
    if missing:
        raise BadMapping(f"the file has no column {', '.join(missing)}; it has {', '.join(columns)}")
    return mapping


def map_row(mapping: RowMapping, row: Row, salt: str) -> MappedRow:
    """Turn a row into the parts of a ping and a post; the same row and salt give the same parts on every run."""
    identity = [row.cells.get(column, "") for column in mapping.identity] or [str(row.number)]
    seed = _seed(salt, *identity)
    parts = {name: _section(mapping, rules, row) for name, rules in mapping.sections.items()}
    touchpoints = tuple(_section(mapping, rules, row) for rules in mapping.touchpoints)
    further: dict[str, Any] = {}
    for target, value in mapping.constants.items():
        _put(parts, further, target, value)
    for target, values in mapping.choose.items():
        _put(parts, further, target, values[_seed(str(seed), target) % len(values)])
    contact, is_made_up = _contact(mapping, parts["contact"], seed)
    return MappedRow(
        lead=parts["lead"],
        behaviour=parts["behaviour"],
        touchpoints=tuple(touchpoint for touchpoint in touchpoints if touchpoint),
        contact=contact,
        post=parts["post"],
        further=further,
        seed=seed,
        contact_made_up=is_made_up,
    )


def _contact(mapping: RowMapping, given: Mapping[str, Any], seed: int) -> tuple[dict[str, Any], bool]:
    """Complete the names beside a real phone or e-mail address; make up the whole contact where the row has neither."""
    if {"phone", "email"} & set(given):
        return made_up.contact(seed, ("first_name", "last_name")) | dict(given), False
    return made_up.contact(seed, mapping.made_up) | dict(given), True


def _put(parts: dict[str, dict[str, Any]], further: dict[str, Any], target: str, value: Any) -> None:
    section, dot, name = target.partition(".")
    if dot and section in parts:
        parts[section].setdefault(name, value)
    else:
        further[target] = value


def _section(mapping: RowMapping, rules: Mapping[str, Rule], row: Row) -> dict[str, Any]:
    found = {target: _value(mapping, rule, row) for target, rule in rules.items()}
    return {target: value for target, value in found.items() if value is not None}


def _value(mapping: RowMapping, rule: Rule, row: Row) -> Any:
    text = row.cells.get(rule.column, "").strip()
    if text.casefold() in mapping.skip_values:
        return rule.default
    if rule.enum is not None:
        if text.casefold() in rule.enum:
            return rule.enum[text.casefold()]
        value = None
    else:
        value = CONVERTERS[rule.kind](text)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = _within(value, rule)
    if value is None:
        mapping.left_out[rule.column] += 1
        return rule.default
    return value


def _within(value: int | float, rule: Rule) -> int | float | None:
    low = -math.inf if rule.minimum is None else rule.minimum
    high = math.inf if rule.maximum is None else rule.maximum
    return value if low <= value <= high else None


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _integer(text: str) -> int | None:
    value = _number(text)
    return int(value) if value is not None and value.is_integer() else None


def _boolean(text: str) -> bool | None:
    known = text.casefold()
    return True if known in YES else False if known in NO else None


CONVERTERS: Mapping[str, Callable[[str], Any]] = {"text": str, "integer": _integer, "number": _number, "boolean": _boolean}


def _rules(section: Mapping[str, Any], enums: Mapping[str, Mapping[str, Any]]) -> dict[str, Rule]:
    return {target: _rule(target, said, enums) for target, said in section.items()}


def _rule(target: str, said: Any, enums: Mapping[str, Mapping[str, Any]]) -> Rule:
    if isinstance(said, str):
        return Rule(said)
    known = {"column", "type", "enum", "default", "minimum", "maximum"}
    if not isinstance(said, dict) or "column" not in said or not set(said) <= known:
        raise BadMapping(f"{target}: expected a column's name or an object with {', '.join(sorted(known))}")
    if said.get("type", "text") not in CONVERTERS:
        raise BadMapping(f"{target}: no type {said['type']!r}; there are {', '.join(CONVERTERS)}")
    if "enum" in said and said["enum"] not in enums:
        raise BadMapping(f"{target}: the enum {said['enum']} is missing")
    enum = {their.casefold(): our for their, our in enums[said["enum"]].items()} if "enum" in said else None
    return Rule(said["column"], said.get("type", "text"), enum, said.get("default"), said.get("minimum"), said.get("maximum"))


def _seed(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8], "big")
