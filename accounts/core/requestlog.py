"""One request to the API and its answer, as the request log keeps them: masked, cut, with what leads on to the decision."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode
from uuid import UUID

import msgspec

from accounts.core.errors import Problem
from accounts.core.forms import flatten
from accounts.core.markup import write_xml
from accounts.core.media import FORM, JSON, XML, media_of, read_body

TEXT_LENGTH_MAX = 16 * 1024
RAW_BYTES_MAX = 64 * 1024
PATH_LENGTH_MAX = 500
ERRORS_FROM = 400
ID_LENGTH = 30
KEY_VARIABLE = "$LEADWRIGHT_KEY"

Mask = Callable[[Any, str], Any]
"""Gives a JSON value as it may be kept; the second argument is the path of the request."""


class RawRequest(NamedTuple):
    """A request and its answer as they were; never leaves the memory of the process. None: not read, or not kept whole.

    The types are the Content-Type headers of the two.
    """

    at_ms: int
    method: str
    path: str
    query: str
    status: int
    took_us: int
    key_id: UUID
    request_id: str
    idempotency_key: str
    body: bytes | None
    answer: bytes | None
    body_type: str = ""
    answer_type: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A masked body as text; `note` says why it is not, or not all of, what was sent."""

    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request and its answer as they are kept: no personal data, no secret. `address` is the path with its query.

    `kind` says how the request was sent: JSON, form or XML; its text is in the same form, with a line for each field of a form.
    """

    at_ms: int
    method: str
    path: str
    address: str
    status: int
    code: str
    took_us: int
    key_id: UUID
    request_id: str
    idempotency_key: str
    request: Text
    answer: Text
    ping_id: str
    lead_id: str
    kind: str = JSON


def kept_form(raw: RawRequest, mask: Mask) -> LoggedRequest:
    """Mask and cut a request and its answer."""
    path = "/".join(_free(unquote(part), mask) for part in raw.path.split("/"))[:PATH_LENGTH_MAX]
    sent, said = _said(raw.body, raw.body_type), _said(raw.answer, raw.answer_type)
    facts, refused = said.value if isinstance(said.value, Mapping) else {}, raw.status >= ERRORS_FROM
    return LoggedRequest(
        raw.at_ms, raw.method, path, (path + _query(raw, mask))[: 2 * PATH_LENGTH_MAX], raw.status,
        code=str(facts.get("code", ""))[:40] if refused else "",
        took_us=raw.took_us, key_id=raw.key_id, request_id=_free(raw.request_id, mask),
        idempotency_key=_free(raw.idempotency_key, mask),
        request=_text(raw.body, sent, raw.path, mask), answer=_text(raw.answer, said, raw.path, mask), kind=sent.kind,
        ping_id="" if refused else _id_in(facts, "png_") or _id_in(sent.value, "png_"),
        lead_id="" if refused else _id_in(facts, "led_") or _id_in(facts.get("lead"), "led_"),
    )  # fmt: skip


def curl_of(logged: LoggedRequest, base_url: str) -> str:
    """Write the command that sends the request again, with a variable in place of the key."""
    lines = [f"curl -X {logged.method} {shlex.quote(base_url + logged.address)}", f'-H "Authorization: Bearer {KEY_VARIABLE}"']
    if logged.idempotency_key:
        lines.append(f"-H {shlex.quote(f'Idempotency-Key: {logged.idempotency_key}')}")
    if logged.request.text:
        lines += _body_of_curl(logged.kind, logged.request.text)
    return " \\\n  ".join(lines)


def _body_of_curl(kind: str, text: str) -> list[str]:
    if kind == FORM:
        # curl names the type of a form itself.
        return [f"--data-urlencode {shlex.quote(line)}" for line in text.splitlines()]
    return [f"-H 'Content-Type: application/{kind.lower()}'", f"-d {shlex.quote(text)}"]


class _Unreadable:
    """Stands for a body that nobody can read."""


class _Said(NamedTuple):
    """What a body says, by its kind."""

    kind: str
    value: Any


def _said(raw: bytes | None, content_type: str) -> _Said:
    kind = media_of(content_type).kind
    try:
        readable = raw and len(raw) <= RAW_BYTES_MAX
        return _Said(kind or JSON, read_body(raw or b"", content_type if kind else "") if readable else _Unreadable())
    except Problem:
        return _Said(kind or JSON, _Unreadable())


def _text(raw: bytes | None, said: _Said, path: str, mask: Mask) -> Text:
    if raw is None:
        return Text(note="Not read, so not kept.")
    if not raw:
        return Text()
    if len(raw) > RAW_BYTES_MAX:
        return Text(note=f"{len(raw):,} bytes: too long to be kept.")
    if isinstance(said.value, _Unreadable):
        # Without names there is nothing to mask by.
        return Text(note=f"{len(raw):,} bytes that are {'no' if said.kind == FORM else 'not'} {said.kind}: not kept.")
    text = _laid_out(said.kind, mask(said.value, path))
    if len(text) > TEXT_LENGTH_MAX:
        return Text(text[:TEXT_LENGTH_MAX], f"Cut after {TEXT_LENGTH_MAX:,} of {len(text):,} characters.")
    return Text(text)


def _laid_out(kind: str, masked: Any) -> str:
    if kind == FORM:
        return "\n".join(" ".join(f"{name}={text}".split()) for name, text in flatten(masked))
    if kind == XML:
        return write_xml("body", masked)
    return msgspec.json.format(msgspec.json.encode(masked), indent=2).decode()


def _free(text: str, mask: Mask) -> str:
    """Mask a text that has no name of its own."""
    return str(mask({"note": text}, "")["note"]) if text else ""


def _query(raw: RawRequest, mask: Mask) -> str:
    pairs = [(name, mask({name: value}, raw.path)) for name, value in parse_qsl(raw.query, keep_blank_values=True)]
    shown = [(name, value) for _, masked in pairs for name, value in masked.items()]
    return f"?{urlencode(shown, quote_via=quote, safe='*…[]@')}" if shown else ""


def _id_in(body: Any, prefix: str) -> str:
    """Find an id of one kind among the members of a body."""
    texts = (value for value in body.values() if isinstance(value, str)) if isinstance(body, Mapping) else ()
    return next((text for text in texts if text.startswith(prefix) and len(text) == ID_LENGTH), "")
