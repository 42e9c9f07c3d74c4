"""A whole exchange as `make run` starts it, for tests that break or drive one from outside: start, stop, kill, ask manage.py."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.market_client import ROOT, Demo, home, is_ready, load_demo

START_SECONDS_MAX = 900
# An exchange of our own brings its own servers, whatever the caller's tests run on.
FOREIGN_SERVERS = frozenset({"DATABASE_URL", "OWNER_DATABASE_URL", "VALKEY_URL", "VALKEY_VOLATILE_URL"})
FOREIGN_SETTINGS = frozenset({"DJANGO_SETTINGS_MODULE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"})
# Reading the settings has put the caller's own exchange into this process's environment.
FOREIGN_SECRETS = frozenset({"SECRET_KEY", "MASTER_KEY", "PEPPER", "BASE_URL", "DEMO"})
FOREIGN = FOREIGN_SERVERS | FOREIGN_SETTINGS | FOREIGN_SECRETS
SUPERVISOR = "supervisor"


class NotReady(AssertionError):
    """The exchange did not come up, or did not come back."""


@dataclass(frozen=True, slots=True)
class OwnExchange:
    """One exchange by its folder and port; `environment` is added to what `make run` gets."""

    folder: Path
    port: int
    environment: Mapping[str, str]

    def start(self) -> None:
        """Run `make run`, which returns when the exchange is ready."""
        self._make("run", check=True)
        self.wait_ready(30)

    def start_again(self) -> list[str]:
        """Run `make run` after a kill of the supervisor; gives what it complained of instead of raising."""
        code = self._make("run", check=False)
        return [f"make run ended with {code} after kill -9 of the supervisor"] if code else []

    def stop(self) -> None:
        """Run `make stop`."""
        self._make("stop", check=False)

    def reset(self) -> None:
        """Run `make reset`: stop, and delete all data (root keeps PostgreSQL's outside the folder)."""
        self._make("reset", check=False)

    def demo(self) -> Demo:
        """Read demo.json; it is written anew by each start."""
        found = load_demo(self.folder)
        assert found is not None, f"no demo.json in {self.folder}"
        return found

    def wait_ready(self, seconds: float) -> None:
        """Wait until /status.json says ready; raises NotReady."""
        deadline = time.monotonic() + seconds
        while not is_ready(f"http://127.0.0.1:{self.port}"):
            if time.monotonic() > deadline:
                raise NotReady(f"not ready after {seconds:.0f} s; see {self.folder / 'log'}")
            time.sleep(0.2)

    def processes(self) -> dict[str, int]:
        """Give the pids of what runs and is ready, by name, and the supervisor's own."""
        state = json.loads((self.folder / "processes.json").read_text(encoding="utf-8"))
        running = {row["name"]: row["pid"] for row in state["processes"] if row["pid"] and row["state"] == "running"}
        return {SUPERVISOR: state["pid"], **running}

    def kill(self, name: str) -> int:
        """Send SIGKILL to one process; gives its pid."""
        pid = self.processes()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def manage(self, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """Run manage.py with an environment that holds nothing but this exchange's folder."""
        environment = {"PATH": os.environ["PATH"], "LEADWRIGHT_HOME": str(self.folder)}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False)

    def _make(self, target: str, *, check: bool) -> int:
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        # What a test counts is its own: nobody else sends leads.
        environment = {"DEMO_RATE": "0", **kept, "LEADWRIGHT_HOME": str(self.folder), "PORT": str(self.port), **self.environment}
        command = ["make", "--no-print-directory", target]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=check, timeout=START_SECONDS_MAX, stdout=sys.stderr)
        return done.returncode


def fresh_exchange(folder: Path, **environment: str) -> OwnExchange:
    """Name an exchange of our own in a folder, on a free port; nothing starts yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return OwnExchange(folder, int(probe.getsockname()[1]), environment)


@cache
def shared_exchange() -> OwnExchange:
    """Start one exchange for all tests of this run that need a whole one; it stops and is deleted when the run ends."""
    folder = Path(tempfile.mkdtemp(prefix="leadwright-"))
    exchange = fresh_exchange(folder / "home")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(exchange.reset)
    exchange.start()
    return exchange


def running_exchange() -> OwnExchange | None:
    """Give the exchange of LEADWRIGHT_HOME or var/ when it answers, else None."""
    demo = load_demo()
    if demo is None or not is_ready(demo.base_url):
        return None
    return OwnExchange(home(), urlsplit(demo.base_url).port or 80, {})
