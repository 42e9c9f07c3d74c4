"""Free ports on loopback, below the range the kernel hands out to clients."""

from __future__ import annotations

import contextlib
import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from supervise.failure import Failure
from supervise.home import Home, write_private

FIRST, LAST = 20000, 32000
ATTEMPTS = 200


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Tell whether we could listen; asked without SO_REUSEPORT, so a sharing server counts as taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True


def choose_port(taken: Iterable[int] = ()) -> int:
    """Return a random free port that is not in `taken`."""
    refused = set(taken)
    for _ in range(ATTEMPTS):
        port = random.randint(FIRST, LAST)  # noqa: S311
        if port not in refused and is_free(port):
            return port
    raise Failure(
        f"No free port between {FIRST} and {LAST}.",
        why=f"{ATTEMPTS} random ones were all taken.",
        command="ss -ltn   # shows who listens",
    )


def remembered_ports(home: Home, names: Iterable[str]) -> dict[str, int]:
    """Return one port for each name: the one of the last start if it is still free, else a new one."""
    path = home.path / "ports.json"
    known: dict[str, int] = {}
    with contextlib.suppress(OSError, ValueError):
        known = {str(name): int(port) for name, port in json.loads(path.read_text()).items()}
    ports: dict[str, int] = {}
    for name in names:
        port = known.get(name, 0)
        usable = FIRST <= port <= LAST and port not in ports.values() and is_free(port)
        ports[name] = port if usable else choose_port((*known.values(), *ports.values()))
    write_private(path, json.dumps(known | ports, indent=1) + "\n")
    return ports


def holder_of(port: int) -> str:
    """Name the process that listens on a port, as far as /proc lets us see it; empty if it does not."""
    wanted = f":{port:04X}"
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            inodes |= {row[9] for row in rows if row[1].endswith(wanted) and row[3] == "0A"}
    links = {f"socket:[{inode}]" for inode in inodes}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(link.readlink()) in links for link in (folder / "fd").iterdir()):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {folder.name} ({command[:80]})"
    return ""
