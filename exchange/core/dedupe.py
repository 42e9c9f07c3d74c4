"""Contact keys: how the exchange recognises a person without knowing who it is.

A publisher's hash is re-keyed at once: HMAC-SHA256(pepper, "<kind>:<algorithm>:<hex>"). There are only 10^10 phone numbers, so a
plain hash is personal data; the keyed form is the only one that is stored. An empty value has no key, so it equals nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

from accounts.core.errors import FieldError
from exchange.core import normalize
from exchange.core.normalize import ALGORITHMS, Algorithm

Kind = Literal["phone", "email", "address"]
KINDS: tuple[Kind, ...] = ("phone", "email", "address")
HASH_NAMES: Mapping[str, tuple[Kind, Algorithm]] = {
    f"{kind}_{algorithm}": (kind, algorithm) for kind in KINDS for algorithm in ALGORITHMS
}
EXCHANGE = "exchange"

_HEX = re.compile(r"[0-9a-f]+")
_LENGTHS: Mapping[Algorithm, int] = {"sha256": 64, "sha1": 40, "md5": 32}
_OF_NOTHING = frozenset(hashlib.new(algorithm, b"", usedforsecurity=False).hexdigest() for algorithm in ALGORITHMS)
_MS_PER_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class ContactKeys:
    """Keyed forms by hash name, such as {"phone_sha256": "9f..."}; holds no name whose value was empty."""

    by_name: Mapping[str, str]

    @property
    def all(self) -> tuple[str, ...]:
        """Every key, in the order of HASH_NAMES."""
        return tuple(self.by_name[name] for name in HASH_NAMES if name in self.by_name)

    def of_kind(self, kind: Kind) -> frozenset[str]:
        """Give the keys of one kind of contact."""
        return frozenset(key for name, key in self.by_name.items() if HASH_NAMES[name][0] == kind)


def rekey(pepper: bytes, kind: str, digest_hex: str, algorithm: Algorithm = "sha256") -> str:
    """Turn a published hash into the only form that is stored: 64 hex characters of a keyed hash."""
    return hmac.digest(pepper, f"{kind}:{algorithm}:{digest_hex.lower()}".encode(), "sha256").hex()


def read_hashes(
    pepper: bytes, hashes: Mapping[str, Any], *, pointer: str = "/contact_hashes"
) -> tuple[ContactKeys, tuple[FieldError, ...]]:
    """Re-key a ping's `contact_hashes`; empty values are left out, others that are no digest are errors."""
    keys: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, value in hashes.items():
        problem = _why_no_digest(name, value)
        if problem is not None:
            errors.append(FieldError(f"{pointer}/{_escape(name)}", *problem))
        elif value:
            kind, algorithm = HASH_NAMES[name]
            keys[name] = rekey(pepper, kind, value, algorithm)
    return ContactKeys(keys), tuple(errors)


def keys_of_contact(pepper: bytes, *, phone: str = "", email: str = "", address: str = "") -> ContactKeys:
    """Make every key of a full contact from its normal forms (normalize), one per kind and algorithm.

    All three algorithms are made because a later ping may bring any one of them.
    """
    forms: Mapping[Kind, str] = {"phone": phone, "email": email, "address": address}
    return ContactKeys(
        {
            name: rekey(pepper, kind, normalize.digest(forms[kind], algorithm), algorithm)
            for name, (kind, algorithm) in HASH_NAMES.items()
            if forms[kind]
        }
    )


def mismatches(pinged: ContactKeys, posted: ContactKeys) -> tuple[str, ...]:
    """Name the hashes of a ping that the posted contact contradicts; a hash without a posted value is a contradiction too."""
    return tuple(name for name, key in pinged.by_name.items() if posted.by_name.get(name) != key)


def is_duplicate(
    seen: Mapping[str, Mapping[str, int]],
    keys: ContactKeys,
    owner: str,
    *,
    at_ms: int,
    days: int,
    mode: Literal["any", "all"] = "any",
) -> bool:
    """Say whether this person was sold to an owner (campaign or organization, hex) within its days.

    `seen` is {contact key: {owner: sold_at_ms}}. `any`: one kind of contact suffices; `all`: each kind that has a key
    must be known. No keys at all: not a duplicate.
    """
    if not seen:
        return False
    oldest_ms = at_ms - days * _MS_PER_DAY
    present = [keys.of_kind(kind) for kind in KINDS]
    known = [any(seen.get(key, {}).get(owner, oldest_ms) > oldest_ms for key in group) for group in present if group]
    return bool(known) and (any(known) if mode == "any" else all(known))


def is_suppressed(suppressed: Mapping[str, Set[str]], keys: ContactKeys, organization: str = EXCHANGE) -> bool:
    """Say whether the exchange or one organization (hex) suppresses this person; `suppressed` is {contact key: {who, ...}}."""
    if not suppressed:
        return False
    return any(not suppressed.get(key, frozenset()).isdisjoint({EXCHANGE, organization}) for key in keys.all)


def _why_no_digest(name: str, value: object) -> tuple[str, str] | None:
    if name not in HASH_NAMES:
        return "unknown_field", f"Known hashes are {', '.join(HASH_NAMES)}."
    if value is None or value == "":
        return None
    length = _LENGTHS[HASH_NAMES[name][1]]
    if not isinstance(value, str) or len(value) != length or not _HEX.fullmatch(value.lower()):
        return "invalid_hash", f"Give {length} hexadecimal characters, or leave it out."
    if value.lower() in _OF_NOTHING:
        return "invalid_hash", "This is the hash of nothing; leave it out when the value is empty."
    return None


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
