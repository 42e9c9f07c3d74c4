"""manage.py upload_rates: give the market's rates, such as the usual interest of a mortgage, to the features."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.core.errors import Problem
from accounts.selectors import get_operator
from scoring.context import upload_rates
from scoring.core.learning.table import Refused


class Command(BaseCommand):
    """Store a series; a vertical follows the one that its file names as rate_series."""

    help = "Store a CSV of dates and values as a series of the market; what stands at the same dates is replaced."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and the name of the series."""
        parser.add_argument("source", type=Path, metavar="FILE.csv", help="two columns: date (2026-05-31) and value")
        parser.add_argument("--series", required=True, metavar="NAME", help="such as mortgage_30_year")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store it; every refusal is one clear line."""
        try:
            rows = upload_rates(
                options["series"], options["source"], organization_id=get_operator().id, actor="system:upload_rates"
            )
        except Problem as problem:
            raise CommandError("There is no operator yet: run manage.py prepare first.") from problem
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{options['series']}: {rows} rates stored; every process serves them within ten minutes")
