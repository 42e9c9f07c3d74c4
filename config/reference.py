"""The references that are read out of the source: `python -m config.reference` writes them, a test compares them.

A setting is an assignment that calls `env`; the lines `#:` above it are its description. Features: config.reference_features.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from config import reference_features
from config.env import ROOT

SOURCES = ("config/env.py", "config/settings.py")
PAGE, EXAMPLE = "docs/reference/settings.md", ".env.example"
READERS = {
    "env.str": "text",
    "env.bool": "true or false",
    "env.int": "whole number",
    "env.list": "list, separated by commas",
}
MARK = "#:"
_PAGE_HEAD = """\
# Settings

<!-- Generated: make docs -->

Every process of the exchange reads these from its environment, then from the file `env` in its home, which `make run`
writes. `make run` itself understands a few more, such as PORT and LISTEN: [operations.md](../operations.md) has them.

| variable | kind | default | meaning |
|---|---|---|---|
"""
_EXAMPLE_HEAD = """\
# What can be set, with the defaults; `make run` fills in the addresses and secrets itself. Generated: make docs
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable; `default` is as it would stand in the environment, empty where it is computed."""

    name: str
    kind: str
    default: str
    meaning: str


def list_settings() -> tuple[Setting, ...]:
    """Read every setting in the order of the source; raises ValueError for one without a description."""
    return tuple(setting for source in SOURCES for setting in _settings_in((ROOT / source).read_text(encoding="utf-8")))


def as_page() -> str:
    """Give the page of the reference as markdown."""
    rows = (f"| `{one.name}` | {one.kind} | {_quoted(one.default)} | {one.meaning} |\n" for one in list_settings())
    return _PAGE_HEAD + "".join(rows)


def as_example() -> str:
    """Give the example of an environment file, everything commented out."""
    return _EXAMPLE_HEAD + "".join(f"\n# {one.meaning}\n# {one.name}={one.default}\n" for one in list_settings())


def write() -> None:
    """Write all pages again."""
    (ROOT / PAGE).write_text(as_page(), encoding="utf-8")
    (ROOT / EXAMPLE).write_text(as_example(), encoding="utf-8")
    (ROOT / reference_features.PAGE).write_text(reference_features.as_page(), encoding="utf-8")


def _settings_in(source: str) -> Iterator[Setting]:
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and (kind := READERS.get(ast.unparse(call.func))):
                yield _setting(call, kind, _meaning_above(lines, statement.lineno - 1))


def _setting(call: ast.Call, kind: str, meaning: str) -> Setting:
    name = ast.literal_eval(call.args[0])
    if not meaning:
        raise ValueError(f"{name} has no line {MARK} that says what it is")
    default = next((keyword.value for keyword in call.keywords if keyword.arg == "default"), ast.Constant(""))
    return Setting(name, kind, _default_text(default), meaning)


def _meaning_above(lines: list[str], below: int) -> str:
    first = below
    while first and lines[first - 1].startswith(MARK):
        first -= 1
    return " ".join(line.removeprefix(MARK).strip() for line in lines[first:below])


def _default_text(default: ast.expr) -> str:
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return ""
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(default: str) -> str:
    return f"`{default}`" if default else "-"


if __name__ == "__main__":
    write()
