"""A rehearsal: how a ping with a magic zip of the test mode ends. A real ping carries the plain one, which changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is played: no campaigns at all, one reason for all candidates, a refusal at the post, a rate limit, a delay."""

    no_buyers: bool = False
    all_lose: Reason | None = None
    post_refused: Reason | None = None
    rate_limited: bool = False
    delay_ms: int = 0


PLAIN = Rehearsal()
