"""What the sentinel says: a finding stops training, a suspicion is only shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROWS = "(rows)"
CHECKS: Mapping[str, str] = {
    "after_the_ping": "Dated after the lead",
    "midnight": "Hour missing for one outcome",
    "missingness": "Being filled tells the outcome",
    "label_copy": "Copy of the label",
    "single_feature": "Too good alone",
    "named_after_contact": "Known after contact by its name",
    "not_in_schema": "No ping carries it",
    "near_duplicates": "Rows that are copies",
    "carries_the_model": "Carries the model alone",
    "too_good": "Too good to be honest",
}
"""Every check of the sentinel, in words."""


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
    """Training was stopped; carries the findings that stopped it, the suspicions beside them, and notes on what was allowed."""

    def __init__(self, findings: tuple[Finding, ...], suspicions: tuple[Finding, ...] = (), notes: tuple[str, ...] = ()) -> None:
        """Keep the findings; the text names them all."""
        super().__init__("; ".join(f"{finding.key}: {finding.evidence}" for finding in findings))
        self.findings, self.suspicions, self.notes = findings, suspicions, notes
