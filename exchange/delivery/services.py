"""Writes of delivery: the row that a sale leaves behind, sending again, and the nudge that wakes the worker."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from celery import current_app
from celery.exceptions import OperationalError
from django.db import connection
from django.db.models import F, QuerySet
from psycopg.types.json import Jsonb

from accounts import audit, sealed
from accounts.core.errors import Problem, not_found
from accounts.core.ids import encode, uuid7
from accounts.tenancy import act_as_exchange
from campaigns.verticals import load_verticals
from exchange.core import events
from exchange.core.disclosure import SoldLead, disclose
from exchange.core.record import PingFacts, QuoteFacts
from exchange.delivery import health
from exchange.delivery.announcing import announce
from exchange.delivery.models import DEAD, FAILED, QUEUED, REFUSED, SENT, Delivery
from exchange.intake.posts import AcceptedPost

log = logging.getLogger(__name__)

RESENT_STATES = (QUEUED, FAILED, REFUSED, DEAD)
TASK, EVENTS_TASK = "exchange.delivery.deliver_due", "exchange.delivery.announce_due"
TEST_CURRENCY = "XTS"
_NUDGE_PAUSE_SECONDS = 0.2
_last_nudge = [0.0]

_QUEUE = """
INSERT INTO delivery_delivery (id, organization_id, sale_id, lead_id, campaign_id, payload, disclosed, next_attempt_at,
    created_at, destination, state, attempts, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '{}', 'queued', 0, '')
"""


def queue(*, sale_id: UUID, lead_id: UUID, ping: PingFacts, post: AcceptedPost, quote: QuoteFacts, at: datetime) -> UUID:
    """Disclose a sold lead to its buyer: one sealed row, due at once; tell both sides' webhooks. Gives the row's id.

    Called inside the sale's transaction, in the exchange's door. Where it goes is looked up when it is sent.
    """
    sold = SoldLead(
        delivery_id=uuid7(),
        sale_id=sale_id,
        lead_id=lead_id,
        campaign_id=quote.campaign_id,
        vertical=load_verticals()[ping.vertical],
        values={**ping.lead, **post.fields},
        contact=post.personal,
        consent=post.consent,
        price=quote.price,
        currency=quote.currency,
        sold_at=at,
        test=quote.currency == TEST_CURRENCY,
    )
    disclosure = disclose(sold)
    payload = sealed.seal(msgspec.json.encode(disclosure.payload), sold.delivery_id.bytes)
    values: tuple[Any, ...] = (
        sold.delivery_id, quote.advertiser_id, sale_id, lead_id, quote.campaign_id, payload,
        Jsonb(list(disclosure.fields)), at, at,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, values)
    audit.record(
        organization_id=ping.organization_id,
        actor="system:post",
        verb="lead.disclosed",
        subject=encode("lead", lead_id),
        changes={"delivery": encode("delivery", sold.delivery_id), "fields": list(disclosure.fields)},
    )
    announce(events.sold(sale_id, lead_id, ping, quote, at=at))
    return sold.delivery_id


def nudge() -> None:
    """Wake the worker after commit, by name; the sweep each second is the guarantee, so a broker that is away costs nothing."""
    now = time.monotonic()
    if now - _last_nudge[0] < _NUDGE_PAUSE_SECONDS:
        return
    _last_nudge[0] = now
    try:
        current_app.send_task(TASK, ignore_result=True, retry=False, expires=10)
    except (OperationalError, OSError) as error:
        log.info("the worker was not nudged, its sweep will find the delivery: %s", error)


def resend(*, organization_id: UUID, delivery_id: UUID, actor: str, at: datetime) -> None:
    """Send one delivery again from the first attempt on, with the same webhook-id, whatever became of it.

    Raises Problem not_found, conflict for one that is being sent at this moment.
    """
    with act_as_exchange("only the exchange writes deliveries"):
        mine = Delivery.objects.filter(id=delivery_id, organization_id=organization_id)
        row = mine.only("state", "campaign_id").select_for_update().first()
        if row is None:
            raise not_found("delivery")
        if row.state == SENT:
            raise Problem("conflict", "This delivery is being sent at this moment; ask again in a minute.")
        _again(mine, at)
        health.release([row.campaign_id])
        audit.record(
            organization_id=organization_id, actor=actor, verb="delivery.resent", subject=encode("delivery", delivery_id)
        )


def resend_since(*, organization_id: UUID, since: datetime, campaign_id: UUID | None = None, actor: str, at: datetime) -> int:
    """Send everything again that was sold since an instant and not accepted; gives how many deliveries that are."""
    with act_as_exchange("only the exchange writes deliveries"):
        mine = Delivery.objects.filter(organization_id=organization_id, created_at__gte=since, state__in=RESENT_STATES)
        rows = mine if campaign_id is None else mine.filter(campaign_id=campaign_id)
        campaigns = list(rows.values_list("campaign_id", flat=True).distinct())
        count = _again(rows, at)
        health.release(campaigns)
        subject = encode("organization", organization_id) if campaign_id is None else encode("campaign", campaign_id)
        changes = {"since": since.isoformat(), "count": count}
        audit.record(organization_id=organization_id, actor=actor, verb="deliveries.resent", subject=subject, changes=changes)
    nudge()
    return count


def _again(rows: QuerySet[Delivery], at: datetime) -> int:
    """Begin anew: attempts made so far move to the earlier ones, so that the schedule starts from its beginning."""
    return rows.update(
        state=QUEUED,
        next_attempt_at=at,
        ended_at=None,
        reason="",
        earlier_attempts=F("earlier_attempts") + F("attempts"),
        attempts=0,
    )
