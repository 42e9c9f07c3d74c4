"""Compares the counters in Valkey with the books in PostgreSQL, puts right what differs, and prints it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.core.ids import BadId, decode
from exchange.auction.counters import Counters, connect
from exchange.auction.holds import NotReady
from exchange.auction.reconcile import StillBusy, lines_of, reconcile

MODES = ("live", "test")


class Command(BaseCommand):
    """Freeze one account after the other, compare, correct, unfreeze."""

    help = "Compare the counters with the books; prints every difference it has put right, or: no difference."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the market and the accounts to look at."""
        parser.add_argument("--mode", choices=MODES, help="only this market")
        parser.add_argument(
            "--account", action="append", default=None, metavar="acc_...", help="only this account; may be repeated"
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Reconcile the chosen accounts of the chosen markets."""
        chosen = _accounts(options["account"])
        client = connect(settings.VALKEY_URL)
        lines: list[str] = []
        for mode in [options["mode"]] if options["mode"] else MODES:
            try:
                lines += lines_of(mode, reconcile(Counters(client, mode), account_ids=chosen))
            except (NotReady, StillBusy) as error:
                raise CommandError(f"{mode}: {error}") from error
        self.stdout.write("\n".join(lines) or "no difference")


def _accounts(texts: list[str] | None) -> list[UUID] | None:
    try:
        return None if texts is None else [decode("account", text) for text in texts]
    except BadId as error:
        raise CommandError(f"--account: {error}") from error
