"""Sets how many requests a second one API key may send."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.core.errors import Problem
from accounts.core.ids import BadId, decode
from accounts.keys import set_rate_limit

DEFAULT = "default"
RATE_MAX = 1_000_000


class Command(BaseCommand):
    """Give a key a limit of its own, or the exchange's default again."""

    help = "Let a key send so many requests a second; 0 sets no limit, `default` takes RATE_PER_KEY again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the key and its limit."""
        parser.add_argument("key", metavar="key_...", help="the key's id, as its page shows it")
        parser.add_argument("limit", help=f"0 to {RATE_MAX}, or {DEFAULT}")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Set it; every process obeys within five seconds."""
        try:
            key_id, limit = decode("key", options["key"]), None if options["limit"] == DEFAULT else int(options["limit"])
            if limit is not None and not 0 <= limit <= RATE_MAX:
                raise ValueError(f"the limit must be from 0 to {RATE_MAX}")
            set_rate_limit(key_id=key_id, rate_limit=limit, actor="system:rate_limit")
        except (BadId, ValueError, Problem) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['key']}: {'the default' if limit is None else f'{limit} a second'}")
