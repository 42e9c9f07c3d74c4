"""Who is calling: API keys to callers. A process remembers a key for five seconds, so a revoked one is dead by then."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import string
import threading
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.models import ApiKey
from accounts.tenancy import act_as_identity

BASE62 = string.digits + string.ascii_letters
SECRET_LENGTH, CHECK_LENGTH = 32, 6
CACHE_SIZE_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The organization behind a request, and what its key may do."""

    organization_id: UUID
    organization_name: str
    kind: str
    mode: str
    key_id: UUID
    scopes: frozenset[str]
    ip_allow: tuple[str, ...]
    expires_at: datetime | None
    rate_limit: int | None = None

    is_authenticated = True

    @property
    def currency(self) -> str:
        """Currency of this organization's market."""
        return "USD" if self.mode == "live" else "XTS"


def new_key(mode: str) -> str:
    """Make a key: prefix by mode, 32 random base62 characters, 6 of checksum."""
    body = f"lx_{mode}_" + "".join(secrets.choice(BASE62) for _ in range(SECRET_LENGTH))
    return body + _checksum(body)


def _checksum(body: str) -> str:
    value, letters = zlib.crc32(body.encode()), ""
    for _ in range(CHECK_LENGTH):
        value, place = divmod(value, 62)
        letters += BASE62[place]
    return letters


def looks_like_key(text: str) -> bool:
    """Tell a mistyped key from a real one without a look-up."""
    head = text[:8]
    return (
        head in {"lx_live_", "lx_test_"}
        and len(text) == 8 + SECRET_LENGTH + CHECK_LENGTH
        and _checksum(text[:-CHECK_LENGTH]) == text[-CHECK_LENGTH:]
    )


def digest_of(key: str) -> bytes:
    """Give the stored form of a key."""
    return hmac.digest(settings.PEPPER, key.encode(), "sha256")


_cache: dict[bytes, tuple[float, Caller | None]] = {}
_cache_lock = threading.Lock()


def caller_of(key: str, ip: str | None = None) -> Caller:
    """Find the caller behind a key; raises Problem unauthenticated with the reason."""
    digest = digest_of(key)
    found = _cache.get(digest)
    if found is None or found[0] < time.monotonic():
        if not looks_like_key(key):
            raise Problem("unauthenticated", "The key is mistyped or cut off: its checksum does not match.")
        found = (time.monotonic() + settings.KEY_CACHE_SECONDS, _look_up(digest))
        _remember(digest, found)
    if found[1] is None:
        raise Problem("unauthenticated", "This key is unknown or revoked.")
    _check(found[1], ip)
    return found[1]


def _remember(digest: bytes, found: tuple[float, Caller | None]) -> None:
    with _cache_lock:
        if len(_cache) >= CACHE_SIZE_MAX:
            _cache.clear()
        _cache[digest] = found


def forget_keys() -> None:
    """Empty this process' cache of keys."""
    _cache.clear()


def _look_up(digest: bytes) -> Caller | None:
    with act_as_identity():
        row = ApiKey.objects.select_related("organization").filter(digest=digest, revoked_at__isnull=True).first()
    if row is None:
        return None
    owner = row.organization
    return Caller(
        owner.id, owner.name, owner.kind, owner.mode, row.id, frozenset(row.scopes), tuple(row.ip_allow), row.expires_at,
        row.rate_limit,
    )  # fmt: skip


def _check(caller: Caller, ip: str | None) -> None:
    if caller.expires_at is not None and caller.expires_at <= utc_now():
        raise Problem("unauthenticated", "This key has expired.")
    if caller.ip_allow and not _allowed(ip, caller.ip_allow):
        raise Problem("forbidden", "This key may not be used from this address.")


def _allowed(ip: str | None, networks: Iterable[str]) -> bool:
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
