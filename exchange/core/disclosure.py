"""What a buyer receives of a lead it bought: one function, one allow-list. The call is also the legal record of the disclosure.

Never part of it: IP address, user agent, contact hashes, the source, the payout, the margin, other buyers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.core.clock import rfc3339
from accounts.core.ids import encode
from accounts.core.money import Money
from campaigns.core.fields import Vertical
from exchange.core.consent import ConsentFacts
from exchange.core.privacy import strip_url

EVENT = "lead.sold"
_CONSENT_FIELDS = (
    "method", "text", "text_sha256", "text_id", "form_version", "page_domain", "sellers", "channels", "purpose", "page_loaded_at",
    "captured_at", "submitted_at", "expires_at", "zone", "certificate_url", "leadid_token", "language",
)  # fmt: skip
_REDACTED = "[removed]"
_REDACT_LENGTH_MIN = 3


@dataclass(frozen=True, slots=True)
class SoldLead:
    """A lead on one sale. `values`: the vertical's ping fields; `contact`: its post fields, in normal form; price in micros."""

    delivery_id: UUID
    sale_id: UUID
    lead_id: UUID
    campaign_id: UUID
    vertical: Vertical
    values: Mapping[str, Any]
    contact: Mapping[str, Any]
    consent: ConsentFacts | None
    price: int
    currency: str
    sold_at: datetime
    test: bool


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The payload as it is sent, and the names of the personal fields in it, for the record."""

    payload: dict[str, Any]
    fields: tuple[str, ...]


def disclose(lead: SoldLead) -> Disclosure:
    """Build what the buyer receives: only fields that the vertical names, each in its own stage, and the proof of consent."""
    contact = {name: lead.contact[name] for name in lead.vertical.names("post") if name in lead.contact}
    values = {name: lead.values[name] for name in lead.vertical.names("ping") if name in lead.values}
    payload = {
        "type": EVENT,
        "delivery_id": encode("delivery", lead.delivery_id),
        "sale_id": encode("sale", lead.sale_id),
        "lead_id": encode("lead", lead.lead_id),
        "campaign_id": encode("campaign", lead.campaign_id),
        "vertical": lead.vertical.slug,
        "test": lead.test,
        "sold_at": rfc3339(lead.sold_at),
        "price": Money(lead.price, lead.currency).as_json(),
        "contact": contact,
        "lead": values,
        "consent": _proof(lead.consent),
    }
    return Disclosure(payload, tuple(contact))


def redact(text: str, payload: Mapping[str, Any]) -> str:
    """Take a lead's personal values out of a receiver's answer: what is kept of it must not hold a second copy of the person."""
    values = sorted(
        {value for value in _texts(payload.get("contact")) if len(value) >= _REDACT_LENGTH_MIN}, key=len, reverse=True
    )
    for value in values:
        text = re.sub(re.escape(value), _REDACTED, text, flags=re.IGNORECASE)
    return text


def _proof(consent: ConsentFacts | None) -> dict[str, Any]:
    if consent is None:
        return {}
    shown = consent.as_json()
    proof = {name: shown[name] for name in _CONSENT_FIELDS if name in shown}
    page = strip_url(consent.page_url) if consent.page_url else None
    return {**proof, "page_url": page.partition("?")[0]} if page else proof


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value.strip()
        digits = "".join(character for character in value if character.isdecimal())
        # A phone number comes back with and without its country code, so the last ten digits are looked for as well.
        if value.startswith("+") and len(digits) > 10:
            yield digits[-10:]
