"""Evidence a buyer can recompute: the leads a model version scored, with what became of them, as a signed file.

An advertiser gets the leads it bought, the operator those of everybody. A lead nobody reported on has no outcome: no report is
not a loss. docs/algorithms/evidence.md describes the file line by line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.core.clock import rfc3339
from accounts.core.errors import not_found
from accounts.core.ids import encode
from accounts.identity import Caller
from accounts.signing import public_key, sign
from accounts.tenancy import act_as_exchange
from scoring.core.evidence import figures_of
from scoring.selectors import VersionFacts, get_version

WHY = "a sale of the caller's own, or the operator's office, proves that it may know the score"
FORMAT = "leadwright-calibration/1"
# A report is never changed: of those on a sale the latest by occurred_at counts. The commitments, sales and reports are joined
# here and not by three selectors, because a version may have scored a million pings.
_ROWS = """
SELECT made.ping_id, made.probability, made.state, made.salt, made.digest, made.served_at, made.committed_at,
    coalesce(bool_or(report.stage = 'won' AND report.occurred_at <= made.served_at + %(horizon)s), false) AS won,
    bool_and(coalesce(report.stage, 'open') <> 'open') AS ended, max(report.recorded_at) AS known_at
FROM scoring_scorecommitment AS made JOIN auction_sale AS sale USING (ping_id) LEFT JOIN LATERAL (
    SELECT stage, occurred_at, recorded_at FROM aftercare_disposition
    WHERE sale_id = sale.id AND organization_id = sale.advertiser_id ORDER BY occurred_at DESC, id DESC LIMIT 1
) AS report ON true
WHERE made.mode = %(mode)s AND made.model_version = %(version)s
    AND (%(buyer)s::uuid IS NULL OR sale.advertiser_id = %(buyer)s)
GROUP BY made.ping_id ORDER BY made.served_at, made.ping_id
"""
_VERSIONS = """
SELECT made.model_version, count(DISTINCT made.ping_id), min(made.served_at), max(made.served_at),
    count(DISTINCT made.ping_id) FILTER (WHERE report.stage IN ('won', 'lost', 'invalid'))
FROM scoring_scorecommitment AS made JOIN auction_sale AS sale USING (ping_id) LEFT JOIN LATERAL (
    SELECT stage FROM aftercare_disposition
    WHERE sale_id = sale.id AND organization_id = sale.advertiser_id ORDER BY occurred_at DESC, id DESC LIMIT 1
) AS report ON true
WHERE made.mode = %(mode)s AND (%(buyer)s::uuid IS NULL OR sale.advertiser_id = %(buyer)s)
GROUP BY made.model_version ORDER BY max(made.served_at) DESC
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What there is to export of one model version: sold leads it scored, and those with a final report."""

    version: str
    leads: int
    known: int
    first_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Export:
    """A signed file."""

    name: str
    content: bytes


def list_held(caller: Caller) -> tuple[Held, ...]:
    """List the versions that scored leads the caller may know of, the latest first."""
    return tuple(
        Held(version, leads, known, first_at, latest_at)
        for version, leads, first_at, latest_at, known in _read(_VERSIONS, _scope(caller))
    )


def export_holdout(caller: Caller, version: str, *, at: datetime) -> Export:
    """Give the holdout of a version as a signed file; raises Problem not_found for one that scored nothing of the caller's."""
    with act_as_exchange(WHY):
        facts = get_version(version)
    horizon = timedelta(days=facts.horizon_days)
    rows = _read(_ROWS, {**_scope(caller), "version": version, "horizon": horizon})
    if not rows:
        raise not_found("model version")
    shown = [_row(row, at=at, horizon=horizon) for row in rows]
    lines = [_header(caller, facts, shown, at=at), *shown]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    signed = body + json.dumps({"signature": sign(body)}).encode() + b"\n"
    return Export(f"calibration-{version.replace('/', '-')}.jsonl", signed)


def _scope(caller: Caller) -> dict[str, Any]:
    return {"mode": caller.mode, "buyer": None if caller.kind == "operator" else caller.organization_id}


def _read(query: str, facts: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(query, facts)
        return list(cursor.fetchall())


def _header(caller: Caller, facts: VersionFacts, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> dict[str, Any]:
    known = [row for row in rows if row["outcome"] is not None]
    return {
        "format": FORMAT,
        "version": facts.name,
        "vertical": facts.vertical,
        "predicts": f"{facts.outcome} in {facts.horizon_days} days",
        "learned_from": facts.badge,
        "scope": "everybody's sold leads" if caller.kind == "operator" else "the leads you bought",
        "made_at": rfc3339(at),
        "public_key": public_key(),
        "rows": len(rows),
        "figures": figures_of([row["p"] for row in known], [row["outcome"] for row in known]),
    }


def _row(row: Sequence[Any], *, at: datetime, horizon: timedelta) -> dict[str, Any]:
    ping_id, probability, state, salt, digest, served_at, committed_at, won, ended, known_at = row
    return {
        "ping_id": encode("ping", ping_id),
        "uuid": str(ping_id),
        "p": probability,
        "segment": state,
        "served_at": rfc3339(served_at),
        "committed_at": rfc3339(committed_at),
        "salt": bytes(salt).hex(),
        "hash": bytes(digest).hex(),
        # One buyer's win is a win; a loss is one only when every buyer of the lead has said so.
        "outcome": True if won else False if ended else None,
        "known_at": rfc3339(known_at) if known_at else None,
        "mature": at >= served_at + horizon,
    }
