"""Where a campaign's leads go, as its owner writes it and as delivery reads it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from campaigns.core.amounts import Faults, read_choice
from campaigns.core.fields import Wrong

KINDS = ("http",)
KEYS = frozenset({"kind", "url", "headers", "secret"})
URL_LENGTH_MAX, HEADERS_MAX, HEADER_LENGTH_MAX = 500, 20, 1_000
PREFIX = "whsec_"
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 16, 64
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_OURS = frozenset(
    {
        "host",
        "content-length",
        "content-type",
        "connection",
        "transfer-encoding",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
)


@dataclass(frozen=True, slots=True)
class DestinationWish:
    """A destination as asked for, checked; `secret` is None when the exchange is to make or keep one."""

    kind: str
    url: str
    headers: Mapping[str, str]
    secret: str | None


@dataclass(frozen=True, slots=True)
class DestinationFacts:
    """What delivery needs: where, how, and the secret (whsec_...) that signs. Never log it."""

    destination_id: UUID
    organization_id: UUID
    campaign_id: UUID
    kind: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)


def parse_destination(data: Any, pointer: str = "/destination") -> DestinationWish:
    """Read {"kind": "http", "url", "headers", "secret"}; raises Problem(invalid_request) naming every fault by pointer.

    Whether an address may be reached is decided again before each attempt; here only its form counts.
    """
    faults = Faults()
    wire = faults.only(data, KEYS, pointer)
    kind = faults.read(f"{pointer}/kind", read_choice, wire.get("kind", "http"), KINDS)
    url = faults.read(f"{pointer}/url", read_url, wire.get("url"))
    headers = _read_headers(wire.get("headers"), f"{pointer}/headers", faults)
    secret = None if wire.get("secret") is None else faults.read(f"{pointer}/secret", read_secret, wire["secret"])
    faults.raise_any()
    return DestinationWish(kind or "http", url or "", headers, secret)


def read_url(value: Any) -> str:
    """Read the form of an http or https address."""
    wrong = Wrong("wrong_type", "Must be an address such as https://crm.example.com/leads, without a user name or a fragment.")
    if (
        not isinstance(value, str)
        or len(value) > URL_LENGTH_MAX
        or not value.isascii()
        or any(letter.isspace() for letter in value)
    ):
        raise wrong
    try:
        parts = urlsplit(value)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if not sound or parts.username is not None or parts.fragment:
        raise wrong
    return value


def _read_headers(data: Any, pointer: str, faults: Faults) -> dict[str, str]:
    if data is None:
        return {}
    if not isinstance(data, Mapping) or len(data) > HEADERS_MAX:
        faults.add(pointer, "wrong_type", f"Must be an object of at most {HEADERS_MAX} names and values.")
        return {}
    for name, value in data.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            faults.add(f"{pointer}/{name[:80]}", "not_allowed", "This is no header name, or one the exchange sets itself.")
        elif not isinstance(value, str) or len(value) > HEADER_LENGTH_MAX or not value.isascii() or not value.isprintable():
            faults.add(f"{pointer}/{name}", "wrong_type", f"Must be printable text of at most {HEADER_LENGTH_MAX} characters.")
    return dict(data)


def read_secret(value: Any) -> str:
    """Read a secret in the form of Standard Webhooks."""
    wrong = Wrong("wrong_type", f"Must be {PREFIX} and {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes in base64, or be left out.")
    if not isinstance(value, str) or not value.startswith(PREFIX):
        raise wrong
    try:
        secret = base64.b64decode(value.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise wrong from None
    if not SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX:
        raise wrong
    return value
