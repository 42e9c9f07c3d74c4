"""Every page, in both themes, on a desk and on a phone: accessible, no wider than the screen, silent, from one origin."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, ROLES, SIGHTS, Enter, Sight

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


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_menu(enter: Enter, role: str, sight: Sight) -> None:
    visitor = enter(sight)
    slug = visitor.sign_in(role)
    links = visitor.page.locator(".menu a")
    paths = [links.nth(place).get_attribute("href") or "" for place in range(links.count())]
    assert paths[0] == f"/o/{slug}/"
    for path in [*paths, f"/o/{slug}-test/"]:
        visitor.open(path)
        assert (path, visitor.faults()) == (path, CLEAN)


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
