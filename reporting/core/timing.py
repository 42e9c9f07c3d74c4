"""From what advertisers tell of sold leads to how long things take: who counts, until when it is watched, and what a try is.

docs/algorithms/timing.md gives the reasons. Silence is no answer here as little as in scoring/core/labels.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from exchange.core.dispositions import REACHED, TRIED, spoke
from scoring.core.calling import Home
from scoring.core.labels import SILENT, Level
from scoring.core.timing import STEPS, Calls, Span, Window

MINUTE = 60.0
# The time by which this share of first reports is in: a younger lead of which nothing was told may still be told of.
SETTLED_SHARE = 0.9
# Fewer leads than this make no curve and no rate worth a look.
LEADS_MIN = 30

LeftOut = Literal["low", "silent", "young"]
"""Why a lead is not counted: its advertiser tells too little, nothing was told of it, or it may still be told of."""
Place = Literal["5 min", "30 min", "1 h", "1 day", "later", "untimed", "none"]
"""Within what a lead was first contacted; `untimed`: only a later step shows it; `none`: no contact was told."""
EDGES: Mapping[Place, float] = {"5 min": 5.0, "30 min": 30.0, "1 h": 60.0, "1 day": 1440.0}
PLACES: tuple[Place, ...] = (*EDGES, "later", "untimed", "none")


@dataclass(frozen=True, slots=True)
class ToldLead:
    """One sold lead with what its advertiser told: `reports` are statuses with their times, ascending, receipts left out.

    `stage` is that of the report that counts, `won_at` when it was won, `won` its label as far as it is known now,
    `first_told_at` when anything was first told; `home` is None where neither zip nor state say where the person lives.
    """

    advertiser_id: UUID
    sold_at: datetime
    home: Home | None
    stage: str
    reports: tuple[tuple[str, datetime], ...] = ()
    first_told_at: datetime | None = None
    won_at: datetime | None = None
    won: bool | None = None


@dataclass(frozen=True, slots=True)
class Teller:
    """How an advertiser reports: how far its silence may be read, and when it last told anything."""

    level: Level
    told_until: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """When somebody first spoke to a lead; not `timed` where only a later step, such as a quote, shows that somebody had."""

    at: datetime
    timed: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """A lead that counts, watched until a time."""

    lead: ToldLead
    until: datetime


@dataclass(frozen=True, slots=True)
class Band:
    """Leads first contacted within one place: how many, of how many the outcome is known, and how many of these are won."""

    place: Place
    leads: int
    known: int
    won: int


def contact_of(lead: ToldLead) -> Contact | None:
    """Give a lead's first contact: the earliest report that says that somebody has spoken to the person."""
    found = next(((status, at) for status, at in lead.reports if spoke(status)), None)
    return None if found is None else Contact(found[1], any((REACHED, found[1]) == one for one in lead.reports))


def tries_of(lead: ToldLead) -> tuple[tuple[datetime, bool], ...]:
    """Give a lead's calls with their times, up to the one that reached it.

    A call is a report "attempted", which reached nobody, or "contacted". What comes after the first contact is no try to reach
    anybody, and steps that only imply a contact name no call.
    """
    contact = contact_of(lead)
    vain = [(at, False) for status, at in lead.reports if status == TRIED and (contact is None or at < contact.at)]
    return (*vain, (contact.at, True)) if contact is not None and contact.timed else tuple(vain)


def watch(leads: Iterable[ToldLead], tellers: Mapping[UUID, Teller]) -> tuple[tuple[Watched, ...], Mapping[LeftOut, int]]:
    """Choose the leads that count and until when each is watched, and count the others by why they do not.

    Nobody is watched longer than until its advertiser last told anything: what happened since is not known here.
    """
    by_advertiser: dict[UUID, list[ToldLead]] = defaultdict(list)
    for lead in leads:
        by_advertiser[lead.advertiser_id].append(lead)
    counted: list[Watched] = []
    left: Counter[LeftOut] = Counter()
    for advertiser_id, own in by_advertiser.items():
        teller = tellers.get(advertiser_id)
        settled = _settled_at(own, teller) if teller is not None else None
        for lead in own:
            why = _left_out(lead, teller, settled)
            if why is not None:
                left[why] += 1
            elif teller is not None:
                counted.append(Watched(lead, teller.told_until))
    return tuple(counted), left


