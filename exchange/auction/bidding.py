"""An auction in the making: who matches, what each bids, who may not buy this person, and what the pure auction makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from accounts.core.clock import to_ms
from accounts.core.ids import uuid7
from campaigns.core.bids import OwnChance, ScoreFacts, price_bid
from campaigns.core.floors import highest
from campaigns.core.matching import match
from campaigns.core.supply import SourceFacts
from campaigns.core.terms import CampaignTerms
from exchange.auction.holds import Facts
from exchange.auction.offers import Offer
from exchange.auction.snapshot import Market
from exchange.auction.tested import draw_terms
from exchange.core import dedupe
from exchange.core.auction import Rules, Winner, hold_auction
from exchange.core.payouts import Margin
from exchange.core.reasons import Reason, public_form
from exchange.core.record import ReasonCount, RoundRecord
from exchange.core.rehearsal import Rehearsal
from exchange.intake.pings import AcceptedPing
from scoring.core.arms import NOTHING, Drawn
from scoring.core.serving import Score

CANDIDATES_MAX = 64


class Stages:
    """How long each stage of a ping took, in whole microseconds."""

    def __init__(self) -> None:
        """Start the clock."""
        self.us: list[tuple[str, int]] = []
        self._since = perf_counter_ns()

    def done(self, name: str) -> None:
        """Note a stage that has just ended."""
        now = perf_counter_ns()
        self.us.append((name, (now - self._since) // 1000))
        self._since = now


@dataclass(frozen=True, slots=True)
class Quote:
    """What a winner is offered to the publisher as: firm once it is held."""

    id: UUID
    terms: CampaignTerms
    sale: Winner


@dataclass(slots=True)
class Contender:
    """A campaign in this auction: its offer, and what became of it: a quote, or the reason it lost."""

    offer: Offer
    reason: Reason | None = None
    detail: str = ""
    quote: Quote | None = None


@dataclass(slots=True)
class Bidding:
    """An auction in the making."""

    auction_id: UUID
    market: Market
    source: SourceFacts
    ping: AcceptedPing
    score: Score | None
    rules: Rules
    contenders: list[Contender]
    filtered: list[ReasonCount]
    at: datetime
    drawn: Drawn = NOTHING
    rounds: list[RoundRecord] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)

    def withdraw(self) -> None:
        """Take all quotes back."""
        self.quotes = []
        for contender in self.contenders:
            contender.quote = None


def bid(
    market: Market,
    source: SourceFacts,
    ping: AcceptedPing,
    score: Score | None,
    rehearsal: Rehearsal,
    at: datetime,
    drawn: Drawn = NOTHING,
    contact_keys: Mapping[str, str] | None = None,
) -> Bidding:
    """Match the campaigns, price their bids, and mark those that decline; `contact_keys` as in `draw_arms`."""
    facts = _facts(source, ping, score)
    found = match(market.index, facts, at)
    graded = _graded(score)
    matched = () if rehearsal.no_buyers else found.matched
    if (shelf := market.tested.get(ping.vertical.slug)) is not None:
        matched, exposed = draw_terms(shelf, matched, ping.record, contact_keys)
        drawn = replace(drawn, exposed=(*drawn.exposed, *exposed))
    bids = [(terms, price_bid(terms.bid_rule, facts, graded_for(terms, score, graded), at)) for terms in matched]
    contenders = [Contender(market.offers.of(*one)) for one in bids]
    if len(contenders) > CANDIDATES_MAX:
        contenders = nsmallest(CANDIDATES_MAX, contenders, key=_standing)
    for contender in contenders:
        if rehearsal.all_lose is not None:
            contender.reason = rehearsal.all_lose
        elif contender.offer.candidate.bid_price <= 0:
            contender.reason, contender.detail = Reason.FILTERED, "its bid rule declines this lead"
    counted = [] if rehearsal.no_buyers else [ReasonCount(one.reason, one.detail, one.count) for one in found.filtered]
    return Bidding(uuid7(), market, source, ping, score, _rules(source, ping, drawn), contenders, counted, at, drawn)


def _facts(source: SourceFacts, ping: AcceptedPing, score: Score | None) -> dict[str, Any]:
    facts = {
        **ping.facts,
        "allowed_advertisers": source.allowed_advertisers,
        "blocked_advertisers": source.blocked_advertisers,
    }
    if score is not None:
        facts["score_percentile"] = score.percentile
    return facts


def _graded(score: Score | None) -> ScoreFacts | None:
    if score is None:
        return None
    # A Decimal at once: every band of every rule is compared with it.
    return ScoreFacts(score.probability, Decimal(score.percentile), score.score, score.model_version, score.proven)


def graded_for(terms: CampaignTerms, score: Score | None, graded: ScoreFacts | None) -> ScoreFacts | None:
    """Give the score as a campaign's rule sees it: bids by value ask for the chance that its own outcomes speak of."""
    if score is None or graded is None or terms.bid_rule.value is None:
        return graded
    layer = score.layers.get(terms.campaign_id)
    if layer is None:
        return graded
    return replace(graded, own=OwnChance(layer(score.probability, score.features), layer.labels))


