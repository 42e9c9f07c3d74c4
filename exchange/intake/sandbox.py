"""Rehearsals of the test mode: zips that always end the same way, so an integrator can try every answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from accounts.core.errors import Problem
from exchange.core.reasons import Reason
from exchange.core.rehearsal import PLAIN, Rehearsal

MAGIC: Mapping[str, Rehearsal] = {
    "00001": PLAIN,
    "00002": Rehearsal(no_buyers=True),
    "00003": Rehearsal(all_lose=Reason.FILTERED),
    "00004": Rehearsal(all_lose=Reason.DUPLICATE),
    "00005": Rehearsal(all_lose=Reason.REMOTE_TIMEOUT),
    "00006": Rehearsal(post_refused=Reason.CONSENT_SCOPE),
    "00007": Rehearsal(rate_limited=True),
    "00008": Rehearsal(delay_ms=900),
}


def magic_zips(mode: str) -> frozenset[str]:
    """Give the zips that exist only in the test mode."""
    return frozenset(MAGIC) if mode == "test" else frozenset()


def rehearse(mode: str, lead: Mapping[str, Any]) -> Rehearsal:
    """Find the rehearsal a lead asks for and play its first part: wait, or refuse by rate. Raises Problem rate_limited."""
    rehearsal = MAGIC.get(str(lead.get("zip", "")), PLAIN) if mode == "test" else PLAIN
    if rehearsal.rate_limited:
        raise Problem(
            "rate_limited", "Zip 00007 rehearses a rate limit; any other zip is free of it.", headers={"Retry-After": "1"}
        )
    if rehearsal.delay_ms:
        time.sleep(rehearsal.delay_ms / 1000)
    return rehearsal
