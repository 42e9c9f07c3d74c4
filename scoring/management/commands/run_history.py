"""manage.py run_history: learn from one import that was taken, as its own process. The worker starts it, not people."""

from __future__ import annotations

import os
import threading
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from accounts.core.clock import utc_now
from scoring.history.runs import RUN_MAX, TOO_LONG, Abandoned, end, renew, run

BEAT_SECONDS = 5.0
NICENESS = 15


class Command(BaseCommand):
    """Run with low priority; a second thread renews the lease and ends the process when there is no more right to it."""

    help = "Learn from an import of past leads that the worker has taken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the id."""
        parser.add_argument("history_id", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        os.nice(NICENESS)
        over = threading.Event()
        threading.Thread(target=_beat, args=(options["history_id"], over), daemon=True).start()
        with suppress(Abandoned):
            run(options["history_id"])
        over.set()


def _beat(history_id: UUID, over: threading.Event) -> None:
    """Renew the lease until the run is over. Native code cannot be interrupted, so what may go on no longer ends hard."""
    until = utc_now() + RUN_MAX
    try:
        while not over.wait(BEAT_SECONDS):
            if utc_now() > until:
                end(history_id, at=utc_now(), state="failed", refusal=TOO_LONG)
            if not renew(history_id, at=utc_now()) and not over.is_set():
                os._exit(1)
    except Exception:
        # Without a database nothing can be kept; the lease runs out and the run ends as failed.
        os._exit(1)
