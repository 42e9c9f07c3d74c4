"""The label of a sale in SQL is that of scoring.core.labels, for every stage, at every instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection

from accounts.core.ids import uuid7
from accounts.tenancy import act_as_exchange
from reporting.told import LABEL, waits
from scoring.core.labels import INVALID, LOST, OPEN, SILENT, STAGES, WON, due_at, label_of, told_label
from scoring.models import Outcome

pytestmark = [pytest.mark.services, pytest.mark.django_db]
SOLD_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HORIZONS = (1, 30, 180)
TICK = timedelta(microseconds=1)
# Before the horizon's end, on it, past it, on the day from which silence may be read, and around these by the smallest step.
OCCURRED = {days: [SOLD_AT + timedelta(days=days) + step for step in (-TICK, timedelta(0), TICK)] for days in HORIZONS}
ASKED = {days: [due_at(SOLD_AT, days) + step for step in (-timedelta(days=31), -TICK, timedelta(0), TICK)] for days in HORIZONS}


def stored(stage: str, horizon_days: int, occurred_at: datetime | None) -> Outcome:
    told = None if stage == SILENT else told_label(stage, occurred_at=occurred_at, sold_at=SOLD_AT, horizon_days=horizon_days)
    known = {} if stage == SILENT else {"report_id": uuid7(), "occurred_at": occurred_at, "known_at": SOLD_AT, "revision": 1}
    return Outcome(
        sale_id=uuid7(), organization_id=uuid7(), vertical="home.test", mode="live", horizon_days=horizon_days, sold_at=SOLD_AT,
        stage=stage, outcome=told, **known,
    )  # fmt: skip


def test_the_label_in_sql_is_the_label() -> None:
    rows = {
        (stage, days, occurred): stored(stage, days, None if stage == SILENT else occurred)
        for stage, days in product(STAGES, HORIZONS)
        for occurred in OCCURRED[days]
    }
    with act_as_exchange("a test stores outcomes"):
        Outcome.objects.bulk_create(rows.values())
    said: set[tuple[str, bool | None]] = set()
    for days, place in product(HORIZONS, range(4)):
        at = ASKED[days][place]
        with act_as_exchange("a test reads labels"), connection.cursor() as cursor:
            cursor.execute(f"SELECT told.sale_id, label.won, label.due_at FROM scoring_outcome AS told {LABEL}", waits(at))
            found = {sale_id: (won, due) for sale_id, won, due in cursor.fetchall()}
        for (stage, horizon_days, _), row in rows.items():
            expected = label_of(stage, occurred_at=row.occurred_at, sold_at=SOLD_AT, horizon_days=horizon_days, at=at)
            assert found[row.sale_id] == (expected, due_at(SOLD_AT, horizon_days)), (stage, horizon_days, row.occurred_at, at)
            said.add((stage, expected))
    assert said == {
        (SILENT, None), (OPEN, None), (OPEN, False), (WON, True), (WON, False), (LOST, False), (INVALID, False),
    }  # fmt: skip


def test_a_sale_without_a_row_has_no_label() -> None:
    with act_as_exchange("a test reads labels"), connection.cursor() as cursor:
        nothing = "SELECT NULL::timestamptz AS sold_at, NULL::int AS horizon_days, NULL::bool AS outcome, NULL::text AS stage"
        cursor.execute(f"SELECT label.won, label.due_at FROM ({nothing}) AS told {LABEL}", waits(SOLD_AT))
        assert cursor.fetchall() == [(None, None)]
