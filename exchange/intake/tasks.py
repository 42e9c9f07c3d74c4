"""Celery tasks of intake: load nothing, call one service."""

from __future__ import annotations

from celery import shared_task

from accounts.core.clock import utc_now
from exchange.intake import repeats


@shared_task(name="exchange.intake.count_repeats")
def count_repeats() -> int:
    """Count how often sources bring persons that somebody brought before."""
    return repeats.count_repeats(at=utc_now())
