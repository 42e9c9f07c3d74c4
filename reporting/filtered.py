"""Which of an advertiser's campaigns did not want a ping, and why: asked of the market's index again, for the live feed alone.

The auction keeps only counts of these, because there are many; a page shows them to the few organizations that look. Whether a
publisher refuses an advertiser is not the advertiser's to know, so an excluded source makes no row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import lru_cache
from uuid import UUID

from accounts.core.clock import from_ms
from campaigns.core.matching import Index, explain
from exchange.auction.snapshot import Market
from exchange.core.news import AuctionNews
from exchange.core.reasons import Reason
from reporting.core.news import Event, filtered_row, subject_of

CAMPAIGNS_MAX = 8

Owners = dict[str, dict[UUID, list[UUID]]]


def filtered_events(market: Market, news: AuctionNews, organizations: Collection[UUID]) -> Iterator[tuple[UUID, Event]]:
    """Give a row for each campaign of these organizations that the ping's vertical concerns and that did not bid."""
    owners = _owners(market.index).get(news.vertical, {})
    looking = [one for one in organizations if one in owners]
    if not looking:
        return
    bid = {bid.campaign_id for bid in news.bids}
    source = market.sources.get(news.source_id)
    facts = {**news.facts, "vertical": news.vertical, "source": news.source_id, "organization": news.publisher_id}
    if source is not None:
        facts |= {"allowed_advertisers": source.allowed_advertisers, "blocked_advertisers": source.blocked_advertisers}
    subject, at = subject_of(news), from_ms(news.received_at_ms)
    for organization_id in looking:
        for campaign_id in [one for one in owners[organization_id] if one not in bid][:CAMPAIGNS_MAX]:
            found = explain(market.index, facts, at, campaign_id)
            if found is not None and found.reason != Reason.SOURCE_EXCLUDED.value:
                yield organization_id, filtered_row(subject, campaign_id, reason=found.reason, detail=found.detail)


def verticals_of(market: Market, organization_id: UUID) -> tuple[str, ...]:
    """Name the verticals an organization buys now."""
    return tuple(vertical for vertical, owners in _owners(market.index).items() if organization_id in owners)


@lru_cache(maxsize=4)
def _owners(index: Index) -> Owners:
    """List the campaigns of each advertiser by vertical; an index never changes, so it is counted once."""
    found: Owners = defaultdict(lambda: defaultdict(list))
    for terms in index.terms():
        found[terms.vertical][terms.organization_id].append(terms.campaign_id)
    return {vertical: dict(owners) for vertical, owners in found.items()}
