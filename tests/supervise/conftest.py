"""A copy of the supervisor with a stand-in for Django, in a folder with a space, with servers of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from supervise.lock import is_held
from supervise.ports import choose_port

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "VALKEY_URL",
    "VALKEY_VOLATILE_URL",
    "BASE_URL",
    "DEMO",
    "DEMO_RATE",
    "FOREGROUND",
    "LISTEN",
}


@dataclass(frozen=True)
class Copy:
    folder: Path
    port: int

    @property
    def home(self) -> Path:
        return self.folder / "var"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        return {**kept, "LEADWRIGHT_HOME": str(self.home), "PORT": str(self.port), **more}

    def call(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "supervise", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(**more), capture_output=True, text=True, timeout=120, check=False
        )

    def begin(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "supervise", *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def state(self) -> dict[str, Any]:
        return json.loads((self.home / "processes.json").read_text())

    def row(self, name: str) -> dict[str, Any]:
        return next(row for row in self.state()["processes"] if row["name"] == name)

    def settings(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.home / "env").read_text().splitlines())

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers), json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), json.loads(error.read())

    def processes(self) -> list[str]:
        """Every living process that works in this folder or was started from it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command, where = (folder / "cmdline").read_bytes(), str((folder / "cwd").readlink())
            except OSError:
                continue
            if command and (str(self.folder) in where or str(self.folder).encode() in command):
                found.append(f"{folder.name} {command.replace(bytes(1), b' ').decode(errors='replace')[:100]}")
        return found


def wait_until(done: Callable[[], bool], seconds: float = 20.0) -> float:
    """Return how long it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - began


def make_copy(folder: Path) -> Copy:
    parent = folder / "closed"
    parent.mkdir(mode=0o700)
    target = parent / "with space"
    shutil.copytree(ROOT / "tests/supervise/standin", target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "supervise", target / "supervise", ignore=shutil.ignore_patterns("__pycache__"))
    return Copy(folder=target, port=choose_port())


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    made = make_copy(tmp_path_factory.mktemp("clone"))
    yield made
    made.call("stop")
    made.call("reset")


@pytest.fixture
def running(copy: Copy) -> Copy:
    """The same copy with its exchange open."""
    lock = copy.home / "supervisor.lock"
    if not (is_held(lock) and copy.state()["state"] == "ready"):
        done = copy.call("run")
        assert done.returncode == 0, done.stdout + done.stderr
    return copy
