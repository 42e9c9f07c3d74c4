"""The commitment to a served score: a salted hash that fits one ping, one chance, one version, one instant and one segment.

Who was given the hash before the outcome, and is shown the salt later, can tell that the score was not changed meanwhile. The
text that is hashed is spelled out in docs/algorithms/evidence.md; clients/verify_calibration.py computes it again without us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from accounts.core.clock import rfc3339
from scoring.core.evaluation import calibration_table, evaluate

SALT_BYTES = 16
# Forms 1 and 2 stand in the table; form 1 did not hold mode, vertical and state. The program verifies both, we write the newest.
FORM = 2
NAME = f"leadwright-score/{FORM}"


@dataclass(frozen=True, slots=True)
class Commitment:
    """One served score as it is committed to; `state` is the segment it is shown in."""

    ping_id: UUID
    mode: str
    vertical: str
    model_version: str
    probability: float
    state: str
    served_at: datetime


def digest_of(commitment: Commitment, salt: bytes) -> bytes:
    """Give the SHA-256 that commits to a score; the chance is written as the shortest decimal that reads back exactly."""
    # The state comes last: it alone is free text, so no other line can be taken for a part of it.
    lines = (
        NAME, str(commitment.ping_id), repr(commitment.probability), commitment.model_version, rfc3339(commitment.served_at),
        commitment.mode, commitment.vertical, salt.hex(), commitment.state,
    )  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).digest()


def figures_of(probabilities: Sequence[float], outcomes: Sequence[bool]) -> Mapping[str, Any]:
    """Give what the export claims of rows with a known outcome: counts, and where both outcomes occur AUC, log loss, table."""
    known, truth = np.array(probabilities, dtype=np.float64), np.array(outcomes, dtype=np.bool_)
    counts: dict[str, Any] = {"known": len(known), "positives": int(truth.sum())}
    if not 0 < counts["positives"] < len(known):
        return counts
    metrics = asdict(evaluate(known, truth))
    table = [asdict(line) for line in calibration_table(known, truth.astype(np.float64))]
    return counts | {name: metrics[name] for name in ("auc", "log_loss", "brier", "ece", "ece_floor", "oe")} | {"table": table}
