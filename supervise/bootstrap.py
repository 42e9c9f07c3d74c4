"""Makes .venv, then hands over to the supervisor inside it. Only the standard library: nothing is installed yet."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from supervise.failure import Failure
from supervise.home import REPOSITORY
from supervise.lock import FileLock

VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed.json"
RUNTIME, DEVELOPMENT = REPOSITORY / "requirements.txt", REPOSITORY / "requirements-dev.txt"
INSTALLER = "uv==0.13.9"
INSTALL_SECONDS = 900
# What pip is told about mirrors, wheel folders and certificates, under the names the other installer reads.
INDEX_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


def main(arguments: Sequence[str]) -> int:
    """Prepare .venv (`--dev` with the tools of the tests) and run the rest of the arguments inside it."""
    development = arguments[:1] == ["--dev"]
    command = list(arguments[1:] if development else arguments)
    try:
        with FileLock(REPOSITORY / "var" / ".bootstrap.lock") as lock:
            lock.acquire(seconds=INSTALL_SECONDS, why="another start is installing packages", command="ps aux | grep bootstrap")
            install(development=development)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    if not command:
        return 0
    os.environ["PATH"] = os.pathsep.join((str(PYTHON.parent), os.environ.get("PATH", os.defpath)))
    program = str(PYTHON) if command[0] == "python" else command[0]
    os.execvp(program, [program, *command[1:]])


def digest(path: Path) -> str:
    """Return the hash of a requirements file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install(*, development: bool) -> None:
    """Bring .venv to the pinned versions; do nothing when its stamp says they are there.

    Development packages that are there stay: their file is a superset of the runtime's.
    """
    if not _works(PYTHON):
        _create()
    stamp = _read_stamp()
    development = development or bool(stamp.get("dev")) or _has_module("pytest")
    wanted = {"runtime": digest(RUNTIME), "dev": digest(DEVELOPMENT) if development else ""}
    if stamp == wanted:
        return
    requirements = DEVELOPMENT if development else RUNTIME
    _say(f"installing {requirements.name} into .venv")
    STAMP.unlink(missing_ok=True)
    _synchronise(requirements)
    STAMP.write_text(json.dumps(wanted))


def _read_stamp() -> dict[str, str]:
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _works(python: Path) -> bool:
    """Tell whether the interpreter runs and believes to live here (a moved clone keeps a broken .venv)."""
    code = f"import sys, importlib.util as u; sys.exit(0 if sys.prefix == {str(VENV)!r} and u.find_spec('pip') else 1)"
    return python.exists() and _quiet([str(python), "-c", code]) == 0


def _has_module(name: str) -> bool:
    return _quiet([str(PYTHON), "-c", f"import importlib.util as u, sys; sys.exit(0 if u.find_spec({name!r}) else 1)"]) == 0


def _quiet(command: Sequence[str]) -> int:
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        return 1


def _create() -> None:
    _say(f"making .venv with Python {sys.version.split()[0]}")
    base = Path(getattr(sys, "_base_executable", "") or sys.executable)
    _run([str(base), "-m", "venv", "--clear", str(VENV)], "The virtual environment could not be made.", _environment())


def _synchronise(requirements: Path) -> None:
    """Install with uv; with plain pip where uv cannot run or cannot reach the packages."""
    environment = _environment()
    try:
        _install_installer(environment)
        sync = [str(VENV / "bin/uv"), "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", str(requirements)]
        _run(sync, "uv could not install the packages.", environment | _index_settings())
    except Failure as failure:
        _say(f"{failure.what} Going on with pip, which takes about two minutes.")
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
        _run(pip, "The packages could not be installed.", environment)


def _install_installer(environment: Mapping[str, str]) -> None:
    """Install the pinned uv with the hashes that stand in requirements-dev.txt."""
    name = INSTALLER.partition("==")[0]
    binary = VENV / "bin" / name
    if binary.exists() and _quiet([str(binary), "--version"]) == 0:
        return
    pinned = VENV / "installer.txt"
    pinned.write_text(pinned_block(DEVELOPMENT.read_text(), INSTALLER))
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(pinned)]
    _run(command, "The installer could not be installed.", environment)


def pinned_block(text: str, requirement: str) -> str:
    """Cut one requirement with its hashes out of a requirements file."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.split(" ", 1)[0] == requirement), None)
    if start is None:
        raise Failure(f"{requirement} is not pinned in {DEVELOPMENT.name}.", command="make lock")
    end = next((n for n in range(start, len(lines)) if not lines[n].endswith("\\")), len(lines) - 1)
    return "\n".join(lines[start : end + 1]) + "\n"


def _environment() -> dict[str, str]:
    """Return our environment with a HOME and a cache that exist: containers often have none."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    home = environment.get("HOME", "")
    if not home or not os.access(home, os.W_OK):
        environment |= {"HOME": str(VENV), "PIP_NO_CACHE_DIR": "1", "UV_CACHE_DIR": str(VENV / ".cache")}
    return environment


def _index_settings() -> dict[str, str]:
    """Translate pip's configured mirrors; hashes make it safe to take a file from any of them."""
    listed = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, timeout=60, check=False)
    found: dict[str, str] = {}
    for line in listed.stdout.splitlines():
        key, _, value = line.partition("=")
        name = INDEX_NAMES.get(key.rpartition(".")[2])
        if name and value:
            found[name] = " ".join(shlex.split(value))
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = ",".join(found["UV_FIND_LINKS"].split())
    return {name: value for name, value in found.items() if name not in os.environ} | {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def _run(command: Sequence[str], failed: str, environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(
            failed, why=f"it took more than {INSTALL_SECONDS} s", command="make run   # again: what was loaded is kept"
        ) from None
    if done.returncode != 0:
        why = "\n".join((done.stderr or done.stdout).strip().splitlines()[-6:])
        raise Failure(failed, why=why, command=shlex.join(command))


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
