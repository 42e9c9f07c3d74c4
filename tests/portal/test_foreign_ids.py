"""Everybody, in their own organization, with the real ids of everybody else: 404 on every page and button, nothing changed.

The ids stand in addresses only; an address of another organization is another test (test_doors). A new page is walked by itself:
the list comes from the URL table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, reverse

from tests.portal.test_queries import KINDS, PAGES, full, own_ids, rule_of
from tests.reporting.conftest import World
from tests.reporting.test_overview import door
from tests.tenancy.conftest import state

__all__ = ["full"]
pytestmark = [pytest.mark.services, pytest.mark.django_db]
CAST = {
    "publisher": "publisher", "rival_publisher": "publisher", "advertiser": "advertiser", "rival_advertiser": "advertiser",
    "stranger": "both", "operator": "operator",
}  # fmt: skip
NUMBERS = frozenset({"number"})
EVERYBODYS = {"member_id", "invitation_id", "key_id", "entry_id", *NUMBERS}
PUBLISHERS = EVERYBODYS | {"source_id", "ping_id", "lead_id", "webhook_id", "event_id"}
ADVERTISERS = EVERYBODYS | {
    "campaign_id",
    "sale_id",
    "delivery_id",
    "ping_id",
    "lead_id",
    "webhook_id",
    "event_id",
    "history_id",
    "experiment_id",
}
#: Of which kinds of things somebody has their own.
OWNED = {
    "publisher": PUBLISHERS,
    "advertiser": ADVERTISERS,
    "both": PUBLISHERS | ADVERTISERS,
    "operator": EVERYBODYS | {"experiment_id", "history_id", "webhook_id", "event_id"},
}
#: Whose business is whose: both parties of a sale read its auction and its lead, who lost reads how; the operator reads all.
SHARED = {
    ("publisher", "advertiser"): {"decision", "lead"},
    ("advertiser", "publisher"): {"decision", "lead"},
    ("advertiser", "both"): {"decision", "lead"},
    ("rival_advertiser", "publisher"): {"decision"},
    ("rival_advertiser", "advertiser"): {"decision"},
    ("rival_advertiser", "both"): {"decision"},
    ("operator", "publisher"): {"decision", "lead"},
    ("operator", "advertiser"): {"decision", "lead"},
    ("operator", "both"): {"decision", "lead"},
}
#: The operator's pages about organizations name them by id: those are meant to be somebody else's.
ABOUT_OTHERS = frozenset({"organization", "organization_deposit", "organization_credit"})


def named(kind: str, owner: str) -> Iterator[URLPattern]:
    """Give the pages of a kind of organization that name, by id, what an owner has."""
    for pattern in PAGES:
        ids = set(pattern.pattern.converters)
        if kind in rule_of(pattern).kinds and ids - NUMBERS and ids <= OWNED[owner] and pattern.name not in ABOUT_OTHERS:
            yield pattern


@pytest.mark.parametrize("who", CAST)
def test_ids_of_others_are_not_there(full: World, who: str) -> None:
    kind = CAST[who]
    doors = {name: enter(full, name) for name in {*KINDS.values(), who}}
    client, address = doors[who]
    foreign = {owner: own_ids(full, owner, getattr(full, name)) for owner, name in KINDS.items() if name != who}
    before = state()
    for owner, ids in foreign.items():
        opened = set(reached(client, address.split("/")[2], named(kind, owner), ids))
        assert (owner, opened) == (owner, SHARED.get((who, owner), set()))
    assert state() == before


def enter(world: World, who: str) -> tuple[Any, str]:
    return door(getattr(world, who), "operator" if CAST[who] == "operator" else "owner")


def reached(client: Any, slug: str, pages: Iterable[URLPattern], ids: dict[str, Any]) -> Iterator[str]:
    """Look at each page and press each button; name those that showed or did something."""
    for pattern in pages:
        path = reverse(str(pattern.name), kwargs={"slug": slug, **{name: ids[name] for name in pattern.pattern.converters}})
        # A look at a button's address leads back to its page, whatever the id.
        shown = client.get(path).status_code not in {302, 303, 404}
        pressed = rule_of(pattern).writes and client.post(path, {"overlap": "now", "role": "viewer"}).status_code != 404
        if shown or pressed:
            yield str(pattern.name)
