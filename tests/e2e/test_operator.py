"""In a browser: the operator watches the exchange tick, pays in after a second look, and admits an organization."""

from __future__ import annotations

import secrets

from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, Enter


def test_the_health_page_ticks_in_front_and_rests_behind(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    page, slug = visitor.page, visitor.sign_in("operator")
    visitor.open(f"/o/{slug}/health")
    measured = page.locator(".vital time")
    first = measured.inner_text()
    expect(measured).not_to_have_text(first, timeout=40_000)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => true })")
    page.reload(wait_until="networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5_000)
    assert [url for url in asked if url.endswith("/health")] == []
    assert visitor.faults() == CLEAN


def test_money_is_looked_at_again_before_it_is_paid_in(enter: Enter) -> None:
    visitor = enter(("light", 390))
    page, slug = visitor.page, visitor.sign_in("operator")
    visitor.open(f"/o/{slug}/organizations")
    page.get_by_role("link", name="House buyer").click()
    page.get_by_label("Amount").fill("many")
    page.get_by_role("button", name="Look at it again").first.click()
    expect(page.get_by_text("Give an amount such as 250.00.")).to_be_visible()
    # The browser itself reports the status 422; that is no fault of ours.
    visitor.complaints.clear()
    page.get_by_label("Amount").fill("1,250.00")
    page.get_by_role("button", name="Look at it again").first.click()
    expect(page.get_by_role("heading", name="Pay in $1,250.00?")).to_be_visible()
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Pay in").click()
    expect(page.get_by_text("$1,250.00 paid in.")).to_be_visible()


def test_an_organization_comes_in(enter: Enter) -> None:
    visitor, name = enter(("dark", 1440)), f"gulf-{secrets.token_hex(4)}"
    page, slug = visitor.page, visitor.sign_in("operator")
    visitor.open(f"/o/{slug}/organizations/new")
    page.get_by_label("Name", exact=True).fill("Gulf Roofs")
    page.get_by_label("Address", exact=True).fill(name)
    page.get_by_label("Kind").select_option("advertiser")
    page.get_by_label("First owner's e-mail address").fill(f"ann@{name}.example")
    page.get_by_role("button", name="Create and invite").click()
    expect(page.get_by_label("The link, shown once")).to_be_visible()
    assert visitor.faults() == CLEAN
