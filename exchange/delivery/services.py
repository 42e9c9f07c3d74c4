"""Writes of delivery: the row that a sale leaves behind, and the nudge that wakes the worker."""

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
from psycopg.types.json import Jsonb

from accounts import audit, sealed
from accounts.core.ids import encode, uuid7
from campaigns.verticals import load_verticals
from exchange.core.disclosure import SoldLead, disclose
from exchange.core.record import PingFacts, QuoteFacts
from exchange.intake.posts import AcceptedPost

log = logging.getLogger(__name__)

TASK = "exchange.delivery.deliver_due"
TEST_CURRENCY = "XTS"
_NUDGE_PAUSE_SECONDS = 0.2
_last_nudge = [0.0]

_QUEUE = """
INSERT INTO delivery_delivery (id, organization_id, sale_id, lead_id, campaign_id, payload, disclosed, next_attempt_at,
    created_at, destination, state, attempts, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '{}', 'queued', 0, '')
"""


def queue(*, sale_id: UUID, lead_id: UUID, ping: PingFacts, post: AcceptedPost, quote: QuoteFacts, at: datetime) -> UUID:
    """Disclose a sold lead to its buyer: one sealed row, due at once; gives its id.

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
