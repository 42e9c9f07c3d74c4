"""In a browser and over the API at once: the first minutes of each role, from an empty form to money in the books."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from benchmarks import made_up
from benchmarks.market_client import Demo, MarketClient, load_demo
from tests.e2e.visitor import CLEAN, SIGHTS, Enter, Sight, Visitor

WAIT_MS = 15_000
LIFETIME_MS = 60_000
PINGS_MAX = 10


@dataclass
class Seller:
    """The demo's publisher as its own system: pings and posts over the public API."""

    client: MarketClient
    demo: Demo

    def ping(self, source: str = "") -> dict[str, Any]:
        """Offer a roofing lead in Texas."""
        answer = self.client.post("/api/v1/pings", {**self.demo.sample_ping, "source": source or self.demo.source_id})
        assert answer.status == 200, answer.body
        return answer.json()

    def post(self, ping: dict[str, Any]) -> dict[str, Any]:
        """Post the full lead of somebody who was never sold before."""
        contact = made_up.contact(time.time_ns())
        consent = made_up.consent(self.demo.sample_post["consent"], ())
        answer = self.client.post("/api/v1/posts", {"ping_id": ping["id"], "contact": contact, "consent": consent})
        assert (answer.status, answer.json()["status"]) == (201, "sold"), answer.body
        return answer.json()


@pytest.fixture
def seller(home: Path) -> Iterator[Seller]:
    demo = load_demo(home)
    assert demo is not None
    with MarketClient(base_url=demo.base_url, key=demo.publisher_key) as client:
        yield Seller(client, demo)


def fresh(word: str) -> str:
    """Give a name that no earlier run has used."""
    return f"{word} {time.time_ns() // 1_000_000 % 100_000_000}"


def publish_campaign(visitor: Visitor, slug: str, name: str) -> None:
    """Create a campaign for roofs in Texas that outbids everybody, and publish it."""
    page = visitor.page
    visitor.open(f"/o/{slug}/campaigns/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Kind of lead").select_option("home.roofing")
    page.get_by_role("button", name="Create the draft").click()
    page.get_by_role("button", name="Add rule").click()
    rule = page.get_by_role("group", name="Rule 1")
    rule.get_by_label("Field").select_option("state")
    expect(rule.get_by_text("a US state of two letters")).to_be_visible()
    rule.get_by_label("Condition").select_option("in")
    rule.get_by_label("Value").fill("TX")
    page.get_by_label("Base price").fill("91.00")
    page.get_by_label("Address that gets the leads").fill(f"{visitor.address}/demo/buyer")
    page.get_by_role("button", name="Save the draft").last.click()
    page.get_by_role("link", name="Review & publish").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("link", name="Revision 1")).to_be_visible()


def live_row(page: Page, ping: dict[str, Any]) -> Locator:
    """Give the row of a ping on the live page."""
    return page.locator(f'#live-rows tr[data-key^="{ping["id"]}"]').filter(has_not_text="Filtered")


def win(seller: Seller, payout: str) -> dict[str, Any]:
    """Ping until the new campaign is in the market, which takes less than a second, and its bid is the one that wins."""
    for _ in range(PINGS_MAX):
        ping = seller.ping()
        if ping["status"] == "quoted" and ping["quotes"][0]["payout"]["amount"] == payout:
            return ping
        time.sleep(0.5)
    raise AssertionError(f"no quote of {payout} in {PINGS_MAX} pings: {ping}")


def test_an_advertiser_publishes_and_sees_its_first_lead_arrive(enter: Enter, seller: Seller) -> None:
    visitor = enter(("light", 1440))
    page, slug, name = visitor.page, visitor.sign_in("advertiser"), fresh("Texas roofs for")
    publish_campaign(visitor, slug, name)
    campaign = page.url
    try:
        visitor.open(f"/o/{slug}/live")
        expect(page.locator("#live-state")).to_have_text("live")
        page.get_by_label("Campaign", exact=True).select_option(label=name)
        page.get_by_label("Result", exact=True).select_option("bids")
        ping = win(seller, "72.80")
        row = live_row(page, ping).filter(has_text=name)
        expect(row).to_contain_text("Quoted", timeout=WAIT_MS)
        expect(row.locator("[data-cell=place]")).to_have_text("TX 787••")
        seller.post(ping)
        expect(row).to_contain_text("Sold", timeout=WAIT_MS)
        expect(row.locator("[data-cell=amount]")).to_have_text("$91.00")
        assert visitor.faults() == CLEAN
        row.get_by_role("link").click()
        drawer = page.get_by_role("dialog", name="Details")
        expect(drawer.get_by_role("heading", name=name)).to_be_visible()
        expect(drawer.get_by_text("Arithmetic").first).to_be_visible()
        assert visitor.faults() == CLEAN
    finally:
        # A bid above everybody else's would decide every later test of this exchange.
        page.goto(campaign)
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Resume")).to_be_visible()


def test_a_publisher_creates_a_source_and_sees_it_earn(enter: Enter, seller: Seller) -> None:
    visitor = enter(("light", 1440))
    page, slug = visitor.page, visitor.sign_in("publisher")
    visitor.open(f"/o/{slug}/sources/new")
    name = fresh("storm.example")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create the source").click()
    heard = page.get_by_role("status", name="Pings")
    expect(heard).to_contain_text("Listening for your first ping")
    assert visitor.faults() == CLEAN
    source = page.url.rpartition("/")[2]
    ping = _ping_known(seller, source)
    expect(heard).to_contain_text("Pings arrive", timeout=WAIT_MS)
    expect(heard).to_contain_text("Quoted")
    assert visitor.faults() == CLEAN
    sold = seller.post(ping)
    page.get_by_role("link", name="Earnings").click()
    line = page.get_by_role("table").get_by_role("row").filter(has_text=name)
    expect(line.get_by_role("cell").nth(1)).to_have_text("1")
    expect(line).to_contain_text(f"${sold['payout']['amount']}")


