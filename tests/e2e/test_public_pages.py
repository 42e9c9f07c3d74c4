"""The pages without sign-in in a real browser: nothing from elsewhere, no error, no horizontal scroll."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

SIZES = {"desktop": {"width": 1440, "height": 960}, "phone": {"width": 390, "height": 844}}


class Witness:
    """Notes what a page asks for elsewhere and what its console complains of."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.origin = urlsplit(base_url).netloc
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.origin:
            self.elsewhere.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/", "/docs/errors/invalid_request"])
def test_plain_pages(page: Page, base_url: str, path: str, size: str, scheme: str) -> None:
    witness = Witness(page, base_url)
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert (witness.elsewhere, witness.complaints) == ([], [])


def test_the_reference_works_from_local_files(page: Page, base_url: str) -> None:
    witness = Witness(page, base_url)
    page.goto("/docs/try")
    expect(page.get_by_text("/api/v1/pings", exact=True)).to_be_visible(timeout=20_000)
    page.get_by_text("/api/v1/pings", exact=True).click()
    expect(page.get_by_text("Ask for quotes").first).to_be_visible()
    assert (witness.elsewhere, witness.complaints) == ([], [])
