"""The OpenAPI document is complete, and its examples are true to its schemas. tests/contract sends them to a live exchange."""

from __future__ import annotations

import re

import pytest

from tests.tidy.document import Example, Operation, document, examples, faults, operations

NAME = re.compile(r"[a-z]+([A-Z][a-z]+)+")
SUMMARY_LENGTH_MAX = 80


def lacking(operation: Operation) -> list[str]:
    """What an integrator would miss in an operation's description."""
    said, answers = operation.described, operation.answers
    shown = {(one.of, one.media_type) for one in examples() if one.operation is operation}
    content = [("request", kind) for kind in operation.bodies]
    content += [(str(status), kind) for status, answer in answers.items() for kind in answer.get("content", {}) if "json" in kind]
    checks = {
        "an operationId": NAME.fullmatch(operation.id),
        "a summary": 0 < len(said.get("summary", "")) <= SUMMARY_LENGTH_MAX and not said["summary"].endswith("."),
        "a description": said.get("description"),
        "one tag": len(said.get("tags", ())) == 1,
        "a success": any(200 <= status < 300 for status in answers),
        "a refusal": any(400 <= status < 500 for status in answers),
        "a key": said.get("security") == [{"apiKey": []}, {"apiKeyInBasic": []}],
        **{f"an example of {of} {kind}": (of, kind) in shown for of, kind in content},
    }
    return [name for name, present in checks.items() if not present]


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_each_operation_is_described(operation: Operation):
    assert lacking(operation) == []


# A form and XML have no JSON schema; tests/contract sends them.
@pytest.mark.parametrize("example", [one for one in examples() if "json" in one.media_type], ids=lambda one: one.place)
def test_each_example_fits_its_schema(example: Example):
    assert faults(example.schema, example.value) == []


def test_each_operation_has_a_name_of_its_own():
    names = [operation.id for operation in operations()]
    assert (len(names) >= 41, len(set(names))) == (True, len(names))


def test_each_refusal_is_a_problem():
    ours = [one for one in operations() if one.described["tags"] != ["Old clients"]]
    kinds = {(one.id, status): set(answer["content"]) for one in ours for status, answer in one.answers.items() if status >= 400}
    assert {place for place, found in kinds.items() if found != {"application/problem+json", "application/xml"}} == set()


def test_no_schema_lies_idle():
    used = set(re.findall(r"#/components/schemas/(\w+)", str(document())))
    assert sorted(set(document()["components"]["schemas"]) - used) == []


def test_each_set_of_values_has_a_name_we_gave_it():
    made_up = [name for name in document()["components"]["schemas"] if name.endswith("Enum")]
    assert made_up == [], "name it in ENUM_NAME_OVERRIDES"
