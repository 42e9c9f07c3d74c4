"""manage.py score_batch: score a CSV of leads by the champion of a vertical, in bounded memory."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.core.clock import utc_now
from scoring.batch import score_file
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
        parser.add_argument("--now", metavar="TIME", help="when leads without a time of arrival count as arriving (ISO 8601)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every refusal is one clear line."""
        champion = champions.get(options["vertical"])
        if champion is None:
            raise CommandError(f'No champion serves "{options["vertical"]}".')
        try:
            now = datetime.fromisoformat(options["now"]).astimezone(UTC) if options["now"] else utc_now()
            report = score_file(champion, options["source"], options["target"], now=now, progress=self._progress)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except ValueError as error:
            raise CommandError(f"--now must be a time such as 2026-05-31T14:05:00Z: {error}.") from error
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
