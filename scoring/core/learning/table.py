"""From raw columns to a table that can be learned from: labels, order of time, features, and a note for all that was left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY, NUMBER, Feature
from scoring.core.learning.cells import moment_of_number, seconds_of_number
from scoring.core.learning.columns import LEVELS, LEVELS_MAX, MOMENTS, NUMBERS, TEXTS, RawColumn

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DAY = 86_400.0
CATEGORIES_MAX = 200
RARE_ROWS = 10
RARE = "(rare)"
UNREADABLE_TIME_MAX = 0.05
POSITIVES_MIN = 20
ROWS_MIN = 100
YES = (
    "1",
    "1.0",
    "yes",
    "y",
    "true",
    "t",
    "won",
    "win",
    "converted",
    "sold",
    "sale",
    "success",
    "positive",
    "closed won",
    "accepted",
)
_NUMBERED = re.compile(
    r"(^|[\W_])(id|ids|no|nr|num|number|uuid|guid|seq|index|key|phone|mobile|row)([\W_]|$)|(?<=[a-z])(Id|ID|No)$", re.IGNORECASE
)


class Refused(ValueError):
    """A file that cannot be learned from; the text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: label and positive value, time column, columns to drop, `split` (column, value): rows that only judge.

    `quotes` False: no cell of a feature is quoted in notes or refusals, which are kept longer than the file.
    """

    label: str
    positive: str | None = None
    time: str | None = None
    drop: tuple[str, ...] = ()
    split: tuple[str, str] | None = None
    quotes: bool = True

    @property
    def special(self) -> tuple[str, ...]:
        """Name the columns that are no features by their role."""
        return tuple(name for name in (self.label, self.time, self.split and self.split[0]) if name)


@dataclass(frozen=True, slots=True)
class Table:
    """Labelled rows in order of time where there is one. `values` is (rows, features) with NaN for missing, column by column.

    `at` are Unix seconds, or a bare sequence where `clock` is False. `moments` are columns of dates, `filled` says for every
    column of the file, used or not, which rows hold something. `judge` marks the rows of an official test set. `weights` say how
    much each row counts; None is all alike.
    """

    features: tuple[Feature, ...]
    values: Floats
    outcomes: Bools
    at: Floats | None = None
    clock: bool = False
    moments: Mapping[str, Floats] = field(default_factory=dict)
    filled: Mapping[str, Bools] = field(default_factory=dict)
    judge: Bools | None = None
    weights: Floats | None = None
    positive: str = "1"
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.outcomes)

    def rows(self, which: Bools | Ints) -> Table:
        """Give some of the rows."""
        return replace(
            self,
            values=np.asfortranarray(self.values[which]),
            outcomes=self.outcomes[which],
            at=None if self.at is None else self.at[which],
            moments={name: values[which] for name, values in self.moments.items()},
            filled={name: values[which] for name, values in self.filled.items()},
            judge=None if self.judge is None else self.judge[which],
            weights=None if self.weights is None else self.weights[which],
        )

    def without(self, names: Sequence[str]) -> Table:
        """Give the table without some features."""
        kept = [place for place, feature in enumerate(self.features) if feature.name not in names]
        return replace(
            self, features=tuple(self.features[place] for place in kept), values=np.asfortranarray(self.values[:, kept])
        )


def table_of(columns: list[RawColumn], plan: Plan, *, test_rows: Bools | None = None) -> Table:
    """Build the table; raises Refused. `test_rows` marks rows that came from a test file.

    The list is emptied on the way, so that a large file does not stand in memory twice.
    """
    by_name = {column.name: column for column in columns if column.name in plan.special}
    notes: list[str] = []
    outcomes, known, positive = _outcomes(by_name[plan.label], plan, notes)
    judge = _judge(by_name, plan, test_rows)
    at, clock = _times(by_name, plan, known, notes)
    order = np.flatnonzero(known) if at is None else _in_order(at, known)
    check_labels(outcomes[order], plan.label, positive)
    features: list[Feature] = []
    values: list[Floats] = []
    moments: dict[str, Floats] = {}
    filled: dict[str, Bools] = {}
    columns.reverse()
    while columns:
        column = columns.pop()
        if column.name in plan.special:
            continue
        taken = replace(column, values=column.values[order])
        filled[column.name] = ~np.isnan(taken.values)
        if column.kind == MOMENTS:
            moments[column.name] = taken.values
        if not plan.quotes:
            taken = replace(taken, odd=taken.odd and ("…",))
        found = _feature(taken, None if at is None or not clock else at[order], notes)
        if found is not None:
            features.append(found[0])
            values.append(found[1])
    if at is not None and clock:
        _add_calendar(str(plan.time), at[order], features, values)
    if not features:
        raise Refused(f"No column is left to learn from{': ' if notes else ''}{'; '.join(notes)}.")
    return Table(
        features=tuple(features),
        values=np.array(values).T,  # column by column in memory, without a second copy
        outcomes=outcomes[order],
        at=None if at is None else at[order],
        clock=clock,
        moments=moments,
        filled=filled,
        judge=None if judge is None else judge[order],
        positive=positive,
        notes=tuple(notes),
    )


def check_labels(outcomes: Bools, label: str, positive: str) -> None:
    """Raise Refused where there is too little of either outcome to learn from."""
    rows, positives = len(outcomes), int(outcomes.sum())
    if positives in {0, rows}:
        said = "yes" if positives else "no"
        raise Refused(
            f'All {rows} labelled rows of "{label}" are "{said}" ("{positive}" is yes): there is nothing to tell apart.'
        )
    if rows < ROWS_MIN or min(positives, rows - positives) < POSITIVES_MIN:
        raise Refused(
            f'"{label}" holds {positives} positives in {rows} labelled rows; learning needs at least {POSITIVES_MIN} of each '
            f"outcome and {ROWS_MIN} rows."
        )


def _outcomes(column: RawColumn, plan: Plan, notes: list[str]) -> tuple[Bools, Bools, str]:
    """Give outcomes, which rows have one, and the level that counts as positive."""
    if column.kind == TEXTS:
        raise Refused(f'The label "{plan.label}" holds more than {LEVELS_MAX} different values; a label has two.')
    known = ~np.isnan(column.values)
    if not known.any():
        raise Refused(f'The label "{plan.label}" is empty in all {len(known)} rows.')
    positive = _positive(column.levels, plan)
    if not known.all():
        notes.append(f'{plan.label}: {int((~known).sum())} rows without a label are left out; no disposition is not a "no"')
    if len(column.levels) > 2:
        notes.append(f'{plan.label}: "{positive}" is the positive, the other {len(column.levels) - 1} values are not')
    return column.values == column.levels.index(positive), known, positive


def _positive(levels: tuple[str, ...], plan: Plan) -> str:
    listed = ", ".join(f'"{level}"' for level in levels[:8]) + (", ..." if len(levels) > 8 else "")
    if plan.positive in levels:
        return plan.positive
    if plan.positive is not None:
        wanted = _plain(plan.positive)
        found = [level for level in levels if _plain(level) == wanted]
        if not found:
            raise Refused(f'No row of "{plan.label}" is "{plan.positive}"; it holds {listed}.')
        return found[0]
    if len(levels) == 1:
        raise Refused(f'"{plan.label}" holds one value only, {listed}: there is nothing to tell apart.')
    said = [level for level in levels if _plain(level) in YES]
    if len(levels) > 2 or len(said) != 1:
        raise Refused(f'"{plan.label}" holds {len(levels)} values, {listed}: name the one that counts with --positive VALUE.')
    return said[0]


def _plain(text: str) -> str:
    plain = text.strip().lower()
    return plain[:-2] if re.match(r"^-?\d+\.0$", plain) else plain


def _judge(by_name: Mapping[str, RawColumn], plan: Plan, test_rows: Bools | None) -> Bools | None:
    if plan.split is None:
        return test_rows
    column, value = by_name[plan.split[0]], plan.split[1]
    if column.kind == TEXTS or value not in column.levels:
        listed = ", ".join(f'"{level}"' for level in column.levels[:8])
        raise Refused(f'No row of "{column.name}" is "{value}"; it holds {listed or "too many different texts"}.')
    return np.asarray(column.values == column.levels.index(value))


def _times(by_name: Mapping[str, RawColumn], plan: Plan, known: Bools, notes: list[str]) -> tuple[Floats | None, bool]:
    if plan.time is None:
        return None, False
    column = by_name[plan.time]
    if column.kind not in {NUMBERS, MOMENTS}:
        shown = ", ".join(f'"{level}"' for level in column.levels[:3]) if plan.quotes else ""
        raise Refused(
            f'The time column "{plan.time}" holds no dates that can be read ({shown or "text"}); use 2026-05-31 14:05:00.'
        )
    missing = np.isnan(column.values) & known
    share = float(missing.sum()) / max(1, int(known.sum()))
    if share > UNREADABLE_TIME_MAX:
        shown = (", ".join(f'"{cell}"' for cell in column.odd) if plan.quotes else "") or "empty or no dates"
        raise Refused(f'{share:.0%} of the times in "{plan.time}" cannot be read ({shown}); use 2026-05-31 14:05:00.')
    if missing.any():
        notes.append(f"{plan.time}: {int(missing.sum())} rows without a readable time are left out")
        known &= ~missing
    if column.kind == MOMENTS:
        return column.values, True
    meaning = moment_of_number(column.values[known].tolist())
    return np.array([seconds_of_number(value, meaning) for value in column.values.tolist()]), meaning not in {"order"}


def _in_order(at: Floats, known: Bools) -> Ints:
    order = np.argsort(at, kind="stable")
    return order[known[order]]


def _unread(column: RawColumn) -> str:
    shown = ", ".join(f'"{" ".join(cell[:30].split())}"' for cell in column.odd) or "numbers too large"
    return f"{column.odd_count} cells cannot be read and count as missing ({shown})"


def _feature(column: RawColumn, at: Floats | None, notes: list[str]) -> tuple[Feature, Floats] | None:
    name, values = column.name, column.values
    present = values[~np.isnan(values)]
    if not len(present):
        notes.append(f"{name}: {_unread(column) + ': nothing remains' if column.odd_count else 'empty in every row'}, left out")
        return None
    if column.kind == TEXTS:
        notes.append(f"{name}: more than {LEVELS_MAX} different texts, an identifier or free text, left out")
        return None
    if len(present) == len(values) and (present == present[0]).all():
        notes.append(f"{name}: the same in every row, left out")
        return None
    if column.odd_count:
        notes.append(f"{name}: {_unread(column)}")
    if column.kind == LEVELS:
        return _category(column, present, notes)
    if column.kind == MOMENTS:
        words, days = (f"days from {name} to the lead", (at - values) / DAY) if at is not None else (name, values / DAY)
        return Feature(name, NUMBER, words), days
    if is_identifier(name, present):
        notes.append(f"{name}: another whole number in nearly every row, an identifier, left out")
        return None
    return Feature(name, NUMBER, name), values


def is_identifier(name: str, present: Floats) -> bool:
    """Say whether numbers only count or name the rows."""
    if len(present) < 50 or (np.abs(present) > 2**53).any() or (present != np.round(present)).any():
        return False
    distinct = len(np.unique(present)) / len(present)
    steps = np.diff(present)
    monotone = bool((steps > 0).all() or (steps < 0).all())
    return (distinct == 1 and monotone) or (distinct > 0.9 and _NUMBERED.search(name) is not None)


def is_free_text(different: int, rows: int) -> bool:
    """Say whether so many different texts in so many rows are identifiers or sentences, not categories."""
    return different > 50 and different > rows / 2


def _category(column: RawColumn, present: Floats, notes: list[str]) -> tuple[Feature, Floats] | None:
    counts = np.bincount(present.astype(np.int64), minlength=len(column.levels))
    used = int((counts > 0).sum())
    if is_free_text(used, len(present)):
        notes.append(f"{column.name}: {used} different texts in {len(present)} rows, an identifier or free text, left out")
        return None
    if column.mixed:
        notes.append(f"{column.name}: mixes numbers and words, read as words")
    rare_below = min(RARE_ROWS, max(1, len(column.values) // 200))
    by_count = np.lexsort((np.arange(len(counts)), -counts))[:CATEGORIES_MAX]
    kept = sorted(int(place) for place in by_count if counts[place] >= rare_below)
    codes = np.full(len(counts), float(len(kept)))
    codes[kept] = np.arange(len(kept), dtype=np.float64)
    pooled = int(counts.sum() - counts[kept].sum())
    levels = tuple(column.levels[place] for place in kept) + ((RARE,) if pooled else ())
    if pooled:
        notes.append(f"{column.name}: {used - len(kept)} rare values ({pooled} rows) count as one")
    values = np.full(len(column.values), np.nan)
    said = ~np.isnan(column.values)
    values[said] = codes[present.astype(np.int64)]
    return Feature(column.name, CATEGORY, column.name, levels), values


def _add_calendar(name: str, at: Floats, features: list[Feature], values: list[Floats]) -> None:
    """Add weekday, and hour where the time has one; year and month are left out, for they never come again."""
    if len(np.unique(at % DAY)) > 1:
        features.append(Feature(f"{name} (hour)", NUMBER, f"hour of {name}"))
        values.append(np.floor(at % DAY / 3600))
    days = np.floor(at / DAY).astype("datetime64[D]")
    first_of_month = bool((days == days.astype("datetime64[M]")).all())  # then months were meant, and weekdays say nothing
    if len(np.unique(days)) > 7 and not first_of_month:
        features.append(Feature(f"{name} (weekday)", NUMBER, f"weekday of {name}, Monday is 0"))
        values.append((np.floor(at / DAY) + 3) % 7)
