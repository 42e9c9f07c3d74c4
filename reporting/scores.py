"""A served score in its wire form: what it is the chance of, its interval, how complete the ping was, and what moved it."""

from __future__ import annotations

from typing import Any

from exchange.core.record import ScoreRecord
from scoring.core.factors import Factors
from scoring.explaining import Explanation, ServedScore, explain

UNREADABLE = "The version that scored this lead can no longer be read here: its interval and factors cannot be told."
UNBOUNDED = "The version was trained before intervals were kept."


BOUGHT = frozenset({"lead", "consent"})
"""The parts of a ping that its buyer receives with the lead (exchange.core.disclosure): what they said is theirs to read."""


def score_out(score: ScoreRecord | None, role: str, *, bought: bool = False) -> dict[str, Any] | None:
    """Write a score for its reader.

    Buyer and operator read the exact chance; from it and its payout a publisher could work out what a sale is worth to a buyer,
    so it reads the interval, in whole percents outward. An advertiser reads what moved the score; what the ping said there only
    once it has `bought` the lead, and of the parts that it then receives.
    """
    if score is None:
        return None
    served = ServedScore(score.model_version, score.features, score.probability, score.base_probability or score.probability)
    found = explain(served, told=(BOUGHT if bought else ()) if role == "advertiser" else None)
    seen = {"score": score.score, "percentile": score.percentile, "model_version": score.model_version}
    if role != "publisher":
        seen["probability"] = round(score.probability, 6)
    told = _nothing() if found is None else _explained(found)
    return {**seen, **told, **(_whole_percents(found) if found is not None and role == "publisher" else {})}


def _nothing() -> dict[str, Any]:
    return {
        "badge": None, "outcome": None, "horizon_days": None, "low": None, "high": None, "completeness": None, "factors": [],
        "note": UNREADABLE,
    }  # fmt: skip


def _explained(found: Explanation) -> dict[str, Any]:
    return {
        "badge": found.badge,
        "outcome": found.outcome,
        "horizon_days": found.horizon_days,
        "low": found.low,
        "high": found.high,
        "completeness": {
            "share": round(found.completeness.share, 3),
            "words": found.completeness.words,
            "absent": list(found.completeness.absent),
            "unanswered": list(found.completeness.unanswered),
        },
        "factors": _factors(found.factors),
        "note": UNBOUNDED if found.low is None else None,
    }


def _whole_percents(found: Explanation) -> dict[str, float | None]:
    """Give the interval in whole percents, outward; it comes in tenths of one."""
    if found.low is None or found.high is None:
        return {}
    return {"low": round(1000 * found.low) // 10 / 100, "high": -(-round(1000 * found.high) // 10) / 100}


def _factors(factors: Factors) -> list[dict[str, Any]]:
    return [
        {"feature": one.feature, "words": one.words, "beside": list(one.beside), "odds": round(one.odds, 3)}
        for one in factors.strongest
    ]
