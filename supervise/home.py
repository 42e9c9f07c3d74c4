"""Where one exchange keeps its state: the folder var/ (or LEADWRIGHT_HOME) and, for root, PostgreSQL's folder."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
SYSTEM_FOLDER = Path("/var/lib/leadwright")
MARK = ".leadwright"


@dataclass(frozen=True, slots=True)
class Home:
    """Name the files of one home; two homes never share a server."""

    path: Path

    @property
    def digest(self) -> str:
        """Identify this clone and this home in folders they share with others."""
        return hashlib.sha256(f"{REPOSITORY}\0{self.path}".encode()).hexdigest()[:16]

    @property
    def logs(self) -> Path:
        """Return the folder of the log files."""
        return self.path / "log"

    @property
    def environment(self) -> Path:
        """Return the KEY=VALUE file that `manage.py` reads."""
        return self.path / "env"

    @property
    def state(self) -> Path:
        """Return the file with pids, ports and restart counts."""
        return self.path / "processes.json"

    @property
    def supervisor_lock(self) -> Path:
        """Return the lock that the supervisor of this home holds while it lives."""
        return self.path / "supervisor.lock"

    @property
    def start_lock(self) -> Path:
        """Return the lock that serialises two concurrent starts."""
        return self.path / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Return the lock shared by everybody who uses throw-away services."""
        return self.path / "users.lock"

    @property
    def postgres(self) -> Path:
        """Return PostgreSQL's folder: it refuses to run as root, so root keeps it where nobody may reach it."""
        return SYSTEM_FOLDER / self.digest if runs_as_root() else self.path / "postgres"

    def create(self) -> None:
        """Make the folders, readable by the owner only."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        self.logs.mkdir(exist_ok=True)

    def mark_as_ours(self) -> None:
        """Leave the mark without which `make reset` deletes nothing."""
        (self.path / MARK).touch()

    def is_ours(self) -> bool:
        """Tell whether the folder was made to be a home."""
        return (self.path / MARK).exists()


def runs_as_root() -> bool:
    """Tell whether we may and must change the user of PostgreSQL."""
    return os.geteuid() == 0


def find_home(*, default: str) -> Home:
    """Return the home named by LEADWRIGHT_HOME, or `default` inside the clone."""
    given = os.environ.get("LEADWRIGHT_HOME", "")
    path = Path(given).expanduser() if given else REPOSITORY / default
    return Home(path=Path(os.path.abspath(path)))


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically with content that only the owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    os.replace(name, path)


def read_pairs(path: Path) -> dict[str, str]:
    """Read a KEY=VALUE file; lines without `=` and comments are ignored."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def write_pairs(path: Path, pairs: dict[str, str]) -> None:
    """Write a KEY=VALUE file with mode 0600."""
    write_private(path, "".join(f"{key}={value}\n" for key, value in pairs.items()))
