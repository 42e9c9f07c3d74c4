"""manage.py score_batch: score a CSV of leads by the champion of a vertical, in bounded memory."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.core.clock import utc_now
from scoring.batch import score_file
from scoring.batch_columns import time_reader
from scoring.champions import champions
from scoring.core.learning.table import Refused


class Command(BaseCommand):
    """Score, say how fast, and name what was not understood."""

    help = "Score a CSV of leads by a vertical's champion; probability, score, percentile and version follow its columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take two files and a vertical."""
        parser.add_argument("source", type=Path, metavar="IN.csv")
        parser.add_argument("target", type=Path, metavar="OUT.csv")
        parser.add_argument("--vertical", required=True, metavar="V")
        parser.add_argument("--now", metavar="TIME", help="when leads without a time of arrival count as arriving (UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every refusal is one clear line."""
        now, champion = _now(options["now"]), champions.get(options["vertical"])
        if champion is None:
            raise CommandError(f'No champion serves "{options["vertical"]}".')
        try:
            report = score_file(
                champion, options["source"], options["target"], now=now, context=champions.context, progress=self._progress
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        finally:
            champions.close()
        for name in report.unused:
            self.stdout.write(f"  note  {name}: no field of {options['vertical']}, passed through")
        for name, count in report.unreadable.items():
            self.stdout.write(f"  note  {name}: {count} cells cannot be read and count as missing")
        for words, count in report.odd.items():
            self.stdout.write(f"  note  {count} records with {words}")
        rate = report.rows / max(report.seconds, 1e-9)
        self.stdout.write(
            f"{report.rows:,} rows in {report.seconds:.1f} s, {rate:,.0f} rows/s, by {champion.version} ({champion.badge})"
        )

    def _progress(self, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{rows:,} rows", ending="")


def _now(given: str | None) -> datetime:
    at = time_reader([given])(given) if given else utc_now()
    if at is None:
        raise CommandError(f'--now must be a time such as 2026-05-31T14:05:00Z, not "{given}".')
    return at
