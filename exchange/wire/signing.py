"""Signatures of what the exchange sends, by Standard Webhooks: the receiver verifies with any of its libraries."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 - the published prefix of every such secret
_SECRET_BYTES = 32


def new_secret() -> str:
    """Make a secret for one destination: whsec_ and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, *, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Give the headers that prove a body: id, time in Unix seconds, signature. Raises ValueError for a secret that is none.

    The id stays the same over all attempts, so a receiver that has seen it may drop the repetition.
    """
    return sign_with_all([secret], message_id=message_id, at=at, body=body)


def sign_with_all(keys: Sequence[str], *, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Sign as `sign` does with several secrets at once, while one replaces another: the receiver may hold either."""
    instant = at.astimezone(UTC)
    try:
        signatures = [Webhook(key).sign(message_id, instant, body.decode()) for key in keys]
    except Exception as error:
        raise ValueError("the destination's secret cannot be used for signing") from error
    stamp = str(int(instant.timestamp()))
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}
