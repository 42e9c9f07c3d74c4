"""Signatures of files the exchange hands out: Ed25519, by a key derived from the master key.

Whoever holds a file verifies it with the public key alone; it is shown on the page the file comes from.
"""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.core.errors import unavailable

PURPOSE = b"leadwright: signature of exported evidence"


def sign(data: bytes) -> str:
    """Give the signature of some bytes in base64; raises Problem unavailable without a master key."""
    return base64.b64encode(_key(settings.MASTER_KEY).sign(data)).decode()


def public_key() -> str:
    """Give the key that verifies our signatures in base64; raises Problem unavailable without a master key."""
    return base64.b64encode(_key(settings.MASTER_KEY).public_key().public_bytes_raw()).decode()


@cache
def _key(master: bytes) -> Ed25519PrivateKey:
    if len(master) != 32:
        raise unavailable("The signing key")
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(master)
    return Ed25519PrivateKey.from_private_bytes(seed)
