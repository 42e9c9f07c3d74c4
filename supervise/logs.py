"""Log files: children append to them directly, so a dead supervisor loses no line; we rotate them by size."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import IO

LIMIT_BYTES = 10 * 1024 * 1024
KEPT = 2


def open_log(folder: Path, name: str) -> IO[bytes]:
    """Open <folder>/<name>.log for appending."""
    folder.mkdir(parents=True, exist_ok=True)
    return open(folder / f"{name}.log", "ab", buffering=0)


def rotate(path: Path, limit: int = LIMIT_BYTES) -> bool:
    """Copy a file over the limit aside and empty it in place; writers append, so they go on at its start."""
    if not path.exists() or path.stat().st_size <= limit:
        return False
    for number in range(KEPT, 1, -1):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}.{number - 1}", f"{path}.{number}")
    shutil.copyfile(path, f"{path}.1")
    os.truncate(path, 0)
    return True


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log, indented for a message."""
    if not path.exists():
        return ""
    with open(path, "rb") as stream:
        stream.seek(max(0, path.stat().st_size - 16384))
        text = stream.read().decode(errors="replace")
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
