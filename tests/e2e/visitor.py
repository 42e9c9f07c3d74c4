"""Somebody in front of the portal, and what no page may do to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, expect

ROLES = {"publisher": "bright-homes", "advertiser": "lone-star-roofing", "operator": "leadwright"}
SIZES = {1440: 960, 390: 844}
THEMES = ("light", "dark")
Sight = tuple[str, int]
SIGHTS: tuple[Sight, ...] = tuple((theme, width) for theme in THEMES for width in SIZES)


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

    def open(self, path: str) -> int:
        """Go to a path of the exchange; gives the status of its answer."""
        answer = self.page.goto(self.address + path)
        return answer.status if answer else 0

    def wear(self, theme: str) -> None:
        """Let the system's theme be light or dark from now on; the page follows without being loaded again."""
        # Without motion: a colour that is still fading would be measured between the two.
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        expect(self.page.locator("html")).to_have_attribute("data-bs-theme", theme)

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
