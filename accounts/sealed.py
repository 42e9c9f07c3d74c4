"""Personal data at rest: AES-256-GCM under a data key of its own per row, wrapped by the master key.

Layout: version (1 byte) | wrap nonce (12) | wrapped data key (48) | nonce (12) | ciphertext.
Erasing the 60 bytes of the wrapped key makes the rest unreadable for good.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = b"\x01"
_KEY_END = 1 + 12 + 48


class Unreadable(ValueError):
    """The seal is broken: other master key, other row, altered or erased."""


def _master() -> AESGCM:
    if len(settings.MASTER_KEY) != 32:
        raise Unreadable("MASTER_KEY is missing: 32 random bytes in base64 (make run keeps one in var/env)")
    return AESGCM(settings.MASTER_KEY)


def seal(plain: bytes, bound_to: bytes = b"") -> bytes:
    """Encrypt `plain` so that it opens only with the same `bound_to` (the row's id)."""
    key, wrap_nonce, nonce = AESGCM.generate_key(256), os.urandom(12), os.urandom(12)
    wrapped = _master().encrypt(wrap_nonce, key, VERSION + bound_to)
    return VERSION + wrap_nonce + wrapped + nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(sealed: bytes, bound_to: bytes = b"") -> bytes:
    """Decrypt what `seal` made; raises Unreadable."""
    sealed = bytes(sealed)
    try:
        key = _master().decrypt(sealed[1:13], sealed[13:_KEY_END], sealed[:1] + bound_to)
        return AESGCM(key).decrypt(sealed[_KEY_END : _KEY_END + 12], sealed[_KEY_END + 12 :], bound_to)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("sealed data cannot be opened") from error
