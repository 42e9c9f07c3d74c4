"""Proof that a request came from the exchange: Standard Webhooks, which also signs the leads sent to a destination."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadwright.problems import LeadwrightError

TOLERANCE_SECONDS = 300.0
PREFIX = "whsec_"


class BadSignature(LeadwrightError):
    """The request was not signed by the exchange, was changed on its way, or is too old: answer 400 and do nothing."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. The same event may come twice: remember `id`."""

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]


def read_event(body: bytes, headers: Mapping[str, str], secrets: str | Sequence[str]) -> Event:
    """Verify a webhook request and read its event; raises BadSignature."""
    verify(body, headers, secrets)
    found = json.loads(body)
    return Event(found["id"], found["type"], datetime.fromisoformat(found["timestamp"]), found["data"])


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    now: float | None = None,
) -> None:
    """Verify the raw body of a request against one secret, or several while one replaces another; raises BadSignature.

    `headers` may write their names in any case; `now` is in Unix seconds, the clock's unless given.
    """
    found = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp, given = (found[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise BadSignature(f"the header {error} is missing") from None
    if not stamp.isascii() or not stamp.isdigit():
        raise BadSignature("webhook-timestamp is no time in Unix seconds")
    if abs((time.time() if now is None else now) - int(stamp)) > tolerance_seconds:
        raise BadSignature(f"signed more than {tolerance_seconds:.0f} s from now: is this machine's clock right?")
    signed = f"{message_id}.{stamp}.".encode() + body
    wanted = [_signature(secret, signed) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    # Every pair is compared, so that the time taken tells nothing.
    if not sum(hmac.compare_digest(one, other.encode()) for one in wanted for other in given.split()):
        raise BadSignature("no signature fits the body")


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64, as the exchange showed it once") from error
    return b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
