"""Shows log files as they grow, each line with the name of its process."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from supervise.home import Home

WIDTH = 10


class Follower:
    """Print what was appended to the logs since the last look."""

    def __init__(self, home: Home, *, backlog_bytes: int | None = None) -> None:
        self.folder = home.logs
        self._positions: dict[Path, int] = {}
        for path in self.folder.glob("*.log"):
            size = path.stat().st_size
            self._positions[path] = size if backlog_bytes is None else max(0, size - backlog_bytes)

    def show(self) -> None:
        """Print every complete new line."""
        for path in sorted(self.folder.glob("*.log")):
            size, position = path.stat().st_size, self._positions.get(path, 0)
            position = 0 if size < position else position  # emptied by rotation
            if size > position:
                self._positions[path] = position + self._print(path, position)
        sys.stdout.flush()

    def _print(self, path: Path, position: int) -> int:
        with open(path, "rb") as stream:
            stream.seek(position)
            block = stream.read(1 << 20)
        whole = block[: block.rfind(b"\n") + 1]
        for line in whole.decode(errors="replace").splitlines():
            print(f"{path.stem:<{WIDTH}}| {line}")
        return len(whole)


def follow_forever(home: Home) -> None:
    """Show the end of every log, then what comes, until Ctrl-C."""
    follower = Follower(home, backlog_bytes=2000)
    try:
        while True:
            follower.show()
            time.sleep(0.3)
    except KeyboardInterrupt:
        print()
