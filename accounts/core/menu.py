"""The portal's menu as data: which entries somebody sees. config says which there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EVERYBODY = frozenset({"publisher", "advertiser", "both", "operator"})
PUBLISHERS = frozenset({"publisher", "both"})
ADVERTISERS = frozenset({"advertiser", "both"})
OPERATORS = frozenset({"operator"})
TRADERS = PUBLISHERS | ADVERTISERS


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu: its URL's name, its icon, the kinds of organization and the scope it is for; a heading or none."""

    label: str
    url_name: str
    icon: str
    kinds: frozenset[str] = EVERYBODY
    scope: str | None = None
    section: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading, which may be empty."""

    heading: str
    entries: tuple[Entry, ...]


def sections_for(menu: Iterable[Entry], *, kind: str, scopes: frozenset[str]) -> tuple[Section, ...]:
    """Keep what an organization of a kind and a member with these scopes may open, in the order of the menu."""
    found: dict[str, list[Entry]] = {}
    for entry in menu:
        if kind in entry.kinds and (entry.scope is None or entry.scope in scopes):
            found.setdefault(entry.section, []).append(entry)
    return tuple(Section(heading, tuple(entries)) for heading, entries in found.items())