def _ping_known(seller: Seller, source: str) -> dict[str, Any]:
    """Ping from a source that the market learns of within a second."""
    for _ in range(PINGS_MAX):
        answer = seller.client.post("/api/v1/pings", {**seller.demo.sample_ping, "source": source})
        if answer.status == 200:
            return answer.json()
        time.sleep(0.5)
    raise AssertionError(f"the market does not know {source}: {answer.body!r}")


@pytest.mark.parametrize("kind", ["quote", "lead", "sale"])
def test_an_operator_goes_from_any_id_to_books_that_balance(enter: Enter, seller: Seller, kind: str) -> None:
    ping = seller.ping()
    sold = seller.post(ping)
    with MarketClient(base_url=seller.demo.base_url, key=seller.demo.operator_key) as operator:
        sales = operator.get("/api/v1/sales?limit=50").json()["data"]
    sale = next(one["id"] for one in sales if one["lead_id"] == sold["lead_id"])
    visitor = enter(("light", 1440))
    page, slug = visitor.page, visitor.sign_in("operator")
    page.get_by_role("link", name="Find an id").click()
    page.get_by_label("Id", exact=True).fill({"quote": ping["quotes"][0]["id"], "lead": sold["lead_id"], "sale": sale}[kind])
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Decision", level=1)).to_be_visible()
    expect(page.get_by_text(ping["id"]).first).to_be_visible()
    expect(page.get_by_text("Sold").first).to_be_visible()
    assert visitor.faults() == CLEAN
    visitor.open(f"/o/{slug}/ledger")
    expect(page.get_by_text("Balanced", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="Together")).to_contain_text("$0.00")
    assert visitor.faults() == CLEAN


def test_the_operator_watches_and_pauses_the_market(enter: Enter, seller: Seller) -> None:
    visitor = enter(("light", 1440))
    page, slug = visitor.page, visitor.sign_in("operator")
    visitor.open(f"/o/{slug}/live/market")
    expect(page.locator("#live-state")).to_have_text("live")
    ping = seller.ping()
    row = live_row(page, ping)
    expect(row).to_contain_text("Bright Homes Media", timeout=WAIT_MS)
    page.keyboard.press("Space")
    expect(page.locator("#live-state")).to_contain_text("Paused")
    later = seller.ping()
    expect(page.locator("#live-state")).to_have_text(re.compile(r"Paused, [1-9]\d* new"), timeout=WAIT_MS)
    expect(live_row(page, later)).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(live_row(page, later)).to_contain_text("Quoted")
    page.locator("#live-rows tr").first.hover()
    held = seller.ping()
    expect(page.locator("#live-state")).to_have_text(re.compile(r"Held, [1-9]\d* new"), timeout=WAIT_MS)
    page.mouse.move(0, 0)
    expect(live_row(page, held)).to_contain_text("Quoted")
    for one in (ping, later, held):
        seller.post(one)
        expect(live_row(page, one)).to_contain_text("Sold", timeout=WAIT_MS)
    assert visitor.faults() == CLEAN


def test_a_quote_that_nobody_posts_turns_expired_by_itself(enter: Enter, seller: Seller) -> None:
    """On every side's open page, by the sweeper's news alone: nothing is posted, no page is loaded again."""
    pages = []
    for role, where in (("advertiser", "live"), ("publisher", "live"), ("operator", "live/market")):
        visitor = enter(("light", 1440))
        slug = visitor.sign_in(role)
        visitor.open(f"/o/{slug}/{where}")
        expect(visitor.page.locator("#live-state")).to_have_text("live")
        pages.append(visitor.page)
    ping = seller.ping()
    rows = [live_row(page, ping).filter(has_not_text="Lost") for page in pages]
    for row in rows:
        expect(row).to_contain_text("Quoted", timeout=WAIT_MS)
    for row in rows:
        expect(row).to_contain_text("Expired", timeout=LIFETIME_MS + WAIT_MS)


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
@pytest.mark.parametrize(("role", "where"), [("advertiser", "live"), ("publisher", "live"), ("operator", "live/market")])
def test_the_live_page_pleases_with_rows(enter: Enter, seller: Seller, role: str, where: str, sight: Sight) -> None:
    seller.post(seller.ping())
    visitor = enter(sight)
    slug = visitor.sign_in(role)
    visitor.open(f"/o/{slug}/{where}")
    expect(visitor.page.locator("#live-state")).to_have_text("live")
    expect(visitor.page.locator("#live-rows tr").first).to_be_visible()
    assert visitor.faults() == CLEAN


def test_without_scripts_the_newest_rows_are_there(enter: Enter, seller: Seller, base_url: str) -> None:
    visitor = enter(("light", 390))
    slug = visitor.sign_in("publisher")
    ping = seller.ping()
    browser = visitor.page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, storage_state=visitor.page.context.storage_state())
    page = plain.new_page()
    row = live_row(page, ping)
    for _ in range(PINGS_MAX):
        page.goto(f"{base_url}/o/{slug}/live")
        if row.count():
            break
        time.sleep(0.3)
    expect(row).to_contain_text("Quoted")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Decision", level=1)).to_be_visible()
    plain.close()
