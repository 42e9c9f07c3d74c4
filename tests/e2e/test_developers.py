"""An integrator's day: a key is made, called with, seen in the request log, rotated and revoked."""

from __future__ import annotations

import re
import time
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, SIGHTS, Enter, Sight

#: The log is written in batches, behind the answers.
LOG_SECONDS_MAX = 10.0


def call(address: str, key: str) -> int:
    with urlopen(Request(f"{address}/api/v1/me", headers={"Authorization": f"Bearer {key}"})) as answer:
        status: int = answer.status
        return status


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_a_key_from_its_making_to_its_end(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    slug, page = visitor.sign_in("publisher"), visitor.page
    visitor.open(f"/o/{slug}/settings/keys")
    name = f"server {page.evaluate('Date.now()')}"
    page.get_by_label("Name").fill(name)
    page.get_by_label(re.compile("Read own pings")).check()
    page.get_by_role("button", name="Create", exact=True).click()
    first = page.get_by_label("The key, shown once").input_value()
    assert visitor.faults() == CLEAN
    assert call(visitor.address, first) == 200
    page.get_by_role("button", name="Make the new key").click()
    second = page.get_by_label("The key, shown once").input_value()
    assert (visitor.faults(), second != first, call(visitor.address, first)) == (CLEAN, True, 200)
    visitor.open(f"/o/{slug}/settings/requests?path=/me")
    link = page.get_by_role("link", name="/api/v1/me").first
    written_by = time.monotonic() + LOG_SECONDS_MAX
    while not link.is_visible() and time.monotonic() < written_by:
        page.reload()
    link.click()
    expect(page.get_by_role("heading", name="As curl")).to_be_visible()
    assert (visitor.faults(), first in page.content()) == (CLEAN, False)
    visitor.open(f"/o/{slug}/settings/keys")
    page.get_by_role("row").filter(has_text=second[-4:]).get_by_role("link", name=name).click()
    page.get_by_role("button", name="Revoke this key").click()
    assert visitor.faults() == CLEAN
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("It is refused everywhere within five seconds")).to_be_visible()
    assert visitor.faults() == CLEAN
