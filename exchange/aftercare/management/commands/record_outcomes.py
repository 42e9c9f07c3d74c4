"""Makes outcomes of the sales and dispositions that exist, once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.core.clock import utc_now
from exchange.aftercare.outcomes import record_reports, record_sales


class Command(BaseCommand):
    """Record what is missing; what stands already stays."""

    help = "Make outcomes of all sales and dispositions, or of the newest days; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how far to go back."""
        parser.add_argument("--days", type=int, default=None, help="only sales and reports of so many days; all without it")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Record the sales, then the reports on them."""
        since = None if options["days"] is None else utc_now() - timedelta(days=options["days"])
        sales, reports = record_sales(since=since), record_reports(since=since)
        self.stdout.write(f"{sales} sales and {reports} reports recorded")
