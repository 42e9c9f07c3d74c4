"""Celery tasks of aftercare: load nothing, call one service."""

from __future__ import annotations

from celery import shared_task

from exchange.aftercare import outcomes


@shared_task(name="exchange.aftercare.record_new_sales")
def record_new_sales() -> int:
    """Let scoring know of new sales."""
    return outcomes.record_new_sales()
