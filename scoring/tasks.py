"""Celery tasks of scoring: load nothing, call one service."""

from __future__ import annotations

from celery import shared_task

from accounts.core.clock import utc_now
from scoring import following, rounds, runs
from scoring.history import runs as history_runs
from scoring.history import services as histories


@shared_task(name=runs.TASK)
def train_due() -> int:
    """Train what waits longest; the row of a run keeps two workers from doing the same."""
    return runs.train_due()


@shared_task(name="scoring.request_all")
def request_all() -> int:
    """Ask for the scheduled training of every vertical."""
    return runs.request_all(at=utc_now())


@shared_task(name="scoring.follow_labels")
def follow_labels() -> int:
    """Move levels and layers of campaigns to the labels that have come in, and count those that wait for a training."""
    return following.follow_labels(at=utc_now())


@shared_task(name="scoring.score_shadows")
def score_shadows() -> int:
    """Let challengers answer the newest pings."""
    return following.score_shadows()


@shared_task(name="scoring.watch_all")
def watch_all() -> int:
    """Look at every vertical; gives how many were looked at."""
    return len(rounds.watch_all(at=utc_now()))


@shared_task(name=histories.TASK)
def tend_histories() -> None:
    """End dead runs over past leads, delete old files, start the next run."""
    history_runs.tend(at=utc_now())
