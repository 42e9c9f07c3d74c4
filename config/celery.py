"""The Celery application: deliveries and sweeps in one queue, learning in another whose worker gives way."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("leadwright")
# Threads of the pools send by name too: without this they would look for an unconfigured broker.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

LEARNING_NICENESS = 10


@worker_process_init.connect
def give_way(**_: Any) -> None:
    """Let pings and posts go before models that are trained."""
    if os.environ.get("LEADWRIGHT_PROCESS") == "learner":
        os.nice(LEARNING_NICENESS)
