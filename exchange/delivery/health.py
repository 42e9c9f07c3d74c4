"""How destinations answer: a breaker that spares the others from one that hangs, and the end of buying for one that is gone.

Written by the worker with each attempt. A row exists only while, or after, something has failed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.core.errors import Problem
from accounts.core.ids import uuid7
from accounts.tenancy import act_as_exchange
from campaigns.services import pause
from exchange.core.retry import Outcome, held_seconds
from exchange.delivery.models import DestinationHealth

log = logging.getLogger(__name__)
ACTOR = "system:delivery"
# Deliveries that fail together are one round: twenty timeouts at once say no more than one.
ROUND = timedelta(seconds=4)
REASON_LENGTH_MAX = 300

_HEALED = """
UPDATE delivery_destinationhealth SET failures = 0, failing_since = NULL, held_until = NULL, reason = ''
WHERE campaign_id = %s AND failing_since IS NOT NULL
"""
_FAILED = """
INSERT INTO delivery_destinationhealth AS known (id, organization_id, campaign_id, failures, failing_since, failed_at, reason)
VALUES (%(id)s, %(organization)s, %(campaign)s, 1, %(at)s, %(at)s, %(reason)s)
ON CONFLICT (campaign_id) DO UPDATE SET
    failures = CASE WHEN known.failing_since IS NULL THEN 1
                    WHEN known.failed_at < %(round_before)s THEN known.failures + 1 ELSE known.failures END,
    failing_since = COALESCE(known.failing_since, %(at)s),
    failed_at = CASE WHEN known.failing_since IS NULL OR known.failed_at < %(round_before)s
                     THEN %(at)s ELSE known.failed_at END,
    reason = %(reason)s
RETURNING failures
"""


def note(*, organization_id: UUID, campaign_id: UUID, outcome: Outcome, at: datetime) -> None:
    """Remember how a destination answered; callers stand in the exchange's door."""
    with connection.cursor() as cursor:
        if outcome.answered:
            cursor.execute(_HEALED, [campaign_id])
            return
        reason = outcome.reason[:REASON_LENGTH_MAX]
        named: dict[str, Any] = {"id": uuid7(), "organization": organization_id, "campaign": campaign_id, "at": at}
        cursor.execute(_FAILED, {**named, "reason": reason, "round_before": at - ROUND})
        pause_seconds = held_seconds(cursor.fetchone()[0])
    if pause_seconds:
        held_until = at + timedelta(seconds=pause_seconds)
        DestinationHealth.objects.filter(campaign_id=campaign_id).update(held_until=held_until)


def release(campaign_ids: list[UUID]) -> None:
    """Send to destinations again at once, because somebody says they are back; callers stand in the exchange's door."""
    DestinationHealth.objects.filter(campaign_id__in=campaign_ids).update(held_until=None)


def pause_if_hopeless(*, organization_id: UUID, campaign_id: UUID, outcome: Outcome, url: str, at: datetime) -> bool:
    """Pause a campaign whose destination is gone, or has accepted nothing for DELIVERY_PAUSE_HOURS; tell whether it did.

    What was sold before goes on being delivered. Counting starts anew, so a campaign that is resumed has its hours again.
    """
    hours = settings.DELIVERY_PAUSE_HOURS
    with act_as_exchange("the worker looks how a destination has answered"):
        row = DestinationHealth.objects.filter(campaign_id=campaign_id, failing_since__isnull=False).first()
        if row is None or row.failing_since is None or not (outcome.gone or at - row.failing_since >= timedelta(hours=hours)):
            return False
        row.failing_since = at
        row.save(update_fields=["failing_since"])
    span = "" if outcome.gone else f"for {hours} hours "
    reason = (
        f"Paused by the exchange: {span}no lead was accepted at {_shown(url)}; the last answer: {outcome.reason}. "
        "Correct the destination, send a test lead, then resume."
    )
    try:
        pause(organization_id=organization_id, campaign_id=campaign_id, actor=ACTOR, reason=reason)
    except Problem as problem:
        log.info("campaign %s is not paused: %s", campaign_id, problem)
        return False
    return True


def _shown(url: str) -> str:
    """Give an address without its query, which may hold the owner's secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
