"""manage.py import_history: learn from a CSV of past leads with outcomes, and say how good it is."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from scoring.core.features import FeatureSpec
from scoring.core.learning.findings import Leaking
from scoring.core.learning.report import finding_lines, refused_json, report_lines
from scoring.core.learning.table import Plan, Refused, Table
from scoring.history import read_table
from scoring.native import load_library

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
        parser.add_argument("--advertiser", default="", metavar="ORG", help="whose history this is; stands in the report")
        parser.add_argument("--folds", type=int, default=5, help="folds of cross-fitting, 2 to 20 (default 5)")
        parser.add_argument("--test", type=Path, metavar="FILE", help="official test set with the same columns")
        parser.add_argument("--split", metavar="COL=VALUE", help="rows with this value are the official test set")
        parser.add_argument(
            "--model", action="extend", nargs="+", default=[], choices=CANDIDATES, help="candidates (default all)"
        )
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there")
        parser.add_argument("--seed", type=int, default=0, help="equal seed and file, equal figures (default 0)")
        parser.add_argument("--threads", type=int, default=1, help="threads of training (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; every refusal is one clear line on the error stream."""
        if not 2 <= options["folds"] <= 20:
            raise CommandError("--folds must be 2 to 20.")
        spec = self._spec(options["vertical"])
        try:
            table = read_table(options["file"], _plan(options), test=options["test"], progress=self._progress)
            self._learn(table, spec, options)
        except Refused as refused:
            self._progress(100, "")
            raise CommandError(str(refused)) from refused

    def _learn(self, table: Table, spec: FeatureSpec | None, options: dict[str, Any]) -> None:
        load_library()  # before the first import of LightGBM, see scoring.native
        from scoring.core.learning.learning import Options, learn

        wanted = Options(
            folds=options["folds"],
            seed=options["seed"],
            threads=options["threads"],
            allow=frozenset(options["allow"]),
            candidates=tuple(options["model"]),
            spec=spec,
            advertiser=options["advertiser"],
        )
        try:
            report = learn(table, options["label"], wanted, xgboost=_xgboost(), progress=self._progress).report
        except Leaking as leaking:
            self._write(options["json"], refused_json(len(table), int(table.outcomes.sum()), leaking.findings))
            for note in table.notes:
                self.stdout.write(f"  note  {note}")
            for line in finding_lines(leaking.findings, leaking.suspicions):
                self.stdout.write(line)
            raise CommandError(
                f"Not trained: {len(leaking.findings)} findings; drop the columns or allow each knowingly."
            ) from leaking
        for line in report_lines(report):
            self.stdout.write(line)
        self._write(options["json"], report.as_json())

    def _spec(self, vertical: str | None) -> FeatureSpec | None:
        if vertical is None:
            return None
        specs: dict[str, FeatureSpec] = import_string(settings.SCORING_VERTICALS)()
        if vertical not in specs:
            raise CommandError(f'There is no vertical "{vertical}"; there are {", ".join(sorted(specs))}.')
        return specs[vertical]

    def _write(self, path: Path | None, content: dict[str, Any]) -> None:
        if path is None:
            return
        try:
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"The figures could not be written: {error}.") from error

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


def _plan(options: dict[str, Any]) -> Plan:
    split = None
    if options["split"] is not None:
        column, equals, value = options["split"].partition("=")
        if not equals or not column:
            raise CommandError("--split must be COL=VALUE, such as split=test.")
        split = (column, value)
    if split is not None and options["test"] is not None:
        raise CommandError("Give --test or --split, not both.")
    return Plan(options["label"], options["positive"], options["time"], tuple(options["drop"]), split)


def _xgboost() -> ModuleType | None:
    return import_module("xgboost") if find_spec("xgboost") else None
