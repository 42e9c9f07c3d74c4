"""The auction: which bids buy a lead, at what clearing price, and what the publisher is paid.

docs/algorithms/auction.md states the guarantees and works examples; tests/cases/auction holds those examples as data.
Three steps, each replaceable by itself: judge (floors), allocate (who), price (how much).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from uuid import UUID

import msgspec

from accounts.core.money import CENT, text_from_micros
from exchange.core.payouts import PAYOUT_MIN, Margin, payout_of, price_that_pays
from exchange.core.reasons import Reason

# Written into every auction record: a replay covers the records of its own engine version and skips the others.
ENGINE_VERSION = 2


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """One campaign's bid. `bid_price` in micros; a higher `priority` comes before any price.

    `sales_max`: to how many advertisers in all the lead may go when this one buys it; 1 is exclusive.
    """

    campaign_id: UUID
    organization_id: UUID
    bid_price: int
    priority: int
    sales_max: int

    def __post_init__(self) -> None:
        if self.bid_price < 0:
            raise ValueError("a bid is never negative")
        if self.sales_max < 1:
            raise ValueError("a campaign that buys makes one sale at least")


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one auction. `floor_price`: smallest clearing price; `floor_payout`: smallest payout; both in micros.

    Floors hold for each sale. `seed` decides ties (the ping's id). `sales_max`: to how many advertisers the lead goes at most.
    Raises ValueError for a pricing this engine does not know.
    """

    floor_price: int
    floor_payout: int
    margin: Margin
    pricing: str
    seed: str
    sales_max: int

    def __post_init__(self) -> None:
        if self.pricing not in _PRICINGS:
            raise ValueError(f"unknown pricing {self.pricing!r}; this engine knows {', '.join(sorted(_PRICINGS))}")
        if self.floor_price < 0 or self.floor_payout < 0:
            raise ValueError("a floor is never negative")
        if self.sales_max < 1:
            raise ValueError("a lead goes to at least one advertiser")


class Basis(StrEnum):
    """What set a clearing price."""

    OWN_BID = "own_bid"
    FLOOR = "floor"
    NEXT_BID = "next_bid"
    NEXT_COMBINATION = "next_combination"


@dataclass(frozen=True, slots=True)
class Winner:
    """One sale: clearing_price = payout_amount + margin_amount, all in micros, the payout in whole cents."""

    candidate: Candidate
    clearing_price: int
    payout_amount: int
    margin_amount: int
    basis: Basis


class Loser(msgspec.Struct, frozen=True, gc=False):
    """A candidate that did not buy, and why; `Losses` says more."""

    candidate: Candidate
    reason: Reason


@dataclass(frozen=True, slots=True)
class AuctionResult:
    """Every candidate exactly once: winners in rank order, losers by priority, bid and id."""

    winners: tuple[Winner, ...]
    losers: tuple[Loser, ...]


def hold_auction(candidates: Sequence[Candidate], rules: Rules) -> AuctionResult:
    """Decide an auction; the order of the candidates never matters. Raises ValueError when a campaign bids twice."""
    if len({candidate.campaign_id.int for candidate in candidates}) != len(candidates):
        raise ValueError("a campaign bids once in an auction")
    least = smallest_price(rules)
    ranked = sorted(candidates, key=_standing)
    eligible = [] if least is None else [candidate for candidate in ranked if candidate.bid_price >= least]
    chosen, eligible = _choose(eligible, rules)
    prices = _PRICINGS[rules.pricing](chosen, eligible, rules)
    winners = tuple(_sell(candidate, *priced, rules.margin) for candidate, priced in zip(chosen, prices, strict=True))
    bought = {winner.candidate.campaign_id.int for winner in winners}
    lost = [one for one in ranked if one.campaign_id.int not in bought]
    return AuctionResult(winners, tuple([Loser(one, _reason(one, least)) for one in lost]))


def clears_floors(clearing_price: int, rules: Rules) -> bool:
    """Say whether a clearing price reaches the floor and leaves the smallest payout."""
    return clearing_price >= rules.floor_price and payout_of(clearing_price, rules.margin) >= max(rules.floor_payout, PAYOUT_MIN)


