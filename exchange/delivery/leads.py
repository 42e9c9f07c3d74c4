"""The lane of sold leads: the buyer's sealed copy, to the campaign's destination as it is at the moment of sending."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import sealed
from accounts.core.errors import Problem
from accounts.core.ids import encode
from campaigns.core.destinations import DestinationFacts
from campaigns.selectors import get_destination
from exchange.auction.selectors import list_sides_of_sale
from exchange.core import events
from exchange.core.retry import Outcome
from exchange.delivery import health, sending
from exchange.delivery.announcing import announce
from exchange.delivery.models import ACCEPTED, Attempt, Delivery
from exchange.delivery.sending import BATCH_MAX, Lane, Leased, Taken
from exchange.wire import client, signing


class Leads(Lane):
    """How sold leads are sent; see sending.Lane."""

    rows, attempts, parent = Delivery, Attempt, "delivery_id"
    columns = ("campaign_id", "payload", "sale_id", "lead_id")
    ready = (
        "NOT EXISTS (SELECT 1 FROM delivery_destinationhealth held"
        " WHERE held.campaign_id = due.campaign_id AND held.held_until > %(now)s)"
    )

    def open(self, leases: Sequence[Leased], now: datetime) -> tuple[Taken, ...]:
        """Unseal each copy and sign it; a corrected destination serves the deliveries that wait for it."""
        destinations = {campaign_id: _destination(campaign_id) for campaign_id in {lease.columns[0] for lease in leases}}
        return tuple(_opened(lease, destinations[lease.columns[0]], now) for lease in leases)

    def follow(self, taken: Taken, outcome: Outcome, *, at: datetime, changed: bool) -> None:
        """Remember how the destination answered, and tell both sides when it took the lead."""
        if taken.request is not None:
            organization_id = taken.lease.organization_id
            health.note(organization_id=organization_id, campaign_id=taken.target_id, outcome=outcome, at=at)
        if changed and outcome.state == ACCEPTED:
            _tell(taken.lease, at)

    def conclude(self, taken: Taken, outcome: Outcome, *, at: datetime) -> None:
        """Pause the campaign whose destination does not come back."""
        if taken.request is None or outcome.answered:
            return
        owner = {"organization_id": taken.lease.organization_id, "campaign_id": taken.target_id}
        health.pause_if_hopeless(**owner, outcome=outcome, url=taken.request.url, at=at)


LEADS = Leads()


def deliver_due(*, limit: int = BATCH_MAX, now: datetime) -> int:
    """Send due deliveries; gives how many were attempted."""
    return sending.deliver_due(LEADS, limit=limit, now=now)


def take_due(*, limit: int, now: datetime) -> tuple[Taken, ...]:
    """Lease due deliveries to this worker."""
    return sending.take_due(LEADS, limit=limit, now=now)


def record(taken: Taken, answer: client.Answer, *, started_at: datetime) -> Outcome:
    """Write an attempt and what it makes of its delivery."""
    return sending.record(LEADS, taken, answer, started_at=started_at)


def request_of(message_id: UUID, destination: DestinationFacts, body: bytes, now: datetime) -> client.Request:
    """Make the signed request that carries a lead; raises ValueError for a secret that cannot sign."""
    signed = signing.sign(destination.secret, message_id=encode("delivery", message_id), at=now, body=body)
    return client.Request(destination.url, body, headers={**destination.headers, "Content-Type": "application/json", **signed})


def _destination(campaign_id: UUID) -> DestinationFacts | None:
    try:
        return get_destination(campaign_id=campaign_id)
    except (Problem, sealed.Unreadable):
        return None


def _opened(lease: Leased, destination: DestinationFacts | None, now: datetime) -> Taken:
    campaign_id, payload, *_ = lease.columns
    known: dict[str, Any] = {"target": _target(destination), "hidden": tuple(destination.headers) if destination else ()}
    try:
        body = sealed.unseal(payload, lease.row_id.bytes)
        request = request_of(lease.row_id, destination, body, now) if destination else None
    except ValueError as error:
        return Taken(lease, campaign_id, None, f"it cannot be sent: {error}", **known)
    missing = "" if request else "the campaign has no destination"
    return Taken(lease, campaign_id, request, missing, **known, personal=json.loads(body))


def _tell(lease: Leased, at: datetime) -> None:
    campaign_id, _, sale_id, lead_id = lease.columns
    publisher = next((side.organization_id for side in list_sides_of_sale(sale_id) if side.side == "publisher"), None)
    announce(
        events.delivered(
            delivery_id=lease.row_id,
            sale_id=sale_id,
            lead_id=lead_id,
            campaign_id=campaign_id,
            advertiser_id=lease.organization_id,
            publisher_id=publisher,
            at=at,
        )
    )


def _target(destination: DestinationFacts | None) -> dict[str, str]:
    if destination is None:
        return {}
    return {"id": encode("destination", destination.destination_id), "kind": destination.kind, "url": destination.url}
