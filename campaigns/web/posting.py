"""The posting spec of a source: the fields of a vertical, and bodies that sell once a key of its half stands in the snippets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.core.clock import rfc3339
from accounts.portal.snippets import snippets
from campaigns.core.fields import wanted
from campaigns.core.schema import Vertical
from campaigns.core.specimen import made_up_lead

KEYS = {"live": "lx_live_YOUR_KEY", "test": "lx_test_YOUR_TEST_KEY"}
"""A source is known to keys of its own half alone."""
PING_ID = "png_FROM_THE_ANSWER_TO_THE_PING"


def fields_of(vertical: Vertical) -> list[dict[str, Any]]:
    """List the fields of a vertical as a posting spec shows them, those of the ping first."""
    ordered = sorted(vertical.fields.values(), key=lambda one: (one.stage != "ping", not one.required))
    return [
        {"name": one.name, "label": one.label, "stage": one.stage, "required": one.required, "wanted": wanted(one)}
        for one in ordered
    ]


def sample_ping(source_id: str, vertical: Vertical) -> dict[str, Any]:
    """Give a ping with every required field."""
    return {"source": source_id, "vertical": vertical.slug, "lead": made_up_lead(vertical, required_only=True)[0]}


def sample_post(ping_id: str, vertical: Vertical, at: datetime) -> dict[str, Any]:
    """Give the post that follows it, with a consent captured at `at`."""
    consent = {"method": "checkbox", "text": "I agree to be called about my request.", "captured_at": rfc3339(at)}
    return {"ping_id": ping_id, "contact": made_up_lead(vertical, required_only=True)[1], "consent": consent}


def snippets_of(source_id: str, vertical: Vertical, address: str, mode: str, at: datetime) -> dict[str, list[tuple[str, str]]]:
    """Write ping and post in each language of the trade, for a source of a mode."""
    where = {"ADDRESS": address, "KEY": KEYS[mode]}
    return {
        "ping": snippets("ping", {**where, "PING": sample_ping(source_id, vertical)}),
        "post": snippets("post", {**where, "POST": sample_post(PING_ID, vertical, at)}),
    }
