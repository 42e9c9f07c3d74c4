"""What the templates of the portal know besides what a view gives them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from accounts.core.menu import Entry, sections_for
from accounts.portal.pages import url_of
from accounts.portal.visits import PortalRequest, Visit


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the menu as it is drawn."""

    label: str
    icon: str
    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Links under one heading, which may be empty."""

    heading: str
    links: tuple[Link, ...]


def portal(request: HttpRequest) -> dict[str, Any]:
    """Give organization, member, menu and the way to the other half; nothing outside an organization."""
    found: dict[str, Any] = {"demo": settings.DEMO, "demo_roles": settings.DEMO_ROLES}
    visit = getattr(request, "visit", None)
    if visit is not None:
        found |= {"visit": visit, "organization": visit.organization, "member": visit.member}
        found |= {"test_mode": visit.organization.mode == "test", "menu": menu_of(cast(PortalRequest, request), visit)}
    return found


def menu_of(request: PortalRequest, visit: Visit) -> tuple[Group, ...]:
    """Draw the menu of a visit: the entry whose address is the longest beginning of the present one is active.

    The overview, which is the beginning of them all, is active only on its own page.
    """
    sections = sections_for(_menu(), kind=visit.organization.kind, scopes=visit.member.scopes)
    urls = {entry.url_name: url_of(request, entry.url_name) for section in sections for entry in section.entries}
    root = url_of(request, "overview")
    known = (url for url in urls.values() if request.path == url or (url != root and request.path.startswith(url)))
    here = max(known, key=len, default="")
    return tuple(
        Group(
            section.heading,
            tuple(Link(one.label, one.icon, urls[one.url_name], urls[one.url_name] == here) for one in section.entries),
        )
        for section in sections
    )


@cache
def _menu() -> tuple[Entry, ...]:
    menu: tuple[Entry, ...] = import_string(settings.PORTAL_MENU)
    return menu
