"""What both sides configure: sources, campaigns, their rules, and the verticals.

Lives here: `core` (pure rules, the matching index), `verticals` (data files), models, selectors, services, the REST face.
Not here: pings, auctions, money, scores. Who may import it: exchange, reporting and config; it imports accounts only.
"""
