"""Form bodies: flat names that spell a nested body, such as lead.zip, lead[zip], touchpoints[0][channel], sellers[]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from accounts.core.charsets import codec_of, text_of, undecodable
from accounts.core.errors import Problem

FIELDS_MAX = 1000
DEPTH_MAX = 16
NAME_LENGTH_MAX = 200


def read_form(raw: bytes, charset: str) -> dict[str, Any]:
    """Read an urlencoded body into the dict its names spell; values stay text. Raises Problem malformed_body."""
    codec = codec_of(charset)
    if codec.startswith("utf-16"):
        raise Problem("unsupported_media_type", "A form is not sent in utf-16. Send utf-8 or windows-1252.")
    text = text_of(raw, codec)
    if text.lstrip()[:1] in {"{", "[", "<"}:
        raise Problem("malformed_body", "This is not a form. Send JSON as application/json and XML as application/xml.")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, encoding=codec, errors="strict", max_num_fields=FIELDS_MAX)
    except UnicodeDecodeError as error:
        raise undecodable(codec, error) from error
    except ValueError as error:
        raise Problem("malformed_body", f"Send at most {FIELDS_MAX} fields.") from error
    return nest(pairs)


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest flat names. A name that comes again makes a list, as do [] and numbers; an empty value was not given."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise Problem("malformed_body", "A name or value contains the NUL character; leave it out.")
        if value:
            _put(root, name, value)
    return {part: _settled(part, inside) for part, inside in root.items()}


def flatten(body: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Give the flat names and texts that spell a nested body: the inverse of nest."""
    if isinstance(body, dict):
        for part, inside in body.items():
            yield from flatten(inside, f"{name}.{part}" if name else str(part))
    elif isinstance(body, list):
        for place, inside in enumerate(body):
            yield from flatten(inside, f"{name}[{place}]")
    elif body is not None:
        yield name, str(body).lower() if isinstance(body, bool) else str(body)


def _put(root: dict[str, Any], name: str, value: str) -> None:
    *way, last = _parts(name)
    node = root
    for part in way:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise _two_things(name)
    values = node.setdefault(last, [])
    if not isinstance(values, list):
        raise _two_things(name)
    values.append(value)


def _parts(name: str) -> list[str]:
    parts = name.replace("[", ".").replace("]", "").split(".")
    if len(name) > NAME_LENGTH_MAX or len(parts) > DEPTH_MAX or not all(parts[:-1]) or parts == [""]:
        words = f"The name {name[:60]!r} cannot be read. Write lead.zip or lead[zip], with at most {DEPTH_MAX} parts."
        raise Problem("malformed_body", words)
    return parts


def _settled(name: str, inside: Any) -> Any:
    """Turn what was gathered under a name into a text, a list or a dict."""
    if isinstance(inside, list):
        return inside[0] if len(inside) == 1 else inside
    if inside.keys() == {""}:
        return inside[""]
    if all(part.isascii() and part.isdigit() for part in inside):
        return [_settled(part, inside[part]) for part in sorted(inside, key=int)]
    if "" in inside:
        raise _two_things(name)
    return {part: _settled(part, deeper) for part, deeper in inside.items()}


def _two_things(name: str) -> Problem:
    return Problem("malformed_body", f"{name[:60]!r} is given both as a value and as something with parts; give it once.")
