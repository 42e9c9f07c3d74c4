"""Keys and sign-ins of the demo market, kept in demo.json (0600): shown by `make run`, used by the first sale and by tests."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts import identity
from accounts import services as accounts
from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.selectors import OrganizationFacts
from accounts.tenancy import act_as
from campaigns import selectors as campaigns
from demo import samples

ACTOR = "system:prepare"
HOLDERS = {"publisher_key": "bright-homes", "advertiser_key": "lone-star-roofing", "operator_key": "leadwright"}
TRAFFIC_KINDS = frozenset({"publisher", "advertiser"})
TEST_HOLDERS = {"publisher_test_key": "bright-homes", "advertiser_test_key": "lone-star-roofing"}


def demo_file() -> Path:
    """Say where the file stands."""
    return Path(settings.LEADWRIGHT_HOME) / "demo.json"


def write_access(found: dict[str, OrganizationFacts]) -> dict[str, Any]:
    """Write the file; keys that still work are kept, others made anew."""
    old = _read_old()
    access: dict[str, Any] = {"base_url": settings.BASE_URL}
    for name, slug in HOLDERS.items():
        access[name] = _key(old.get(name), found[slug].id, name)
    for name, slug in TEST_HOLDERS.items():
        sandbox_id = found[slug].sandbox_id
        assert sandbox_id is not None, "every live organization has a twin"
        access[name] = _key(old.get(name), sandbox_id, name)
    access["source_id"] = _first_source(found["bright-homes"].id)
    access["test_source_id"] = _first_source(found["bright-homes"].sandbox_id)
    access["traffic"] = _traffic(old.get("traffic") or {}, found)
    access["sample_ping"] = samples.sample_ping(access["source_id"])
    access["sample_post"] = samples.sample_post(utc_now())
    # Keys that still work are of this very database, and so are the people beside them.
    kept = all(access[name] == old.get(name) for name in HOLDERS)
    access["logins"] = (old.get("logins") if kept else None) or _logins(found)
    access["curls"] = samples.curls(access, demo_file().with_name("ping.json"))
    _write(access)
    return access


def _read_old() -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads(demo_file().read_text())
    except (OSError, ValueError):
        return {}
    return known


def _key(old: str | None, organization_id: Any, name: str) -> str:
    try:
        if old and identity.caller_of(old).organization_id == organization_id:
            return old
    except Problem:
        pass  # Revoked, or from a database that is gone: make another.
    return accounts.issue_key(organization_id=organization_id, name=f"demo {name}", actor=ACTOR).key


def _first_source(organization_id: Any) -> str:
    with act_as(organization_id):
        return encode("source", campaigns.source_rows().order_by("id").values_list("id", flat=True)[0])


def _traffic(old: dict[str, Any], found: dict[str, OrganizationFacts]) -> dict[str, Any]:
    """Give what traffic.py needs: a key for each publisher and advertiser, and the ids of the sources by name."""
    known, sides = old.get("keys") or {}, {slug: facts for slug, facts in found.items() if facts.kind in TRAFFIC_KINDS}
    return {
        "keys": {slug: _key(known.get(slug), facts.id, f"traffic of {slug}") for slug, facts in sides.items()},
        "organizations": {slug: encode("organization", facts.id) for slug, facts in sides.items()},
        "sources": {slug: _sources(facts.id) for slug, facts in sides.items() if facts.kind == "publisher"},
    }


def _sources(organization_id: Any) -> dict[str, str]:
    with act_as(organization_id):
        return {row.name: encode("source", row.id) for row in campaigns.source_rows()}


def _logins(found: dict[str, OrganizationFacts]) -> list[dict[str, str]]:
    made = []
    for slug, facts in found.items():
        if slug == "house":
            continue
        email, password = f"{slug}@demo.example", secrets.token_urlsafe(9)
        user_id = accounts.ensure_user(email=email, name=f"{facts.name}, demo", password=password)
        role = "operator" if facts.kind == "operator" else "owner"
        accounts.add_member(organization_id=facts.id, user_id=user_id, role=role, actor=ACTOR)
        made.append({"email": email, "password": password, "organization": facts.name})
    return made


def _write(access: dict[str, Any]) -> None:
    path = demo_file()
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(access, file, indent=2)
        file.write("\n")
    # Replaced as a whole: a reader sees the old file or the new one.
    fresh.replace(path)
