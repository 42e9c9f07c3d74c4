"""The file processes.json: what runs, for /status.json, for `make stop`, and for the next start after a kill -9."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from supervise.home import Home, write_private


def boot_id() -> str:
    """Identify this boot of the machine: recorded pids mean nothing after it."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def start_ticks(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 when it is gone."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else 0


def session_of(pid: int) -> int:
    """Return the session of a living process; 0 when it is gone."""
    fields = _stat(pid)
    return int(fields[3]) if fields and fields[0] != "Z" else 0


def _stat(pid: int) -> Sequence[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ()
    return text.rpartition(")")[2].split()


def write_state(home: Home, state: Mapping[str, Any]) -> None:
    """Replace the file atomically."""
    write_private(home.state, json.dumps(state, indent=1) + "\n")


def read_state(home: Home) -> dict[str, Any]:
    """Return the last written state; empty when there is none."""
    try:
        found = json.loads(home.state.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
