"""Ids: UUID version 7 (RFC 9562) inside, `png_01jd...` outside (prefix and 26 characters of Crockford's base 32).

Version 7 starts with the millisecond, so ids sort by creation and the journal's partitions are ranges of ids.
"""

from __future__ import annotations

import os
import time
from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}

PREFIXES = {
    "organization": "org", "ping": "png", "quote": "qte", "lead": "led", "sale": "sal", "campaign": "cmp", "source": "src",
    "delivery": "dlv", "return": "rtn", "webhook": "whk", "request": "req", "key": "key", "auction": "auc", "entry": "ent",
    "revision": "rev", "consent": "cns", "limit": "lim", "destination": "dst", "user": "usr", "account": "acc", "event": "evt",
    "invitation": "inv", "member": "mbr", "disposition": "dsp", "alert": "alt", "experiment": "exp", "history": "hst",
}  # fmt: skip


class BadId(ValueError):
    """Text that is not an id of the expected kind."""


def uuid7(now_ms: int | None = None) -> UUID:
    """Make a UUIDv7; give `now_ms` (Unix milliseconds) to place it in time."""
    milliseconds = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return uuid7_from(milliseconds, os.urandom(10))


def uuid7_from(now_ms: int, noise: bytes) -> UUID:
    """Make a UUIDv7 from its parts: Unix milliseconds and 10 random bytes."""
    value = (now_ms << 80) | int.from_bytes(noise, "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def first_at(now_ms: int) -> UUID:
    """Give the smallest UUIDv7 of a millisecond: the border of a partition."""
    return uuid7_from(now_ms, bytes(10))


def ms_of(identifier: UUID) -> int:
    """Read the Unix millisecond a UUIDv7 was made in."""
    return identifier.int >> 80


def encode(kind: str, identifier: UUID) -> str:
    """Write an id with its prefix: encode("ping", ...) gives "png_...". Raises KeyError for an unknown kind."""
    value = identifier.int
    letters = [""] * LENGTH
    for place in range(LENGTH - 1, -1, -1):
        letters[place] = ALPHABET[value & 31]
        value >>= 5
    return f"{PREFIXES[kind]}_{''.join(letters)}"


def decode(kind: str, text: str) -> UUID:
    """Read an id of one kind; raises BadId with a sentence a client can act on."""
    prefix = PREFIXES[kind]
    head, _, body = text.partition("_")
    if head != prefix or len(body) != LENGTH:
        raise BadId(f"expected an id such as {prefix}_ followed by {LENGTH} characters")
    value = 0
    for letter in body:
        if letter not in _VALUES:
            raise BadId(f"{text!r} has a character that no id contains")
        value = (value << 5) | _VALUES[letter]
    if value >> 128:
        raise BadId(f"{text!r} is not an id")
    return UUID(int=value)
