"""The one way to say no: a Problem, which every face of the exchange writes as RFC 9457 problem+json.

`CATALOGUE` is the closed list of problem codes; business refusals (reasons) are answers, not problems.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CATALOGUE: Mapping[str, tuple[int, str]] = {
    "malformed_body": (400, "The body could not be read"),
    "idempotency_key_missing": (400, "This request needs a key of idempotency"),
    "unauthenticated": (401, "No valid API key"),
    "forbidden": (403, "This key may not do that"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "This method is not allowed here"),
    "conflict": (409, "In conflict with the present state"),
    "quote_used": (409, "This quote has been used"),
    "quote_expired": (409, "This quote has expired"),
    "body_too_large": (413, "The body is larger than 64 kB"),
    "unsupported_media_type": (415, "This media type is not understood"),
    "invalid_request": (422, "The request is invalid"),
    "idempotency_key_reused": (422, "This key of idempotency belongs to another request"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "Something failed on our side"),
    "unavailable": (503, "A part of the exchange is away"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: a JSON pointer, a stable code, and the fix in words."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Give the wire form."""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


@dataclass(eq=False)
class Problem(Exception):
    """A refusal that the caller can read and act on. `code` must stand in CATALOGUE (KeyError otherwise)."""

    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """HTTP status of this code."""
        return CATALOGUE[self.code][0]

    @property
    def title(self) -> str:
        """Short sentence that is the same for every occurrence."""
        return CATALOGUE[self.code][1]

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def invalid(errors: Iterable[FieldError]) -> Problem:
    """Make the 422 that names every wrong field."""
    found = tuple(errors)
    count = len(found)
    words = "1 field needs attention." if count == 1 else f"{count} fields need attention."
    return Problem("invalid_request", words, found)


def not_found(what: str) -> Problem:
    """Make the 404 that foreign and unknown ids share."""
    return Problem("not_found", f"No such {what}.")


def unavailable(what: str, retry_after_seconds: int = 1) -> Problem:
    """Make the 503 that tells the caller when to come back."""
    return Problem(
        "unavailable", f"{what} is away for the moment; nothing was stored.", headers={"Retry-After": str(retry_after_seconds)}
    )
