"""The pages without sign-in in a real browser: accessible, nothing from elsewhere, no error, no horizontal scroll."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, SIGHTS, Enter, Sight

PAGES = ("/", "/docs/errors", "/docs/errors/invalid_request", "/docs/errors/unavailable")


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
@pytest.mark.parametrize("path", PAGES)
def test_plain_pages(enter: Enter, path: str, sight: Sight) -> None:
    visitor = enter(sight)
    assert visitor.open(path) == 200
    assert visitor.faults() == CLEAN


def test_the_reference_works_from_local_files(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.open("/docs/try")
    pings = visitor.page.get_by_text("/api/v1/pings", exact=True)
    expect(pings).to_be_visible(timeout=20_000)
    pings.click()
    expect(visitor.page.get_by_text("Ask for quotes").first).to_be_visible()
    assert visitor.complaints == []