def _rules(source: SourceFacts, ping: AcceptedPing, drawn: Drawn) -> Rules:
    # A publisher sees payouts only, so its floors are payouts.
    floors = [highest(source.floors, level, ping.vertical.slug, ping.facts.get("sub_id")) for level in ("publisher", "source")]
    payout = max(ping.record.payout_min, *floors)
    margin = Margin(source.margin_kind, source.margin_value)
    sales_max = min(ping.record.sales_max, drawn.sales_max or ping.record.sales_max)
    return Rules(drawn.price_min, payout, margin, ping.vertical.pricing, str(ping.record.id), sales_max)


def _standing(contender: Contender) -> tuple[int, int, bytes]:
    candidate = contender.offer.candidate
    return -candidate.priority, -candidate.bid_price, candidate.campaign_id.bytes


def exclude_known(bidding: Bidding, known: Facts) -> None:
    """Mark the contenders that suppress this person, or have bought it within their days."""
    keys, at_ms = bidding.ping.keys, to_ms(bidding.at)
    for contender in bidding.contenders:
        terms = contender.offer.terms
        buyer = terms.organization_id.hex
        if contender.reason not in {None, Reason.BELOW_FLOOR}:
            continue
        if dedupe.is_suppressed(known.suppressed, keys, buyer):
            contender.reason, contender.detail = Reason.SUPPRESSED, ""
        elif dedupe.is_duplicate(known.seen, keys, buyer, at_ms=at_ms, days=terms.dedupe_days):
            contender.reason, contender.detail = Reason.DUPLICATE, f"sold to this buyer within {terms.dedupe_days} days"


def decide(bidding: Bidding) -> None:
    """Run the pure auction over the contenders that still stand, and note the losers' reasons."""
    standing = {id(one.offer.candidate): one for one in bidding.contenders if one.reason is None}
    # The auction gives back the very candidates it was given.
    result = hold_auction([one.offer.candidate for one in standing.values()], bidding.rules)
    bidding.withdraw()
    for winner in result.winners:
        contender = standing[id(winner.candidate)]
        contender.quote = Quote(uuid7(), contender.offer.terms, winner)
        bidding.quotes.append(contender.quote)
    for loser in result.losers:
        # An outbid candidate stands again when the winner's reservation is refused; a bid below the floor never does.
        if loser.reason is Reason.BELOW_FLOOR:
            standing[id(loser.candidate)].reason = Reason.BELOW_FLOOR


def reasons_of(bidding: Bidding) -> list[ReasonCount]:
    """Count why nobody won, in the form a publisher may read: codes and clauses, never a buyer's amounts."""
    counted: dict[str, int] = {}
    for contender in bidding.contenders:
        if contender.reason is not None:
            code = public_form(contender.reason).value
            counted[code] = counted.get(code, 0) + 1
    own = [ReasonCount(code, "", count) for code, count in counted.items()]
    if not bidding.contenders and not bidding.filtered:
        return [ReasonCount(Reason.NO_CAMPAIGN.value, "no campaign buys this vertical now", 1)]
    return [*bidding.filtered, *own]
