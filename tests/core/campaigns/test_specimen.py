"""A made-up lead passes the check of every vertical, and is nobody."""

from __future__ import annotations

import pytest

from campaigns.core.fields import check_lead
from campaigns.core.specimen import made_up_lead
from campaigns.verticals import load_verticals


@pytest.mark.parametrize("slug", sorted(load_verticals()))
def test_a_made_up_lead_is_sound_and_complete(slug: str) -> None:
    vertical = load_verticals()[slug]
    ping, post = made_up_lead(vertical)
    checked = check_lead(vertical, {**ping, **post}, stages=frozenset({"ping", "post"}))
    assert checked.errors == ()
    assert set(ping) | set(post) == set(vertical.fields)
    assert post["email"].endswith("@example.com")
    assert "55501" in post["phone"]


@pytest.mark.parametrize("slug", sorted(load_verticals()))
def test_the_least_lead_is_sound_and_has_a_zip(slug: str) -> None:
    vertical = load_verticals()[slug]
    ping, post = made_up_lead(vertical, required_only=True)
    assert check_lead(vertical, {**ping, **post}, stages=frozenset({"ping", "post"})).errors == ()
    required = {name for name, field in vertical.fields.items() if field.required}
    assert (set(ping) | set(post), "zip" in ping) == (required | {"zip"}, True)
