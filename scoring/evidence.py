"""Commits to served scores before their outcomes are known. The rows never change: a trigger refuses it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.tenancy import act_as_exchange
from scoring.core.evidence import FORM, SALT_BYTES, Commitment, digest_of
from scoring.models import ScoreCommitment

_INSERT = """
    INSERT INTO scoring_scorecommitment
        (ping_id, mode, vertical, model_version, probability, state, salt, digest, served_at, form, committed_at)
    SELECT *, %s, clock_timestamp() FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::text[],
        %s::bytea[], %s::bytea[], %s::timestamptz[])
    ON CONFLICT (ping_id) DO NOTHING
"""


def commit_scores(rows: Sequence[Commitment]) -> int:
    """Commit to scores in one statement and count the new ones; a ping that was committed to keeps its first salt."""
    if not rows:
        return 0
    salts = [secrets.token_bytes(SALT_BYTES) for _ in rows]
    columns: list[Any] = [
        FORM,
        [row.ping_id for row in rows],
        [row.mode for row in rows],
        [row.vertical for row in rows],
        [row.model_version for row in rows],
        [row.probability for row in rows],
        [row.state for row in rows],
        salts,
        [digest_of(row, salt) for row, salt in zip(rows, salts, strict=True)],
        [row.served_at for row in rows],
    ]
    with act_as_exchange("commitments belong to the exchange"), connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)
        return int(cursor.rowcount)


def get_commitment(ping_id: UUID) -> str:
    """Give the hash that commits to a ping's score, in hex; "" for a ping without a score, or not yet journalled.

    Call it inside act_as_exchange. It tells nothing of the score before the salt is shown.
    """
    digest = ScoreCommitment.objects.filter(ping_id=ping_id).values_list("digest", flat=True).first()
    return "" if digest is None else bytes(digest).hex()
