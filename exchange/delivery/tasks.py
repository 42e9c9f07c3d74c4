"""Celery tasks of delivery: load nothing, call one service."""

from __future__ import annotations

from celery import shared_task

from accounts.core.clock import utc_now
from exchange.delivery import leads, sending, services


@shared_task(name=services.TASK)
def deliver_due() -> int:
    """Send what is due; a full batch asks for another at once."""
    attempted = leads.deliver_due(limit=sending.BATCH_MAX, now=utc_now())
    if attempted == sending.BATCH_MAX:
        services.nudge()
    return attempted
