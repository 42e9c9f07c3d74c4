"""A score on the page of a decision: the wire form, in words and bars."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from accounts.core.display import percent

SYNTHETIC = "synthetic"


def drawn_score(score: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Prepare a score for the template; None where there is none."""
    if score is None:
        return None
    digits = 1 if "probability" in score else 0
    moves = [abs(log(one["odds"])) for one in score["factors"]]
    return {
        **score,
        "factors": [
            {**one, "move": f"{move:.3f}", "odds": f"× {one['odds']:.2f}", "way": "up" if one["odds"] > 1 else "down"}
            for one, move in zip(score["factors"], moves, strict=True)
        ],
        "most": f"{max(moves, default=1.0):.3f}",
        "chance": percent(score["probability"], 2) if "probability" in score else "",
        "interval": "" if score["low"] is None else f"{percent(score['low'], digits)} to {percent(score['high'], digits)}",
        "complete": "" if score["completeness"] is None else percent(score["completeness"]["share"], 0),
        "synthetic": SYNTHETIC in (score["badge"] or ""),
    }
