"""`manage.py ledger_check`: are the books right?"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from accounts.ledger.books import CHECKS, check_books


class Command(BaseCommand):
    """Print each difference and exit with 1, or say that there is none."""

    help = "Check the books: sums, events, orphans, quotes, balances and credit. Exit code 1 when something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and report."""
        differences = check_books()
        for difference in differences:
            self.stdout.write(f"{difference.check}: {difference.subject}: {difference.detail}")
        if differences:
            self.stderr.write(f"{len(differences)} differences")
            sys.exit(1)
        self.stdout.write(f"the books are right: {len(CHECKS)} checks, no difference")
