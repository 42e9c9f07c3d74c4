"""The loop: starts processes, asks whether they are ready, restarts those that end, stops them in order.

One thread, because the leash of a child (see child.py) belongs to the thread that forked it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from supervise.child import become_subreaper, reap_strangers, signal_group, spawn
from supervise.failure import Failure
from supervise.home import Home
from supervise.logs import open_log, rotate, tail
from supervise.process import Process, Task
from supervise.state import boot_id, start_ticks, write_state

DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
HEALTHY_SECONDS = 30.0
BUSY_TICK, IDLE_TICK = 0.05, 0.5
ROTATE_SECONDS = 5.0
EXITS_AT_START = 6


class StopRequested(Exception):
    """Somebody sent SIGTERM or SIGINT."""


@dataclass(slots=True)
class Record:
    """What the loop remembers of one process."""

    process: Process
    child: subprocess.Popen[bytes] | None = None
    state: str = "waiting"
    restarts: int = 0
    failures: int = 0
    ticks: int = 0
    changed: float = 0.0
    next_start: float = 0.0


class Watch:
    """Own the processes of one home; `facts` are further keys of processes.json."""

    def __init__(self, home: Home, *, facts: dict[str, Any] | None = None) -> None:
        self.home = home
        self.facts: dict[str, Any] = facts or {}
        self.records: dict[str, Record] = {}
        self.on_round: Callable[[], None] = lambda: None
        self._stop_asked = False
        self._stopping = False
        self._tasks: list[subprocess.Popen[bytes]] = []
        self._rotated = 0.0
        self._wake, wake_in = os.pipe()
        for descriptor in (self._wake, wake_in):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        become_subreaper()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_asked = True

    def mark(self, state: str, **facts: Any) -> None:
        """Record the state of the whole exchange."""
        self.facts |= {"state": state, **facts}
        self.write()

    def step(self, doing: str, **facts: Any) -> None:
        """Record what the start does now, after the steps before it: whoever waits prints each, however short it was."""
        steps = [*self.facts.get("steps", ()), doing]
        self.mark("starting", doing=doing, steps=steps, **facts)

    def write(self) -> None:
        """Write processes.json."""
        rows = [
            {
                "name": name,
                "pid": record.child.pid if record.child else None,
                "port": record.process.port,
                "state": record.state,
                "restarts": record.restarts,
                "started_ticks": record.ticks,
            }
            for name, record in self.records.items()
        ]
        write_state(self.home, {**self.facts, "pid": os.getpid(), "boot_id": boot_id(), "processes": rows})

    def start(self, processes: Iterable[Process]) -> None:
        """Start processes and wait until each is ready; raise Failure naming the log of one that is not."""
        started = [Record(process=process) for process in processes]
        for record in started:
            self.records[record.process.name] = record
            self._launch(record)
        deadlines = {record.process.name: time.monotonic() + record.process.ready_seconds for record in started}
        while any(record.state != "running" for record in started):
            for record in started:
                self._refuse_late(record, deadlines[record.process.name])
            self.tick()

    def _refuse_late(self, record: Record, deadline: float) -> None:
        late = time.monotonic() > deadline
        if record.state == "running" or not (late or record.failures >= EXITS_AT_START):
            return
        name, log = record.process.name, self.home.logs / f"{record.process.name}.log"
        why = f"not ready after {record.process.ready_seconds:.0f} s" if late else f"it ended {record.failures} times"
        raise Failure(f"{name} did not start.", why=f"{why}; the end of {log}:\n{tail(log)}", command=f"less '{log}'")

    def run_task(self, task: Task) -> None:
        """Run a command to its end while watching the rest; raise Failure if it fails or takes too long."""
        log = self.home.logs / f"{task.name}.log"
        with open_log(self.home.logs, task.name) as output:
            child = spawn(task.command, cwd=task.cwd, env=task.env, output=output)
        self._tasks.append(child)
        deadline = time.monotonic() + task.seconds
        try:
            while child.poll() is None and time.monotonic() < deadline:
                self.tick()
        finally:
            signal_group(child.pid, signal.SIGKILL)
            self._tasks.remove(child)
        if child.returncode != 0:
            why = f"it took more than {task.seconds:.0f} s" if child.returncode is None else f"exit code {child.returncode}"
            raise Failure(
                f"{task.doing or task.name} failed.", why=f"{why}; the end of {log}:\n{tail(log)}", command=f"less '{log}'"
            )

    def loop(self, until: Callable[[], bool] = lambda: False) -> None:
        """Watch until `until` says so or somebody asks to stop."""
        while not until():
            self.tick()

    def tick(self) -> None:
        """Do one round; raise StopRequested when asked to stop."""
        self._round()
        if self._stop_asked and not self._stopping:
            raise StopRequested

    def _round(self) -> None:
        known = {record.child.pid: record.child for record in self.records.values() if record.child}
        reap_strangers(known | {task.pid: task for task in self._tasks})
        if not self._stopping:
            for record in self.records.values():
                self._advance(record)
        self._rotate()
        self.on_round()
        busy = self._stopping or bool(self._tasks) or any(record.state != "running" for record in self.records.values())
        ready, _, _ = select.select([self._wake], [], [], BUSY_TICK if busy else IDLE_TICK)
        if ready:
            os.read(self._wake, 4096)

    def _rotate(self) -> None:
        if time.monotonic() - self._rotated > ROTATE_SECONDS:
            self._rotated = time.monotonic()
            for path in self.home.logs.glob("*.log"):
                rotate(path)

    def _advance(self, record: Record) -> None:
        now = time.monotonic()
        if record.state in ("starting", "running") and record.child is not None and record.child.poll() is not None:
            self._ended(record, now)
        elif record.state == "restarting" and now >= record.next_start and not self._group_lives(record):
            self._launch(record)
        elif record.state == "starting" and record.process.ready():
            self._change(record, "running")
        elif record.state == "starting" and now - record.changed > record.process.ready_seconds and record.child is not None:
            signal_group(record.child.pid, signal.SIGKILL)
        elif record.state == "running" and record.failures and now - record.changed > HEALTHY_SECONDS:
            record.failures = 0

    def _ended(self, record: Record, now: float) -> None:
        delay = DELAYS[min(record.failures, len(DELAYS) - 1)]
        record.restarts += 1
        record.failures += 1
        record.next_start = now + delay
        code = record.child.returncode if record.child else None
        self.say(f"{record.process.name} ended with {code}; restart in {delay} s")
        self._change(record, "restarting")

    def _group_lives(self, record: Record) -> bool:
        return record.child is not None and signal_group(record.child.pid, signal.SIGKILL)

    def _launch(self, record: Record) -> None:
        process = record.process
        process.prepare()
        with open_log(self.home.logs, process.name) as output:
            record.child = spawn(
                process.command,
                cwd=process.cwd,
                env=process.env,
                output=output,
                death_signal=process.death_signal,
                as_nobody=process.as_nobody,
            )
        record.ticks = start_ticks(record.child.pid)
        self._change(record, "starting")

    def _change(self, record: Record, state: str) -> None:
        record.state, record.changed = state, time.monotonic()
        self.write()

    def say(self, text: str) -> None:
        """Write a line to the supervisor's log."""
        print(time.strftime("%H:%M:%S"), text, flush=True)

    def stop(self) -> None:
        """Stop everything, the highest rank first; what does not listen is killed."""
        self._stopping = True
        self.mark("stopping")
        for rank in sorted({record.process.rank for record in self.records.values()}, reverse=True):
            self._stop_rank([record for record in self.records.values() if record.process.rank == rank])
        self.mark("stopped")

    def _stop_rank(self, records: Sequence[Record]) -> None:
        waves = max(len(record.process.stop_signals) for record in records)
        for wave in range(waves + 1):
            alive = [record for record in records if record.child is not None and record.child.poll() is None]
            seconds = max((self._send_wave(record, wave) for record in alive), default=0.0)
            self._wait_for([record.child for record in alive if record.child], seconds)
        for record in records:
            if record.child is not None:
                signal_group(record.child.pid, signal.SIGKILL)
            self._change(record, "stopped")

    def _send_wave(self, record: Record, wave: int) -> float:
        assert record.child is not None
        if wave < len(record.process.stop_signals):
            number, seconds = record.process.stop_signals[wave]
            record.child.send_signal(number)
            return seconds
        signal_group(record.child.pid, signal.SIGKILL)
        return 5.0

    def _wait_for(self, children: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any(child.poll() is None for child in children) and time.monotonic() < deadline:
            self._round()


def log_path(home: Home) -> Path:
    """Return the supervisor's own log."""
    return home.logs / "supervisor.log"
