"""Every page, in both themes, on a desk and on a phone: accessible, no wider than the screen, silent, from one origin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, ROLES, SIGHTS, SIZES, THEMES, Enter, Sight, Visitor
from tests.e2e.walk import names_of, walk

OUTSIDE = {
    "sign-in": "/accounts/login/", "by-invitation": "/accounts/signup/", "reset": "/accounts/password/reset/", "style": "/style",
}  # fmt: skip
ACCOUNT = {
    "second-factor": "/accounts/2fa/", "password": "/accounts/password/change/", "email": "/accounts/email/",
    "authenticator": "/accounts/2fa/totp/activate/",
}  # fmt: skip


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_pages_for_everybody(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    for name, path in OUTSIDE.items():
        visitor.open(path)
        assert (name, visitor.faults()) == (name, CLEAN)


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_inside(enter: Enter, role: str, width: int) -> None:
    visitor = enter(("light", width))
    slug, opened = visitor.sign_in(role), set()
    wrong: list[Any] = []
    for name in walk(visitor, slug, role):
        opened.add(name)
        wrong += what_is_wrong(visitor, name)
    visitor.open(f"/o/{slug}-test/")
    wrong += what_is_wrong(visitor, "test mode")
    assert (wrong, names_of(role) - opened) == ([], frozenset())


def what_is_wrong(visitor: Visitor, name: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Look at the page that stands open in both themes."""
    found = []
    for theme in THEMES:
        visitor.wear(theme)
        found.append((name, theme, visitor.faults()))
    visitor.complaints = []
    return [one for one in found if one[2] != CLEAN]


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_pages_of_ones_own_account(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    visitor.sign_in("publisher")
    for name, path in ACCOUNT.items():
        visitor.open(path)
        assert (name, visitor.faults()) == (name, CLEAN)


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_an_address_of_somebody_else(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    visitor.sign_in("publisher")
    visitor.open(f"/o/{ROLES['advertiser']}/")
    # The browser itself reports the status of the page; that is no fault of ours.
    visitor.complaints.clear()
    expect(visitor.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert visitor.faults() == CLEAN


def test_an_anonymous_visitor_comes_back_to_where_they_wanted_to_go(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.open(f"/o/{ROLES['publisher']}/settings/members")
    expect(visitor.page).to_have_url(re.compile("/accounts/login/"))
    visitor.page.get_by_role("button", name="Publisher").click()
    expect(visitor.page.get_by_role("heading", name="Members", level=1)).to_be_visible()
