"""What a person types: run, stop, reset, logs, status."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

from supervise.failure import Failure
from supervise.follow import follow_forever
from supervise.home import REPOSITORY, Home
from supervise.leftovers import end_leftovers
from supervise.lock import FileLock, is_held
from supervise.logs import open_log, tail
from supervise.postgres import drop_cluster
from supervise.state import read_state
from supervise.watch import log_path

START_SECONDS = 900.0
STOP_SECONDS = 75.0


def run(home: Home) -> int:
    """Start the exchange in the background and return when it has sold a lead; say so when it already runs."""
    home.create()
    if not is_held(home.supervisor_lock):
        home.mark_as_ours()
    why = "another start is under way or hangs"
    with FileLock(home.start_lock) as start:
        start.acquire(seconds=START_SECONDS, why=why, command=f"less '{log_path(home)}'")
        state = read_state(home)
        if is_held(home.supervisor_lock):
            return _already_running(home, state)
        daemon = _start(home)
        try:
            return _wait(home, daemon)
        except KeyboardInterrupt:
            daemon.terminate()
            print("\nstopping what had started", flush=True)
            daemon.wait(STOP_SECONDS)
            return 130


def _already_running(home: Home, state: dict[str, Any]) -> int:
    if state.get("kind") != "exchange":
        raise Failure(
            f"Throw-away test services use {home.path}.",
            why="a test run owns that home at the moment.",
            command=f"LEADWRIGHT_HOME='{home.path}-exchange' make run",
        )
    if state.get("state") != "ready":
        why = f"its state is {state.get('state')}: {state.get('doing') or 'not ready'}."
        raise Failure("The exchange is there but not ready.", why=why, command="make stop run")
    print("The exchange is running already.")
    print_summary(home, state)
    return 0


def _start(home: Home) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "supervise", "serve"]
    env = {**os.environ, "LEADWRIGHT_HOME": str(home.path)}
    with open_log(home.logs, "supervisor") as output:
        return subprocess.Popen(
            command, cwd=REPOSITORY, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def _wait(home: Home, daemon: subprocess.Popen[bytes]) -> int:
    """Print each step until the first sale is done; raise Failure with the supervisor's own words."""
    deadline, shown = time.monotonic() + START_SECONDS, 0
    while time.monotonic() < deadline:
        state = read_state(home)
        mine = state.get("pid") == daemon.pid
        for step in state.get("steps", ())[shown:] if mine else ():
            shown += 1
            print(f"· {step}", flush=True)
        if daemon.poll() is not None:
            raise Failure(str(state.get("message") if mine else "") or f"The supervisor ended.\n{tail(log_path(home))}")
        if mine and state.get("first_sale") in ("done", "failed"):
            return _opened(home, state)
        time.sleep(0.05)
    daemon.terminate()
    raise Failure("The exchange did not open.", why=f"not ready after {START_SECONDS:.0f} s", command=f"less '{log_path(home)}'")


def _opened(home: Home, state: dict[str, Any]) -> int:
    print(f"· ready after {state.get('ready_seconds')} s\n", flush=True)
    if state["first_sale"] == "failed":
        print(state.get("message", ""), file=sys.stderr)
    else:
        story = (home.logs / "first_sale.log").read_bytes()[int(state.get("first_sale_from") or 0) :]
        print(story.decode(errors="replace"))
    print_summary(home, state)
    broken = [row["name"] for row in state.get("processes", ()) if row["state"] != "running" or row["restarts"]]
    if broken:
        print(f"Ended while the exchange started: {', '.join(broken)}.\n  try: make logs", file=sys.stderr)
    return 1 if broken or state["first_sale"] == "failed" else 0


def print_summary(home: Home, state: dict[str, Any]) -> None:
    """Print the address, and what var/demo.json holds for whoever tries it."""
    print(f"Address         {state.get('base_url')}")
    try:
        demo = json.loads((home.path / "demo.json").read_text())
    except (OSError, ValueError):
        demo = {}
    for key, value in demo.items():
        if key.endswith("_key"):
            print(f"{key.removesuffix('_key').replace('_', ' ').capitalize():<15} {value}")
    for login in demo.get("logins", ()):
        print(f"Sign-in         {' '.join(str(part) for part in (login.values() if isinstance(login, dict) else (login,)))}")
    for line in demo.get("curls", ()):
        print(f"\n{line}")
    print(f"\nLogs: make logs   Stop: make stop   More: {home.path / 'demo.json'}")


def stop(home: Home) -> int:
    """Stop the exchange in order; kill it when it does not listen; clean up after one that was killed."""
    if not is_held(home.supervisor_lock):
        with FileLock(home.supervisor_lock) as lock:
            left = end_leftovers(home) if home.path.exists() and lock.try_acquire() else []
        print(f"Not running; ended {len(left)} processes that were left over." if left else "Not running.")
        return 0
    pid = int(read_state(home).get("pid") or 0)
    if pid:
        os.kill(pid, signal.SIGTERM)
    if not _released(home, STOP_SECONDS) and pid:
        os.kill(pid, signal.SIGKILL)
        _released(home, 5.0)
    with FileLock(home.supervisor_lock) as lock:
        if lock.try_acquire():
            end_leftovers(home)
    print("Stopped.")
    return 0


def _released(home: Home, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_held(home.supervisor_lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def reset(home: Home) -> int:
    """Stop and delete everything the exchange made in this home; .venv stays, servers of the user are not touched."""
    if not home.path.exists():
        print("Nothing to reset.")
        return 0
    if not home.is_ours():
        raise Failure(
            f"{home.path} was not made by `make run`.", why="it is not deleted blindly.", command=f"ls -la '{home.path}'"
        )
    stop(home)
    drop_cluster(home)
    for path in home.path.iterdir():
        if path.is_dir() and path.name != "test":
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and path.name != ".bootstrap.lock":
            path.unlink(missing_ok=True)
    print(f"Reset: {home.path} is empty.")
    return 0


def logs(home: Home) -> int:
    """Follow all logs until Ctrl-C."""
    if not home.logs.exists():
        raise Failure("There are no logs.", why=f"{home.logs} does not exist.", command="make run")
    follow_forever(home)
    return 0
