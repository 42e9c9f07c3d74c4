"""Remembers that the database is up to date and prepared, so that a start with nothing new does neither again.

What counts as new: any line of the code or its data, the site's address, the secrets, a database that was made since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from supervise.home import REPOSITORY, Home

FOLDERS = ("accounts", "campaigns", "config", "demo", "exchange", "reporting", "scoring")
KINDS = frozenset({".py", ".toml", ".lua"})


def fingerprint(home: Home, settings: Mapping[str, str]) -> str:
    """Give one hash over everything that migrating and preparing depend on."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(REPOSITORY).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name, value in sorted(settings.items()):
        digest.update(f"{name}={value}\0".encode())
    cluster = home.postgres / "created"
    digest.update(str(cluster.stat().st_mtime_ns if cluster.exists() else 0).encode())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(path for path in (REPOSITORY / folder).rglob("*") if path.suffix in KINDS and path.is_file())
    yield from REPOSITORY.glob("requirements.txt")


def is_prepared(home: Home, mark: str) -> bool:
    """Tell whether the last preparation was of exactly this; the demo's keys must still be there."""
    try:
        return _stamp(home).read_text() == mark and (home.path / "demo.json").exists()
    except OSError:
        return False


def remember(home: Home, mark: str) -> None:
    """Note a preparation that succeeded."""
    _stamp(home).write_text(mark)


def _stamp(home: Home) -> Path:
    return home.path / "prepared"
