"""The shape of what publishers send: the envelopes of ping, post and direct lead, read with all constraints in one pass.

A vertical's own fields are not here: they are data and checked by campaigns.core.fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from accounts.core.bodies import read_json
from accounts.core.errors import FieldError, Problem, invalid
from accounts.core.media import read_body
from campaigns.core import texts
from campaigns.core.schema import Vertical
from exchange.intake.wording import explain

BODY_BYTES_MAX = 64 * 1024
Short = Annotated[str, Meta(max_length=120)]
Text = Annotated[str, Meta(max_length=2000)]
Url = Annotated[str, Meta(max_length=2000)]
Count = Annotated[float, Meta(ge=0, le=1_000_000)]
Instant = Annotated[datetime, Meta(tz=True)]


class Event(Struct, omit_defaults=True):
    """One thing the visitor did."""

    action: Short
    at: Instant | None = None


class Behaviour(Struct, omit_defaults=True):
    """What the visitor did before the lead, as declared by the publisher."""

    landing_page_url: Url | None = None
    referrer: Url | None = None
    device: Literal["desktop", "mobile", "tablet", "other"] | None = None
    user_agent: Annotated[str, Meta(max_length=500)] | None = None
    ip: Annotated[str, Meta(max_length=45)] | None = None
    pages_viewed: Count | None = None
    pages_per_visit: Count | None = None
    time_on_site_seconds: Count | None = None
    session_count: Count | None = None
    form_seconds: Count | None = None
    events: Annotated[list[Event], Meta(max_length=200)] | None = None
    comments: Text | None = None


class TouchpointBody(Struct, omit_defaults=True):
    """One contact with marketing before the lead."""

    channel: Short
    campaign: Short | None = None
    at: Instant | None = None


class ContactHints(Struct, omit_defaults=True):
    """What can be said of the contact without saying who it is; of the e-mail's domain only a shared one is kept."""

    area_code: Annotated[str, Meta(pattern=r"^[2-9]\d{2}$")] | None = None
    phone_type: Literal["mobile", "landline", "voip", "toll_free", "other"] | None = None
    email_domain: Annotated[str, Meta(max_length=253)] | None = None
    ip_state: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] | None = None


class MoneyBody(Struct):
    """An amount in the market's currency."""

    amount: Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,6})?$")]
    currency: Annotated[str, Meta(min_length=3, max_length=3)]


class PingBody(Struct, omit_defaults=True):
    """POST /api/v1/pings."""

    source: Short
    vertical: Short
    lead: dict[str, Any]
    sub_id: Short | None = None
    sub_id2: Short | None = None
    sub_id3: Short | None = None
    sub_id4: Short | None = None
    sub_id5: Short | None = None
    behaviour: Behaviour | None = None
    touchpoints: Annotated[list[TouchpointBody], Meta(max_length=50)] = []
    consent: dict[str, Any] | None = None
    contact_hashes: dict[str, Any] | None = None
    contact_hints: ContactHints | None = None
    min_price: MoneyBody | None = None
    max_sales: Annotated[int, Meta(ge=1, le=10)] | None = None
    kind: Literal["form", "call", "click_to_call"] = "form"


class PostBody(Struct, omit_defaults=True):
    """POST /api/v1/posts."""

    ping_id: Short
    contact: dict[str, Any]
    consent: dict[str, Any] | None = None
    quote_ids: Annotated[list[Short], Meta(min_length=1, max_length=10)] | None = None
    lead: dict[str, Any] = {}
    external_id: Short | None = None


class LeadBody(PingBody, kw_only=True):
    """POST /api/v1/leads: ping and post in one."""

    contact: dict[str, Any]
    external_id: Short | None = None


Body = TypeVar("Body", bound=PingBody | PostBody)


def decode(raw: bytes, content_type: str = "") -> dict[str, Any]:
    """Read a body as one object, JSON for no content type; raises Problem malformed_body, body_too_large and such."""
    if len(raw) > BODY_BYTES_MAX:
        raise Problem("body_too_large", f"Send at most {BODY_BYTES_MAX} bytes.")
    body = read_body(raw, content_type) if content_type else read_json(raw)
    if not isinstance(body, dict):
        raise Problem("malformed_body", "The body must be a JSON object.")
    return body


def shape(body: dict[str, Any], kind: type[Body], *, strict: bool, loose: bool = False) -> Body:
    """Check an envelope; `strict` (test mode) refuses fields nobody reads, `loose` reads texts. Raises Problem."""
    unknown = tuple(_unknown(body, kind, "")) if strict else ()
    if unknown:
        raise invalid(unknown)
    try:
        return msgspec.convert(_with_lists(body), kind, strict=False) if loose else msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise invalid([explain(str(error), kind)]) from error


def loosen(body: Body, vertical: Vertical) -> Body:
    """Read the texts of lead and contact as the kinds that the vertical's fields want."""
    read = {name: texts.loosen(vertical, getattr(body, name)) for name in ("lead", "contact") if hasattr(body, name)}
    return msgspec.structs.replace(body, **read)


# What an entry of each list may carry: a form or XML cannot say that something which came once is a list.
_LISTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "": {"touchpoints": TouchpointBody.__struct_fields__, "quote_ids": ()},
    "behaviour": {"events": Event.__struct_fields__},
    "consent": {"sellers": ("name",), "channels": ()},
}


def _with_lists(body: dict[str, Any], part: str = "") -> dict[str, Any]:
    lists = _LISTS[part]
    read = {name: texts.as_list(value, lists[name]) if name in lists else value for name, value in body.items()}
    for name in _LISTS.keys() & read.keys() if not part else ():
        if isinstance(read[name], dict):
            read[name] = _with_lists(read[name], name)
    if "session_seconds" in read:
        read["session_seconds"] = texts.number_of(read["session_seconds"])
    return read


_PING_PARTS: Mapping[str, type[Struct]] = {
    "behaviour": Behaviour,
    "touchpoints": TouchpointBody,
    "contact_hints": ContactHints,
    "min_price": MoneyBody,
}
_PARTS: Mapping[type[Struct], Mapping[str, type[Struct]]] = {
    PingBody: _PING_PARTS,
    LeadBody: _PING_PARTS,
    Behaviour: {"events": Event},
}


def _unknown(given: Any, kind: type[Struct], pointer: str) -> Iterator[FieldError]:
    """Find the fields that no part of an envelope has, at any depth."""
    if isinstance(given, list):
        for place, one in enumerate(given):
            yield from _unknown(one, kind, f"{pointer}/{place}")
    if not isinstance(given, dict):
        return
    parts = _PARTS.get(kind, {})
    for name, value in given.items():
        here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in kind.__struct_fields__:
            known = ", ".join(kind.__struct_fields__)
            yield FieldError(here, "unknown_field", f"No such field here. Known: {known}.")
        elif name in parts:
            yield from _unknown(value, parts[name], here)
