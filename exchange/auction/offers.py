"""Offers: what one campaign bids for one lead, in every form an auction needs it in, worked out once.

A rule has few outcomes and most bids lose, so the same offer comes back ping after ping. Half of what a losing bid cost was to
lay it out again as a candidate and as a record.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec

from campaigns.core.bids import Bid
from campaigns.core.terms import CampaignTerms
from exchange.core.auction import Candidate
from exchange.core.reasons import Reason
from exchange.core.record import BidRecord, encode

KEPT_MAX = 32_768  # offers of one market in one process, about a kilobyte each


@dataclass(frozen=True)
class Offer:
    """The bid of a campaign, with the candidate it makes."""

    terms: CampaignTerms
    bid: Bid
    candidate: Candidate

    @cached_property
    def outbid(self) -> msgspec.Raw:
        """Give its record as it is when another bid was better, written already."""
        return msgspec.Raw(encode(self.lost(Reason.OUTBID, "")))

    def lost(self, reason: Reason, detail: str) -> BidRecord:
        """Give its record when it lost for a reason."""
        return BidRecord(
            organization_id=self.terms.organization_id,
            campaign_id=self.terms.campaign_id,
            revision_id=self.terms.revision_id,
            bid_price=self.bid.bid_price,
            status="lost",
            reason=reason,
            detail=detail,
            priority=self.terms.priority,
            sales_max=self.terms.sales_max,
            arithmetic=self.bid.arithmetic,
        )


class Offers:
    """The offers of one market that have been made so far. Threads may share it: a lost entry is only made again."""

    def __init__(self) -> None:
        """Start empty."""
        self._known: dict[int, Offer] = {}

    def __len__(self) -> int:
        """Count the offers that are kept."""
        return len(self._known)

    def of(self, terms: CampaignTerms, bid: Bid) -> Offer:
        """Give the offer of a campaign's bid, kept if its rule gives that very bid again: while it is kept its id is its own."""
        known = self._known.get(id(bid))
        if known is not None and known.terms is terms:
            return known
        candidate = Candidate(terms.campaign_id, terms.organization_id, bid.bid_price, terms.priority, terms.sales_max)
        made = Offer(terms, bid, candidate)
        if bid.kept and len(self._known) < KEPT_MAX:
            self._known[id(bid)] = made
        return made
