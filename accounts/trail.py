"""Reads of the audit trail: what was done in an organization, by whom, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.core.ids import BadId, decode
from accounts.core.trail import OFTEN, Difference, differences, words_of
from accounts.keys import KeyName, name_keys
from accounts.models import AuditEntry, Membership
from accounts.tenancy import act_as_identity

PAGE = 50
EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the trail. `actor` and `subject` are as they were recorded, `said` is the verb in words."""

    id: UUID
    at: datetime
    actor: str
    verb: str
    said: str
    subject: str
    changes: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first; `older` is the id after which the next page begins, None at the end."""

    entries: tuple[Entry, ...]
    older: UUID | None


def list_entries(*, verb: str = "", actor: str = "", before: UUID | None = None) -> Page:
    """List a page of the trail of the organization inside whose door we stand, of one actor if one is given.

    Without a `verb` the disclosures of leads are left out, of which every sale makes one; EVERYTHING leaves out nothing.
    """
    wanted = {name: value for name, value in (("actor", actor), ("id__lt", before)) if value}
    rows = AuditEntry.objects.filter(**wanted).order_by("-id")
    if verb != EVERYTHING:
        rows = rows.filter(verb=verb) if verb else rows.exclude(verb=OFTEN)
    found = list(rows[: PAGE + 1])
    entries = tuple(_entry(row) for row in found[:PAGE])
    return Page(entries, entries[-1].id if len(found) > PAGE else None)


def _entry(row: AuditEntry) -> Entry:
    return Entry(row.id, row.at, row.actor, row.verb, words_of(row.verb), row.subject, differences(row.changes))


def name_actors(actors: Iterable[str], *, live_id: UUID) -> dict[str, str]:
    """Name who stands behind actors: a member by name, a key by name and last characters, the rest by what they are."""
    known = set(actors)
    people = _people({actor for actor in known if actor.startswith("user:")}, live_id)
    keys = name_keys() if any(actor.startswith("key:") for actor in known) else {}
    return {actor: people.get(actor) or _name(actor, keys) for actor in known}


def _people(actors: set[str], live_id: UUID) -> dict[str, str]:
    ids = {actor: user_id for actor in actors if (user_id := _id(actor, "user")) is not None}
    if not ids:
        return {}
    with act_as_identity():
        found = Membership.objects.filter(user_id__in=ids.values(), organization_id=live_id).select_related("user")
        names = {row.user_id: row.user.name for row in found}
    return {actor: names[user_id] for actor, user_id in ids.items() if user_id in names}


def _name(actor: str, keys: Mapping[UUID, KeyName]) -> str:
    kind, _, rest = actor.partition(":")
    if kind == "key":
        found = keys.get(_id(actor, "key") or UUID(int=0))
        return f"{found.name} {found.mark}" if found else "A key"
    # Somebody of the operator, or somebody who has left: whoever is no member has no name here.
    return "Somebody who is no member" if kind == "user" else f"The exchange ({rest.replace('_', ' ')})"


def _id(actor: str, kind: str) -> UUID | None:
    try:
        return decode(kind, actor.partition(":")[2])
    except BadId:
        return None
