"""manage.py train: train a challenger for one vertical here and now, or ask the worker to and watch."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.selectors import get_operator
from scoring import runs
from scoring.selectors import RunFacts, get_run

LOOK_SECONDS = 0.5


class Command(BaseCommand):
    """Train, challenge, promote a winner. Exit code 1: there was nothing to train on, a leak was found, or it failed."""

    help = "Train a challenger on the reported outcomes of a vertical; it takes over where it beats the champion."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the vertical."""
        parser.add_argument("vertical", help="such as home.roofing")
        parser.add_argument("--request", action="store_true", help="let the worker do it, and follow it here")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; percent and stage go to the error stream, the end of it to the output."""
        try:
            run_id = runs.request_training(
                vertical=options["vertical"], reason="asked for on the terminal", at=utc_now(), organization_id=get_operator().id,
                actor="system:terminal",
            )  # fmt: skip
        except Problem as problem:
            raise CommandError(f'There is no model of "{options["vertical"]}".') from problem
        if not options["request"] and runs.take_now(run_id):
            runs.train(run_id, shown=self._show)
        run = self._watch(run_id)
        if run.state != "done":
            raise CommandError("\n".join([f"{run.state.capitalize()}: {run.detail}", *(_line(one) for one in run.findings)]))
        self.stdout.write(f"{run.version}\n{run.detail}")

    def _watch(self, run_id: UUID) -> RunFacts:
        """Show what the row says until it is closed."""
        run = get_run(run_id)
        while run.open:
            self._show(run.percent, run.stage or "waiting for the worker")
            time.sleep(LOOK_SECONDS)
            run = get_run(run_id)
        return run

    def _show(self, percent: int, stage: str) -> None:
        """Write one line on a terminal again and again; a log gets a line for each new stage."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{percent:3d} %  {stage}", ending="\n" if percent == 100 else "")
        elif stage != getattr(self, "_shown", ""):
            self.stderr.write(f"{percent:3d} %  {stage}")
            self._shown = stage


def _line(finding: dict[str, str]) -> str:
    return f"  LEAK  {finding['check']}: {finding['column']}: {finding['evidence']}"
