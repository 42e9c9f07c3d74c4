"""What the supervisor knows of a process before it runs: data, so that tests can bring their own table."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from supervise.probes import Probe


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Process:
    """A server that is started, watched and stopped.

    `rank` orders stopping: the highest goes first. `stop_signals` are (signal, seconds to wait) pairs, tried in order
    before SIGKILL. `death_signal` reaches the process when the supervisor dies. `prepare` runs before each start.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    ready: Probe
    rank: int
    port: int | None = None
    ready_seconds: float = 60.0
    stop_signals: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 15.0),)
    death_signal: int = signal.SIGTERM
    as_nobody: bool = False
    prepare: Callable[[], None] = field(default=_nothing)


@dataclass(frozen=True, slots=True)
class Task:
    """A command that has to end with 0 before the start goes on."""

    name: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    seconds: float = 120.0
    doing: str = ""
