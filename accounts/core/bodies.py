"""JSON bodies: read strictly, and compared by what they say, whatever their spaces and the order of their members."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from accounts.core.errors import Problem

DEPTH_MAX = 64
_canonical = msgspec.json.Encoder(order="sorted").encode


def read_json(raw: bytes) -> Any:
    """Read JSON; raises Problem malformed_body, also for what no store of ours takes: NUL characters, halves of surrogates."""
    try:
        body = msgspec.json.decode(raw)
    except RecursionError as error:
        raise _too_deep() from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Problem("malformed_body", f"This is not JSON in UTF-8: {error}.") from error
    # Both are rare, so only a body that may be concerned is walked through.
    if b"\\u0000" in raw or raw.count(b"[") + raw.count(b"{") > DEPTH_MAX:
        _inspect(body)
    return body


def _inspect(body: Any) -> None:
    waiting = [(body, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise _too_deep()
        if isinstance(value, str) and "\0" in value:
            raise Problem("malformed_body", "A text contains the NUL character (\\u0000); leave it out.")
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            waiting += [(part, depth + 1) for part in value]


def _too_deep() -> Problem:
    return Problem("malformed_body", f"Nest objects and lists at most {DEPTH_MAX} deep.")


def fingerprint(body: Any) -> str:
    """Give the SHA-256 (hex) of JSON in canonical form: equal bodies, equal fingerprints."""
    return hashlib.sha256(_canonical(body)).hexdigest()


def fingerprint_of_raw(raw: bytes) -> str:
    """Give the fingerprint of a body as it came; one that is not JSON equals itself only."""
    try:
        return fingerprint(msgspec.json.decode(raw) if raw else None)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return hashlib.sha256(raw).hexdigest()
