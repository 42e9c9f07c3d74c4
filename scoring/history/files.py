"""Files of past leads on disk: one place, readable by the exchange's own account only, and never for longer than a day.

Such a file holds personal data. Nothing of it enters the database or a log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

TEST, SCORED = ".test", ".scored"
ID_LENGTH, CHUNK_BYTES = 36, 1 << 20
BYTES_MAX = 50 * 1024 * 1024
KEPT = timedelta(hours=24)


def folder() -> Path:
    """Give the folder of the files; made at the first need, closed to other accounts."""
    path = Path(settings.LEADWRIGHT_HOME) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(history_id: UUID, kind: str = "") -> Path:
    """Say where a file of an import lies, if it still does: what was brought, or by its `kind` the test set or the answers."""
    return folder() / f"{history_id}{kind}"


def keep(upload: Path, history_id: UUID, kind: str = "") -> None:
    """Take over a file that was streamed into the folder; it stays readable by its owner only."""
    upload.chmod(0o600)
    upload.rename(path_of(history_id, kind))


def is_kept(history_id: UUID, kind: str = "") -> bool:
    """Say whether the file is still there."""
    return path_of(history_id, kind).is_file()


def remove(history_id: UUID) -> None:
    """Delete all files of an import; one that is gone is fine."""
    for path in folder().glob(f"{history_id}*"):
        path.unlink(missing_ok=True)


def remove_brought(history_id: UUID) -> None:
    """Delete what was brought; answers stay, if they are whole."""
    for kind in ("", TEST, f"{SCORED}.part"):
        path_of(history_id, kind).unlink(missing_ok=True)


def count_lines(path: Path) -> int:
    """Count the line ends of a file, chunk by chunk."""
    with path.open("rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""))


def ids() -> set[UUID]:
    """Name the imports of all organizations that have files here."""
    names = {path.name.partition(".")[0] for path in folder().iterdir()}
    return {UUID(name) for name in names if len(name) == ID_LENGTH}


def remove_old(*, at: datetime) -> int:
    """Delete every file older than KEPT, torn uploads included, and count them."""
    oldest, removed = (at - KEPT).timestamp(), 0
    for path in folder().iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
