"""What the exchange is asked of webhooks. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

WebhookEvent = Literal[
    "ping.quoted",
    "lead.sold",
    "lead.delivered",
    "lead.returned",
    "alert.opened",
    "alert.closed",
    "model.promoted",
    "model.rolled_back",
]

WebhookStatus = Literal["active", "disabled"]


class WebhookIn(TypedDict):
    """A new webhook."""

    url: str
    description: NotRequired[str | None]
    events: NotRequired[Sequence[WebhookEvent]]
    """Publishers and advertisers choose of ping.* and lead.*, the operator of alert.* and model.*. Unless given: all
    of one's own but ping.quoted, of which there are many."""
    status: NotRequired[WebhookStatus]
    secret: NotRequired[str]
    """whsec_...; made by the exchange when left out."""


class WebhookPatch(TypedDict):
    """Parts of a webhook."""

    url: NotRequired[str]
    description: NotRequired[str | None]
    events: NotRequired[Sequence[WebhookEvent]]
    """Publishers and advertisers choose of ping.* and lead.*, the operator of alert.* and model.*. Unless given: all
    of one's own but ping.quoted, of which there are many."""
    status: NotRequired[WebhookStatus]


class SinceIn(TypedDict):
    """What to send again: what was written since an instant and not accepted."""

    since: datetime | str


class RotateIn(TypedDict):
    """For how long the present secret signs beside the new one."""

    overlap_hours: NotRequired[int]
