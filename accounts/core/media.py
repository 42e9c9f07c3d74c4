"""The three kinds of body: JSON, form, XML. All become the same nested dict; the last two know text only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from accounts.core.bodies import read_json
from accounts.core.errors import Problem
from accounts.core.forms import read_form
from accounts.core.markup import read_xml

JSON, FORM, XML = "JSON", "form", "XML"
_KINDS: Mapping[str, str] = {
    "": JSON,
    "application/json": JSON,
    "application/x-www-form-urlencoded": FORM,
    "application/xml": XML,
    "text/xml": XML,
}


class Media(NamedTuple):
    """What a Content-Type says: the kind of body, "" for one that nobody here reads, and its charset, "" for none."""

    kind: str
    charset: str


def media_of(content_type: str) -> Media:
    """Read a Content-Type header."""
    name, *parameters = content_type.split(";")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            return Media(_KINDS.get(name.strip().lower(), ""), value.strip().strip("\"'"))
    return Media(_KINDS.get(name.strip().lower(), ""), "")


def read_body(raw: bytes, content_type: str) -> Any:
    """Read a body by its Content-Type; raises Problem malformed_body or unsupported_media_type."""
    kind, charset = media_of(content_type)
    if kind == JSON:
        return read_json(raw)
    if kind == FORM:
        return read_form(raw, charset)
    if kind == XML:
        return read_xml(raw, charset)
    words = "Send application/json, application/x-www-form-urlencoded or application/xml"
    raise Problem("unsupported_media_type", f"{words}, not {content_type[:100]}.")


def prefers_xml(accept: str, *, sent_xml: bool) -> bool:
    """Say whether an answer should be XML: Accept decides, and where it leaves both open, the kind of the request."""
    wishes = [_wish(one) for one in accept.split(",")]
    json = max((quality for name, quality in wishes if name in {"application/json", "application/problem+json"}), default=0.0)
    xml = max((quality for name, quality in wishes if name in {"application/xml", "text/xml"}), default=0.0)
    return sent_xml if json == xml else xml > json


def _wish(text: str) -> tuple[str, float]:
    name, *parameters = text.split(";")
    quality = next((value for key, _, value in (one.partition("=") for one in parameters) if key.strip() == "q"), "1")
    try:
        return name.strip().lower(), float(quality)
    except ValueError:
        return name.strip().lower(), 0.0
