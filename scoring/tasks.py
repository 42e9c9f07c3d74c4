"""Celery tasks of scoring: load nothing, call one service."""

from __future__ import annotations

from celery import shared_task

from accounts.core.clock import utc_now
from scoring import rounds


@shared_task(name="scoring.watch_all")
def watch_all() -> int:
    """Look at every vertical; gives how many were looked at."""
    return len(rounds.watch_all(at=utc_now()))
