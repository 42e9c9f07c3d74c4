"""A webhook as its owner writes it: an address, the events it wants, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.core.amounts import Faults, read_choice, read_text
from campaigns.core.destinations import read_secret, read_url
from exchange.core.events import types_for, types_unless_asked

STATUSES = ("active", "disabled")
KEYS = frozenset({"url", "description", "events", "status", "secret"})
DESCRIPTION_LENGTH_MAX = 200
ENDPOINTS_MAX = 20
OVERLAP_HOURS, OVERLAP_HOURS_MAX = 24, 72


@dataclass(frozen=True, slots=True)
class WebhookWish:
    """A webhook as asked for, checked; `secret` is None when the exchange is to make one."""

    url: str
    description: str
    events: tuple[str, ...]
    status: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class Secret:
    """One signing secret; `until` is when it ends, None for the present one."""

    text: str
    until: datetime | None = None


def parse_webhook(data: Any, kind: str, known: WebhookWish | None = None) -> WebhookWish:
    """Read a webhook of an organization of a kind, or changes to a known one.

    Raises Problem(invalid_request) naming every fault by pointer.
    """
    faults = Faults()
    wire = faults.only(data, KEYS, "")
    url = known.url if known and "url" not in wire else faults.read("/url", read_url, wire.get("url"))
    description = _description(wire, known, faults)
    events = known.events if known and "events" not in wire else _events(wire, kind, faults)
    status = faults.read("/status", read_choice, wire.get("status", known.status if known else "active"), STATUSES)
    secret = None if wire.get("secret") is None else faults.read("/secret", read_secret, wire["secret"])
    if known is not None and "secret" in wire:
        faults.add("/secret", "not_allowed", "A secret is changed by POST /webhooks/{id}/rotate, so that the old one overlaps.")
    faults.raise_any()
    return WebhookWish(url or "", description, events, status or "active", secret)


def _description(wire: Mapping[str, Any], known: WebhookWish | None, faults: Faults) -> str:
    if "description" not in wire:
        return known.description if known else ""
    if wire["description"] in (None, ""):
        return ""
    return faults.read("/description", read_text, wire["description"], DESCRIPTION_LENGTH_MAX) or ""


def _events(wire: Mapping[str, Any], kind: str, faults: Faults) -> tuple[str, ...]:
    if wire.get("events") is None:
        return types_unless_asked(kind)
    types = types_for(kind)
    listed = faults.listed(wire["events"], len(types), "/events")
    read = [faults.read(f"/events/{place}", read_choice, one, types) for place, one in enumerate(listed)]
    if not listed:
        faults.add("/events", "required", f"Name at least one of {', '.join(types)}.")
    return tuple(one for one in types if one in read)


def rotated(secrets: Sequence[Secret], fresh: str, *, until: datetime, at: datetime) -> tuple[Secret, ...]:
    """Put a fresh secret first; the present one goes on signing until `until`, ended ones are forgotten."""
    kept = [Secret(one.text, one.until or until) for one in living(secrets, at)]
    return (Secret(fresh), *(one for one in kept if one.until is not None and one.until > at))


def living(secrets: Sequence[Secret], at: datetime) -> tuple[Secret, ...]:
    """Give the secrets that sign at an instant, the present one first."""
    return tuple(one for one in secrets if one.until is None or one.until > at)
