"""Ends what a killed supervisor left behind, before a new one starts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from supervise.home import Home
from supervise.state import boot_id, read_state, session_of, start_ticks

GRACE_SECONDS = 8.0
KILL_SECONDS = 5.0


def end_leftovers(home: Home) -> list[int]:
    """Stop every process of the recorded sessions; return their pids.

    Call it only with the supervisor's lock held: then whatever still runs is an orphan. The leash has already asked
    them to stop, so we mostly wait.
    """
    state = read_state(home)
    if not state or state.get("boot_id") != boot_id():
        return []
    sessions = {int(row["pid"]): int(row.get("started_ticks") or 0) for row in state.get("processes", ()) if row.get("pid")}
    found = _members(sessions)
    if found:
        _end(sessions, found)
    return found


def _members(sessions: dict[int, int]) -> list[int]:
    """List living members of the sessions whose leader is dead or the very process we recorded."""
    ours = {sid for sid, ticks in sessions.items() if start_ticks(sid) in (0, ticks)}
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if session_of(pid) in ours]


def _end(sessions: dict[int, int], found: Iterable[int]) -> None:
    _signal(found, signal.SIGTERM)
    for number, seconds in ((signal.SIGINT, GRACE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        _signal(found, number)
        deadline = time.monotonic() + seconds
        while (found := _members(sessions)) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not found:
            return


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
