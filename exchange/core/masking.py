"""A body of the API as it may be kept in a log: what privacy finds is covered, secrets are taken out.

A covered text keeps its length, spaces and punctuation ("+15125550142" is "+***********"), because the form of a value is what
somebody looks for who asks why it was refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
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
_TRACE_WORDS = frozenset({"agent", "certificate", "cert", "leadid", "trustedform"})
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


@dataclass(frozen=True, slots=True)
class _Nature:
    """What a key says about its value, whatever the value is."""

    shown: str
    is_secret: bool
    is_personal: bool
    is_ip: bool
    holds_secrets: bool


@lru_cache(maxsize=4096)
def _nature(key: str) -> _Nature:
    words = words_of(key)
    whole = "".join(words)
    contact_hash = not _HASH_WORDS.isdisjoint(words) and not _CONTACT_WORDS.isdisjoint(words)
    return _Nature(
        # A key may be personal data itself: {"ann@example.com": 1}.
        shown=cover(key) if kind_of("", "", "note", key) is not None else _SECRET_TEXT.sub(TAKEN_OUT, key),
        is_secret=not _SECRET_WORDS.isdisjoint(words) or whole.endswith(("apikey", "privatekey")),
        is_personal=whole in _PERSONS or not _TRACE_WORDS.isdisjoint(words) or contact_hash,
        is_ip=words[-1:] == ("ip",) or whole == "ipaddress",
        holds_secrets=whole in _CREDENTIALS,
    )


class _Mask:
    def __init__(self, *, things: bool) -> None:
        self.things = things

    def value(self, place: str, container_key: str, key: str, value: Any, *, covered: bool) -> Any:
        """Mask one entry at a JSON pointer; `covered` says that it lies below something personal."""
        if place.count("/") > DEPTH_MAX:
            return TOO_DEEP
        if value is None or isinstance(value, bool):
            return value
        nature = _nature(key)
        if nature.is_secret or _nature(container_key).holds_secrets:
            return TAKEN_OUT
        covered = covered or nature.is_personal or self._is_found(place, container_key, key, value)
        if isinstance(value, dict | list):
            return self._entries(place, key, value, covered=covered)
        if covered:
            return cover(str(value))
        return _text(nature, value) if isinstance(value, str) else value

    def _entries(self, place: str, key: str, value: dict[Any, Any] | list[Any], *, covered: bool) -> Any:
        if isinstance(value, list):
            return [self.value(f"{place}/{number}", key, key, one, covered=covered) for number, one in enumerate(value)]
        return {
            _nature(str(name)).shown: self.value(f"{place}/{name}", key, str(name), one, covered=covered)
            for name, one in value.items()
        }

    def _is_found(self, place: str, container_key: str, key: str, value: Any) -> bool:
        return not (self.things and key == "name") and kind_of(place, container_key, key, value) is not None


def _text(nature: _Nature, text: str) -> str:
    if nature.is_ip:
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
