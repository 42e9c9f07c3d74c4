"""The portal's menu, in one list: only pages that exist. A test opens each entry for each kind of organization."""

from __future__ import annotations

from accounts.core.menu import ADVERTISERS, OPERATORS, PUBLISHERS, Entry

MENU: tuple[Entry, ...] = (
    Entry("Overview", "overview", "layout-dashboard"),
    Entry("Live", "live", "activity", PUBLISHERS | ADVERTISERS, "leads:read"),
    Entry("Campaigns", "campaigns", "target", kinds=ADVERTISERS, scope="campaigns:read"),
    Entry("Sources", "sources", "radio", kinds=PUBLISHERS, scope="sources:read"),
    Entry("Pings", "pings", "radio", PUBLISHERS, "leads:read"),
    Entry("Exchange health", "health", "monitor", OPERATORS, "exchange:operate"),
    Entry("Organizations", "organizations", "building-2", OPERATORS, "exchange:operate"),
    Entry("Auctions", "auctions", "gavel", OPERATORS, "leads:read"),
    Entry("Leads", "leads", "target", scope="leads:read"),
    Entry("Earnings", "earnings", "chart-column", PUBLISHERS, "ledger:read"),
    Entry("Spend", "spend", "chart-column", ADVERTISERS, "ledger:read"),
    Entry("Money", "wallet", "wallet", PUBLISHERS | ADVERTISERS, "ledger:read"),
    Entry("Ledger", "books", "scroll-text", OPERATORS, "exchange:operate"),
    Entry("Find an id", "find", "search", OPERATORS, "exchange:operate"),
    Entry("Members", "members", "users", section="Settings"),
)
