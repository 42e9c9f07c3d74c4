"""Evidence a buyer can recompute: the leads a model version scored, with what became of them, as a signed file.

An advertiser gets the leads it bought, the operator those of everybody. A lead nobody reported on has no outcome: no report is
not a loss. docs/algorithms/evidence.md describes the file line by line, and what it proves.
"""

from __future__ import annotations

import hashlib
import json
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

from django.db import connection

from accounts.core.clock import rfc3339
from accounts.core.errors import FieldError, invalid, not_found
from accounts.core.ids import encode
from accounts.identity import Caller
from accounts.signing import public_key, sign
from accounts.tenancy import act_as_exchange
from reporting.told import LABEL, SOLD_WITHIN, TOLD, first_of, waits
from scoring.core.evidence import figures_of
from scoring.selectors import VersionFacts, get_version

WHY = "a sale of the caller's own, or the operator's office, proves that it may know the score"
FORMAT = "leadwright-calibration/2"
WINDOW_DAYS = 90
LIST_SECONDS = 60.0
_lately: dict[tuple[str, UUID | None, int], tuple[float, tuple[Held, ...]]] = {}
# Commitments, sales and outcomes are joined here and not by three selectors, because a version may have scored a million pings.
_SOLD = f"""
    SELECT sale.id, sale.ping_id, sale.advertiser_id, coalesce(label.due_at <= %(at)s, false) AS due, label.won,
        CASE WHEN told.outcome IS NULL AND label.won IS NOT NULL THEN label.due_at END AS decided_at
    FROM auction_sale AS sale {TOLD} {LABEL}
    WHERE sale.mode = %(mode)s AND (%(buyer)s::uuid IS NULL OR sale.advertiser_id = %(buyer)s)
"""  # noqa: S608  all parts stand in this file and in told.py
# One buyer's win is a win; a loss is one only when every buyer of the lead has said so.
_FATE = "coalesce(bool_or(sold.won), false) AS won, bool_and(sold.won IS NOT NULL) AS ended, bool_and(sold.due) AS mature"
_SERVED = "made.ping_id >= %(first)s AND made.ping_id < %(last)s AND made.served_at >= %(since)s AND made.served_at < %(until)s"
_ROWS = f"""
    SELECT made.ping_id, made.probability, made.state, made.form, made.salt, made.digest, made.served_at, made.committed_at,
        fate.won, fate.ended, fate.mature, fate.known_at
    FROM scoring_scorecommitment AS made CROSS JOIN LATERAL (
        SELECT count(*) AS sales, {_FATE}, min(coalesce(ending.at, sold.decided_at)) AS known_at
        FROM ({_SOLD} AND sale.ping_id = made.ping_id) AS sold LEFT JOIN LATERAL (
            SELECT min(recorded_at) AS at FROM aftercare_disposition
            WHERE organization_id = sold.advertiser_id AND sale_id = sold.id AND stage <> 'open'
        ) AS ending ON true
    ) AS fate
    WHERE made.mode = %(mode)s AND made.model_version = %(version)s AND {_SERVED} AND fate.sales > 0
    ORDER BY made.served_at, made.ping_id
"""  # noqa: S608
_VERSIONS = f"""
    SELECT made.model_version, count(*), count(*) FILTER (WHERE fate.mature AND (fate.won OR fate.ended)),
        min(made.served_at), max(made.served_at)
    FROM scoring_scorecommitment AS made JOIN (
        SELECT sold.ping_id, {_FATE} FROM ({_SOLD} AND sale.id >= %(first)s AND sale.id < %(last)s) AS sold GROUP BY sold.ping_id
    ) AS fate USING (ping_id)
    WHERE made.mode = %(mode)s AND {_SERVED}
    GROUP BY made.model_version ORDER BY max(made.served_at) DESC
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Window:
    """Leads served in [since, until)."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What there is to export of one model version: sold leads it scored, and the mature ones of which the outcome is known."""

    version: str
    leads: int
    known: int
    first_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Export:
    """A signed file of `leads` leads, open at its beginning; it is gone when it is closed."""

    name: str
    file: IO[bytes]
    leads: int


def latest_window(at: datetime, days: int = WINDOW_DAYS) -> Window:
    """Give the window of the last days."""
    return Window(at - timedelta(days=days), at)


def list_held(caller: Caller, window: Window, *, at: datetime) -> tuple[Held, ...]:
    """List the versions that scored leads of a window that the caller may know of, the latest first."""
    with act_as_exchange(WHY), connection.cursor() as cursor:
        cursor.execute(_VERSIONS, _scope(caller, window, at))
        rows = cursor.fetchall()
    return tuple(Held(version, leads, known, first_at, latest_at) for version, leads, known, first_at, latest_at in rows)


