"""Ids: UUID version 7 (RFC 9562) inside, `png_01jd...` outside (prefix and 26 characters of Crockford's base 32).

Version 7 starts with the millisecond, so ids sort by creation and the journal's partitions are ranges of ids. The 12 bits
behind it hold the fraction of the millisecond (RFC 9562, 6.2, method 3): rows that one process makes one after another come
back in that order, however fast it was.
"""

from __future__ import annotations

import os
import time
from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_TICKS_PER_MS = 4096
_NOISE = (1 << 62) - 1
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}

PREFIXES = {
    "organization": "org", "ping": "png", "quote": "qte", "lead": "led", "sale": "sal", "campaign": "cmp", "source": "src",
    "delivery": "dlv", "return": "rtn", "webhook": "whk", "request": "req", "key": "key", "auction": "auc", "entry": "ent",
    "revision": "rev", "consent": "cns", "limit": "lim", "destination": "dst", "user": "usr", "account": "acc", "event": "evt",
    "invitation": "inv", "member": "mbr", "disposition": "dsp", "alert": "alt", "experiment": "exp", "history": "hst",
}  # fmt: skip

_last = 0


class BadId(ValueError):
    """Text that is not an id of the expected kind."""


def uuid7(now_ms: int | None = None) -> UUID:
    """Make a UUIDv7, above the one this process made before; or one somewhere in `now_ms` (Unix milliseconds)."""
    noise = int.from_bytes(os.urandom(10), "big")
    return _pack(_next_tick() if now_ms is None else now_ms * _TICKS_PER_MS + noise % _TICKS_PER_MS, noise >> 16)


def _next_tick() -> int:
    """Read the clock in 4096ths of a millisecond, past the last reading; a clock that was set back is followed.

    No lock: an id takes longer than a tick, so threads that meet here hold readings that rise by themselves.
    """
    global _last
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    tick = milliseconds * _TICKS_PER_MS + rest * _TICKS_PER_MS // 1_000_000
    _last = made = _last + 1 if 0 <= _last - tick < _TICKS_PER_MS else tick
    return made


def _pack(tick: int, noise: int) -> UUID:
    """Lay out milliseconds and fraction, version 7, the variant, and 62 bits of noise."""
    milliseconds, fraction = divmod(tick, _TICKS_PER_MS)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | noise & _NOISE)


def first_at(now_ms: int) -> UUID:
    """Give the smallest UUIDv7 of a millisecond: the border of a partition."""
    return _pack(now_ms * _TICKS_PER_MS, 0)


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
