"""The API keys of an organization: read them, and replace one by another while both are good for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts import audit
from accounts.core.clock import rfc3339
from accounts.core.errors import FieldError, Problem, invalid, not_found
from accounts.core.ids import encode
from accounts.identity import forget_keys
from accounts.models import ApiKey, AuditEntry
from accounts.services import IssuedKey, issue_key, revoke_key
from accounts.tenancy import act_as_exchange

OVERLAPS: dict[str, timedelta] = {
    "now": timedelta(0), "1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7),
}  # fmt: skip
"""How long a replaced key may stay good, by the word that asks for it."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What may be shown of a key. `state` is active, ending (good until `ends_at`), ended or revoked (both since `ends_at`)."""

    id: UUID
    name: str
    prefix: str
    last4: str
    scopes: tuple[str, ...]
    ip_allow: tuple[str, ...]
    created_at: datetime
    created_by: str
    state: str
    ends_at: datetime | None
    rate_limit: int | None

    @property
    def good(self) -> bool:
        """Say whether requests with it are answered."""
        return self.state in {"active", "ending"}


@dataclass(frozen=True, slots=True)
class KeyName:
    """What a key's owner knows it by: its name, and its mark such as lx_live_…4f2a."""

    name: str
    mark: str


def list_keys(*, at: datetime) -> tuple[KeyFacts, ...]:
    """List the keys of the organization inside whose door we stand: the good ones first, then newest first."""
    makers = dict(AuditEntry.objects.filter(verb="key.issued").values_list("subject", "actor"))
    found = [_facts(row, makers, at) for row in ApiKey.objects.order_by("-id")]
    return tuple(sorted(found, key=lambda one: not one.good))


def get_key(*, key_id: UUID, at: datetime) -> KeyFacts:
    """Give one key of the organization inside whose door we stand; raises Problem not_found."""
    row = ApiKey.objects.filter(id=key_id).first()
    if row is None:
        raise not_found("key")
    makers = dict(AuditEntry.objects.filter(verb="key.issued", subject=encode("key", key_id)).values_list("subject", "actor"))
    return _facts(row, makers, at)


def name_keys() -> dict[UUID, KeyName]:
    """Name each key of the organization inside whose door we stand, ended ones included."""
    return {row.id: KeyName(row.name, f"{row.prefix}…{row.last4}") for row in ApiKey.objects.all()}


def _facts(row: ApiKey, makers: dict[str, str], at: datetime) -> KeyFacts:
    state, ends_at = _state(row, at)
    maker = makers.get(encode("key", row.id), "")
    return KeyFacts(
        row.id, row.name, row.prefix, row.last4, tuple(row.scopes), tuple(row.ip_allow), row.created_at, maker, state, ends_at,
        row.rate_limit,
    )  # fmt: skip


def _state(row: ApiKey, at: datetime) -> tuple[str, datetime | None]:
    if row.revoked_at is not None:
        return "revoked", row.revoked_at
    if row.expires_at is None:
        return "active", None
    return ("ending" if row.expires_at > at else "ended"), row.expires_at


def rotate_key(*, organization_id: UUID, key_id: UUID, overlap: str, actor: str, at: datetime) -> IssuedKey:
    """Replace a key of the organization inside whose door we stand by a new one with the same name, scopes, addresses and limit.

    The old one stays good for `overlap`, one of OVERLAPS. Raises Problem not_found, invalid_request, or conflict for a key whose
    end is known already: it was revoked, replaced, or made for a while only.
    """
    if overlap not in OVERLAPS:
        raise invalid([FieldError("/overlap", "not_a_choice", f"Choose one of {', '.join(OVERLAPS)}.")])
    # Locked: of two at the same time the second finds a key that has been replaced.
    row = ApiKey.objects.select_for_update().filter(id=key_id).first()
    if row is None:
        raise not_found("key")
    if _state(row, at)[0] != "active":
        raise Problem("conflict", f"{row.name} {row.prefix}…{row.last4} was revoked or replaced already.")
    issued = issue_key(
        organization_id=organization_id, name=row.name, actor=actor, scopes=row.scopes, ip_allow=row.ip_allow,
        rate_limit=row.rate_limit,
    )  # fmt: skip
    _end(row, overlap, issued, actor, at)
    return issued


def set_rate_limit(*, key_id: UUID, rate_limit: int | None, actor: str) -> None:
    """Let a key of any organization send so many requests a second, None for the exchange's default; raises Problem not_found."""
    with act_as_exchange("the operator sets the limits of keys"):
        row = ApiKey.objects.select_for_update().filter(id=key_id).first()
        if row is None:
            raise not_found("key")
        ApiKey.objects.filter(id=key_id).update(rate_limit=rate_limit)
        audit.record(
            organization_id=row.organization_id, actor=actor, verb="key.limited", subject=encode("key", key_id),
            changes={"rate_limit": [row.rate_limit, rate_limit]},
        )  # fmt: skip
    forget_keys()


def _end(row: ApiKey, overlap: str, issued: IssuedKey, actor: str, at: datetime) -> None:
    ends_at = at + OVERLAPS[overlap]
    changes = {"replaced_by": encode("key", issued.key_id), "good_until": rfc3339(ends_at)}
    audit.record(
        organization_id=row.organization_id, actor=actor, verb="key.rotated", subject=encode("key", row.id), changes=changes
    )
    if overlap == "now":
        revoke_key(organization_id=row.organization_id, key_id=row.id, actor=actor)
    else:
        ApiKey.objects.filter(id=row.id).update(expires_at=ends_at)
        forget_keys()
