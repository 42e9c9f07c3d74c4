"""How numbers look, and who sees which entry of the menu."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.display import bars, change, count, decimals, money, percent, polyline, share, signed, status_of
from accounts.core.menu import ADVERTISERS, PUBLISHERS, Entry, Section, sections_for
from accounts.core.roles import KINDS, PEOPLE, ROLES, portal_scopes_for, roles_of, scopes_for


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (1_234_500_000, "USD", "$1,234.50"),
        (-52_000_000, "USD", "−$52.00"),
        (12_500_000, "XTS", "12.50 XTS"),
        (0, "USD", "$0.00"),
        (5_000, "USD", "$0.00"),
        (-5_000, "USD", "$0.00"),
        (15_000, "USD", "$0.02"),
        (None, "USD", "—"),
    ],
)
def test_money(micros, currency, text):
    assert money(micros, currency) == text


def test_counts_and_shares():
    assert (count(18_422), count(0), count(None)) == ("18,422", "0", "—")
    assert (share(1, 3), share(0, 5), share(0, 0)) == ("33.3 %", "0.0 %", "—")


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [(112, 100, ("+12 %", "up")), (98, 100, ("−2 %", "down")), (5, 5, ("±0 %", "same")), (5, 0, ("", "")), (0, 0, ("", ""))],
)
def test_change(now, before, said):
    assert change(now, before) == said


def test_an_unknown_state_shows_its_own_code():
    assert (status_of("sold").word, status_of("half_baked").word, status_of("half_baked").tone) == ("Sold", "Half baked", "quiet")


def test_a_line_goes_from_edge_to_edge():
    assert polyline([1, 3, 2], width=100, height=20) == "0.0,20.0 50.0,0.0 100.0,10.0"
    assert (polyline([], width=9, height=9), polyline([4], width=9, height=9)) == ("", "")


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_bars_stay_inside_their_drawing(numbers):
    made = bars([(str(place), number, str(number)) for place, number in enumerate(numbers)], width=960, height=120)
    assert len(made) == len(numbers)
    assert all(bar.x >= 0 and bar.x + bar.width <= 960.1 and bar.y >= 0 and bar.y + bar.height <= 120.1 for bar in made)


def test_the_menu_keeps_what_somebody_may_open():
    menu = (
        Entry("Overview", "overview", "x"),
        Entry("Campaigns", "campaigns", "x", ADVERTISERS, "campaigns:read"),
        Entry("Sources", "sources", "x", PUBLISHERS, "sources:read"),
        Entry("Keys", "keys", "x", scope="keys:none", section="Developers"),
        Entry("Members", "members", "x", section="Settings"),
    )
    seen = sections_for(menu, kind="advertiser", scopes=scopes_for("advertiser", "viewer"))
    assert seen == (Section("", (menu[0], menu[1])), Section("Settings", (menu[4],)))


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_strongest_manage_people(kind):
    managing = [role for role in roles_of(kind) if PEOPLE in portal_scopes_for(kind, role)]
    assert managing == list(roles_of(kind)[:1])
    assert set(roles_of(kind)) <= set(ROLES)


def test_no_key_ever_manages_people():
    assert [kind for kind, scopes in KINDS.items() if PEOPLE in scopes] == []


def test_figures_have_a_real_minus_and_a_zero_has_none():
    assert [signed(value) for value in (-0.04, 0.04, -1.26, None)] == ["+0.0", "+0.0", "−1.3", "—"]
    assert [decimals(value) for value in (-0.0004, -0.0006, 12.0)] == ["0.000", "−0.001", "12.000"]
    assert [percent(value) for value in (-0.0004, -0.056, 1.0)] == ["0.0 %", "−5.6 %", "100.0 %"]
