"""Which addresses the exchange connects to on behalf of a customer: public ones, and origins that a deployment names as trusted.

A name is resolved once for each attempt, every address it has is checked, and the connection goes to a checked address: a name
that changes its mind between check and use (DNS rebinding) gains nothing. One forbidden address among several refuses the name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

URL_LENGTH_MAX = 2048
_PORTS = {"http": 80, "https": 443}
_PLAIN_URL = re.compile(r"[!#$%&'()*+,\-./0-9:;=?A-Z\[\]_a-z~]+")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What `is_global` lets through although nothing public lives there, or what a cloud serves its secrets from.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # metadata and DNS of one large cloud, on a public address
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 serves metadata in another cloud
        "192.88.99.0/24",  # relays from IPv6
        "::/96",  # IPv4 in IPv6 by an old convention
        "64:ff9b:1::/48",  # translation inside one network
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Blocked(ValueError):
    """An address the exchange does not connect to; the text says why, for the destination's owner."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked URL: where the connection goes and whether its origin is trusted by name."""

    url: str
    host: str
    port: int
    trusted: bool


def check_url(url: str, trusted_origins: Collection[str] = ()) -> Target:
    """Check the form of a URL, and its host when it is an address; raises Blocked.

    https only, unless the exact origin (scheme://host:port) is trusted. Signs on which parsers disagree are refused.
    """
    if len(url) > URL_LENGTH_MAX or not _PLAIN_URL.fullmatch(url):
        raise Blocked("the URL has signs that a URL cannot have, names a user, or is too long")
    host, port, parts = _split(url)
    written = f"[{host}]" if ":" in host else host
    if f"{parts.scheme}://{written}:{port}" in trusted_origins:
        return Target(url, host, port, trusted=True)
    if parts.scheme != "https":
        raise Blocked("personal data leaves over https only")
    if _address(host) is not None:
        check_address(host)
    elif not _HOST.fullmatch(host) or "." not in host:
        raise Blocked("the host is not a public name")
    return Target(url, host, port, trusted=False)


def check_address(text: str) -> None:
    """Raise Blocked unless an address is public unicast, looking through IPv4 that is written into IPv6."""
    address = _address(text)
    if address is None:
        raise Blocked("the host has no readable address")
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise Blocked("the host's address belongs to one link only")
        address = _inner(address)
    if not is_public(address):
        raise Blocked("the host's address is private, local or reserved")


def is_public(address: IPAddress) -> bool:
    """Say whether an address is one of the public internet's."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address.version == network.version and address in network for network in _NEVER)


def _split(url: str) -> tuple[str, int, SplitResult]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("the URL cannot be read") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Blocked("the URL must start with https:// and name a host")
    if port == 0:
        raise Blocked("there is no port 0")
    return parts.hostname, port or _PORTS[parts.scheme], parts


def _address(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _inner(address: ipaddress.IPv6Address) -> IPAddress:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address
