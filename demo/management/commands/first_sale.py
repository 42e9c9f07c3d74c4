"""manage.py first_sale: sell one lead through the public API and show each step."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo.first_sale import NotSold, show_first_sale


class Command(BaseCommand):
    """Sell one lead as any publisher would."""

    help = "Sell one lead through the public API of the running exchange and print ping, bids, quote, sale, ledger and delivery."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sell and show; exits with an error that names the step which failed."""
        try:
            for line in show_first_sale():
                self.stdout.write(line)
        except NotSold as error:
            raise CommandError(str(error)) from error
