"""The Idempotency-Key header: read the same way on every POST, answered the same way when it comes again."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from accounts.core.bodies import fingerprint, fingerprint_of_raw
from accounts.core.errors import FieldError, invalid
from accounts.idempotency import KEY_LENGTH_MAX, Ask, Kept
from accounts.identity import Caller

REPLAYED = "Idempotency-Replayed"
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Same key, same body: the first answer again, without a secret that is shown once. Another body: 422.",
)
SHOWN_ONCE = frozenset({"secret"})
"""Members that leave in one answer only: they are neither stored with a key nor shown by a repetition."""


def key_of(request: HttpRequest) -> str:
    """Read the header, "" when there is none; raises Problem invalid_request for one that cannot be kept."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if len(key) > KEY_LENGTH_MAX or not key.isprintable():
        words = f"Give at most {KEY_LENGTH_MAX} printable characters."
        raise invalid([FieldError("/headers/Idempotency-Key", "invalid", words)])
    return key


def ask_of(request: HttpRequest, caller: Caller) -> Ask:
    """Say what makes this request happen once; only a POST with the header has a key."""
    key = key_of(request) if request.method == "POST" else ""
    # Read with or without a key: this is where a body that is too large is refused.
    raw = request.body
    route = getattr(request.resolver_match, "route", "")
    said = fingerprint([request.path, fingerprint_of_raw(raw)]) if key else ""
    return Ask(caller.organization_id, route, key, said)


def replay(kept: Kept) -> HttpResponse:
    """Answer as the first time, and say so."""
    body = msgspec.json.encode(kept.body)
    return HttpResponse(body, status=kept.status, content_type="application/json", headers={REPLAYED: "true"})


def without_secrets(answer: Any) -> Any:
    """Give an answer as it may be kept."""
    if isinstance(answer, dict):
        return {name: without_secrets(value) for name, value in answer.items() if name not in SHOWN_ONCE}
    if isinstance(answer, list):
        return [without_secrets(value) for value in answer]
    return answer
