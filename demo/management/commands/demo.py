"""manage.py demo drift: change the demo market and watch the monitors notice, answer and promote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
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
from demo.traffic import Access, Memory, access_of
from scoring import rounds

PERSONS_AHEAD = 1_000_000  # beyond those the demo's traffic sends meanwhile
SEED, SEEDS_A_RUN = 1_000_000, 1_000
SALES_MIN = 200


class Command(BaseCommand):
    """Do something to the demo market."""

    help = "drift: sell leads of a market that has changed, until the alarm rings, the level moves and a challenger wins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is to happen, and to which vertical."""
        parser.add_argument("what", choices=["drift"])
        parser.add_argument("--vertical", default="education")
        parser.add_argument("--sales", type=int, default=2_000, help="leads to sell in the changed market")
        parser.add_argument("--seconds", type=float, default=300.0, help="how long each later step may take")

    def handle(self, *args: Any, **options: Any) -> None:
        """Provoke and show; exits with an error that names the step which failed."""
        plan, memory = _plan(options), Memory.load(Path(settings.LEADWRIGHT_HOME) / "drift.json")
        try:
            access = access_of(json.loads(demo_file().read_text()), lambda key: Api(settings.BASE_URL, key))
            self._provoke(plan, access, memory)
        except OSError as error:
            raise CommandError("no demo runs under this home: make run") from error
        except (NotDrifted, NotSold) as error:
            raise CommandError(str(error)) from error

    def _provoke(self, plan: Plan, access: Access, memory: Memory) -> None:
        """Send persons and leads that no earlier run has sent: a lead that came twice would teach models its copy."""
        streams, seed = read_streams(), SEED + memory.runs * SEEDS_A_RUN
        crowd = Crowd(streams, first_person=max(memory.next_person, PERSONS_AHEAD), seed=seed)
        # What a champion has learned is no change any more: then the market turns round.
        plan, operator = replace(plan, turn=1 if memory.learned % 2 == 0 else -1), get_operator()
        memory.runs += 1
        memory.save(crowd)

        def look() -> None:
            rounds.watch_vertical(plan.vertical, operator, at=utc_now(), responses=rounds.RESPONSES)

        try:
            for line in provoke(plan, access, streams, crowd, np.random.default_rng(seed), look):
                self.stdout.write(line)
            memory.learned += 1
        finally:
            memory.save(crowd)


def _plan(options: Mapping[str, Any]) -> Plan:
    """Read the options; raises CommandError for what sells too little to notice or waits for nothing."""
    if options["sales"] < SALES_MIN:
        raise CommandError(f"--sales is {options['sales']}: give {SALES_MIN} or more, or no monitor can tell")
    if not options["seconds"] > 0:
        raise CommandError(f"--seconds is {options['seconds']:g}: give more than 0")
    return Plan(options["vertical"], options["sales"], options["seconds"])
