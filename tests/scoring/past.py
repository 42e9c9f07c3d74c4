"""An import of past leads that was refused and whose file still lies there, for tests of pages."""

from __future__ import annotations

from uuid import UUID

from accounts.core.clock import utc_now
from accounts.core.ids import uuid7
from accounts.tenancy import act_as
from scoring.history import files as history_files
from scoring.models import HistoryImport


def refused_history(organization_id: UUID) -> UUID:
    """Make one with a finding and a report without figures."""
    history_id = uuid7()
    with act_as(organization_id):
        HistoryImport.objects.create(
            id=history_id, organization_id=organization_id, file_name="past.csv", bytes=20, state="refused", created_at=utc_now(),
            plan={"label": "won", "positive": "yes", "time": None, "drop": [], "split": None, "allow": [], "vertical": None},
            findings=[{"check": "label_copy", "column": "stage", "evidence": "AUC 1.000", "stops": True}],
            report={"model": None}, refusal="Not trained.", finished_at=utc_now(), actor="system:test",
        )  # fmt: skip
    history_files.path_of(history_id).write_text("stage,won\nsold,yes\n")
    history_files.path_of(history_id, history_files.SCORED).write_text("stage,score\nsold,99\n")
    return history_id
