"""Channels of sold leads: what they are owed by each model, which combinations sell, and which leads surprised their score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from reporting.core.attribution import MODELS, Journey, attribute

BANDS = ((90.0, "top 10 %"), (75.0, "10 to 25 %"), (50.0, "25 to 50 %"), (0.0, "lower half"))
LOW, HIGH = 25.0, 90.0
ROWS_MAX = 20


@dataclass(frozen=True, slots=True)
class SoldLead:
    """One sale with its journey. `won` is None while nobody has reported an end; amounts in micros.

    `ages_days` says how long before the last touch each was; it is empty where a time is missing.
    """

    lead_id: UUID
    channels: tuple[str, ...]
    ages_days: tuple[float, ...]
    percentile: float | None
    won: bool | None
    price: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What one channel is owed by each model, in wins, and the spend on leads it touched, shared alike among their touches."""

    channel: str
    wins: dict[str, float]
    spend: float


@dataclass(frozen=True, slots=True)
class Combination:
    """Leads that share something: a pair or a sequence of channels, and a band of scores."""

    channels: str
    band: str
    leads: int
    won: int
    lost: int
    spend: int

    @property
    def cost(self) -> int | None:
        """Give the spend a win in micros; None without a win."""
        return self.spend // self.won if self.won else None


def owed(leads: Sequence[SoldLead]) -> tuple[Owed, ...]:
    """Share the wins of leads with a known end among their channels by every model, the last-touch winner first."""
    journeys = [_journey(lead) for lead in leads if lead.won is not None and lead.channels]
    if not journeys:
        return ()
    by_model = {model: attribute(journeys, model) for model in MODELS}
    spent: dict[str, float] = defaultdict(float)
    for lead in leads:
        for channel in lead.channels if lead.won is not None else ():
            spent[channel] += lead.price / len(lead.channels)
    rows = [
        Owed(channel, {model: by_model[model][channel].conversions for model in MODELS}, spent[channel])
        for channel in by_model["last"]
    ]
    return tuple(sorted(rows, key=lambda row: (-row.wins["last"], row.channel)))


def pairs(leads: Iterable[SoldLead]) -> tuple[Combination, ...]:
    """Count leads by each ordered pair of neighbouring channels and band of scores, the most frequent first."""
    return _combined(leads, lambda lead: {f"{here} › {there}" for here, there in pairwise(lead.channels)})


def sequences(leads: Iterable[SoldLead]) -> tuple[Combination, ...]:
    """Count leads by their whole sequence of channels and band of scores, the most frequent first."""
    return _combined(leads, lambda lead: {" › ".join(lead.channels)} if lead.channels else set())


def surprises(leads: Iterable[SoldLead]) -> tuple[tuple[SoldLead, ...], tuple[SoldLead, ...]]:
    """Give low scores that were won, the lowest first, and high ones that were lost, the highest first."""
    scored = [(lead, lead.percentile) for lead in leads if lead.percentile is not None and lead.won is not None]
    low = sorted((one for one in scored if one[0].won and one[1] < LOW), key=lambda one: one[1])
    high = sorted((one for one in scored if not one[0].won and one[1] >= HIGH), key=lambda one: -one[1])
    return tuple(lead for lead, _ in low[:ROWS_MAX]), tuple(lead for lead, _ in high[:ROWS_MAX])


def band_of(percentile: float | None) -> str:
    """Name the band of a score's percentile."""
    if percentile is None:
        return "no score"
    return next(name for begins, name in BANDS if percentile >= begins)


def _journey(lead: SoldLead) -> Journey:
    won = bool(lead.won)
    value = lead.revenue / 1e6 if won else 0.0
    return Journey(lead.channels, conversions=float(won), value=value, nulls=float(not won), ages_days=lead.ages_days)


def _combined(leads: Iterable[SoldLead], keys: Callable[[SoldLead], set[str]]) -> tuple[Combination, ...]:
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for lead in leads:
        for key in keys(lead):
            counts = found[key, band_of(lead.percentile)]
            for place, more in enumerate((1, lead.won is True, lead.won is False, lead.price)):
                counts[place] += more
    rows = [Combination(channels, band, *counts) for (channels, band), counts in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.leads, row.channels, row.band)))
