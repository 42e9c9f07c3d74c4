"""Writes of supply and demand: one transaction each, audited; the market's version is raised when the market is concerned.

`actor` is as in accounts.audit.record. Every service enters the door of the organization it is told; a foreign id is not found.
"""

from campaigns.services.demand import (
    archive,
    create_campaign,
    pause,
    publish,
    resume,
    set_advertiser_limits,
    set_priority,
    update_draft,
)
from campaigns.services.market import touch_market
from campaigns.services.supply import archive_source, create_source, set_margin, set_publisher_floors, update_source

__all__ = [
    "archive",
    "archive_source",
    "create_campaign",
    "create_source",
    "pause",
    "publish",
    "resume",
    "set_advertiser_limits",
    "set_margin",
    "set_priority",
    "set_publisher_floors",
    "touch_market",
    "update_draft",
    "update_source",
]
