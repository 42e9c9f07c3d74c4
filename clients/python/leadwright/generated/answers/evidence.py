"""What the exchange answers of evidence. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A model version, and the leads of yours that it scored."""

    version: str
    leads: int
    known: int
    """Those that are mature and have an outcome: the figures of the file are of these."""
    first_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What there is to verify, and the key that verifies it."""

    public_key: str
    """Ed25519, base64."""
    versions: list[Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A signed file of at most 20,000 leads: write `content` to a file as it is, and verify it."""

    name: str
    content: str
