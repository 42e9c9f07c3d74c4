"""Bodies that no integrator would send on purpose: valid ones, changed at random places. A kind of body is a function."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from urllib.parse import urlencode

from accounts.core.forms import flatten
from accounts.core.markup import write_xml

Body = tuple[str, bytes]
Kind = Callable[[Random, Mapping[str, Any]], Body]
JSON = "application/json"

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), 1e308,
    "", " ", "0", "null", "x" * 3000, "\u0000", "\ud800", "e\u0301" * 200, "\U0001f600" * 130, "NaN", "1e400",
    "78701", "7870", "00002", "2026-13-45", "2026-11-22T13:05:09", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z",
    "+15125550123", "ann.lee@example.com", "123-45-6789", "' OR 1=1 --", "{{7*7}}", "<script>", "../../etc/passwd", "%00",
    [], [[]], [None] * 300, {}, {"": ""}, {"a": {"b": {"c": {}}}},
    {"amount": "-1", "currency": "USD"}, {"amount": "1", "currency": "\u20ac" * 3},
    "org_01k2j3h4g5f6e7d8c9b0a1z2y3", "png_00000000000000000000000000", "qte_zzzzzzzzzzzzzzzzzzzzzzzzzz", "src_",
)  # fmt: skip
NAMES = (
    "source", "vertical", "lead", "zip", "kind", "ping_id", "quote_ids", "contact", "phone", "consent", "__proto__", "a/b~c", "",
    "\u00e9",
)  # fmt: skip
MEDIA_TYPES = (JSON, "text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", "x")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all members and elements of a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, one in inner for found in ((*path, name), *places(one, (*path, name)))]


def change(draw: Random, body: Any) -> None:
    """Change a JSON value at one random place."""
    path = draw.choice(places(body) or [("vertical",)])
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    name, kind = path[-1], draw.randrange(7)
    if kind == 0 and isinstance(holder, dict):
        holder.pop(name, None)
    elif kind == 1 and isinstance(holder, dict):
        holder[draw.choice(NAMES)] = holder.pop(name, None)
    elif kind == 2 and isinstance(holder, dict):
        holder[draw.choice(NAMES)] = draw.choice(ODD)
    elif kind == 3:
        holder[name] = [holder[name]] if name in holder or isinstance(holder, list) else None
    elif kind == 4:
        holder[name] = str(holder[name]) if name in holder or isinstance(holder, list) else ""
    else:
        holder[name] = copy.deepcopy(draw.choice(ODD))


def valid(draw: Random, body: Mapping[str, Any]) -> Body:
    """As it is."""
    return JSON, json.dumps(body).encode()


def changed(draw: Random, body: Mapping[str, Any]) -> Body:
    """JSON that was changed at one to four places."""
    copied = copy.deepcopy(dict(body))
    for _ in range(draw.randint(1, 4)):
        change(draw, copied)
    return JSON, json.dumps(copied).encode("utf-8", "surrogatepass")


def cut(draw: Random, body: Mapping[str, Any]) -> Body:
    """JSON with some bytes lost, doubled or overwritten."""
    raw = bytearray(json.dumps(body).encode())
    for _ in range(draw.randint(1, 3)):
        start = draw.randrange(len(raw))
        raw[start : start + draw.randint(0, 5)] = draw.randbytes(draw.randint(0, 5))
    return JSON, bytes(raw)


def nested(draw: Random, body: Mapping[str, Any]) -> Body:
    """JSON that is deeper or larger than anybody's."""
    depth = draw.choice([1, 10, 60, 1000, 20_000])
    opened, closed = draw.choice([(b"[", b"]"), (b'{"a":', b"}")])
    return JSON, b'{"lead":' + opened * depth + b"1" + closed * depth + b"}"


def form(draw: Random, body: Mapping[str, Any]) -> Body:
    """Changed JSON as a form, its names written in one way or the other."""
    changed_body = json.loads(changed(draw, body)[1])
    pairs = [(name.replace(".", draw.choice([".", "[", "]"])), value) for name, value in flatten(changed_body)]
    charset = draw.choice(["", "; charset=utf-8", "; charset=windows-1252", "; charset=latin-1", "; charset=utf-7"])
    return f"application/x-www-form-urlencoded{charset}", urlencode(pairs, errors="replace").encode()


def xml(draw: Random, body: Mapping[str, Any]) -> Body:
    """Changed JSON as XML, sometimes cut, sometimes with a charset or entities of its own."""
    try:
        text = write_xml("ping", json.loads(changed(draw, body)[1]))
    except ValueError:
        text = "<ping/>"
    raw = bytearray(text.encode("utf-8", "replace"))
    if draw.random() < 0.5:
        start = draw.randrange(len(raw))
        raw[start : start + draw.randint(0, 5)] = draw.choice([b"", b"&lol;", b"<!--", b"]]>", b"<x>", b"\x00", b"\xff"])
    return draw.choice(["application/xml", "text/xml", "application/xml; charset=utf-16"]), bytes(raw)


def raw_bytes(draw: Random, body: Mapping[str, Any]) -> Body:
    """Anything at all, under any name."""
    return draw.choice(MEDIA_TYPES), draw.randbytes(draw.choice([0, 1, 20, 400]))


#: Which kinds, and with how many parts of all requests.
KINDS: Mapping[Kind, int] = {valid: 2, changed: 8, cut: 3, nested: 1, form: 4, xml: 4, raw_bytes: 2}
