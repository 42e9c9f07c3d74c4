"""Measures what scores are worth, and to whom: `make value-of-scores` writes the table of docs/algorithms/value-of-scores.md.

Simulated leads whose truth is known, scored by a model trained on earlier ones; the simulator's six buyers, who differ in what a
conversion is worth, in states and in speed and return bad leads, in the exchange's own auction with its own price rules. Leads
without valid consent are not sold. Every comparison is at equal spend. Fixed seeds: the same figures on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scoring.native import load_library

load_library()  # before the first import of LightGBM, see scoring.native

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from campaigns.core.bids import BidRule, ScoreFacts, ValueBid, price_bid  # noqa: E402
from campaigns.verticals import load_verticals  # noqa: E402
from exchange.core.auction import Candidate, Rules, hold_auction  # noqa: E402
from exchange.core.payouts import Margin  # noqa: E402
from scoring.core.evaluation import auc  # noqa: E402
from scoring.core.features import spec_of  # noqa: E402
from scoring.core.priors import make_prior  # noqa: E402
from scoring.core.serving import Champion, unpack  # noqa: E402
from scoring.core.simulator import World, draw, make_world  # noqa: E402
from scoring.core.simulator_buyers import (  # noqa: E402
    GIVEN,
    appetite,
    chances,
    consent_states,
    make_buyers,
    return_chances,
    volumes,
)
from scoring.core.simulator_leads import Leads  # noqa: E402

PAGE = Path(__file__).resolve().parents[1] / "docs" / "algorithms" / "value-of-scores.md"
BEGINS, ENDS = "<!-- measured -->\n", "<!-- end -->\n"
LEADS, BUYERS, APPETITE, BASE = 4_000, 6, 0.35, 30_000_000
# Payouts: with flat bids nearly every lead sells at the first one, about three quarters at the second.
FLOOR, HIGH_FLOOR = 18_000_000, 30_000_000
STARTS_AT = datetime(2030, 1, 7, tzinfo=UTC)
STEPS = 12
MARGIN = Margin("percent", Decimal("0.20"))
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Market:
    """Leads of one vertical: what the model says, what is true of each at each buyer, and how much that one wants it (about 1).

    `kept` is the chance that a lead is not returned, `publisher` who sent it.
    """

    vertical: str
    pricing: str
    world: World
    scores: Floats
    truth: Floats
    appetite: Floats
    kept: Floats
    publisher: Ints


@dataclass(frozen=True, slots=True)
class Bought:
    """What each buyer spent, in micros and without what it returned, the conversions it may expect (by p_true), and payouts."""

    spend: Floats
    wins: Floats
    payouts: Floats


@dataclass(frozen=True, slots=True)
class Gains:
    """What scores add at equal spend, as parts of 1: for one buyer, and for all together."""

    vertical: str
    auc: float
    rivals_flat: float
    rivals_score: float
    everybody: float
    everybody_high_floor: float
    upper_half: float
    publishers: Earned


@dataclass(frozen=True, slots=True)
class Earned:
    """What happens to publishers when all buyers begin to score at equal spend: better and worse half, parts of 1.

    `paid`: change of what they earn with the same leads; `sent`: of the leads that they send for that, by their elasticity.
    """

    paid: tuple[float, float]
    sent: tuple[float, float]


def market_of(vertical: str) -> Market:
    """Draw fresh leads and score them with a model that was trained on others of the same world."""
    known = load_verticals()[vertical]
    spec = spec_of(known)
    champion = Champion(load_library(), unpack(make_prior(spec, rows=12_000).artifact), version="measured", badge="", proven=True)
    world = make_world(spec)
    buyers = make_buyers(world, BUYERS)
    leads = Leads(draw(world, count=LEADS, seed=77, starts_at=STARTS_AT, days=90.0))
    sold = consent_states(leads.draw) == GIVEN
    scores = np.array([champion.score(ping, leads.at(place)).probability for place, ping in enumerate(leads)])
    taste = np.exp(np.random.default_rng(78).normal(-(APPETITE**2) / 2, APPETITE, (LEADS, BUYERS)))
    truth, _ = chances(leads.draw, buyers)
    return Market(
        vertical,
        known.pricing,
        world,
        scores[sold],
        truth[sold],
        (taste * appetite(leads.draw, buyers))[sold],
        (1 - (1 - truth) * return_chances(leads.draw, buyers))[sold],
        leads.draw.publisher[sold],
    )


def held(market: Market, scoring: frozenset[int], scales: Sequence[float], floor: int = FLOOR) -> Bought:
    """Hold every auction: buyers in `scoring` bid chance x value, the others a base price; `scales` moves each one's bids."""
    spend, wins, payouts = np.zeros(BUYERS), np.zeros(BUYERS), np.zeros(len(market.world.publishers))
    mean = float(market.scores.mean())
    for place, chance in enumerate(market.scores):
        facts = ScoreFacts(float(chance), 50.0, 0, "measured", proven=True)
        candidates = []
        for buyer in range(BUYERS):
            price = BASE * scales[buyer] * market.appetite[place, buyer]
            value = ValueBid(round(price / mean)) if buyer in scoring else None
            bid = price_bid(BidRule(round(price), value=value), {}, facts, None)
            candidates.append(Candidate(UUID(int=buyer), UUID(int=buyer + 100), bid.bid_price, 0, 1))
        for winner in hold_auction(candidates, Rules(0, floor, MARGIN, market.pricing, str(place), 1)).winners:
            buyer = winner.candidate.campaign_id.int
            spend[buyer] += winner.clearing_price * market.kept[place, buyer]
            wins[buyer] += market.truth[place, buyer]
            payouts[market.publisher[place]] += winner.payout_amount * market.kept[place, buyer]
    return Bought(spend, wins, payouts)


