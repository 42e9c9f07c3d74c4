"""What REST views read the same way: ids of the path, JSON objects, instants; and how they show examples and pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request

from accounts.core.errors import FieldError, invalid, not_found
from accounts.core.ids import BadId, decode
from accounts.rest.pages import LIMIT_DEFAULT, LIMIT_MAX

YEAR_MIN, YEAR_MAX = 2000, 2100
ROWS = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX}
PAGE = [
    OpenApiParameter("limit", ROWS, description=f"Rows per page; {LIMIT_DEFAULT} unless given."),
    OpenApiParameter("cursor", str, description="The next_cursor of the page before."),
]


def id_of(kind: str, text: str) -> UUID:
    """Read an id of the path; one of a wrong form is as unknown as a foreign one. Raises Problem not_found."""
    try:
        return decode(kind, text)
    except BadId:
        raise not_found(kind) from None


def id_asked(request: Request, name: str, kind: str) -> UUID | None:
    """Read an id of the query, None when it is not given; raises Problem invalid_request."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return decode(kind, text)
    except BadId as error:
        raise invalid([FieldError(f"/{name}", "invalid_id", f"{error}.")]) from None


def choice_asked(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    """Read one of a few words of the query, None when it is not given; raises Problem invalid_request."""
    text = request.query_params.get(name, "")
    if text and text not in choices:
        raise invalid([FieldError(f"/{name}", "not_a_choice", f"Choose one of {', '.join(choices)}.")])
    return text or None


def day_asked(request: Request, name: str) -> datetime | None:
    """Read a day of the query as its first instant in UTC, None when it is not given; raises Problem invalid_request."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise invalid([FieldError(f"/{name}", "invalid", "Give a day such as 2026-11-22.")]) from error
    # Days are added to it and ids are made of it: the ends of the calendar can do neither.
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise invalid([FieldError(f"/{name}", "out_of_range", f"Give a day of the years {YEAR_MIN} to {YEAR_MAX}.")])
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def body_of(request: Request) -> dict[str, Any]:
    """Give the JSON object of a request; raises Problem invalid_request for any other JSON."""
    if not isinstance(request.data, Mapping):
        raise invalid([FieldError("", "wrong_type", "The body must be a JSON object.")])
    return dict(cast(Mapping[str, Any], request.data))


def instant_of(value: Any, pointer: str) -> datetime:
    """Read an instant with its offset, such as 2026-11-22T13:05:09Z; raises Problem invalid_request."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise invalid([FieldError(pointer, "wrong_type", "Give an instant with its offset, such as 2026-11-22T13:05:09Z.")])
    return instant


def asked(name: str, value: object) -> OpenApiExample:
    """Give an example of a request."""
    return OpenApiExample(name, value, request_only=True)


def answered(name: str, value: object, status: str = "200") -> OpenApiExample:
    """Give an example of an answer."""
    return OpenApiExample(name, value, response_only=True, status_codes=[status])


def page(row: object) -> dict[str, object]:
    """Give the example of a page with one row."""
    return {"data": [row], "has_more": False, "next_cursor": None}
