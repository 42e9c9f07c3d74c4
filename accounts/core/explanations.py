"""What each problem code means and what its reader can do: the page behind a problem's `type`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.core.errors import CATALOGUE


@dataclass(frozen=True, slots=True)
class Explanation:
    """One problem code in words."""

    code: str
    status: int
    title: str
    meaning: str
    fix: str


_WORDS: Mapping[str, tuple[str, str]] = {
    "malformed_body": (
        "The body is not JSON in UTF-8, is no JSON object, is nested too deeply, or contains a NUL character.",
        "Send one JSON object; detail names the place where reading stopped. Nothing was stored.",
    ),
    "idempotency_key_missing": (
        "A direct lead carries no name by which a repetition could be recognised.",
        "Send an Idempotency-Key header, or external_id in the body (unique per source). A lead is sold once only.",
    ),
    "unauthenticated": (
        "The Authorization header is absent, or its key is mistyped, unknown, revoked or expired.",
        "Send Authorization: Bearer lx_live_… (or lx_test_… for the sandbox). A revoked key stops within five seconds.",
    ),
    "forbidden": (
        "The key is valid, but it lacks the scope this request needs, or it may not be used from this address.",
        "GET /api/v1/me lists the scopes of a key. Ask the owner of your organization for a key with the scope in detail.",
    ),
    "not_found": (
        "There is nothing with this id that your organization may see. Ids of others and unknown ids look the same.",
        "Check the id and its prefix, and that the key belongs to the right organization and mode.",
    ),
    "method_not_allowed": (
        "The address exists, but not for this HTTP method.",
        "The Allow header of the answer lists the methods; the interactive reference shows each operation.",
    ),
    "conflict": (
        "The request is sound but does not fit the present state: a paused source, a campaign never published, a request "
        "with the same key that is still under way.",
        "Read detail, bring the object into the state it names, and send the request again.",
    ),
    "quote_used": (
        "A post with another body has ended this quote before.",
        "Send the same body to read the first answer again. For another lead, ping again.",
    ),
    "quote_expired": (
        "The quote's lifetime was over before the post came.",
        "Ping again and post before expires_at, which stands beside each quote.",
    ),
    "body_too_large": (
        "The body has more than 65,536 bytes.",
        "Send less; a lead with all its fields needs a few thousand bytes.",
    ),
    "unsupported_media_type": ("The body's media type is not one this address reads.", "Send Content-Type: application/json."),
    "invalid_request": (
        "The body could be read, but some fields are missing, unknown, ill-typed, out of range, or contain personal data "
        "where none may be.",
        "errors names every field by JSON pointer, with a code and the fix. Nothing was stored; a quote stays open.",
    ),
    "idempotency_key_reused": (
        "The same Idempotency-Key, or external_id, came with another body before.",
        "Use a fresh key for a new request. To repeat a request, send exactly what was sent first.",
    ),
    "rate_limited": ("Too many requests came with this key in a short time.", "Wait for the seconds in Retry-After, then go on."),
    "internal": (
        "Something failed on our side. What the request had begun was undone.",
        "Send it again with the same key of idempotency. If it stays, tell us the request_id: it finds the failure in our logs.",
    ),
    "unavailable": (
        "A part of the exchange is away for a moment. Nothing was stored, no lead was sold.",
        "Send the request again after the seconds in Retry-After, with the same key of idempotency.",
    ),
}

EXPLANATIONS: Mapping[str, Explanation] = {
    code: Explanation(code, status, title, *_WORDS[code]) for code, (status, title) in CATALOGUE.items()
}
