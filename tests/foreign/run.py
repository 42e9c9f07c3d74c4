"""Drives a running exchange with ping-post clients that others wrote, and compares normal forms with theirs (`make foreign`).

Installs the pinned npm packages of package.json into var/foreign (never into the repository), takes the exchange of demo.json
under LEADWRIGHT_HOME or var/, and starts one of its own on a free port, stopped afterwards, when none is running. Arguments
name the scenarios to run: those whose title contains the text.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.market_client import ROOT
from tests.faults.own_exchange import fresh_exchange, running_exchange
from tests.foreign import oracle

HERE = Path(__file__).resolve().parent
INSTALLED = ROOT / "var" / "foreign"
MANIFESTS = ("package.json", "package-lock.json")


def main() -> int:
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        print(f"foreign: {' and '.join(missing)} not found; Debian has them in the packages nodejs and npm", file=sys.stderr)
        return 2
    install_clients()
    only = sys.argv[1:]
    faults = 0 if only else oracle.run(INSTALLED)
    with exchange_home() as folder:
        command = ["node", str(HERE / "clients.cjs"), str(INSTALLED), str(folder / "demo.json"), *only]
        failed = subprocess.run(command, check=False).returncode
    return 1 if faults or failed else 0


def install_clients() -> None:
    """Install exactly what the lock file names, once for each version of it."""
    if all(_same(HERE / name, INSTALLED / name) for name in MANIFESTS) and (INSTALLED / "node_modules").is_dir():
        return
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in MANIFESTS:
        shutil.copy(HERE / name, INSTALLED / name)
    try:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=INSTALLED, check=True)
    except subprocess.CalledProcessError:
        (INSTALLED / "package-lock.json").unlink()  # so that the next run installs again
        raise


@contextmanager
def exchange_home() -> Iterator[Path]:
    """Give the folder of a running exchange; start and stop one of our own when there is none."""
    running = running_exchange()
    if running is not None:
        yield running.folder
        return
    print("foreign: no exchange is running, so one starts on a free port", flush=True)
    own = fresh_exchange(INSTALLED / "home")
    try:
        own.start()
        yield own.folder
    finally:
        own.reset()


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
