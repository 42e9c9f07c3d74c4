"""Celery tasks of delivery: load nothing, call one service."""

from __future__ import annotations

from celery import shared_task

from accounts.core.clock import utc_now
from exchange.delivery import events, leads, sending, services


@shared_task(name=services.TASK)
def deliver_due() -> int:
    """Send what is due; a full batch asks for another at once."""
    attempted = leads.deliver_due(limit=sending.BATCH_MAX, now=utc_now())
    if attempted == sending.BATCH_MAX:
        services.nudge()
    return attempted


@shared_task(name=services.EVENTS_TASK)
def announce_due() -> int:
    """Send the webhooks that are due, batch after batch."""
    attempted = total = events.announce_due(limit=sending.BATCH_MAX, now=utc_now())
    while attempted == sending.BATCH_MAX:
        attempted = events.announce_due(limit=sending.BATCH_MAX, now=utc_now())
        total += attempted
    return total
