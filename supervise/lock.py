"""Locks that cannot go stale: the kernel drops a flock when its process dies, by kill -9 too."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from supervise.failure import Failure

POLL_SECONDS = 0.05


class FileLock:
    """Hold an advisory lock on a file until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if nobody holds it against us; return whether we have it."""
        if self._descriptor is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def acquire(self, *, seconds: float, why: str, command: str, shared: bool = False) -> None:
        """Wait at most `seconds` for the lock; raise Failure with the given reason afterwards."""
        deadline = time.monotonic() + seconds
        while not self.try_acquire(shared=shared):
            if time.monotonic() > deadline:
                self.release()
                raise Failure(f"Waited {seconds:.0f} s for {self.path}.", why=why, command=command)
            time.sleep(POLL_SECONDS)

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Tell whether some living process holds the lock exclusively."""
    if not path.exists():
        return False
    with FileLock(path) as probe:
        return not probe.try_acquire(shared=True)
