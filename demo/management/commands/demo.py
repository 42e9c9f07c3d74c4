"""manage.py demo drift: change the demo market and watch the monitors notice, answer and promote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.core.clock import utc_now
from accounts.selectors import get_operator
from demo.access import demo_file
from demo.cast import read_streams
from demo.crowd import Crowd
from demo.drift import NotDrifted, Plan, provoke
from demo.first_sale import Api, NotSold
from demo.traffic import Memory, access_of
from scoring import rounds

PERSONS_AHEAD = 1_000_000  # beyond those the demo's traffic sends meanwhile


class Command(BaseCommand):
    """Do something to the demo market."""

    help = "drift: sell leads of a market that has changed, until the alarm rings, the level moves and a challenger wins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is to happen, and to which vertical."""
        parser.add_argument("what", choices=["drift"])
        parser.add_argument("--vertical", default="education")
        parser.add_argument("--sales", type=int, default=1_500, help="leads to sell in the changed market")
        parser.add_argument("--seconds", type=float, default=300.0, help="how long each later step may take")

    def handle(self, *args: Any, **options: Any) -> None:
        """Provoke and show; exits with an error that names the step which failed."""
        memory = Memory.load(Path(settings.LEADWRIGHT_HOME) / "traffic.json")
        streams, seed = read_streams(), memory.runs * 1_000 + memory.next_person % 1_000
        crowd = Crowd(streams, first_person=memory.next_person + PERSONS_AHEAD, seed=seed)
        plan = Plan(options["vertical"], options["sales"], options["seconds"])
        operator = get_operator()

        def look() -> None:
            rounds.watch_vertical(plan.vertical, operator, at=utc_now(), responses=rounds.RESPONSES)

        try:
            access = access_of(json.loads(demo_file().read_text()), lambda key: Api(settings.BASE_URL, key))
            for line in provoke(plan, access, streams, crowd, np.random.default_rng(seed), look):
                self.stdout.write(line)
        except OSError as error:
            raise CommandError("no demo runs under this home: make run") from error
        except (NotDrifted, NotSold) as error:
            raise CommandError(str(error)) from error
