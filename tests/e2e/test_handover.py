"""What leaves the exchange, in a browser: a webhook that is tried, a test lead, a report, a list of people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, SIGHTS, Enter, Sight


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_an_advertiser_follows_what_is_handed_over(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    page, slug = visitor.page, visitor.sign_in("advertiser")

    visitor.open(f"/o/{slug}/webhooks/new")
    assert visitor.faults() == CLEAN
    page.get_by_label("Address").fill(f"{visitor.address}/demo/buyer")
    page.get_by_role("button", name="Create the webhook").click()
    expect(page.get_by_label("The signing secret, shown once")).to_have_value(re.compile("^whsec_"))
    page.get_by_role("button", name="Send test event").click()
    expect(page.locator("#trial")).to_contain_text(re.compile(r"Delivered\s+answered 200 in [\d,]+ ms"))
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Delete this webhook").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Webhooks", level=1)).to_be_visible()

    visitor.open(f"/o/{slug}/campaigns/")
    page.locator("td a").first.click()
    page.get_by_role("button", name="Send test lead").click()
    expect(page.locator("#trial")).to_contain_text(re.compile(r"Delivered\s+answered 200 in [\d,]+ ms"))
    assert visitor.faults() == CLEAN

    visitor.open(f"/o/{slug}/deliveries")
    page.locator("td a").first.click()
    expect(page.get_by_role("heading", name="Delivery", level=2)).to_be_visible()
    page.get_by_label("What became of it").select_option("contacted")
    page.get_by_label("Revenue").fill("much")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_label("Revenue")).to_have_attribute("aria-invalid", "true")
    # The browser itself reports the status of the refusal; that is no fault of ours.
    visitor.complaints.clear()
    page.get_by_label("Revenue").fill("")
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text(re.compile("^(Recorded|That was known already)"))).to_be_visible()
    expect(page.get_by_role("cell", name="Contacted").first).to_be_visible()
    assert visitor.faults() == CLEAN
    visitor.open(f"/o/{slug}/leads/dispositions")
    assert visitor.faults() == CLEAN

    visitor.open(f"/o/{slug}/suppression")
    sent = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"phone\n(512) 555-0199\n12\n"}
    page.get_by_label("Or a file").set_input_files([sent])  # type: ignore[list-item]
    page.get_by_role("button", name="Put on the list").click()
    expect(page.get_by_role("alert")).to_contain_text("line 3: No such phone number can exist")
    assert visitor.faults() == CLEAN
    page.locator("#remove_contacts").fill("512 555 0199")
    page.get_by_role("button", name="Take off the list").click()
    expect(page.get_by_text("1 taken off")).to_be_visible()
