"""manage.py prepare: verticals, models, the operator, and with DEMO=1 the demo market. Safe to repeat."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from demo.access import write_access
from demo.services import prepare


class Command(BaseCommand):
    """Make what is missing."""

    help = "Make what an exchange needs to open: models, the operator, the house buyer, and the demo market where DEMO=1."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare and say what there is."""
        found = prepare()
        if settings.DEMO:
            write_access(found)
        self.stdout.write(f"{len(found)} organizations are ready")
