"""manage.py import_history: learn from a CSV of past leads with outcomes, and say how good it is."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import BadId, decode, encode
from accounts.selectors import get_organization
from scoring.core.learning.cells import printable
from scoring.core.learning.report import finding_lines, report_lines
from scoring.core.learning.table import Plan, Refused
from scoring.history.learning import BOTH_JUDGE, Leaks, Lesson, Wish, learn_history, out_of_range
from scoring.history.runs import in_own_words, keep_run

PROGRESS_SECONDS = 1.0
CANDIDATES = ("lightgbm", "logistic", "forest", "network")


class Command(BaseCommand):
    """Read, look for leaks, train, calibrate, judge, print. Exit code 1: the file was refused, or leaks were found."""

    help = "Learn from any CSV of past leads: leakage sentinel, calibrated model, figures beside the usual recipe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take file, columns and options."""
        parser.add_argument("file", type=Path, help="CSV with a header line; encoding and separator are found out")
        parser.add_argument("--label", required=True, metavar="COL", help="column that says how the lead ended")
        parser.add_argument("--positive", metavar="VALUE", help="value of the label that counts, when it is not 1, yes, won, ...")
        parser.add_argument(
            "--time", metavar="COL", help="when the lead arrived: the newest fifth judges, and dates after it are leaks"
        )
        parser.add_argument("--drop", action="extend", nargs="+", default=[], metavar="COL", help="columns to leave out")
        parser.add_argument(
            "--allow", action="extend", nargs="+", default=[], metavar="CHECK:COL", help="findings to pass over knowingly"
        )
        parser.add_argument("--vertical", metavar="V", help="vertical of the leads: columns that no ping carries are leaks")
        parser.add_argument(
            "--advertiser", default="", metavar="ORG", help="organization whose history this is: it sees the report on its page"
        )
        parser.add_argument("--folds", type=int, default=5, help="folds of cross-fitting, 2 to 20 (default 5)")
        parser.add_argument("--test", type=Path, metavar="FILE", help="official test set with the same columns")
        parser.add_argument("--split", metavar="COL=VALUE", help="rows with this value are the official test set")
        parser.add_argument(
            "--model", action="extend", nargs="+", default=[], choices=CANDIDATES, help="candidates (default all)"
        )
        parser.add_argument(
            "--keep", type=Path, metavar="FILE", help="keep the model there: score_batch --history FILE scores by it"
        )
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there")
        parser.add_argument("--seed", type=int, default=0, help="equal seed and file, equal figures (default 0)")
        parser.add_argument("--threads", type=int, default=1, help="threads of training (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every refusal is one clear line on the error stream."""
        for name, words in out_of_range(options):
            raise CommandError(f"--{name} {words}")
        owner = _owner(options["advertiser"]) if options["advertiser"] else None
        wish, began = _wish(options), utc_now()
        _check_targets(options)
        try:
            found = learn_history(options["file"], wish, progress=self._progress)
        except Refused as refused:
            self._progress(100, "")
            if owner is not None:
                keep_run(owner, options["file"], wish, in_own_words(refused, options["file"]), began=began)
            self._write(options["json"], {"refused": str(refused)}, told=f"{refused} ")
            raise CommandError(printable(str(refused))) from refused
        # The report stands on the screen before anything is written that may fail.
        for line in self._leak_lines(found) if isinstance(found, Leaks) else report_lines(found.report):
            self.stdout.write(printable(line))
        kept = keep_run(owner, options["file"], wish, found, began=began) if owner is not None else None
        self._write(options["json"], found.as_json())
        if isinstance(found, Leaks):
            raise CommandError(str(found))
        self.stdout.write(_kept_words(found, options["keep"], kept))

    def _leak_lines(self, leaks: Leaks) -> Iterator[str]:
        yield from (f"  note  {note}" for note in leaks.notes)
        yield from finding_lines(leaks.findings, leaks.suspicions)

    def _write(self, path: Path | None, content: dict[str, Any], *, told: str = "") -> None:
        if path is None:
            return
        try:
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(printable(f"{told}The figures could not be written: {error}.")) from error

    def _progress(self, percent: int, stage: str) -> None:
        """Show percent and stage on a terminal; a log gets a line for each new stage only."""
        last, at = getattr(self, "_shown", ("", 0.0))
        if sys.stderr.isatty():
            if stage != last or time.monotonic() - at > PROGRESS_SECONDS:
                self.stderr.write(f"\r\x1b[K{f'{percent:3d} %  {stage}' if percent < 100 else ''}", ending="")
                self._shown = (stage, time.monotonic())
        elif stage and stage != last:
            self.stderr.write(f"{percent:3d} %  {stage}")
            self._shown = (stage, 0.0)


def _check_targets(options: dict[str, Any]) -> None:
    """Refuse, before minutes of training, files that cannot be written and those that are read or written already."""
    taken = {path.resolve() for path in (options["file"], options["test"]) if path is not None}
    for name in ("json", "keep"):
        path: Path | None = options[name]
        if path is None:
            continue
        if path.resolve() in taken:
            raise CommandError(f"--{name} {path} would overwrite another file of this run: name one of its own.")
        taken.add(path.resolve())
        _try_to_write(name, path)


def _try_to_write(name: str, path: Path) -> None:
    """Open a file as it will be written, and leave it as it was."""
    there = path.exists()
    if there and not (path.is_file() or path.is_dir()):
        return  # a pipe or a terminal: opening one may wait for its reader
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise CommandError(f"--{name} {path} cannot be written: {error.strerror}. Name another file.") from error
    if not there:
        path.unlink()


def _kept_words(lesson: Lesson, target: Path | None, history_id: UUID | None) -> str:
    """Keep the model where it was asked for, and say how new leads are scored with it."""
    if target is not None:
        try:
            target.write_bytes(lesson.model().artifact)
        except OSError as error:
            raise CommandError(f"The model could not be kept: {error}.") from error
    named = target or (history_id and encode("history", history_id))
    if named is None:
        return "The model is not kept: --keep FILE keeps it, --advertiser ORG does so with the report. No champion was changed."
    return f"The model is kept; manage.py score_batch NEW.csv SCORED.csv --history {named} scores by it. No champion was changed."


def _wish(options: dict[str, Any]) -> Wish:
    split = None
    if options["split"] is not None:
        column, equals, value = options["split"].partition("=")
        if not equals or not column:
            raise CommandError("--split must be COL=VALUE, such as split=test.")
        split = (column, value)
    if split is not None and options["test"] is not None:
        raise CommandError(BOTH_JUDGE)
    # What is kept for an advertiser must hold no cell of the file.
    quotes = not options["advertiser"]
    plan = Plan(options["label"], options["positive"], options["time"], tuple(options["drop"]), split, quotes)
    names = {name: options[name] for name in ("vertical", "test", "folds", "seed", "threads", "advertiser")}
    return Wish(plan, allow=tuple(options["allow"]), candidates=tuple(options["model"]), **names)


def _owner(named: str) -> UUID:
    """Find the organization by its id or by the name it has in addresses."""
    try:
        wanted: dict[str, Any] = {"organization_id": decode("organization", named)}
    except BadId:
        wanted = {"slug": named}
    try:
        return get_organization(**wanted).id
    except Problem as problem:
        raise CommandError(f'There is no organization "{named}": give its id (org_...) or its name in addresses.') from problem
