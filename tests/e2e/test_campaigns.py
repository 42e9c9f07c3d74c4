"""In a browser: an advertiser creates and publishes a campaign, a publisher a source; their forms please in every sight."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import CLEAN, SIGHTS, Enter, Sight


def test_an_advertiser_creates_and_publishes_a_campaign(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    page, slug = visitor.page, visitor.sign_in("advertiser")
    visitor.open(f"/o/{slug}/campaigns/new")
    page.get_by_label("Name").fill("Hail repairs")
    page.get_by_label("Kind of lead").select_option("home.roofing")
    page.get_by_role("button", name="Create the draft").click()
    page.get_by_role("button", name="Add rule").click()
    page.get_by_role("group", name="Rule 1").get_by_label("Field").select_option("state")
    expect(page.get_by_role("group", name="Rule 1").get_by_text("a US state of two letters")).to_be_visible()
    page.get_by_role("group", name="Rule 1").get_by_label("Condition").select_option("in")
    page.get_by_role("group", name="Rule 1").get_by_label("Value").fill("TX, OK")
    page.get_by_label("Base price").fill("41.00")
    page.get_by_label("Address that gets the leads").fill(f"{visitor.address}/demo/buyer")
    page.get_by_role("button", name="Save the draft").last.click()
    page.get_by_role("link", name="Review & publish").click()
    expect(page.locator("ins", has_text="$41.00")).to_be_visible()
    expect(page.locator("ins", has_text="state in (OK, TX)")).to_be_visible()
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Hail repairs")).to_be_visible()
    expect(page.get_by_role("link", name="Revision 1")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_a_publisher_creates_a_source(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    page, slug = visitor.page, visitor.sign_in("publisher")
    visitor.open(f"/o/{slug}/sources/new")
    page.get_by_label("Name").fill("storm.example")
    page.get_by_role("button", name="Create the source").click()
    expect(page.get_by_role("heading", name="storm.example")).to_be_visible()
    expect(page.get_by_role("heading", name="Posting spec")).to_be_visible()


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
@pytest.mark.parametrize(("role", "where"), [("advertiser", "campaigns"), ("publisher", "sources")])
def test_one_and_its_form_please(enter: Enter, role: str, where: str, sight: Sight) -> None:
    visitor = enter(sight)
    slug = visitor.sign_in(role)
    visitor.open(f"/o/{slug}/{where}/")
    visitor.page.locator("td a.strong").first.click()
    expect(visitor.page).to_have_url(re.compile(f"/{where}/[a-z]+_"))
    paths = [visitor.page.url.removeprefix(visitor.address)]
    paths += [f"{paths[0]}/edit", f"/o/{slug}/{where}/new"]
    for path in paths:
        visitor.open(path)
        assert (path, visitor.faults()) == (path, CLEAN)
