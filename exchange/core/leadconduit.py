"""LeadConduit's flat fields as our bodies, and our answers in its words: outcome, reason, price, lead.id.

Outcome `failure` is about this lead: it was refused and will be refused again as it is. `error` is about everything else (key,
address, a body nobody can read, too many requests, our side): the same lead may be sold later. A client need not know a status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.core.errors import FieldError, Problem
from campaigns.core.schema import Vertical
from exchange.core.consent import FIELDS

PING_PREFIX = "png_"
ID_LENGTH_MAX = 120
# Its standard fields: our names of a vertical's fields. A field of the vertical may come under its own name as well.
STANDARD: Mapping[str, str] = {
    "phone_1": "phone",
    "address_1": "street",
    "postal_code": "zip",
    "dob": "birth_date",
}
_BEHAVIOUR: Mapping[str, str] = {
    "landing_page_url": "landing_page_url", "referring_url": "referrer", "referrer": "referrer", "user_agent": "user_agent",
    "ip_address": "ip", "comments": "comments", "pages_viewed": "pages_viewed", "time_on_site_seconds": "time_on_site_seconds",
    "session_count": "session_count", "form_seconds": "form_seconds",
}  # fmt: skip
_CERTIFICATES = ("trustedform_cert_url", "xxTrustedFormCertUrl", "trustedform_ping_url")
_CONSENT: Mapping[str, str] = {**dict.fromkeys(_CERTIFICATES, "certificate_url"), "universal_leadid": "leadid_token"}
_HASHES: Mapping[str, str] = {
    f"{name}_{algorithm}": f"{kind}_{algorithm}"
    for name, kind in (("phone_1", "phone"), ("phone", "phone"), ("email", "email"))
    for algorithm in ("sha256", "sha1", "md5")
}
_SUB_IDS = ("sub_id", "sub_id2", "sub_id3", "sub_id4", "sub_id5")
_OF_THE_LEAD = frozenset({"invalid_request", "idempotency_key_reused", "quote_used", "quote_expired"})


def vendor_id(said: Mapping[str, Any]) -> str:
    """Find the vendor's id of a lead, "" when there is none: lead_id, external_id, lead.id, or the id at the top."""
    inner = said.get("lead")
    given = [
        said.get("lead_id"),
        said.get("external_id"),
        inner.get("id") if isinstance(inner, Mapping) else None,
        said.get("id"),
    ]
    texts = (str(one) for one in given if isinstance(one, str | int) and one != "")
    return next((text[:ID_LENGTH_MAX] for text in texts if not text.startswith(PING_PREFIX)), "")


def ping_id(said: Mapping[str, Any]) -> str:
    """Find the ping that a submit belongs to, "" when it stands alone: ping_id, or an id that our ping gave as lead.id."""
    inner = said.get("lead")
    given = (said.get("ping_id"), inner.get("id") if isinstance(inner, Mapping) else None, said.get("lead_id"), said.get("id"))
    return next((one for one in given if isinstance(one, str) and one.startswith(PING_PREFIX)), "")


def ping_body(said: Mapping[str, Any], source: str, vertical: Vertical) -> dict[str, Any]:
    """Give the body of POST /pings. Fields that nobody here knows are left out."""
    body: dict[str, Any] = {"source": source, "vertical": vertical.slug, "lead": _fields(said, vertical, "ping")}
    body |= {name: said[name] for name in _SUB_IDS if name in said}
    parts = {"behaviour": _named(said, _BEHAVIOUR), "consent": _consent(said), "contact_hashes": _named(said, _HASHES)}
    return body | {name: part for name, part in parts.items() if part}


def lead_body(said: Mapping[str, Any], source: str, vertical: Vertical) -> dict[str, Any]:
    """Give the body of POST /leads."""
    body = {**ping_body(said, source, vertical), "contact": _fields(said, vertical, "post"), "external_id": vendor_id(said)}
    return {name: part for name, part in body.items() if part or name != "external_id"}


def post_body(said: Mapping[str, Any], vertical: Vertical) -> dict[str, Any]:
    """Give the body of POST /posts."""
    body = {
        "ping_id": ping_id(said), "contact": _fields(said, vertical, "post"), "lead": _fields(said, vertical, "ping"),
        "consent": _consent(said), "external_id": vendor_id(said),
    }  # fmt: skip
    return {name: part for name, part in body.items() if part or name == "contact"}


def ping_answer(body: Mapping[str, Any]) -> dict[str, Any]:
    """Say what a ping brought: the payout in dollars, and the id that a submit takes as ping_id or lead.id."""
    quoted = body["status"] == "quoted"
    answer = _answer("success" if quoted else "failure", _codes(body["reasons"]), body["payout"]["amount"])
    return {**answer, "ping_id": body["id"], "lead": {"id": body["id"]}} if quoted else answer


def submit_answer(body: Mapping[str, Any]) -> dict[str, Any]:
    """Say what became of a lead."""
    sold = body["status"] in {"sold", "queued"}
    codes = "" if sold else _codes(body["reasons"]) or body["status"]
    return {**_answer("success" if sold else "failure", codes, body["payout"]["amount"]), "lead": {"id": body["lead_id"]}}


def refusal(problem: Problem) -> dict[str, Any]:
    """Say why nothing happened; wrong fields by the names that LeadConduit has for them."""
    outcome = "failure" if problem.code in _OF_THE_LEAD else "error"
    return {**_answer(outcome, "; ".join(map(_words, problem.errors)) or problem.detail, "0.00"), "code": problem.code}


def _answer(outcome: str, reason: str, price: str) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "price": price}


def _codes(reasons: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(reason["code"] for reason in reasons))


def _words(error: FieldError) -> str:
    # A wrong field of a list has a place below it, which says nothing in a flat body.
    names = [part for part in error.pointer.split("/") if part and part not in {"lead", "contact", "behaviour"}]
    theirs = {ours: name for name, ours in STANDARD.items()}
    return f"{theirs.get(names[0], '.'.join(names)) if names else 'body'}: {error.detail}"


def _fields(said: Mapping[str, Any], vertical: Vertical, stage: str) -> dict[str, Any]:
    own = {name: said[name] for name in vertical.names(stage) if name in said}
    return {ours: said[name] for name, ours in STANDARD.items() if name in said and ours in vertical.names(stage)} | own


def _named(said: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {ours: said[name] for name, ours in names.items() if name in said}


def _consent(said: Mapping[str, Any]) -> dict[str, Any]:
    """Gather consent_text and the like, or what lies below consent; certificates have names of their own."""
    nested = said.get("consent")
    prefixed = {name: said[f"consent_{name}"] for name in FIELDS if f"consent_{name}" in said}
    return {**_named(said, _CONSENT), **prefixed, **(nested if isinstance(nested, Mapping) else {})}
