"""XML bodies as the nested dicts that JSON would be, and back. Elements only: attributes are refused, a DTD never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from accounts.core.charsets import codec_of, text_of
from accounts.core.errors import Problem

DEPTH_MAX = 16
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# What a schema says about an instance (xsi:schemaLocation, xml:lang) is no content.
_ABOUT = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")
_NOT_A_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_xml(raw: bytes, charset: str) -> dict[str, Any]:
    """Read the elements below the root, whatever its name: repeated ones as a list, texts as text, empty ones as not given.

    The charset of Content-Type comes first, then the byte order mark, then the declaration, then UTF-8. Raises Problem.
    """
    text = text_of(raw, codec_of(charset or _charset_within(raw)))
    parser = DefusedXMLParser(forbid_dtd=True)
    try:
        parser.feed(text)
        body = _content(parser.close(), 0)
    except ParseError as error:
        raise Problem("malformed_body", f"This is not well-formed XML: {error}.") from error
    except DefusedXmlException as error:
        raise Problem("malformed_body", "A DTD and entities of one's own are refused; leave <!DOCTYPE ...> out.") from error
    if isinstance(body, str):
        raise Problem("malformed_body", "The root holds text only; put an element for each field into it.")
    return body or {}


def write_xml(root: str, value: Any) -> str:
    """Write nested dicts as elements: lists as repeated ones, None as an empty one."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(_lines(root, value, "")) + "\n"


def _charset_within(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if raw.startswith((b"<\0", b"\0<")):
        return "utf-16le" if raw[0] else "utf-16be"
    declared = _DECLARED.match(raw.removeprefix(b"\xef\xbb\xbf"))
    return declared.group(1).decode() if declared else "utf-8"


def _content(element: Element, depth: int) -> Any:
    """Give an element's content: a dict, a text, or None for nothing."""
    if depth > DEPTH_MAX:
        raise Problem("malformed_body", f"Nest elements at most {DEPTH_MAX} deep.")
    attribute = next((name for name in element.attrib if not name.startswith(_ABOUT)), None)
    if attribute is not None:
        words = f"Attributes are not read: write <{attribute[:60]}> as an element inside <{_name(element)}>."
        raise Problem("malformed_body", words)
    text = (element.text or "").strip()
    if not len(element):
        return text or None
    if text or any((child.tail or "").strip() for child in element):
        raise Problem("malformed_body", f"<{_name(element)}> holds text beside elements; put the text into an element.")
    return _gathered((_name(child), _content(child, depth + 1)) for child in element) or None


def _gathered(children: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for name, content in children:
        if content is not None:
            found.setdefault(name, []).append(content)
    return {name: contents[0] if len(contents) == 1 else contents for name, contents in found.items()}


def _name(element: Element) -> str:
    """Give the name without its namespace."""
    return str(element.tag).rpartition("}")[2][:200]


def _lines(name: str, value: Any, indent: str) -> Iterator[str]:
    tag = _NOT_A_NAME.sub("_", name) or "_"
    if isinstance(value, list | tuple):
        for one in value:
            yield from _lines(name, one, indent)
    elif isinstance(value, Mapping) and value:
        yield f"{indent}<{tag}>"
        for inner, inside in value.items():
            yield from _lines(str(inner), inside, indent + "  ")
        yield f"{indent}</{tag}>"
    else:
        text = "" if value is None or value == {} else str(value).lower() if isinstance(value, bool) else str(value)
        yield f"{indent}<{tag}>{escape(_NOT_XML.sub('?', text))}</{tag}>" if text else f"{indent}<{tag}/>"
