"""A body of the API as it may be kept in a log: what privacy finds is covered, secrets are taken out.

A covered text keeps its length, spaces and punctuation ("+15125550142" is "+***********"), because the form of a value is what
somebody looks for who asks why it was refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from exchange.core.privacy import kind_of, strip_url, truncate_ip, words_of

TAKEN_OUT = "[secret]"
TOO_DEEP = "[too deep]"
DEPTH_MAX = 64

# Everything below these is about a person, or is a credential.
_PERSONS = frozenset({"contact", "contacts", "contacthashes", "person", "customer"})
_CREDENTIALS = frozenset({"headers", "credentials"})
_SECRET_WORDS = frozenset({"secret", "secrets", "password", "passwd", "authorization", "token", "signature", "credential"})
_HASH_WORDS = frozenset({"sha", "sha256", "sha1", "md", "md5", "hash", "hashed"})
_CONTACT_WORDS = frozenset({"phone", "telephone", "mobile", "email", "mail", "name", "address", "ssn"})
# A browser's mark and the proof of a consent lead back to one person.
_TRACE_WORDS = frozenset({"agent", "certificate", "cert", "leadid"})
_SECRET_TEXT = re.compile(r"lx_(?:live|test|pub)_\w+|whsec_[\w+/=-]+|\bBearer\s+\S+")
# Behind these addresses a plain "name" is that of a thing of the caller's own.
_OF_THINGS = re.compile(r"/api/v1/(?:me|sources|campaigns|webhooks)(?:/|$)")
_LETTER = re.compile(r"\w")


def mask(body: Any, path: str) -> Any:
    """Give a JSON value as it may be kept; `path` is the address it was sent to or came from."""
    return _Mask(things=_OF_THINGS.match(path) is not None).value("", "", "", body, covered=False)


def cover(text: str) -> str:
    """Replace every letter and digit by a star."""
    return _LETTER.sub("*", text)


class _Mask:
    def __init__(self, *, things: bool) -> None:
        self.things = things

    def value(self, place: str, container_key: str, key: str, value: Any, *, covered: bool) -> Any:
        """Mask one entry at a JSON pointer; `covered` says that it lies below something personal."""
        if place.count("/") > DEPTH_MAX:
            return TOO_DEEP
        if value is None or isinstance(value, bool):
            return value
        words = words_of(key)
        if _is_secret(words, container_key):
            return TAKEN_OUT
        if isinstance(value, Mapping | list):
            return self._entries(place, key, value, covered=covered or self._is_personal(place, container_key, key, value))
        if covered or self._is_personal(place, container_key, key, value):
            return cover(str(value))
        return _text(words, value) if isinstance(value, str) else value

    def _entries(self, place: str, key: str, value: Mapping[Any, Any] | list[Any], *, covered: bool) -> Any:
        if isinstance(value, list):
            return [self.value(f"{place}/{number}", key, key, one, covered=covered) for number, one in enumerate(value)]
        return {
            _key(str(name)): self.value(f"{place}/{name}", key, str(name), one, covered=covered) for name, one in value.items()
        }

    def _is_personal(self, place: str, container_key: str, key: str, value: Any) -> bool:
        words = words_of(key)
        if "".join(words) in _PERSONS or not _TRACE_WORDS.isdisjoint(words):
            return True
        if not _HASH_WORDS.isdisjoint(words) and not _CONTACT_WORDS.isdisjoint(words):
            return True
        return not (self.things and key == "name") and kind_of(place, container_key, key, value) is not None


def _is_secret(words: tuple[str, ...], container_key: str) -> bool:
    inside = "".join(words_of(container_key)) in _CREDENTIALS
    return inside or not _SECRET_WORDS.isdisjoint(words) or "".join(words).endswith(("apikey", "privatekey"))


def _key(name: str) -> str:
    """Cover a key that is itself personal data: {"ann@example.com": 1}."""
    return cover(name) if kind_of("", "", "note", name) is not None else _SECRET_TEXT.sub(TAKEN_OUT, name)


def _text(words: tuple[str, ...], text: str) -> str:
    if words[-1:] == ("ip",):
        return truncate_ip(text) or cover(text)
    if text.startswith(("http://", "https://")):
        return _address(text)
    return _SECRET_TEXT.sub(TAKEN_OUT, text)


def _address(text: str) -> str:
    """Keep of a web address what a ping may keep of it; what was cut off shows as three dots."""
    kept = strip_url(text)
    if kept is None:
        return cover(text)
    cut = urlsplit(text).query != urlsplit(kept).query or "#" in text
    return f"{_SECRET_TEXT.sub(TAKEN_OUT, kept)}…" if cut else _SECRET_TEXT.sub(TAKEN_OUT, kept)
