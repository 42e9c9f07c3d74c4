"""The test lead: a made-up lead sent to a campaign's destination now, with the real answer. No sale, no money, no row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from accounts import audit
from accounts.core.errors import Problem
from accounts.core.ids import encode, uuid7
from accounts.sealed import Unreadable
from campaigns.core.destinations import DestinationFacts
from campaigns.core.specimen import made_up_lead
from campaigns.selectors import get_campaign, get_destination
from campaigns.verticals import load_verticals
from exchange.core.consent import ConsentFacts
from exchange.core.disclosure import SoldLead, disclose
from exchange.core.retry import judge
from exchange.delivery.leads import request_of
from exchange.delivery.sending import ANSWER_LENGTH_MAX, head_of
from exchange.wire import client

LIMITS = client.Limits(total_ms=8_000)
CONSENT_TEXT = "This is a test lead; nobody has agreed to anything."
VERDICTS = ("accepted", "refused", "retry", "gone")


@dataclass(frozen=True, slots=True)
class Trial:
    """What was sent and what came back. `verdict` is what a real lead's delivery would have made of it."""

    message_id: UUID
    request: dict[str, Any]
    body: dict[str, Any]
    status: int | None
    headers: dict[str, str]
    answer: str
    error: str
    ms: int
    verdict: str


def send_test_lead(*, campaign_id: UUID, currency: str, actor: str, at: datetime) -> Trial:
    """Send a made-up lead, marked as such, to a campaign's destination inside the present door, and give the real answer.

    Raises Problem not_found, conflict when the campaign has no usable destination.
    """
    row = get_campaign(campaign_id=campaign_id)
    destination = _destination(campaign_id)
    lead = _made_up(campaign_id, row.vertical, currency, at)
    body = {**disclose(lead).payload, "test_lead": True}
    try:
        request = request_of(lead.delivery_id, destination, msgspec.json.encode(body), at)
    except ValueError as error:
        raise Problem("conflict", f"It cannot be sent: {error}.") from error
    answer = client.send(request, limits=LIMITS)
    trial = _trial(lead.delivery_id, destination, request, body, answer)
    changes = {"status": trial.status, "error": trial.error, "ms": trial.ms, "verdict": trial.verdict}
    subject = encode("campaign", campaign_id)
    audit.record(organization_id=row.organization_id, actor=actor, verb="destination.tested", subject=subject, changes=changes)
    return trial


def _destination(campaign_id: UUID) -> DestinationFacts:
    try:
        return get_destination(campaign_id=campaign_id)
    except (Problem, Unreadable) as error:
        raise Problem("conflict", "This campaign has no usable destination; set one first.") from error


def _made_up(campaign_id: UUID, vertical: str, currency: str, at: datetime) -> SoldLead:
    terms = load_verticals()[vertical]
    values, contact = made_up_lead(terms)
    return SoldLead(
        delivery_id=uuid7(),
        sale_id=uuid7(),
        lead_id=uuid7(),
        campaign_id=campaign_id,
        vertical=terms,
        values=values,
        contact=contact,
        consent=ConsentFacts(method="checkbox", text=CONSENT_TEXT, captured_at=at),
        price=0,
        currency=currency,
        sold_at=at,
        test=True,
    )


def _trial(
    message_id: UUID, destination: DestinationFacts, request: client.Request, body: dict[str, Any], answer: client.Answer
) -> Trial:
    return Trial(
        message_id=message_id,
        request=head_of(request, destination.headers),
        body=body,
        status=answer.status,
        headers=dict(answer.headers),
        answer=answer.body.decode(errors="replace").replace("\x00", "")[:ANSWER_LENGTH_MAX],
        error=answer.error,
        ms=answer.ms,
        verdict="retry" if answer.status is None else judge(answer.status).value,
    )
