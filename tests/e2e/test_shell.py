"""The shell at work: theme without a flash, test mode, the phone's menu, keyboard, toasts, dialogs, charts, invitations."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, ROLES, Enter

DARK_GROUND, LIGHT_GROUND = "rgb(14, 17, 23)", "rgb(247, 248, 250)"


def test_the_theme_is_kept_and_never_flashes(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.sign_in("publisher")
    page = visitor.page
    expect(page.locator("body")).to_have_css("background-color", LIGHT_GROUND)
    page.get_by_role("button", name="Switch to dark").click()
    expect(page.locator("body")).to_have_css("background-color", DARK_GROUND)
    # The first paint of the next page is dark already: the attribute stands before the body is parsed.
    page.add_init_script("""
        document.addEventListener('DOMContentLoaded', () => {
            document.documentElement.dataset.first = document.documentElement.dataset.bsTheme; }, {once: true});
    """)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-first", "dark")
    expect(page.locator("body")).to_have_css("background-color", DARK_GROUND)
    assert visitor.faults() == CLEAN


def test_the_system_decides_until_somebody_chooses(enter: Enter) -> None:
    visitor = enter(("dark", 1440))
    visitor.open("/accounts/login/")
    expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    visitor.page.emulate_media(color_scheme="light")
    expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_test_mode_is_another_organization_with_a_stripe(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    slug = visitor.sign_in("advertiser")
    visitor.page.get_by_role("link", name="Go to Test mode").click()
    expect(visitor.page).to_have_url(re.compile(f"/o/{slug}-test/$"))
    expect(visitor.page.get_by_text("Test mode: play money")).to_be_visible()
    expect(visitor.page.get_by_text("XTS").first).to_be_visible()
    visitor.page.get_by_role("link", name="Leave test mode").first.click()
    expect(visitor.page).to_have_url(re.compile(f"/o/{slug}/$"))


def test_the_menu_of_a_phone_opens_and_closes(enter: Enter) -> None:
    visitor = enter(("light", 390))
    visitor.sign_in("publisher")
    menu, link = visitor.page.get_by_role("button", name="Menu", exact=True), visitor.page.get_by_role("link", name="Members")
    expect(link).to_be_hidden()
    menu.click()
    expect(link).to_be_visible()
    expect(menu).to_have_attribute("aria-expanded", "true")
    visitor.page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    menu.click()
    link.click()
    expect(visitor.page.get_by_role("heading", name="Members", level=1)).to_be_visible()


def test_the_keyboard_reaches_the_content_and_the_account(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.sign_in("publisher")
    page = visitor.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    account = page.locator(".who > summary")
    account.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(account).to_be_focused()
    account.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_chart_follows_the_theme_and_has_its_numbers(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.open("/style")
    page = visitor.page
    place = page.locator("[data-chart]")
    place.scroll_into_view_if_needed()
    expect(place.locator("svg.main-svg").first).to_be_visible()
    bar = place.locator(".bars path").first
    expect(bar).to_have_css("fill", "rgb(21, 65, 132)")
    page.get_by_role("button", name="Switch to dark").click()
    expect(place.locator(".bars path").first).to_have_css("fill", "rgb(88, 110, 175)")
    page.get_by_text("Both weeks rise").click()
    expect(page.get_by_role("cell", name="$510")).to_be_visible()
    assert visitor.faults() == CLEAN


def test_a_question_waits_for_the_word_and_a_drawer_closes(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.open("/style")
    page = visitor.page
    page.get_by_role("button", name="Ask").click()
    ask = page.get_by_role("dialog", name="Delete this campaign?")
    expect(ask.get_by_role("button", name="Delete")).to_be_disabled()
    ask.get_by_role("textbox").fill("Texas roofs")
    expect(ask.get_by_role("button", name="Delete")).to_be_enabled()
    assert visitor.faults() == CLEAN
    page.keyboard.press("Escape")
    expect(ask).to_be_hidden()
    page.get_by_role("button", name="Drawer").click()
    expect(page.get_by_role("dialog", name="Details")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog", name="Details")).to_be_hidden()


def test_snippets_change_by_arrow_key(enter: Enter) -> None:
    visitor = enter(("light", 1440))
    visitor.open("/style")
    page = visitor.page
    page.get_by_role("tab", name="curl").click()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Python")).to_be_focused()
    expect(page.get_by_text("client.ping(")).to_be_visible()


def test_somebody_is_invited_joins_and_is_removed(enter: Enter) -> None:
    owner, guest = enter(("light", 1440)), enter(("light", 390))
    slug = owner.sign_in("advertiser")
    owner.open(f"/o/{slug}/settings/members")
    page = owner.page
    email = f"guest{page.evaluate('Date.now()')}@new.example"
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Invite").click()
    link = page.get_by_label("The link, shown once").input_value()
    assert owner.faults() == CLEAN
    guest.page.goto(link)
    assert guest.faults() == CLEAN
    guest.page.get_by_label("Your name").fill("Gwen Guest")
    guest.page.get_by_label("Password").fill("a sentence nobody guesses")
    guest.page.get_by_role("button", name="Create my account").click()
    expect(guest.page).to_have_url(re.compile(f"/o/{slug}/$"))
    expect(guest.page.get_by_text("Welcome to")).to_be_visible()
    guest.open(f"/o/{ROLES['publisher']}/")
    guest.complaints.clear()
    expect(guest.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.reload()
    row = page.get_by_role("row").filter(has_text=email)
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog", name="Remove this person?").get_by_role("button", name="Remove").last.click()
    expect(page.get_by_text("Removed.")).to_be_visible()
    expect(page.get_by_text(email)).to_have_count(0)
    guest.open(f"/o/{slug}/")
    expect(guest.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
