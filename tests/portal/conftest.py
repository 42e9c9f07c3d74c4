"""The cast of the portal: publisher, advertiser, their people, and a stranger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.portal.people import House, Person, house, person
from tests.reporting.conftest import world

__all__ = ["world"]


@dataclass(frozen=True)
class Cast:
    """Who is there."""

    publisher: House
    advertiser: House
    operator: House
    owner: Person
    viewer: Person
    buyer: Person
    boss: Person
    stranger: Person


@pytest.fixture
def cast(db: None, settings: Any) -> Cast:
    # Passwords are hashed slowly on purpose; five people a test need not wait for it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    boss = house("house-of-exchange", "operator")
    publisher, advertiser = house("alice", "publisher"), house("bob", "advertiser")
    return Cast(
        publisher,
        advertiser,
        boss,
        owner=person("owner@alice.example", (publisher, "owner")),
        viewer=person("viewer@alice.example", (publisher, "viewer")),
        buyer=person("owner@bob.example", (advertiser, "owner")),
        boss=person("boss@house.example", (boss, "operator")),
        stranger=person("stranger@nowhere.example"),
    )
