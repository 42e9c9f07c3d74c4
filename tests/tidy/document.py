"""The committed OpenAPI document as tests read it: its operations, their examples, and the schema each must satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from tests.tidy.sources import ROOT

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def bodies(self) -> dict[str, Any]:
        """Media type -> its schema and examples."""
        return self.described.get("requestBody", {}).get("content", {})

    @property
    def answers(self) -> dict[int, dict[str, Any]]:
        return {int(status): resolve(answer) for status, answer in self.described["responses"].items()}


@dataclass(frozen=True)
class Example:
    """One example: `place` says where it stands, `of` is "request" or the status of an answer."""

    operation: Operation
    of: str
    name: str
    media_type: str
    schema: dict[str, Any]
    value: Any

    @property
    def place(self) -> str:
        return f"{self.operation.id} {self.of} {self.name}"


@cache
def document() -> dict[str, Any]:
    return yaml.load((ROOT / "openapi.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@cache
def operations() -> tuple[Operation, ...]:
    found = document()["paths"].items()
    return tuple(
        Operation(said.get("operationId", f"{method} {path}"), method, path, said)
        for path, methods in found
        for method, said in methods.items()
        if method in METHODS
    )


@cache
def examples() -> tuple[Example, ...]:
    return tuple(one for operation in operations() for one in _examples_of(operation))


def _examples_of(operation: Operation) -> Iterator[Example]:
    yield from _examples_in(operation, "request", operation.bodies)
    for status, answer in operation.answers.items():
        yield from _examples_in(operation, str(status), answer.get("content", {}))


def _examples_in(operation: Operation, of: str, content: dict[str, Any]) -> Iterator[Example]:
    for media_type, said in content.items():
        for name, example in said.get("examples", {}).items():
            yield Example(operation, of, name, media_type, said["schema"], example["value"])


def resolve(part: dict[str, Any]) -> dict[str, Any]:
    """Follow one reference within the document."""
    if "$ref" not in part:
        return part
    found: Any = document()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value by a schema of the document."""
    whole = {**schema, "components": document()["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(value)]