def held_lately(caller: Caller, days: int, *, at: datetime) -> tuple[Held, ...]:
    """List the versions of the last days, joined again once a minute: it takes all sales of the window."""
    asked = (caller.mode, _buyer(caller), days)
    found = _lately.get(asked)
    if found is None or found[0] <= time.monotonic():
        found = _lately[asked] = (time.monotonic() + LIST_SECONDS, list_held(caller, latest_window(at, days), at=at))
    return found[1]


def forget_held() -> None:
    """Drop what is known, so that the next question joins anew."""
    _lately.clear()


def export_holdout(caller: Caller, version: str, window: Window, *, at: datetime, leads_max: int | None = None) -> Export:
    """Write the holdout of a version into a signed file, row by row.

    Raises Problem not_found for a version that scored nothing of the caller's in the window, and invalid_request beyond
    `leads_max`.
    """
    with act_as_exchange(WHY), ExitStack() as unfinished:
        facts = get_version(version)
        writer = _Writer(unfinished.enter_context(TemporaryFile()))
        writer.line(_header(caller, facts, window, at=at))
        for row in _rows(_scope(caller, window, at) | {"version": version}):
            writer.row(_row(row))
            if leads_max is not None and writer.leads > leads_max:
                raise invalid([FieldError("/from", "too_many", f"More than {leads_max:,} leads: ask for fewer days at once.")])
        if not writer.leads:
            raise not_found("model version")
        writer.end()
        unfinished.pop_all()
    return Export(f"calibration-{version.replace('/', '-')}.jsonl", writer.file, writer.leads)


def _rows(asked: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    # Read in pieces, by a cursor that the server keeps.
    with connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, asked)
        yield from cursor


@dataclass(slots=True)
class _Writer:
    """Writes the lines of a file, and keeps their hash and what the figures are made of: nine bytes a lead until the end."""

    file: IO[bytes]
    leads: int = 0
    hashed: Any = field(default_factory=hashlib.sha512)
    chances: array[float] = field(default_factory=lambda: array("d"))
    outcomes: bytearray = field(default_factory=bytearray)

    def line(self, shown: Mapping[str, Any]) -> None:
        """Write one line."""
        text = json.dumps(shown).encode() + b"\n"
        self.hashed.update(text)
        self.file.write(text)

    def row(self, shown: Mapping[str, Any]) -> None:
        """Write a lead; the figures are of mature leads with an outcome."""
        self.leads += 1
        self.line(shown)
        if shown["mature"] and shown["outcome"] is not None:
            self.chances.append(shown["p"])
            self.outcomes.append(shown["outcome"])

    def end(self) -> None:
        """Write what the leads amount to and the signature, and go back to the beginning."""
        self.line({"rows": self.leads, "figures": figures_of(self.chances, [bool(won) for won in self.outcomes])})
        digest = self.hashed.hexdigest()
        self.line({"sha512": digest, "signature": sign(f"{FORMAT}\n{digest}".encode())})
        self.file.seek(0)


def _buyer(caller: Caller) -> UUID | None:
    return None if caller.kind == "operator" else caller.organization_id


def _scope(caller: Caller, window: Window, at: datetime) -> dict[str, Any]:
    return {
        "mode": caller.mode, "buyer": _buyer(caller), "since": window.since, "until": window.until,
        "first": first_of(window.since), "last": first_of(window.until + SOLD_WITHIN), **waits(at),
    }  # fmt: skip


def _header(caller: Caller, facts: VersionFacts, window: Window, *, at: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": facts.name,
        "vertical": facts.vertical,
        "mode": caller.mode,
        "predicts": f"{facts.outcome} in {facts.horizon_days} days",
        "learned_from": facts.badge,
        "scope": "everybody's sold leads" if caller.kind == "operator" else "the leads you bought",
        "since": rfc3339(window.since),
        "until": rfc3339(window.until),
        "made_at": rfc3339(at),
        "public_key": public_key(),
    }


def _row(row: Sequence[Any]) -> dict[str, Any]:
    ping_id, probability, state, form, salt, digest, served_at, committed_at, won, ended, mature, known_at = row
    return {
        "ping_id": encode("ping", ping_id),
        "uuid": str(ping_id),
        "p": probability,
        "segment": state,
        "served_at": rfc3339(served_at),
        "committed_at": rfc3339(committed_at),
        "form": form,
        "salt": bytes(salt).hex(),
        "hash": bytes(digest).hex(),
        "outcome": True if won else False if ended else None,
        "known_at": rfc3339(known_at) if known_at else None,
        "mature": mature,
    }