def _settled_at(leads: Sequence[ToldLead], teller: Teller) -> datetime:
    """Give the time before which leads were sold of which all was told that will be.

    Where silence counts that is the last report itself. Elsewhere silent leads are left out, and the youngest told ones with
    them: of leads an hour old only those are told of that were reached within the hour.
    """
    if teller.level == "high":
        return teller.told_until
    waits = sorted(lead.first_told_at - lead.sold_at for lead in leads if lead.first_told_at is not None)
    if not waits:
        return teller.told_until
    return teller.told_until - max(waits[int(SETTLED_SHARE * (len(waits) - 1))], timedelta(0))


def _left_out(lead: ToldLead, teller: Teller | None, settled: datetime | None) -> LeftOut | None:
    if teller is None or settled is None:
        return "silent"
    if teller.level == "low":
        return "low"
    if lead.sold_at > settled:
        return "young"
    return "silent" if lead.stage == SILENT and teller.level != "high" else None


def followed(watched: Iterable[Watched]) -> tuple[float, ...]:
    """Give the minutes for which leads were followed, ended or not, the longest first: a curve says nothing beyond them."""
    return tuple(sorted((_minutes(one.lead.sold_at, one.until) for one in watched), reverse=True))


def contact_spans(watched: Iterable[Watched]) -> list[Span]:
    """Give minutes from each sale to its first contact.

    What was lost or given up without one stays watched as not contacted: taken out, it would count as contacted like the others.
    """
    found = ((one, contact_of(one.lead)) for one in watched)
    return [_span(one, None if contact is None else contact.at) for one, contact in found]


def win_spans(watched: Iterable[Watched]) -> list[Span]:
    """Give minutes from each sale to its win; what was lost stays watched as not won."""
    return [_span(one, one.lead.won_at) for one in watched]


def _span(one: Watched, at: datetime | None) -> Span:
    happened = at is not None and at <= one.until
    end = at if happened and at is not None else one.until
    return Span(_minutes(one.lead.sold_at, end), happened)


def _minutes(since: datetime, until: datetime) -> float:
    # Clocks differ: a report may name a time a little before the sale.
    return max(0.0, (until - since).total_seconds() / MINUTE)


def place_of(lead: ToldLead) -> Place:
    """Say within what a lead was first contacted."""
    contact = contact_of(lead)
    if contact is None:
        return "none"
    if not contact.timed:
        return "untimed"
    minutes = _minutes(lead.sold_at, contact.at)
    return next((place for place, edge in EDGES.items() if minutes <= edge), "later")


def bands(watched: Sequence[Watched]) -> tuple[Band, ...]:
    """Count leads and wins by when they were first contacted, in the order of PLACES."""
    by_place: dict[Place, list[ToldLead]] = defaultdict(list)
    for one in watched:
        by_place[place_of(one.lead)].append(one.lead)
    return tuple(
        Band(place, len(own := by_place[place]), sum(lead.won is not None for lead in own), sum(lead.won is True for lead in own))
        for place in PLACES
    )


def calls_by_hour(leads: Iterable[ToldLead]) -> tuple[Window, ...]:
    """Count calls, and those that reached somebody, by hour of the week on the clock where the lead lives."""
    calls: Counter[int] = Counter()
    reached: Counter[int] = Counter()
    for lead in leads:
        if lead.home is None:
            continue
        for at, success in tries_of(lead):
            hour = hour_of_week(lead.home.local(at))
            calls[hour] += 1
            reached[hour] += success
    return tuple(Window(hour, calls[hour], reached[hour]) for hour in sorted(calls))


def hour_of_week(local: datetime) -> int:
    """Give the hour of the week of a clock: 0 is Monday, midnight."""
    return local.weekday() * 24 + local.hour


def calls_by_delay(leads: Iterable[ToldLead]) -> dict[float, Calls]:
    """Count first calls by how soon after the sale they were made, in STEPS of minutes; later ones belong to no step."""
    found: dict[float, list[bool]] = defaultdict(list)
    for lead in leads:
        for at, success in tries_of(lead)[:1]:
            minutes = _minutes(lead.sold_at, at)
            step = next((step for step in STEPS if minutes <= step), None)
            if step is not None:
                found[step].append(success)
    return {step: Calls(len(results), sum(results)) for step, results in found.items()}


def readable(leads: Iterable[ToldLead], tellers: Mapping[UUID, Teller]) -> tuple[ToldLead, ...]:
    """Keep the leads whose calls may be counted: not those of advertisers that are known to tell of too few."""
    return tuple(lead for lead in leads if lead.advertiser_id in tellers and tellers[lead.advertiser_id].level != "low")
