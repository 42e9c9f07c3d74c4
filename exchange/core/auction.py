"""The auction: which bid buys a lead, at what clearing price, and what the publisher is paid.

docs/algorithms/auction.md states the guarantees and works examples; tests/cases/auction holds those examples as data.
Three steps, each replaceable by itself: judge (floors), allocate (who), price (how much).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from accounts.core.money import CENT, text_from_micros
from exchange.core.reasons import Reason

# Written into every auction record: a replay covers the records of its own engine version and skips the others.
ENGINE_VERSION = 1

# A quote always pays something: a lead is never sold for a payout of nothing.
PAYOUT_MIN = CENT


@dataclass(frozen=True, slots=True)
class Candidate:
    """One campaign's bid. `bid_price` in micros; a higher `priority` comes before any price."""

    campaign_id: UUID
    revision_id: UUID
    organization_id: UUID
    bid_price: int
    priority: int
    exclusive: bool

    def __post_init__(self) -> None:
        if self.bid_price < 0:
            raise ValueError("a bid is never negative")


@dataclass(frozen=True, slots=True)
class Margin:
    """What the exchange keeps of a clearing price: a share (Decimal("0.20")) or an absolute amount in micros."""

    kind: Literal["percent", "absolute"]
    value: Decimal | int

    def __post_init__(self) -> None:
        if self.kind not in {"percent", "absolute"}:
            raise ValueError(f"unknown kind of margin {self.kind!r}")
        if self.kind == "percent" and not (isinstance(self.value, Decimal) and self.value.is_finite() and 0 <= self.value <= 1):
            raise ValueError("a margin in percent is a Decimal from 0 to 1")
        if self.kind == "absolute" and not (isinstance(self.value, int) and self.value >= 0):
            raise ValueError("an absolute margin is a whole number of micros, never negative")


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one auction. `floor_price`: smallest clearing price; `floor_payout`: smallest payout; both in micros.

    `seed` decides ties (the ping's id). `sellers_max`: to how many buyers the lead may go at most; today one is chosen.
    Raises ValueError for a pricing this engine does not know.
    """

    floor_price: int
    floor_payout: int
    margin: Margin
    pricing: str
    seed: str
    sellers_max: int

    def __post_init__(self) -> None:
        if self.pricing not in _PRICINGS:
            raise ValueError(f"unknown pricing {self.pricing!r}; this engine knows {', '.join(sorted(_PRICINGS))}")
        if self.floor_price < 0 or self.floor_payout < 0:
            raise ValueError("a floor is never negative")
        if self.sellers_max < 1:
            raise ValueError("a lead goes to at least one buyer")


@dataclass(frozen=True, slots=True)
class Winner:
    """One sold seat: clearing_price = payout_amount + margin_amount, all in micros, the payout in whole cents."""

    candidate: Candidate
    clearing_price: int
    payout_amount: int
    margin_amount: int


@dataclass(frozen=True, slots=True)
class Loser:
    """A candidate that did not buy, and why. `detail` holds its own amounts: only its owner and the operator may read it."""

    candidate: Candidate
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class AuctionResult:
    """Every candidate exactly once, winners and losers in rank order."""

    winners: tuple[Winner, ...]
    losers: tuple[Loser, ...]


def hold_auction(candidates: Sequence[Candidate], rules: Rules) -> AuctionResult:
    """Decide an auction; the order of the candidates never matters. Raises ValueError when a campaign bids twice."""
    if len({candidate.campaign_id for candidate in candidates}) != len(candidates):
        raise ValueError("a campaign bids once in an auction")
    least = smallest_price(rules)
    ranked = _rank(candidates, rules.seed)
    eligible = [candidate for candidate in ranked if least is not None and candidate.bid_price >= least]
    winners = tuple(_sell(candidate, rules) for candidate in _allocate(eligible))
    sold = {winner.candidate.campaign_id for winner in winners}
    lowest_tier = min((winner.candidate.priority for winner in winners), default=0)
    losers = tuple(_lose(candidate, least, lowest_tier) for candidate in ranked if candidate.campaign_id not in sold)
    return AuctionResult(winners, losers)


def payout_of(clearing_price: int, margin: Margin) -> int:
    """Give what a clearing price pays the publisher: price - margin, rounded once to whole cents, half to even.

    Exact integer arithmetic up to that one rounding; never below 0, never above the clearing price.
    """
    keep, whole, fixed = _terms(margin)
    unit = whole * CENT
    cents, rest = divmod(clearing_price * keep - fixed, unit)
    if rest * 2 > unit or (rest * 2 == unit and cents % 2 == 1):
        cents += 1
    return max(0, min(cents * CENT, clearing_price // CENT * CENT))


def clears_floors(clearing_price: int, rules: Rules) -> bool:
    """Say whether a clearing price reaches the floor and leaves the smallest payout."""
    return clearing_price >= rules.floor_price and payout_of(clearing_price, rules.margin) >= max(rules.floor_payout, PAYOUT_MIN)


def smallest_price(rules: Rules) -> int | None:
    """Give the smallest clearing price in whole cents that clears both floors: what a buyer is told to bid at least.

    None when no price does, because the margin takes everything.
    """
    keep, whole, fixed = _terms(rules.margin)
    if keep == 0:
        return None
    payout_cents = -(-max(rules.floor_payout, PAYOUT_MIN) // CENT)
    # From n - 1/2 cents on the payout rounds up to n; exactly n - 1/2 goes to its even neighbour, so it counts for even n only.
    numerator, denominator = (2 * payout_cents - 1) * whole * CENT + 2 * fixed, 2 * keep * CENT
    price_cents = -(-numerator // denominator) if payout_cents % 2 == 0 else numerator // denominator + 1
    return max(price_cents, payout_cents, -(-rules.floor_price // CENT)) * CENT


def tie_break(seed: str, campaign_id: UUID) -> str:
    """Give the published lot of a campaign: hex SHA-256 of "<seed>:<campaign id>". The smallest lot wins among equal bids."""
    return hashlib.sha256(f"{seed}:{campaign_id}".encode()).hexdigest()


def _rank(candidates: Sequence[Candidate], seed: str) -> list[Candidate]:
    """Order by priority, then bid, then lot. Lots are drawn only where two stand equal: a hash costs more than the rest."""
    standings = Counter((candidate.priority, candidate.bid_price) for candidate in candidates)

    def place(candidate: Candidate) -> tuple[int, int, str]:
        tied = standings[candidate.priority, candidate.bid_price] > 1
        return -candidate.priority, -candidate.bid_price, tie_break(seed, candidate.campaign_id) if tied else ""

    return sorted(candidates, key=place)


def _allocate(eligible: Sequence[Candidate]) -> Sequence[Candidate]:
    """Choose who buys: the first in rank, alone."""
    return eligible[:1]


def _sell(candidate: Candidate, rules: Rules) -> Winner:
    clearing_price = _PRICINGS[rules.pricing](candidate)
    payout_amount = payout_of(clearing_price, rules.margin)
    return Winner(candidate, clearing_price, payout_amount, clearing_price - payout_amount)


def _lose(candidate: Candidate, least: int | None, lowest_tier: int) -> Loser:
    """Say why a candidate did not buy. A rival's price is never told; that a higher tier came first is no price."""
    bid = f"bid {text_from_micros(candidate.bid_price)}"
    if least is None:
        return Loser(candidate, Reason.BELOW_FLOOR, f"{bid}, the margin leaves no payout at any price")
    if candidate.bid_price < least:
        return Loser(candidate, Reason.BELOW_FLOOR, f"{bid}, smallest price {text_from_micros(least)}")
    return Loser(candidate, Reason.OUTBID, f"{bid}, a higher priority came first" if candidate.priority < lowest_tier else bid)


def _own_bid(candidate: Candidate) -> int:
    return candidate.bid_price


def _terms(margin: Margin) -> tuple[int, int, int]:
    """Give (keep, whole, fixed) with payout = (price x keep - fixed) / whole, in exact integers."""
    if margin.kind == "absolute":
        return 1, 1, int(margin.value)
    share, whole = margin.value.as_integer_ratio()
    return whole - share, whole, 0


_PRICINGS: Mapping[str, Callable[[Candidate], int]] = {"first_price": _own_bid}
