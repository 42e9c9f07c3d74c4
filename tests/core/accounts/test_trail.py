"""The trail in words."""

from __future__ import annotations

import re
from pathlib import Path

from accounts.core.trail import TEXT_LENGTH_MAX, VERBS, Difference, differences, words_of

ROOT = Path(__file__).resolve().parents[3]
WRITTEN = re.compile(
    r'"((?:campaign|source|key|member|invitation|organization|webhook|delivery|deliveries|suppression)\.[a-z_]+)"'
)
NO_VERBS = {"webhook.test"}


def test_every_verb_that_is_written_has_words() -> None:
    services = [
        path
        for app in ("accounts", "campaigns", "exchange")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
    ]
    written = {verb for path in services for verb in WRITTEN.findall(path.read_text())}
    assert sorted(written - set(VERBS) - NO_VERBS) == []
    assert words_of("key.rotated") == "rotated an API key"
    assert words_of("moon.landed_on") == "moon landed on"


def test_changes_are_read_whatever_their_form() -> None:
    assert differences({"from": "viewer", "to": "manager"}) == (Difference("", "viewer", "manager"),)
    assert differences({"name": {"from": "Old", "to": "New"}}) == (Difference("name", "Old", "New"),)
    assert differences({"changed": ["bid", "name"], "good_until": None, "test": True}) == (
        Difference("changed", "", "bid, name"),
        Difference("good until", "", "none"),
        Difference("test", "", "yes"),
    )
    assert differences({"limits": {"day": 5, "all": {}}}) == (
        Difference("limits day", "", "5"),
        Difference("limits all", "", "none"),
    )
    assert differences({"floors": [], "left": 0, "reason": ""}) == (
        Difference("floors", "", "none"),
        Difference("left", "", "0"),
        Difference("reason", "", "none"),
    )
    assert differences({}) == ()


def test_a_long_value_is_cut() -> None:
    (found,) = differences({"note": "x" * 500})
    assert (len(found.after), found.after[-1]) == (TEXT_LENGTH_MAX + 1, "…")
