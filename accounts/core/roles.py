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


#: What only people may do, through the portal: no key ever carries it.
PEOPLE, KEYS, ORGANIZATION = "members:manage", "keys:manage", "organization:manage"
PORTAL_ONLY: Mapping[str, str] = {
    PEOPLE: "invite people, change their roles and remove them",
    KEYS: "create, rotate and revoke API keys",
    ORGANIZATION: "change the organization itself",
}
ROLE_WORDS: Mapping[str, str] = {
    "owner": "Everything, people and keys included",
    "manager": "Campaigns, sources and money to read; no people, no keys",
    "viewer": "Reads everything, changes nothing",
    "operator": "Operates the exchange",
}


def portal_scopes_for(kind: str, role: str) -> frozenset[str]:
    """Give what a signed-in member may do: its scopes, and for those who answer for the organization all that is for people."""
    return scopes_for(kind, role) | (frozenset(PORTAL_ONLY) if role in {"owner", "operator"} else frozenset())


def roles_of(kind: str) -> tuple[str, ...]:
    """List the roles that people of an organization of a kind can have, the strongest first."""
    return ("operator", "viewer") if kind == "operator" else ("owner", "manager", "viewer")
