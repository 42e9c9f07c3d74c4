"""Secrets of one home: generated once, kept in a file that only the owner may read."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable

from supervise.home import Home, read_pairs, write_pairs


def _password() -> str:
    return secrets.token_urlsafe(24)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


MAKERS: dict[str, Callable[[], str]] = {
    "POSTGRES_PASSWORD": _password,
    "OWNER_PASSWORD": _password,
    "APP_PASSWORD": _password,
    "VALKEY_PASSWORD": _password,
    "VALKEY_VOLATILE_PASSWORD": _password,
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "MASTER_KEY": _key,
    "PEPPER": _key,
}
APPLICATION_KEYS = ("SECRET_KEY", "MASTER_KEY", "PEPPER")


def load_credentials(home: Home) -> dict[str, str]:
    """Return every secret of the home; make and store those that are missing."""
    path = home.path / "secrets"
    known = read_pairs(path)
    missing = {name: make() for name, make in MAKERS.items() if name not in known}
    if missing:
        known |= missing
        write_pairs(path, known)
    return known
