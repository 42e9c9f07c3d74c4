"""What the sentinel says: a finding stops training, a suspicion is only shown."""

from __future__ import annotations

from dataclasses import dataclass

ROWS = "(rows)"


def is_made(column: str) -> bool:
    """Say whether a column is no column of the file, which could be dropped, but all rows or made of the time."""
    return column.startswith("(") or column.endswith((" (hour)", " (weekday)"))


@dataclass(frozen=True, slots=True)
class Finding:
    """One leak: the check that found it, the column (or ROWS), the evidence in words. `stops` is False for a mere suspicion."""

    check: str
    column: str
    evidence: str
    stops: bool = True

    @property
    def key(self) -> str:
        """Name the finding as `--allow` takes it."""
        return f"{self.check}:{self.column}"

    @property
    def switch(self) -> str:
        """Say how to go on."""
        knowingly = f'--allow "{self.key}"'
        if self.column == ROWS:
            return knowingly
        return f"no --time, or {knowingly}" if is_made(self.column) else f'--drop "{self.column}", or {knowingly}'


class Leaking(Exception):
    """Training was stopped; carries the findings that stopped it and the suspicions beside them."""

    def __init__(self, findings: tuple[Finding, ...], suspicions: tuple[Finding, ...] = ()) -> None:
        """Keep the findings; the text names them all."""
        super().__init__("; ".join(f"{finding.key}: {finding.evidence}" for finding in findings))
        self.findings, self.suspicions = findings, suspicions