def smallest_price(rules: Rules) -> int | None:
    """Give the smallest clearing price in whole cents that clears both floors: what an advertiser is told to bid at least.

    None when no price does, because the margin takes everything.
    """
    price = price_that_pays(max(rules.floor_payout, PAYOUT_MIN), rules.margin)
    return None if price is None else max(price, -(-rules.floor_price // CENT) * CENT)


def tie_break(seed: str, campaign_id: UUID) -> str:
    """Give the published lot of a campaign: hex SHA-256 of "<seed>:<campaign id>". The smallest lot wins among equal bids."""
    return hashlib.sha256(f"{seed}:{campaign_id}".encode()).hexdigest()


def _choose(eligible: list[Candidate], rules: Rules) -> tuple[Sequence[Candidate], list[Candidate]]:
    """Choose who buys, and give all in the rank they stood in then.

    Lots are drawn only for bids equal to one that buys. They say who of equals buys and never how many do or at which bids: of
    equals either every advertiser buys, or no place is left below them.
    """
    chosen = best_combination(eligible, rules)
    reached = {_offer(one) for one in chosen}
    contested = [one for one in eligible if _offer(one) in reached]
    if len(contested) == len(reached):
        return chosen, eligible
    lots = {one.campaign_id.int: tie_break(rules.seed, one.campaign_id) for one in contested}
    drawn = sorted(eligible, key=lambda one: (*_offer(one), lots.get(one.campaign_id.int, "")))
    return best_combination(drawn, rules), drawn


def _offer(candidate: Candidate) -> tuple[int, int]:
    return -candidate.priority, -candidate.bid_price


def _standing(candidate: Candidate) -> tuple[int, int, int]:
    """Order by priority, then bid; of equals by id, so that the order they came in never matters."""
    return -candidate.priority, -candidate.bid_price, candidate.campaign_id.int


def best_combination(eligible: Sequence[Candidate], rules: Rules) -> Sequence[Candidate]:
    """Choose who buys: the sellable combination that pays the publisher most. `eligible` is in rank order, as is the answer.

    A combination is sellable when no advertiser is in it twice and nobody in it shares with more than it wants.
    """
    best: Sequence[Candidate] = ()
    for places in range(1, min(rules.sales_max, len(eligible)) + 1):
        combination = _fill(eligible, places)
        # Who shares with more also shares with fewer: where these places stay empty, more places find nobody new.
        if len(combination) < places:
            break
        if not best or worth(combination, rules.margin) > worth(best, rules.margin):
            best = combination
    return best


def worth(combination: Sequence[Candidate], margin: Margin) -> tuple[tuple[int, int, int], ...]:
    """Give what combinations (in rank order) are compared by: tier by tier the payouts at the bids, then the bids."""
    return tuple(
        (priority, sum(payout_of(one.bid_price, margin) for one in members), sum(one.bid_price for one in members))
        for priority, members in ((tier, list(found)) for tier, found in groupby(combination, lambda one: one.priority))
    )


def _fill(eligible: Sequence[Candidate], places: int) -> list[Candidate]:
    """Take the first in rank for so many places, one of each advertiser, only those that share with so many."""
    chosen: dict[UUID, Candidate] = {}
    for candidate in eligible:
        if len(chosen) == places:
            break
        if candidate.sales_max >= places:
            chosen.setdefault(candidate.organization_id, candidate)
    return list(chosen.values())


def _first_price(chosen: Sequence[Candidate], eligible: Sequence[Candidate], rules: Rules) -> list[tuple[int, Basis]]:
    """Each pays what it bid."""
    return [(candidate.bid_price, Basis.OWN_BID) for candidate in chosen]


def _second_price(chosen: Sequence[Candidate], eligible: Sequence[Candidate], rules: Rules) -> list[tuple[int, Basis]]:
    """Each pays the best bid that it kept out of its place, together at least what the best combination kept out would pay.

    Only advertisers that buy nothing are kept out: nobody raises its own price by a second campaign.
    """
    buyers = {candidate.organization_id for candidate in chosen}
    rivals = [candidate for candidate in eligible if candidate.organization_id not in buyers]
    prices = [_price_of_place(candidate, len(chosen), rivals, rules) for candidate in chosen]
    return _raised(prices, chosen, rivals, rules)


def _price_of_place(candidate: Candidate, places: int, rivals: Sequence[Candidate], rules: Rules) -> tuple[int, Basis]:
    """Give the highest bid of the tier that could have had this place, or the smallest price where that is more."""
    floor = smallest_price(rules) or 0
    fit = (rival.bid_price for rival in rivals if rival.priority == candidate.priority and rival.sales_max >= places)
    following = next(fit, 0)
    return (following, Basis.NEXT_BID) if following > floor else (floor, Basis.FLOOR)


def _raised(
    prices: list[tuple[int, Basis]], chosen: Sequence[Candidate], rivals: Sequence[Candidate], rules: Rules
) -> list[tuple[int, Basis]]:
    """Raise the prices of the highest tier until its payouts match the best combination of rivals in that tier.

    Each winner gives the same part of what lies between its price and its bid. That the winners' bids suffice follows from
    their having won.
    """
    tier = chosen[0].priority if chosen else 0
    other = best_combination([rival for rival in rivals if rival.priority == tier], rules)
    now = [payout_of(price, rules.margin) for price, _ in prices]
    room = [
        payout_of(one.bid_price, rules.margin) - paid if one.priority == tier else 0
        for one, paid in zip(chosen, now, strict=True)
    ]
    reached = sum(paid for one, paid in zip(chosen, now, strict=True) if one.priority == tier)
    gap = sum(payout_of(one.bid_price, rules.margin) for one in other) - reached
    if gap <= 0:
        return prices
    # Rounded up, so that equal bids pay equal prices; together they pay at most one cent each too much.
    shares = [-(-gap * part // (sum(room) * CENT)) * CENT for part in room]
    return [
        (max(price, price_that_pays(paid + share, rules.margin) or 0), Basis.NEXT_COMBINATION) if share else (price, basis)
        for (price, basis), paid, share in zip(prices, now, shares, strict=True)
    ]


def _sell(candidate: Candidate, price: int, basis: Basis, margin: Margin) -> Winner:
    payout_amount = payout_of(price, margin)
    return Winner(candidate, price, payout_amount, price - payout_amount, basis)


def _reason(candidate: Candidate, least: int | None) -> Reason:
    return Reason.BELOW_FLOOR if least is None or candidate.bid_price < least else Reason.OUTBID


class Losses:
    """Says why candidates lost against those chosen, with their own amounts: for their owners and the operator only."""

    def __init__(self, chosen: Sequence[Candidate], rules: Rules) -> None:
        """Take the outcome of an auction; the order of those chosen does not matter."""
        self._chosen, self._rules = chosen, rules
        self._least = smallest_price(rules)

    def of(self, candidate: Candidate) -> str:
        """Put one loss into words."""
        bid = f"bid {text_from_micros(candidate.bid_price)}"
        if self._least is None:
            return f"{bid}, the margin leaves no payout at any price"
        if candidate.bid_price < self._least:
            return f"{bid}, smallest price {text_from_micros(self._least)}"
        return f"{bid}{self._why_outbid(candidate)}"

    def _why_outbid(self, candidate: Candidate) -> str:
        """Say what a higher bid alone would not explain. A rival's price is never told; how a lead was sold is no price."""
        chosen = self._chosen
        if not chosen:
            return ""
        if any(candidate.organization_id == buyer.organization_id for buyer in chosen):
            return ", another campaign of this advertiser bought"
        if candidate.priority < min(buyer.priority for buyer in chosen):
            return ", a higher priority came first"
        if candidate.sales_max < len(chosen):
            return f", sold to {len(chosen)} together"
        if len(chosen) < min(candidate.sales_max, self._rules.sales_max):
            return ", sold to one alone" if len(chosen) == 1 else f", sold to {len(chosen)} who share with nobody else"
        return ""


_PRICINGS: Mapping[str, Callable[[Sequence[Candidate], Sequence[Candidate], Rules], list[tuple[int, Basis]]]] = {
    "first_price": _first_price,
    "second_price": _second_price,
}
