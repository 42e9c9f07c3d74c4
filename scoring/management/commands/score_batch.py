"""manage.py score_batch: score a CSV of leads by the champion of a vertical, or by what a history taught, in bounded memory."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.core.clock import utc_now
from accounts.core.ids import BadId, decode
from scoring.batch import score_file
from scoring.batch_columns import time_reader
from scoring.champions import champions
from scoring.core.learning.table import Refused
from scoring.history.scoring import model_of, score_with, stored_model

if TYPE_CHECKING:
    from scoring.core.learning.file_model import FileModel


class Command(BaseCommand):
    """Score, say how fast, and name what was not understood."""

    help = (
        "Score a CSV of leads by a vertical's champion or by the model of a history; what is said of a row follows its columns."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take two files, and a vertical or a history."""
        parser.add_argument("source", type=Path, metavar="IN.csv")
        parser.add_argument("target", type=Path, metavar="OUT.csv")
        by = parser.add_mutually_exclusive_group(required=True)
        by.add_argument("--vertical", metavar="V", help="by its champion, as pings are scored")
        by.add_argument(
            "--history", metavar="ID|FILE", help="by the model of import_history: an import's id, or a file of --keep"
        )
        parser.add_argument("--now", metavar="TIME", help="when leads without a time of arrival count as arriving (UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every refusal is one clear line."""
        if options["history"]:
            self._by_history(options["history"], options["source"], options["target"])
            return
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
            near = f"; did you mean {report.meant[name]}?" if name in report.meant else ""
            self.stdout.write(f"  note  {name}: no field of {options['vertical']}, passed through{near}")
        for name, count in report.unreadable.items():
            self.stdout.write(f"  note  {name}: {count} cells cannot be read and count as missing")
        for words, count in report.odd.items():
            self.stdout.write(f"  note  {count} records with {words}")
        rate = report.rows / max(report.seconds, 1e-9)
        self.stdout.write(
            f"{report.rows:,} rows in {report.seconds:.1f} s, {rate:,.0f} rows/s, by {champion.version} ({champion.badge})"
        )

    def _by_history(self, named: str, source: Path, target: Path) -> None:
        try:
            scored = score_with(_model(named), source, target, progress=self._progress)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        for note in scored.notes:
            self.stdout.write(f"  note  {note}")
        rate = scored.rows / max(scored.seconds, 1e-9)
        self.stdout.write(f"{scored.rows:,} rows in {scored.seconds:.1f} s, {rate:,.0f} rows/s, by what {named} taught")

    def _progress(self, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{rows:,} rows", ending="")


def _model(named: str) -> FileModel:
    try:
        return stored_model(decode("history", named))
    except BadId:
        pass
    try:
        return model_of(Path(named).read_bytes())
    except OSError as error:
        raise CommandError(f'"{named}" is neither the id of an import (hst_...) nor a file that can be read: {error}.') from error


def _now(given: str | None) -> datetime:
    at = time_reader([given])(given) if given else utc_now()
    if at is None:
        raise CommandError(f'--now must be a time such as 2026-05-31T14:05:00Z, not "{given}".')
    return at
