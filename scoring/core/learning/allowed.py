"""Findings that somebody passes over knowingly, as `--allow CHECK:COL` names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from scoring.core.learning.cells import listed, quoted
from scoring.core.learning.findings import CHECKS, ROWS, Finding
from scoring.core.learning.table import Refused


def check_allowed(allow: Iterable[str], columns: Collection[str], time: str | None) -> None:
    """Raise Refused for a finding that no check makes, or of a column that the file has not."""
    known = [*columns, ROWS, *(("(time)", f"{time} (hour)", f"{time} (weekday)") if time else ())]
    for key in allow:
        check, colon, column = key.partition(":")
        if check not in CHECKS:
            raise Refused(f"--allow {quoted(key)}: there is no check {quoted(check)}; there are {', '.join(CHECKS)}.")
        if not colon or not column:
            raise Refused(f'--allow {quoted(key)}: name the column too, as in --allow "{check}:{next(iter(columns))}".')
        if column not in known:
            near = get_close_matches(column, known, n=1)
            meant = f"; did you mean {quoted(near[0])}?" if near else "."
            raise Refused(f"--allow {quoted(key)}: there is no column {quoted(column)}{meant} There are {listed(known, 20)}.")


def unmet_notes(allow: Iterable[str], found: Iterable[Finding]) -> tuple[str, ...]:
    """Name what was allowed and not found."""
    keys = {finding.key for finding in found}
    return tuple(f'--allow "{key}": no such finding, so it changed nothing' for key in sorted(set(allow) - keys))
