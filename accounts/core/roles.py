"""Roles and scopes as data: what a member or a key of an organization may do."""

from __future__ import annotations

from collections.abc import Mapping

SCOPES: Mapping[str, str] = {
    "pings:write": "send pings, posts and direct leads",
    "leads:read": "read own pings, leads and sales",
    "sources:write": "create and change sources",
    "campaigns:read": "read own campaigns",
    "campaigns:write": "create, change, publish and pause campaigns",
    "ledger:read": "read balance and ledger entries",
    "sources:read": "read own sources",
    "webhooks:read": "read own webhooks and their log",
    "webhooks:write": "create and change webhooks, send events again",
    "dispositions:write": "report what became of bought leads",
    "exchange:operate": "operate the exchange",
}

ROLES: Mapping[str, frozenset[str]] = {
    "owner": frozenset(SCOPES) - {"exchange:operate"},
    "manager": frozenset(SCOPES) - {"pings:write", "exchange:operate"},
    "viewer": frozenset({"leads:read", "sources:read", "campaigns:read", "ledger:read", "webhooks:read"}),
    "operator": frozenset(SCOPES),
}

_EVERYBODY = frozenset({"leads:read", "ledger:read", "webhooks:read", "webhooks:write"})
KINDS: Mapping[str, frozenset[str]] = {
    "publisher": frozenset({"pings:write", "sources:read", "sources:write"}) | _EVERYBODY,
    "advertiser": frozenset({"campaigns:read", "campaigns:write", "dispositions:write"}) | _EVERYBODY,
    "both": frozenset(SCOPES) - {"exchange:operate"},
    "operator": frozenset(SCOPES),
}


def scopes_for(kind: str, role: str) -> frozenset[str]:
    """Give what a role means inside an organization of a kind: the intersection of the two."""
    return KINDS[kind] & ROLES[role]
