"""An auction in the making: who matches, what each bids, who may not buy this person, and what the pure auction makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from accounts.core.clock import to_ms
from accounts.core.ids import uuid7
from campaigns.core.bids import Bid, ScoreFacts, price_bid
from campaigns.core.floors import highest
from campaigns.core.matching import match
from campaigns.core.supply import SourceFacts
from campaigns.core.terms import CampaignTerms
from exchange.auction.holds import Facts
from exchange.auction.snapshot import Market
from exchange.core import dedupe
from exchange.core.auction import Candidate, Rules, Winner, hold_auction
from exchange.core.payouts import Margin
from exchange.core.reasons import Reason, public_form
from exchange.core.record import ReasonCount, RoundRecord
from exchange.core.rehearsal import Rehearsal
from exchange.intake.pings import AcceptedPing
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


@dataclass(slots=True)
class Contender:
    """A campaign in this auction: its terms, its bid, and the reason once it has lost."""

    terms: CampaignTerms
    bid: Bid
    reason: Reason | None = None
    detail: str = ""


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
    winners: tuple[Winner, ...] = ()
    quote_ids: dict[UUID, UUID] = field(default_factory=dict)
    rounds: list[RoundRecord] = field(default_factory=list)

    def terms_of(self, winner: Winner) -> CampaignTerms:
        """Give the terms a winner bid under."""
        return next(one.terms for one in self.contenders if one.terms.campaign_id == winner.candidate.campaign_id)


def bid(
    market: Market,
    source: SourceFacts,
    ping: AcceptedPing,
    score: Score | None,
    known: Facts,
    rehearsal: Rehearsal,
    at: datetime,
) -> Bidding:
    """Match the campaigns, price their bids, and mark those that may not buy this person."""
    facts = _facts(source, ping, score)
    found = match(market.index, facts, at)
    graded = _graded(score)
    matched = () if rehearsal.no_buyers else found.matched
    contenders = [Contender(terms, price_bid(terms.bid_rule, facts, graded, at)) for terms in matched]
    contenders.sort(key=lambda one: (-one.terms.priority, -one.bid.bid_price, one.terms.campaign_id.bytes))
    del contenders[CANDIDATES_MAX:]
    for contender in contenders:
        _exclude(contender, known, ping, rehearsal, at)
    counted = [] if rehearsal.no_buyers else [ReasonCount(one.reason, one.detail, one.count) for one in found.filtered]
    return Bidding(uuid7(), market, source, ping, score, _rules(source, ping), contenders, counted, at)


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
    return ScoreFacts(score.probability, score.percentile, score.score, score.model_version, score.proven)


def _rules(source: SourceFacts, ping: AcceptedPing) -> Rules:
    # A publisher sees payouts only, so its floors are payouts.
    floors = [highest(source.floors, level, ping.vertical.slug, ping.facts.get("sub_id")) for level in ("publisher", "source")]
    payout = max(ping.record.payout_min, *floors)
    margin = Margin(source.margin_kind, source.margin_value)
    return Rules(0, payout, margin, ping.vertical.pricing, str(ping.record.id), ping.record.sales_max)


def _exclude(contender: Contender, known: Facts, ping: AcceptedPing, rehearsal: Rehearsal, at: datetime) -> None:
    terms, buyer = contender.terms, contender.terms.organization_id.hex
    if rehearsal.all_lose is not None:
        contender.reason = rehearsal.all_lose
    elif contender.bid.bid_price <= 0:
        contender.reason, contender.detail = Reason.FILTERED, "its bid rule declines this lead"
    elif dedupe.is_suppressed(known.suppressed, ping.keys, buyer):
        contender.reason = Reason.SUPPRESSED
    elif dedupe.is_duplicate(known.seen, ping.keys, buyer, at_ms=to_ms(at), days=terms.dedupe_days):
        contender.reason, contender.detail = Reason.DUPLICATE, f"sold to this buyer within {terms.dedupe_days} days"


def decide(bidding: Bidding) -> None:
    """Run the pure auction over the contenders that still stand, and note the losers' reasons."""
    standing = {contender.terms.campaign_id: contender for contender in bidding.contenders if contender.reason is None}
    result = hold_auction([_candidate(contender) for contender in standing.values()], bidding.rules)
    bidding.winners = result.winners
    bidding.quote_ids = {winner.candidate.campaign_id: uuid7() for winner in result.winners}
    for loser in result.losers:
        contender = standing[loser.candidate.campaign_id]
        contender.detail = loser.detail
        # An outbid candidate stands again when the winner's reservation is refused.
        if loser.reason is not Reason.OUTBID:
            contender.reason = loser.reason


def _candidate(contender: Contender) -> Candidate:
    terms = contender.terms
    return Candidate(
        terms.campaign_id, terms.revision_id, terms.organization_id, contender.bid.bid_price, terms.priority, terms.sales_max
    )


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
