"""The one exception of the supervisor: a sentence for a person."""

from __future__ import annotations


class Failure(Exception):
    """Say what failed, why, and the one command that helps."""

    def __init__(self, what: str, *, why: str = "", command: str = "") -> None:
        self.what, self.why, self.command = what, why, command
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Return the message as printed: one line each for what, why and the command."""
        lines = [self.what]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.command:
            lines.append(f"  try: {self.command}")
        return "\n".join(lines)
