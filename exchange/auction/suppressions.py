"""Suppression as the market obeys it: from the instant it is asked for, and until its row is really gone.

An organization's list keeps its own campaigns from buying a person; the operator's list holds for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from django.conf import settings

from accounts.core.errors import FieldError, invalid
from accounts.selectors import get_organization
from exchange.auction.store import counters
from exchange.core import dedupe, normalize
from exchange.core.dedupe import EXCHANGE, Kind
from exchange.intake import suppressions


def suppress(*, organization_id: UUID, phones: Sequence[str] = (), emails: Sequence[str] = (), actor: str) -> int:
    """Put people on an organization's list; gives how many were named. Raises Problem naming each that cannot be read."""
    keys, mode, owner = _read(organization_id, phones, emails)
    # The market first: a list that is obeyed a moment before it is written harms nobody, the other way round would.
    counters(mode).suppress(owner, keys)
    contacts = len(phones) + len(emails)
    suppressions.add_rows(organization_id=organization_id, keys=keys, contacts=contacts, actor=actor)
    return contacts


def unsuppress(*, organization_id: UUID, phones: Sequence[str] = (), emails: Sequence[str] = (), actor: str) -> int:
    """Take people off an organization's list; gives how many were named."""
    keys, mode, owner = _read(organization_id, phones, emails)
    contacts = len(phones) + len(emails)
    suppressions.remove_rows(organization_id=organization_id, keys=keys, contacts=contacts, actor=actor)
    counters(mode).unsuppress(owner, keys)
    return contacts


def _read(organization_id: UUID, phones: Sequence[str], emails: Sequence[str]) -> tuple[dict[str, Kind], str, str]:
    facts = get_organization(organization_id=organization_id)
    owner = EXCHANGE if facts.kind == "operator" else organization_id.hex
    keys: dict[str, Kind] = {}
    for phone in _normal(phones, "phones", lambda text, pointer: normalize.phone(text, pointer=pointer)):
        keys |= suppressions.rows_of(dedupe.keys_of_contact(settings.PEPPER, phone=phone))
    for email in _normal(emails, "emails", lambda text, pointer: normalize.email(text, pointer=pointer)):
        keys |= suppressions.rows_of(dedupe.keys_of_contact(settings.PEPPER, email=email))
    return keys, facts.mode, owner


def _normal(texts: Sequence[str], name: str, read: Callable[[str, str], str | FieldError]) -> list[str]:
    forms = [read(text, f"/{name}/{place}") for place, text in enumerate(texts)]
    errors = [form for form in forms if isinstance(form, FieldError)]
    if errors:
        raise invalid(errors)
    return [form for form in forms if isinstance(form, str)]
