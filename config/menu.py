"""The portal's menu, in one list: only pages that exist. A test opens each entry for each kind of organization.

Below it the pages of things that the audit trail names.
"""

from __future__ import annotations

from collections.abc import Mapping

from accounts.core.menu import ADVERTISERS, OPERATORS, PUBLISHERS, TRADERS, Entry

MENU: tuple[Entry, ...] = (
    Entry("Overview", "overview", "layout-dashboard"),
    Entry("Live", "live", "activity", TRADERS, "leads:read"),
    Entry("Live", "live_market", "activity", OPERATORS, "exchange:operate"),
    Entry("Campaigns", "campaigns", "target", kinds=ADVERTISERS, scope="campaigns:read"),
    Entry("Sources", "sources", "radio", kinds=PUBLISHERS, scope="sources:read"),
    Entry("Pings", "pings", "gavel", PUBLISHERS, "leads:read"),
    Entry("Exchange health", "health", "server", OPERATORS, "exchange:operate"),
    Entry("Organizations", "organizations", "building-2", OPERATORS, "exchange:operate"),
    Entry("Auctions", "auctions", "gavel", OPERATORS, "leads:read"),
    Entry("Leads", "leads", "inbox", scope="leads:read"),
    Entry("Deliveries", "deliveries", "send", ADVERTISERS, "leads:read"),
    Entry("Earnings", "earnings", "banknote", PUBLISHERS, "ledger:read"),
    Entry("Spend", "spend", "chart-column", ADVERTISERS, "ledger:read"),
    Entry("Money", "wallet", "wallet", TRADERS, "ledger:read"),
    Entry("Ledger", "books", "scroll-text", OPERATORS, "exchange:operate"),
    Entry("Find an id", "find", "search", OPERATORS, "exchange:operate"),
    Entry("Models", "models", "sliders-horizontal", OPERATORS, "exchange:operate", "Scoring"),
    Entry("Calibration", "calibration", "badge-check", OPERATORS, "exchange:operate", "Scoring"),
    Entry("Drift", "drift", "trending-up-down", OPERATORS, "exchange:operate", "Scoring"),
    Entry("Segments", "segments", "columns-3", OPERATORS, "exchange:operate", "Scoring"),
    Entry("Alerts", "alerts", "bell", OPERATORS, "exchange:operate", "Scoring"),
    Entry("Experiments", "experiments", "git-compare-arrows", ADVERTISERS, "campaigns:read", "Scoring"),
    Entry("Experiments", "experiments", "git-compare-arrows", OPERATORS, "exchange:operate", "Scoring"),
    Entry("Attribution", "attribution", "link", ADVERTISERS | OPERATORS, "leads:read", "Scoring"),
    Entry("Timing", "timing", "timer", ADVERTISERS | OPERATORS, "leads:read", "Scoring"),
    Entry("Evidence", "evidence", "shield-check", ADVERTISERS | OPERATORS, "leads:read", "Scoring"),
    Entry("History", "histories", "database", ADVERTISERS | OPERATORS, "campaigns:read", "Scoring"),
    Entry("API keys", "keys", "key-round", section="Developers"),
    Entry("Webhooks", "webhooks", "webhook", scope="webhooks:read", section="Developers"),
    Entry("Request log", "requests", "terminal", scope="leads:read", section="Developers"),
    Entry("Suppression", "suppression", "shield", ADVERTISERS | OPERATORS, "campaigns:read", "Compliance"),
    Entry("Audit", "trail", "history", section="Compliance"),
    Entry("Organization", "settings", "settings", section="Settings"),
    Entry("Members", "members", "users", section="Settings"),
)

#: Which page shows what an id names, by its prefix: the page's name and the name of its id, "" for a page without one.
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "cmp": ("campaign", "campaign_id"),
    "src": ("source", "source_id"),
    "led": ("lead", "lead_id"),
    "png": ("decision", "ping_id"),
    "key": ("key", "key_id"),
    "usr": ("members", ""),
    "inv": ("members", ""),
    "org": ("settings", ""),
    "alt": ("alerts", ""),
    "exp": ("experiment", "experiment_id"),
    "hst": ("history", "history_id"),
}
