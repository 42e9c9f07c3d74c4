"""What the exchange answers of me. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OrganizationKind = Literal["publisher", "advertiser", "both", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The caller's organization."""

    id: str
    name: str
    kind: OrganizationKind


Mode = Literal["live", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """What a key is."""

    organization: Organization
    mode: Mode
    currency: str
    key_id: str
    scopes: list[str]
    rate_limit: int
    """requests a second for this key, 0 for no limit"""
