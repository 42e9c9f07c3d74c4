"""A browser and a running exchange: the one of this home, or one of our own on a free port."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks.market_client import load_demo
from tests.e2e.visitor import SIZES, Enter, Sight, Visitor
from tests.faults.own_exchange import running_exchange, shared_exchange

# Playwright's synchronous interface keeps an event loop in this thread; Django would refuse its database beside one.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use Debian's Chromium: the plugin's own browser cannot be downloaded everywhere."""
    return {**browser_type_launch_args, "executable_path": "/usr/bin/chromium", "args": FLAGS}


@pytest.fixture(scope="session")
def home() -> Path:
    """Give the folder of a running exchange."""
    return (running_exchange() or shared_exchange()).folder


@pytest.fixture(scope="session")
def base_url(home: Path) -> str:
    """Give the address of the exchange; pages are opened relative to it."""
    demo = load_demo(home)
    assert demo is not None, f"no demo.json in {home}"
    return demo.base_url


@pytest.fixture
def enter(browser: Browser, base_url: str) -> Iterator[Enter]:
    """Give somebody with a clean browser of a size, in a theme."""
    opened: list[BrowserContext] = []

    def make(sight: Sight = ("light", 1440)) -> Visitor:
        theme, width = sight
        viewport = {"width": width, "height": SIZES[width]}
        # Halfway through a fade every text has too little contrast.
        context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        opened.append(context)
        return Visitor(context.new_page(), base_url)

    yield make
    for context in opened:
        context.close()
