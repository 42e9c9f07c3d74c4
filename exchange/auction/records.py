"""What a ping leaves behind: the finished auction record, and the facts a post needs of its ping and quotes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from accounts.core.clock import to_ms
from campaigns.core.bids import Step
from campaigns.core.limits import applies, counter_of
from campaigns.core.terms import CampaignTerms
from exchange.auction.bidding import Bidding, Contender, Quote, reasons_of
from exchange.auction.holds import QuoteHold
from exchange.core import record
from exchange.core.auction import ENGINE_VERSION, Basis
from scoring.core.serving import Score

PRICED_BY: Mapping[Basis, str] = {
    Basis.FLOOR: "second price: no rival, so the smallest price",
    Basis.NEXT_BID: "second price: the next bid for this place",
    Basis.NEXT_COMBINATION: "second price: the winners together match the best combination that lost",
}


def ping_facts(bidding: Bidding) -> record.PingFacts:
    """Give what a post must know of its ping."""
    ping = bidding.ping.record
    return record.PingFacts(
        ping_id=ping.id,
        organization_id=ping.organization_id,
        account_id=bidding.source.account_id,
        source_id=ping.source_id,
        vertical=ping.vertical,
        lead=ping.lead,
        contact_keys=ping.contact_keys,
        currency=bidding.ping.caller.currency,
    )


def quote_facts(bidding: Bidding, quote: Quote) -> record.QuoteFacts:
    """Give what a post must know of a quote."""
    terms, sale = quote.terms, quote.sale
    return record.QuoteFacts(
        quote_id=quote.id,
        auction_id=bidding.auction_id,
        campaign_id=terms.campaign_id,
        revision_id=terms.revision_id,
        advertiser_id=terms.organization_id,
        advertiser_account=terms.account_id,
        advertiser_name=terms.advertiser_name,
        price=sale.clearing_price,
        payout_amount=sale.payout_amount,
        margin_amount=sale.margin_amount,
        currency=bidding.ping.caller.currency,
        pricing=bidding.rules.pricing,
        consent_policy=terms.consent_policy,
        consent_age_days_max=terms.consent_age_days_max,
        dedupe_days=terms.dedupe_days,
        quoted_at_ms=to_ms(bidding.at),
        holds=holds_of(terms, sale.clearing_price, bidding.source.source_id, bidding.at),
    )


def quote_hold(bidding: Bidding, quote: Quote) -> QuoteHold:
    """Give a quote with every counter it presses on."""
    facts = quote_facts(bidding, quote)
    return QuoteHold(facts.quote_id, facts.advertiser_account, facts.price, facts.holds, record.encode(facts))


def holds_of(terms: CampaignTerms, price: int, source_id: UUID, at: datetime) -> tuple[record.Hold, ...]:
    """Give the counters that a quote at a price presses on at an instant."""
    held = []
    for limit in terms.limits:
        if applies(limit, source_id):
            window = counter_of(limit, at)
            amount = 1 if limit.unit == "count" else price
            held.append(record.Hold(window.key, limit.limit, amount, to_ms(window.ends_at), limit.reason))
    return tuple(held)


def auction_record(bidding: Bidding, stages_us: list[tuple[str, int]]) -> record.AuctionRecord:
    """Give everything a replay needs."""
    rules = bidding.rules
    status = "quoted" if bidding.quotes else "no_bid"
    return record.AuctionRecord(
        id=bidding.auction_id,
        mode=bidding.market.mode,
        engine_version=ENGINE_VERSION,
        snapshot_version=bidding.market.version,
        seed=rules.seed,
        currency=bidding.ping.caller.currency,
        pricing=rules.pricing,
        floor_price=rules.floor_price,
        floor_payout=rules.floor_payout,
        margin={"kind": rules.margin.kind, "value": str(rules.margin.value)},
        ping=record.replace(bidding.ping.record, status=status, reasons=reasons_of(bidding)),
        score=_score(bidding.score),
        bids=cast("list[record.BidRecord]", [_bid(one) for one in bidding.contenders]),
        rounds=bidding.rounds,
        stages_us=stages_us,
        sales_max=rules.sales_max if bidding.drawn.sales_max else 0,
        arms=[record.ArmRecord(one.experiment_id, one.arm, one.unit) for one in bidding.drawn.exposed],
    )


def _score(score: Score | None) -> record.ScoreRecord | None:
    if score is None:
        return None
    return record.ScoreRecord(
        probability=score.probability,
        score=score.score,
        percentile=score.percentile,
        model_version=score.model_version,
        features=list(score.features),
        proven=score.proven,
        base_probability=score.base_probability if score.base_probability != score.probability else 0.0,
    )


def _bid(contender: Contender) -> record.BidRecord | msgspec.Raw:
    """Give a bid as a record, or written already: the encoder takes both."""
    if contender.quote is not None:
        return _won(contender, contender.quote)
    if contender.reason is None:
        return contender.offer.outbid
    return contender.offer.lost(contender.reason, contender.detail)


def _won(contender: Contender, quote: Quote) -> record.BidRecord:
    terms, sale, arithmetic = quote.terms, quote.sale, contender.offer.bid.arithmetic
    if sale.basis is not Basis.OWN_BID:
        arithmetic = (*arithmetic, Step(PRICED_BY[sale.basis], None, sale.clearing_price))
    return record.BidRecord(
        organization_id=terms.organization_id,
        campaign_id=terms.campaign_id,
        revision_id=terms.revision_id,
        bid_price=contender.offer.bid.bid_price,
        status="won",
        priority=terms.priority,
        sales_max=terms.sales_max,
        clearing_price=sale.clearing_price,
        payout_amount=sale.payout_amount,
        margin_amount=sale.margin_amount,
        quote_id=quote.id,
        arithmetic=arithmetic,
    )
