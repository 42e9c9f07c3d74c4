"""What each problem code means, how it looks and what its reader can do: the page behind a problem's `type`, and the
examples of the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.core.errors import CATALOGUE, FieldError


@dataclass(frozen=True, slots=True)
class Words:
    """What is said about one code: `detail` is what a real occurrence says, `retry` whether sending it again helps."""

    meaning: str
    fix: str
    retry: str
    detail: str
    instance: str = "/api/v1/pings"
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One problem code in words."""

    code: str
    status: int
    title: str
    words: Words

    @property
    def example(self) -> Mapping[str, Any]:
        """Give a document as an occurrence of this code sends it."""
        document = {
            "type": f"/docs/errors/{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.words.detail,
            "instance": self.words.instance,
            "request_id": "req_01k2j3h4g5f6e7d8c9b0a1z2y3",
        }
        shown = {"errors": [error.as_json() for error in self.words.errors]} if self.words.errors else {}
        return {**document, **shown}


NEVER_UNCHANGED = "No: the same request is refused again. Change it first."
_WORDS: Mapping[str, Words] = {
    "malformed_body": Words(
        "The body is not what its Content-Type says (JSON, a form or XML), is no object, is nested too deeply, or contains a NUL "
        "character.",
        "Send one JSON object; detail names the place where reading stopped. Nothing was stored.",
        NEVER_UNCHANGED,
        "This is not JSON in UTF-8: JSON is malformed: invalid character (byte 15).",
    ),
    "idempotency_key_missing": Words(
        "A direct lead carries no name by which a repetition could be recognised.",
        "Send an Idempotency-Key header, or external_id in the body (unique per source). A lead is sold once only.",
        NEVER_UNCHANGED,
        "Send an Idempotency-Key header, or external_id in the body: a lead is sold once only.",
        "/api/v1/leads",
    ),
    "unauthenticated": Words(
        "The Authorization header is absent, or its key is mistyped, unknown, revoked or expired.",
        "Send Authorization: Bearer lx_live_… (or lx_test_… for the sandbox). A revoked key stops within five seconds.",
        "No: not with this key.",
        'Send "Authorization: Bearer lx_live_..." (or lx_test_...).',
    ),
    "forbidden": Words(
        "The key is valid, but it lacks the scope this request needs, or it may not be used from this address.",
        "GET /api/v1/me lists the scopes of a key. Ask the owner of your organization for a key with the scope in detail.",
        "No: not with this key.",
        "This key lacks the scope campaigns:read.",
        "/api/v1/campaigns",
    ),
    "not_found": Words(
        "There is nothing with this id that your organization may see. Ids of others and unknown ids look the same.",
        "Check the id and its prefix, and that the key belongs to the right organization and mode.",
        "No: an id does not come into being by waiting.",
        "No such source.",
    ),
    "method_not_allowed": Words(
        "The address exists, but not for this HTTP method.",
        "The Allow header of the answer lists the methods; the interactive reference shows each operation.",
        NEVER_UNCHANGED,
        "Send POST.",
    ),
    "conflict": Words(
        "The request is sound but does not fit the present state: a paused source, a campaign never published, a request "
        "with the same key that is still under way.",
        "Read detail, bring the object into the state it names, and send the request again.",
        "Yes, once the state has changed; after the seconds in Retry-After when there is one.",
        "This source is paused; resume it first.",
    ),
    "quote_used": Words(
        "A post with another body has ended this quote before.",
        "Send the same body to read the first answer again. For another lead, ping again.",
        "No: a quote is sold once.",
        "A post with another body ended this quote; ping again for a new one.",
        "/api/v1/posts",
    ),
    "quote_expired": Words(
        "The quote's lifetime was over before the post came.",
        "Ping again and post before expires_at, which stands beside each quote.",
        "No: ping again.",
        "The quote's lifetime is over; ping again for a new one.",
        "/api/v1/posts",
    ),
    "body_too_large": Words(
        "The body has more than 65,536 bytes.",
        "Send less; a lead with all its fields needs a few thousand bytes.",
        NEVER_UNCHANGED,
        "Send at most 65536 bytes.",
    ),
    "unsupported_media_type": Words(
        "The body's media type is not one this address reads.",
        "Send Content-Type: application/json. Pings, posts and leads are read as forms and XML too.",
        NEVER_UNCHANGED,
        "Send application/json, application/x-www-form-urlencoded or application/xml, not text/plain.",
    ),
    "invalid_request": Words(
        "The body could be read, but some fields are missing, unknown, ill-typed, out of range, or contain personal data "
        "where none may be.",
        "The list errors names every field by JSON pointer, with a code and the fix. Nothing was stored; a quote stays open.",
        NEVER_UNCHANGED,
        "1 field needs attention.",
        errors=(FieldError("/lead/zip", "wrong_type", 'Must be a US zip of five digits as text, such as "78701".'),),
    ),
    "idempotency_key_reused": Words(
        "The same Idempotency-Key, or external_id, came with another body before.",
        "Use a fresh key for a new request. To repeat a request, send exactly what was sent first.",
        NEVER_UNCHANGED,
        "This Idempotency-Key came with another body before; use a fresh key.",
    ),
    "rate_limited": Words(
        "Too many requests came with this key, or for this source, in a short time.",
        "Wait for the seconds in Retry-After, then go on.",
        "Yes, after the seconds in Retry-After, with the same key of idempotency.",
        "Too many requests of this key; nothing was done. Come back after 1 s.",
        headers={"Retry-After": "1", "RateLimit-Policy": '"key";q=1000;w=2', "RateLimit": '"key";r=0;t=1'},
    ),
    "internal": Words(
        "Something failed on our side. What the request had begun was undone.",
        "Send it again with the same key of idempotency. If it stays, tell us the request_id: it finds the failure in our logs.",
        "Once, with the same key of idempotency.",
        "Something failed on our side; the request id finds it in our logs.",
    ),
    "unavailable": Words(
        "A part of the exchange is away for a moment. Nothing was stored, no lead was sold.",
        "Send the request again after the seconds in Retry-After, with the same key of idempotency.",
        "Yes, after the seconds in Retry-After.",
        "A store of the exchange is away for the moment; nothing was stored.",
        headers={"Retry-After": "1"},
    ),
}

EXPLANATIONS: Mapping[str, Explanation] = {
    code: Explanation(code, status, title, _WORDS[code]) for code, (status, title) in CATALOGUE.items()
}
