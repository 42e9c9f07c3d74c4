"""The rows of suppression lists: who must not be sold to whom, as keyed hashes only."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from accounts import audit
from accounts.core.ids import encode
from accounts.tenancy import act_as
from exchange.core.dedupe import ContactKeys, Kind
from exchange.intake.models import Suppression

KINDS: tuple[Kind, ...] = ("phone", "email")


def rows_of(keys: ContactKeys) -> Mapping[str, Kind]:
    """Give each key of a contact with its kind; one contact has a key per algorithm, because pings may bring any."""
    return {key: kind for kind in KINDS for key in keys.of_kind(kind)}


def add_rows(*, organization_id: UUID, keys: Mapping[str, Kind], contacts: int, actor: str) -> None:
    """Put keys on an organization's list; those that stand there stay. `contacts` is how many the caller named, for the trail."""
    with act_as(organization_id):
        rows = [Suppression(organization_id=organization_id, kind=kind, key=key) for key, kind in keys.items()]
        Suppression.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
        _record(organization_id, actor, "suppression.added", contacts)


def remove_rows(*, organization_id: UUID, keys: Mapping[str, Kind], contacts: int, actor: str) -> None:
    """Take keys off an organization's list."""
    with act_as(organization_id):
        Suppression.objects.filter(key__in=list(keys)).delete()
        _record(organization_id, actor, "suppression.removed", contacts)


def _record(organization_id: UUID, actor: str, verb: str, contacts: int) -> None:
    subject = encode("organization", organization_id)
    audit.record(organization_id=organization_id, actor=actor, verb=verb, subject=subject, changes={"contacts": contacts})
