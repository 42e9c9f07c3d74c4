"""Screenshots of every page, each role, both themes, on a desk and on a phone: python -m tests.e2e.shots FOLDER.

Of the exchange that runs in LEADWRIGHT_HOME (or var/run); it starts none of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from playwright.sync_api import Browser, sync_playwright

from benchmarks.market_client import load_demo
from tests.e2e.conftest import FLAGS
from tests.e2e.visitor import ROLES, SIZES, THEMES, Visitor
from tests.faults.own_exchange import running_exchange

SETTLE_MS = 400  # charts are drawn when they come into view, and fades take a moment


def main(folder: Path) -> int:
    """Write the files; gives how many."""
    exchange = running_exchange()
    demo = load_demo(exchange.folder) if exchange else None
    if demo is None:
        sys.exit("No exchange runs here: make run")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        made = sum(_role(browser, demo.base_url, role, width, folder) for role in ROLES for width in SIZES)
        browser.close()
    return made


def _role(browser: Browser, address: str, role: str, width: int, folder: Path) -> int:
    # Importing it needs Django, which the line below has set up by then.
    from tests.e2e.walk import walk

    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, color_scheme="light")
    visitor, made = Visitor(context.new_page(), address), 0
    for name in walk(visitor, visitor.sign_in(role), role):
        for theme in THEMES:
            visitor.wear(theme)
            visitor.page.wait_for_timeout(SETTLE_MS)
            visitor.page.screenshot(path=folder / f"{role}-{name}-{theme}-{width}.png", full_page=True)
            made += 1
    context.close()
    return made


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(f"{main(Path(sys.argv[1]))} screenshots in {sys.argv[1]}")
