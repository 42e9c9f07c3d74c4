"""What the exchange is asked of deliveries. Written by generate.py from openapi.yaml: change it there."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict


class ResendIn(TypedDict):
    """What to send again: what was sold since an instant and not accepted."""

    since: datetime | str
    campaign_id: NotRequired[str]
