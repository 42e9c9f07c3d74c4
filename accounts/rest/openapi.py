"""What all operations of the OpenAPI document share: a summary, and the refusals that any request may meet.

A view says with `problems(...)` only what its own flow adds; the rest follows from its parameters and its body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from accounts.core.explanations import EXPLANATIONS, Explanation
from accounts.rest.problems import CONTENT_TYPE

Document = dict[str, Any]
ANY_REQUEST = (401, 403, 503)
A_BODY = (400, 413, 415, 422)
# A key of idempotency may be under way, or belong to another body.
A_POST = (409, 422)
_FIRST_CLAUSE = re.compile(r"[^;:.]+")


def complete(result: Document, **_: Any) -> Document:
    """Serve as a POSTPROCESSING_HOOK: give each operation its summary and its refusals, each refusal its examples."""
    named: set[int] = set()
    for path, method, operation in _operations(result):
        operation.setdefault("summary", _summary_of(operation["description"]))
        statuses = {*_own(operation), *_refusals(path, method, operation)}
        answers = {status: answer for status, answer in operation["responses"].items() if int(status) not in statuses}
        refusals = {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in sorted(statuses)}
        operation["responses"] = {**answers, **refusals}
        named |= statuses
    result["components"]["responses"] = {_name(status): _response(status) for status in sorted(named)}
    return result


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _summary_of(description: str) -> str:
    found = _FIRST_CLAUSE.match(description)
    return found.group(0) if found else description


def _own(operation: Document) -> Iterator[int]:
    """Give the statuses that the view named itself."""
    for status, answer in operation["responses"].items():
        if CONTENT_TYPE in answer.get("content", {}):
            yield int(status)


def _refusals(path: str, method: str, operation: Document) -> Iterator[int]:
    yield from ANY_REQUEST
    if "{" in path:
        yield 404
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        yield 422
    if "requestBody" in operation:
        yield from A_BODY
    if method == "post":
        yield from A_POST


def _name(status: int) -> str:
    return "".join(word.capitalize() for word in re.findall(r"[a-z]+", HTTPStatus(status).phrase.lower()))


def _response(status: int) -> Document:
    told = [one for one in EXPLANATIONS.values() if one.status == status]
    answer: Document = {
        "description": "; ".join(f"{one.code}: {one.title}" for one in told) + ".",
        "content": {
            CONTENT_TYPE: {
                "schema": {"$ref": "#/components/schemas/ProblemOut"},
                "examples": {one.code: {"summary": one.title, "value": dict(one.example)} for one in told},
            }
        },
    }
    return {**answer, "headers": _headers(told)} if _headers(told) else answer


def _headers(told: list[Explanation]) -> Mapping[str, Any]:
    if all(one.words.retry_after_seconds is None for one in told):
        return {}
    return {"Retry-After": {"description": "Seconds to wait before the request is sent again.", "schema": {"type": "integer"}}}
