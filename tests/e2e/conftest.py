"""Browser tests: Debian's Chromium against a running exchange, the one of LEADWRIGHT_HOME or a fresh one of our own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.faults.own_exchange import running_exchange, shared_exchange

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
ROLES = {"publisher": "bright-homes", "advertiser": "lone-star-roofing", "operator": "leadwright"}
SIZES = {1440: 960, 390: 844}
Sight = tuple[str, int]
SIGHTS: tuple[Sight, ...] = tuple((theme, width) for theme in ("light", "dark") for width in SIZES)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the distribution's own browser; nothing is downloaded."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def address() -> str:
    """Give the address of an exchange that answers."""
    exchange = running_exchange() or shared_exchange()
    return exchange.demo().base_url


@dataclass
class Visitor:
    """Somebody in front of the portal; `complaints` collects what no page may do."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the first request on."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:", self.address.replace("http", "ws", 1))):
            self.complaints.append(f"off-origin: {request.url}")

    def open(self, path: str) -> None:
        """Go to a path of the exchange."""
        self.page.goto(self.address + path)

    def sign_in(self, role: str) -> str:
        """Sign in by one click; gives the organization's slug."""
        self.open("/accounts/login/")
        self.page.get_by_role("button", name=role.capitalize()).click()
        self.page.wait_for_url(f"**/o/{ROLES[role]}/")
        return ROLES[role]

    def faults(self) -> dict[str, Any]:
        """Give everything wrong with the page as it stands: empty lists and no overflow when all is well."""
        found = Axe().run(self.page).response["violations"]
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return {
            "accessibility": [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found],
            "overflow": max(wide, 0),
            "complaints": self.complaints,
            "headings": self.page.locator("h1").count() - 1,
        }


CLEAN = {"accessibility": [], "overflow": 0, "complaints": [], "headings": 0}
Enter = Callable[[Sight], Visitor]


@pytest.fixture
def enter(browser: Browser, address: str) -> Iterator[Enter]:
    """Give somebody with a clean browser of a size, in a theme."""
    opened: list[BrowserContext] = []

    def make(sight: Sight = ("light", 1440)) -> Visitor:
        theme, width = sight
        viewport = {"width": width, "height": SIZES[width]}
        context = browser.new_context(viewport=viewport, color_scheme=theme)  # type: ignore[arg-type]
        opened.append(context)
        return Visitor(context.new_page(), address)

    yield make
    for context in opened:
        context.close()
