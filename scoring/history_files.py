"""Files of past leads on disk: one place, readable by the exchange's own account only, and never for longer than a day.

Such a file holds personal data. Nothing of it enters the database or a log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

BYTES_MAX = 50 * 1024 * 1024
KEPT = timedelta(hours=24)


def folder() -> Path:
    """Give the folder of the files; made at the first need, closed to other accounts."""
    path = Path(settings.LEADWRIGHT_HOME) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(history_id: UUID) -> Path:
    """Say where the file of an import lies, if it still does."""
    return folder() / str(history_id)


def keep(upload: Path, history_id: UUID) -> None:
    """Take over a file that was streamed into the folder; it stays readable by its owner only."""
    upload.chmod(0o600)
    upload.rename(path_of(history_id))


def is_kept(history_id: UUID) -> bool:
    """Say whether the file is still there."""
    return path_of(history_id).is_file()


def remove(history_id: UUID) -> None:
    """Delete the file; one that is gone is fine."""
    path_of(history_id).unlink(missing_ok=True)


def remove_old(*, at: datetime) -> int:
    """Delete every file older than KEPT, torn uploads included, and count them."""
    oldest, removed = (at - KEPT).timestamp(), 0
    for path in folder().iterdir():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
