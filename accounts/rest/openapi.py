"""What all operations of the OpenAPI document share: a summary, and the refusals that any request may meet.

A view says with `problems(...)` only what its own flow adds; the rest follows from its parameters and its body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from accounts.core.explanations import EXPLANATIONS
from accounts.rest.problems import CONTENT_TYPE

Document = dict[str, Any]
ANY_REQUEST = (401, 403, 429, 503)
A_BODY = (400, 413, 415, 422)
# A key of idempotency may be under way, or belong to another body.
A_POST = (409, 422)
PROBLEM = {"$ref": "#/components/schemas/ProblemOut"}
HEADERS: Mapping[str, Document] = {
    "Retry-After": {"description": "Seconds to wait before the request is sent again.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {"description": "The limits that were counted.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What they leave.", "schema": {"type": "string"}},
}
_FIRST_CLAUSE = re.compile(r"[^;:.]+")


def complete(result: Document, **_: Any) -> Document:
    """Serve as a POSTPROCESSING_HOOK: give each operation its summary and its refusals, each refusal its examples."""
    named: set[int] = set()
    for path, method, operation in _operations(result):
        operation.setdefault("summary", _summary_of(operation["description"]))
        statuses = {*_refusals(path, method, operation)} - {*_in_its_own_words(operation)}
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


def _in_its_own_words(operation: Document) -> Iterator[int]:
    """Give the statuses of refusals that are no problem documents: the faces of other vendors have shapes of their own."""
    for status, answer in operation["responses"].items():
        if int(status) >= HTTPStatus.BAD_REQUEST and "application/json" in answer["content"]:
            yield int(status)


def _refusals(path: str, method: str, operation: Document) -> Iterator[int]:
    yield from ANY_REQUEST
    yield from (int(status) for status in operation["responses"] if int(status) >= HTTPStatus.BAD_REQUEST)
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
                "schema": PROBLEM,
                "examples": {one.code: {"summary": one.title, "value": dict(one.example)} for one in told},
            },
            # To whoever sent XML: the members of the document as elements of <problem>.
            "application/xml": {"schema": PROBLEM},
        },
    }
    names = [name for one in told for name in one.words.headers]
    return {**answer, "headers": {name: HEADERS[name] for name in names}} if names else answer