def at_spend(wanted: float, run: Callable[[float], Bought], spent: Callable[[Bought], float]) -> Bought:
    """Find the scale of bids at which so much is spent, by bisection of its logarithm."""
    low, high = 0.2, 5.0
    for _ in range(STEPS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if spent(run(middle)) < wanted else (low, middle)
    return run((low * high) ** 0.5)


def one_switches(market: Market, rivals: frozenset[int]) -> float:
    """Give what buyer 0 gains in wins per spend when it begins to score, beside rivals that do or do not, at its old spend."""
    before = held(market, rivals, [1.0] * BUYERS)
    after = at_spend(
        before.spend[0], lambda scale: held(market, rivals | {0}, [scale] + [1.0] * (BUYERS - 1)), lambda found: found.spend[0]
    )
    return float(after.wins[0] / after.spend[0] / (before.wins[0] / before.spend[0]) - 1)


def all_switch(market: Market, floor: int = FLOOR) -> tuple[Bought, Bought]:
    """Give what all buyers together get before and after all begin to score, at the old spend of all."""
    before, everybody = held(market, frozenset(), [1.0] * BUYERS, floor), frozenset(range(BUYERS))
    after = at_spend(
        float(before.spend.sum()), lambda scale: held(market, everybody, [scale] * BUYERS, floor), lambda found: found.spend.sum()
    )
    return before, after


def gain(before: Bought, after: Bought) -> float:
    """Give by how much wins per spend rise, over all buyers."""
    return float(after.wins.sum() / after.spend.sum() / (before.wins.sum() / before.spend.sum()) - 1)


def earned(market: Market, before: Bought, after: Bought) -> Earned:
    """Give what it does to the publishers whose leads are better than those of half of them, and to the others."""
    quality = [market.truth[market.publisher == place].mean() for place in range(len(before.payouts))]
    better = np.array(quality) >= np.median(quality)
    change = after.payouts / before.payouts
    sent = volumes(market.world, change) * before.payouts
    paid, more = [], []
    for half in (better, ~better):
        paid.append(float(after.payouts[half].sum() / before.payouts[half].sum() - 1))
        more.append(float(sent[half].sum() / before.payouts[half].sum() - 1))
    return Earned((paid[0], paid[1]), (more[0], more[1]))


def gains_of(vertical: str) -> Gains:
    """Measure one vertical."""
    market = market_of(vertical)
    mean_truth = market.truth.mean(axis=1)
    outcomes = np.random.default_rng(79).random(len(mean_truth)) < mean_truth
    upper = market.scores >= np.median(market.scores)
    everybody = all_switch(market)
    return Gains(
        vertical,
        auc(market.scores, outcomes),
        one_switches(market, frozenset()),
        one_switches(market, frozenset(range(1, BUYERS))),
        gain(*everybody),
        gain(*all_switch(market, HIGH_FLOOR)),
        float(mean_truth[upper].mean() / mean_truth.mean() - 1),
        earned(market, *everybody),
    )


HEADINGS = (
    "vertical", "AUC of the scores", "one buyer begins, rivals flat", "one buyer begins, rivals score", "all begin",
    "all begin, higher floor", "lower half dropped", "better publishers: earn, send", "other publishers: earn, send",
)  # fmt: skip


def table(found: Sequence[Gains]) -> Iterator[str]:
    """Write the measured rows."""
    yield f"| {' | '.join(HEADINGS)} |\n"
    yield "|---" * len(HEADINGS) + "|\n"
    for one in found:
        cells = (one.rivals_flat, one.rivals_score, one.everybody, one.everybody_high_floor, one.upper_half)
        halves = [f"{paid:+.0%}, {sent:+.0%}" for paid, sent in zip(one.publishers.paid, one.publishers.sent, strict=True)]
        yield f"| {one.vertical} | {one.auc:.3f} | {' | '.join([*(f'{cell:+.0%}' for cell in cells), *halves])} |\n"


def main() -> int:
    """Measure every vertical and write the table into its page."""
    found = []
    for vertical in load_verticals():
        found.append(gains_of(vertical))
        print(list(table(found[-1:]))[-1].strip(), flush=True)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGINS)[0], text.split(ENDS)[1]
    PAGE.write_text(before + BEGINS + "".join(table(found)) + ENDS + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
