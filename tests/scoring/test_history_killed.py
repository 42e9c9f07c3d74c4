"""The process that learns from a history is killed: its run ends as failed, and the next may begin."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as used

from accounts.core.clock import utc_now
from accounts.tenancy import act_as, act_as_exchange
from scoring.history import files as history_files
from scoring.history import runs as history_runs
from scoring.history import services as histories
from scoring.models import HistoryImport
from tests.cast import join
from tests.scoring.test_histories import ASKED, leads, text_of
from tests.wiping import empty_all_tables

pytestmark = [pytest.mark.services, pytest.mark.race]
SECONDS = 60.0


@pytest.fixture
def home(django_db_setup: None, django_db_blocker: Any, settings: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    """Give a home and a database that other processes see."""
    settings.LEADWRIGHT_HOME = tmp_path
    address = os.environ["DATABASE_URL"].rpartition("/")[0]
    monkeypatch.setenv("DATABASE_URL", f"{address}/{used.DATABASES['default']['NAME']}")
    monkeypatch.setenv("LEADWRIGHT_HOME", str(tmp_path))
    with django_db_blocker.unblock():
        yield tmp_path
        empty_all_tables()


def state_of(history_id: UUID) -> tuple[str, str]:
    with act_as_exchange("look"):
        row = HistoryImport.objects.get(id=history_id)
    return row.state, row.stage


def queued(home: Path, rows: int) -> UUID:
    """Bring a file and ask for its run."""
    owner = join("past", "advertiser").organization_id
    incoming = history_files.folder() / "incoming"
    incoming.write_bytes(text_of(leads(rows)))
    with act_as(owner):
        told = {"organization_id": owner, "actor": "system:test"}
        history_id = histories.upload(file=histories.Brought(incoming, "past.csv"), at=utc_now(), **told)
        histories.start(history_id=history_id, asked=ASKED | {"drop": ["mail"]}, **told)
    return history_id


def test_a_killed_process_ends_its_run_as_failed(home: Path) -> None:
    history_id = queued(home, 20_000)
    assert history_runs.tend(at=utc_now()) == history_id
    child, until = history_runs._children[-1], time.monotonic() + SECONDS
    while not state_of(history_id)[1].startswith("cross-fitting"):
        assert (child.poll(), time.monotonic() < until) == (None, True), state_of(history_id)
        time.sleep(0.05)
    assert os.getpriority(os.PRIO_PROCESS, child.pid) >= 15
    child.kill()
    child.wait()
    assert history_runs.tend(at=utc_now()) is None
    assert state_of(history_id)[0] == "running"
    history_runs.tend(at=utc_now() + history_runs.LEASE)
    assert (state_of(history_id)[0], history_files.is_kept(history_id)) == ("failed", False)
