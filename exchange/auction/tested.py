"""Campaigns whose bid rule is tried: the terms of each arm, and which of them a lead meets.

An arm is the campaign as it is in force, but for the bid rule, which is that of one of its revisions. Whoever matches is drawn
before anything is priced: matching asks filters, schedule and score, never the bid rule, so no arm chooses its own leads.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from campaigns.core.terms import CampaignTerms
from campaigns.selectors import terms_by_revision
from scoring.core.arms import Exposed, Ping, Running, expose
from scoring.experiments import list_on_bid_rules

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tested:
    """A campaign under test as the ping path has it: the draw, and the terms that each arm bids with."""

    running: Running
    terms: Mapping[str, CampaignTerms]


Shelf = Mapping[UUID, Tested]
"""The campaigns of one vertical that are under test, by id."""


def shelves_of(mode: str, terms: Iterable[CampaignTerms]) -> Mapping[str, Shelf]:
    """Give the campaigns of a market that are under test, by vertical; needs the exchange's door.

    A campaign out of the market is not among them, nor one with a revision that cannot be read any more: it bids as published.
    """
    running = list_on_bid_rules(mode)
    shelves: dict[str, dict[UUID, Tested]] = {}
    for one in terms if running else ():
        if (asked := running.get(one.campaign_id)) is None:
            continue
        numbers = {arm: int(change["revision"]) for arm, change in asked.changes.items()}
        known = terms_by_revision(one, numbers.values())
        if known.keys() >= set(numbers.values()):
            arms = {arm: known[number] for arm, number in numbers.items()}
            shelves.setdefault(one.vertical, {})[one.campaign_id] = Tested(asked, arms)
        else:
            log.error(
                "campaign %s bids as published: a revision of experiment %s is missing", one.campaign_id, asked.experiment_id
            )
    return shelves


def draw_terms(
    shelf: Shelf, matched: Sequence[CampaignTerms], ping: Ping, contact_keys: Mapping[str, str] | None
) -> tuple[tuple[CampaignTerms, ...], tuple[Exposed, ...]]:
    """Give the terms that those who matched bid with, and which arms the ping is served."""
    terms, exposed = [], []
    for one in matched:
        if (tested := shelf.get(one.campaign_id)) is None:
            terms.append(one)
            continue
        exposed.append(expose(tested.running, ping, contact_keys))
        terms.append(tested.terms[exposed[-1].arm])
    return tuple(terms), tuple(exposed)
