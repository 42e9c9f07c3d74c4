"""What can go wrong, as exceptions: each code of the exchange's catalogue that a program may want to tell apart has a class."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class LeadwrightError(Exception):
    """Everything this package raises."""


class Unanswered(LeadwrightError):
    """No answer came over the network. A POST that is sent again with the same key of idempotency happens once."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One wrong field: where it stands in the body (JSON pointer), a stable code, the fix in words."""

    pointer: str
    code: str
    detail: str


class Problem(LeadwrightError):
    """The exchange said no: RFC 9457. Branch on the class or on `code`; `request_id` finds the request in the exchange's log."""

    def __init__(self, status: int, document: Mapping[str, Any], retry_after_seconds: float | None = None) -> None:
        """Keep what the exchange said."""
        self.status = status
        self.code = str(document.get("code", ""))
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail", ""))
        self.type = str(document.get("type", ""))
        self.request_id = str(document.get("request_id", ""))
        self.errors = tuple(
            FieldFault(*(str(one.get(name, "")) for name in ("pointer", "code", "detail"))) for one in document.get("errors", ())
        )
        self.retry_after_seconds = retry_after_seconds
        super().__init__(self._words())

    def _words(self) -> str:
        faults = "; ".join(f"{one.pointer or 'body'}: {one.detail}" for one in self.errors)
        return (
            f"{self.status} {self.code or 'unreadable answer'}: {faults or self.detail} (request {self.request_id or 'unknown'})"
        )


class Unauthenticated(Problem):
    """The key is absent, mistyped, revoked or expired."""


class Forbidden(Problem):
    """The key lacks a scope, or may not be used from here."""


class NotFound(Problem):
    """Nothing of yours has this id."""


class Conflict(Problem):
    """Sound, but not in the present state."""


class QuoteUsed(Conflict):
    """Another post has ended this quote."""


class QuoteExpired(Conflict):
    """The quote's lifetime is over: ping again."""


class InvalidRequest(Problem):
    """Fields need attention: see `errors`."""


class KeyReused(Problem):
    """The key of idempotency came with another body before."""


class RateLimited(Problem):
    """Too many requests: wait for `retry_after_seconds`."""


class Unavailable(Problem):
    """A part of the exchange is away; nothing was stored."""


CLASSES: Mapping[str, type[Problem]] = {
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "conflict": Conflict,
    "quote_used": QuoteUsed,
    "quote_expired": QuoteExpired,
    "invalid_request": InvalidRequest,
    "idempotency_key_reused": KeyReused,
    "rate_limited": RateLimited,
    "unavailable": Unavailable,
}


def problem_of(status: int, body: bytes, retry_after: str) -> Problem:
    """Read a refusal; what is no problem document (a proxy's page) becomes a Problem without a code."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    document = found if isinstance(found, dict) else {"detail": body[:200].decode("utf-8", "replace")}
    seconds = float(retry_after) if retry_after.isdigit() else None
    return CLASSES.get(str(document.get("code")), Problem)(status, document, seconds)
