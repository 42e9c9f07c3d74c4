"""Channels of sales: what they are owed by each model, which combinations sell, and which sales surprised their score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

from reporting.core.attribution import MODELS, Journey, attribute

BANDS = ((90.0, "top 10 %"), (75.0, "10 to 25 %"), (50.0, "25 to 50 %"), (0.0, "lower half"))
LOW, HIGH = 25.0, 90.0
ROWS_MAX = 20
CHANNELS_MAX = 40
OTHERS = "other channels"


@dataclass(frozen=True, slots=True)
class SoldLead:
    """One sale with its journey. `won` (within the horizon) is None while no outcome is known; the price in micros.

    `ages_days` says how long before the last touch each was; it is empty where a time is missing.
    """

    lead_id: UUID
    channels: tuple[str, ...]
    ages_days: tuple[float, ...]
    percentile: float | None
    won: bool | None
    price: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What one channel is owed by each model, in wins.

    `spend` is that on the sales with a known end that it touched, shared alike among their touches.
    """

    channel: str
    wins: dict[str, float]
    spend: float


@dataclass(frozen=True, slots=True)
class Combination:
    """Sales that share something: a pair or a sequence of channels, and a band of scores. `known_spend`: on those with an end."""

    channels: str
    band: str
    sales: int
    won: int
    lost: int
    spend: int
    known_spend: int

    @property
    def cost(self) -> int | None:
        """Give the spend a win in micros, over the sales with a known end; None without a win."""
        return self.known_spend // self.won if self.won else None


def folded(sales: Sequence[SoldLead]) -> tuple[SoldLead, ...]:
    """Call all channels but the CHANNELS_MAX that most sales have OTHERS.

    Publishers name channels as they like, and removal effects cost the fourth power of their number.
    """
    counts = Counter(channel for sale in sales for channel in set(sale.channels))
    kept = set(sorted(counts, key=lambda channel: (-counts[channel], channel))[:CHANNELS_MAX])
    if len(kept) == len(counts):
        return tuple(sales)
    names = {channel: channel if channel in kept else OTHERS for channel in counts}
    return tuple(replace(sale, channels=tuple(names[channel] for channel in sale.channels)) for sale in sales)


def owed(sales: Sequence[SoldLead]) -> tuple[Owed, ...]:
    """Share the wins of sales with a known end among their channels by every model, the last-touch winner first."""
    journeys = [_journey(sale) for sale in sales if sale.won is not None and sale.channels]
    if not journeys:
        return ()
    by_model = {model: attribute(journeys, model) for model in MODELS}
    spent: dict[str, float] = defaultdict(float)
    for sale in sales:
        for channel in sale.channels if sale.won is not None else ():
            spent[channel] += sale.price / len(sale.channels)
    rows = [
        Owed(channel, {model: by_model[model][channel].conversions for model in MODELS}, spent[channel])
        for channel in by_model["last"]
    ]
    return tuple(sorted(rows, key=lambda row: (-row.wins["last"], row.channel)))


def pairs(sales: Iterable[SoldLead]) -> tuple[Combination, ...]:
    """Count sales by each ordered pair of neighbouring channels and band of scores, the most frequent first."""
    return _combined(sales, lambda sale: {f"{here} › {there}" for here, there in pairwise(sale.channels)})


def sequences(sales: Iterable[SoldLead]) -> tuple[Combination, ...]:
    """Count sales by their whole sequence of channels and band of scores, the most frequent first."""
    return _combined(sales, lambda sale: {" › ".join(sale.channels)} if sale.channels else set())


def surprises(sales: Iterable[SoldLead]) -> tuple[tuple[SoldLead, ...], tuple[SoldLead, ...]]:
    """Give low scores that were won, the lowest first, and high ones that were lost, the highest first."""
    scored = [(sale, sale.percentile) for sale in sales if sale.percentile is not None and sale.won is not None]
    low = sorted((one for one in scored if one[0].won and one[1] < LOW), key=lambda one: one[1])
    high = sorted((one for one in scored if not one[0].won and one[1] >= HIGH), key=lambda one: -one[1])
    return tuple(sale for sale, _ in low[:ROWS_MAX]), tuple(sale for sale, _ in high[:ROWS_MAX])


def band_of(percentile: float | None) -> str:
    """Name the band of a score's percentile."""
    if percentile is None:
        return "no score"
    return next(name for begins, name in BANDS if percentile >= begins)


def _journey(sale: SoldLead) -> Journey:
    won = bool(sale.won)
    return Journey(sale.channels, conversions=float(won), nulls=float(not won), ages_days=sale.ages_days)


def _combined(sales: Iterable[SoldLead], keys: Callable[[SoldLead], set[str]]) -> tuple[Combination, ...]:
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for sale in sales:
        for key in keys(sale):
            counts = found[key, band_of(sale.percentile)]
            known = 0 if sale.won is None else sale.price
            for place, more in enumerate((1, sale.won is True, sale.won is False, sale.price, known)):
                counts[place] += more
    rows = [Combination(channels, band, *counts) for (channels, band), counts in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.sales, row.channels, row.band)))
