"""The portal's menu, in one list: only pages that exist. A test opens each entry for each kind of organization."""

from __future__ import annotations

from accounts.core.menu import ADVERTISERS, PUBLISHERS, Entry

MENU: tuple[Entry, ...] = (
    Entry("Overview", "overview", "layout-dashboard"),
    Entry("Campaigns", "campaigns", "target", kinds=ADVERTISERS, scope="campaigns:read"),
    Entry("Sources", "sources", "radio", kinds=PUBLISHERS, scope="sources:read"),
    Entry("Members", "members", "users", section="Settings"),
)
