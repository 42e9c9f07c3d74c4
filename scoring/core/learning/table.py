"""From raw columns to a table that can be learned from: labels, order of time, features, and a note for all that was left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from scoring.core.columns import CATEGORY, NUMBER, Feature
from scoring.core.learning.cells import listed, quoted
from scoring.core.learning.columns import LEVELS, LEVELS_MAX, MOMENTS, NUMBERS, TEXTS, RawColumn
from scoring.core.learning.derivations import BEFORE, DAY, HOUR, LEVEL, PLAIN, WEEKDAY, Arrival, Derivation, mark_of
from scoring.core.learning.identifiers import counts_rows, is_free_text, is_person, is_too_long
from scoring.core.learning.moments import dated, timed
from scoring.core.learning.spellings import join_spellings, plain

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Made = tuple[Feature, Floats, Derivation]

CATEGORIES_MAX = 200
RARE_ROWS = 10
RARE = "(rare)"
UNREADABLE_TIME_MAX = 0.05
TIMES_MIN = 5
UNTOLD = "…"
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
    column of the file, used or not, which rows hold something. `derivations` say how each feature is made of cells, `arrival`
    how the time is read where one needs it. `persons` are columns that name a person: a number for each. `judge` marks the rows
    of an official test set. `weights` say how much each row counts; None is all alike.
    """

    features: tuple[Feature, ...]
    values: Floats
    outcomes: Bools
    at: Floats | None = None
    clock: bool = False
    moments: Mapping[str, Floats] = field(default_factory=dict)
    filled: Mapping[str, Bools] = field(default_factory=dict)
    persons: Mapping[str, Floats] = field(default_factory=dict)
    judge: Bools | None = None
    weights: Floats | None = None
    positive: str = "1"
    notes: tuple[str, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    arrival: Arrival | None = None

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
            persons={name: values[which] for name, values in self.persons.items()},
            judge=None if self.judge is None else self.judge[which],
            weights=None if self.weights is None else self.weights[which],
        )

    def without(self, names: Sequence[str]) -> Table:
        """Give the table without some features."""
        kept = [place for place, feature in enumerate(self.features) if feature.name not in names]
        features, values = tuple(self.features[place] for place in kept), np.asfortranarray(self.values[:, kept])
        derivations = tuple(derivation for derivation in self.derivations if derivation.feature not in names)
        return replace(self, features=features, values=values, derivations=derivations)


def table_of(columns: list[RawColumn], plan: Plan, *, test_rows: Bools | None = None) -> Table:
    """Build the table; raises Refused. `test_rows` marks rows that came from a test file.

    The list is emptied on the way, so that a large file does not stand in memory twice.
    """
    by_name = {column.name: column for column in columns if column.name in plan.special}
    notes: list[str] = []
    outcomes, known, positive = _outcomes(by_name[plan.label], plan, notes)
    judge = _judge(by_name, plan, test_rows)
    at, arrival = _times(by_name, plan, known, notes)
    clock = arrival is not None
    order = np.flatnonzero(known) if at is None else _in_order(at, known)
    check_labels(outcomes[order], plan.label, positive)
    made: list[Made] = []
    moments: dict[str, Floats] = {}
    filled: dict[str, Bools] = {}
    persons: dict[str, Floats] = {}
    columns.reverse()
    while columns:
        column = columns.pop()
        if column.name in plan.special:
            continue
        taken = replace(column, values=column.values[order])
        identifier = counts_rows(column, order)
        if not identifier:
            taken = dated(taken)
        filled[column.name] = ~np.isnan(taken.values)
        if taken.kind == MOMENTS:
            moments[column.name] = taken.values
        if is_person(taken):
            persons[column.name] = taken.values
            notes.append(f"{column.name}: names the same person in several rows, left out; rows of one person stay in one fold")
            continue
        if not plan.quotes:
            taken = replace(taken, odd=taken.odd and (UNTOLD,))
        found = _feature(taken, None if at is None or not clock else at[order], notes, identifier=identifier)
        if found is not None:
            made.append(found)
    if at is not None and clock:
        made.extend(_calendar(str(plan.time), at[order], taken={feature.name for feature, _, _ in made}))
    if not made:
        raise Refused(f"No column is left to learn from{': ' if notes else ''}{'; '.join(notes)}.")
    return Table(
        features=tuple(feature for feature, _, _ in made),
        values=np.array([values for _, values, _ in made]).T,  # column by column in memory, without a second copy
        outcomes=outcomes[order],
        at=None if at is None else at[order],
        clock=clock,
        moments=moments,
        filled=filled,
        persons=persons,
        judge=None if judge is None else judge[order],
        positive=positive,
        notes=tuple(notes),
        derivations=tuple(derivation for _, _, derivation in made),
        arrival=arrival if any(derivation.needs_arrival for _, _, derivation in made) else None,
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
    counts = np.bincount(column.values[known].astype(np.int64), minlength=len(column.levels))
    values = join_spellings(dict(zip(column.levels, counts.tolist(), strict=True)))
    positive = _positive(values, plan)
    notes.extend(f"{plan.label}: {listed(texts)} are read as one value" for texts in values.values() if len(texts) > 1)
    if not known.all():
        notes.append(f'{plan.label}: {int((~known).sum())} rows without a label are left out; no disposition is not a "no"')
    if len(values) > 2:
        notes.append(f"{plan.label}: {quoted(positive)} is the positive, the other {len(values) - 1} values are not")
    return np.isin(column.values, [column.levels.index(text) for text in values[positive]]), known, positive


def _positive(values: Collection[str], plan: Plan) -> str:
    if plan.positive is not None:
        found = [value for value in values if plain(value) == plain(plan.positive)]
        if not found:
            raise Refused(f'No row of "{plan.label}" is {quoted(plan.positive)}; it holds {listed(values)}.')
        return found[0]
    if len(values) == 1:
        raise Refused(f'"{plan.label}" holds one value only, {listed(values)}: there is nothing to tell apart.')
    said = [value for value in values if plain(value) in YES]
    if len(values) > 2 or len(said) != 1:
        raise Refused(
            f'"{plan.label}" holds {len(values)} values, {listed(values)}: name the one that counts with --positive VALUE.'
        )
    return said[0]


def _judge(by_name: Mapping[str, RawColumn], plan: Plan, test_rows: Bools | None) -> Bools | None:
    if plan.split is None:
        return test_rows
    column, value = by_name[plan.split[0]], plan.split[1]
    if column.kind == TEXTS or value not in column.levels:
        held = listed(column.levels) or "too many different texts"
        raise Refused(f'No row of "{column.name}" is {quoted(value)}; it holds {held}.')
    return np.asarray(column.values == column.levels.index(value))


def _times(by_name: Mapping[str, RawColumn], plan: Plan, known: Bools, notes: list[str]) -> tuple[Floats | None, Arrival | None]:
    """Give the times of the rows, and how they are read where they are moments and no bare sequence."""
    if plan.time is None:
        return None, None
    column = dated(timed(by_name[plan.time]))
    if column.kind == LEVELS and not column.levels:
        raise Refused(f'The time column "{plan.time}" is empty in all {len(known)} rows.')
    if column.kind not in {NUMBERS, MOMENTS}:
        shown = listed(column.levels, 3) if plan.quotes else ""
        raise Refused(
            f'The time column "{plan.time}" holds no dates that can be read ({shown or "text"}); use 2026-05-31 14:05:00.'
        )
    missing = np.isnan(column.values) & known
    share = float(missing.sum()) / max(1, int(known.sum()))
    if share > UNREADABLE_TIME_MAX:
        shown = (listed(column.odd) if plan.quotes else "") or "empty or no dates"
        raise Refused(f'{share:.0%} of the times in "{plan.time}" cannot be read ({shown}); use 2026-05-31 14:05:00.')
    if missing.any():
        notes.append(f"{plan.time}: {int(missing.sum())} rows without a readable time are left out")
        known &= ~missing
    different = len(np.unique(column.values[known]))
    if different < TIMES_MIN:
        raise Refused(
            f'The time column "{plan.time}" holds fewer than {TIMES_MIN} different times ({different}): '
            f"nothing tells old leads from new ones: leave out --time, or name another column."
        )
    if column.doubt:
        notes.append(f"{plan.time}: {column.doubt}")
    if column.kind == NUMBERS:
        notes.append(f"{plan.time}: numbers and no dates; they give the order of the rows, and nothing else is made of them")
    return column.values, Arrival(column.name, column.reads, column.meaning) if column.kind == MOMENTS else None


def _in_order(at: Floats, known: Bools) -> Ints:
    order = np.argsort(at, kind="stable")
    return order[known[order]]


def _unread(column: RawColumn) -> str:
    if not column.odd:
        return f"{column.odd_count:,} cells cannot be read and count as missing (numbers too large)"
    wanted = "dates" if column.kind == MOMENTS else "numbers"
    shown = "" if column.odd == (UNTOLD,) else f", e.g. {listed(column.odd)}"
    return f"{column.odd_count:,} of {len(column.values):,} cells are not {wanted} and count as missing{shown}"


def _feature(column: RawColumn, at: Floats | None, notes: list[str], *, identifier: bool) -> Made | None:
    name, values = column.name, column.values
    present = values[~np.isnan(values)]
    if not len(present):
        notes.append(f"{name}: {_unread(column) + ': nothing remains' if column.odd_count else 'empty in every row'}, left out")
        return None
    if column.kind == TEXTS:
        notes.append(f"{name}: more than {LEVELS_MAX} different texts or very long ones, an identifier or free text, left out")
        return None
    if column.kind == NUMBERS and is_too_long(present):
        notes.append(f"{name}: whole numbers of more than 15 digits, an identifier, left out")
        return None
    if len(present) == len(values) and (present == present[0]).all():
        notes.append(f"{name}: the same in every row, left out")
        return None
    if column.odd_count:
        notes.append(f"{name}: {_unread(column)}")
    if column.kind == LEVELS:
        return _category(column, present, notes)
    if column.kind == MOMENTS:
        if at is None:
            notes.append(
                f"{name}: dates, left out, for a date by itself never comes again; give --time {quoted(name)} if it is when the "
                f"lead arrived"
            )
            return None
        if column.doubt:
            notes.append(f"{name}: {column.doubt}")
        derivation = Derivation(name, name, BEFORE, column.reads, column.meaning)
        return Feature(name, NUMBER, f"days from {name} to the lead"), derivation.of(values, at), derivation
    if identifier:
        notes.append(f"{name}: another whole number in nearly every row, an identifier, left out")
        return None
    derivation = Derivation(name, name, PLAIN, column.reads)
    return Feature(name, NUMBER, name), derivation.of(values, at), derivation


def _category(column: RawColumn, present: Floats, notes: list[str]) -> Made | None:
    counts = np.bincount(present.astype(np.int64), minlength=len(column.levels))
    used = int((counts > 0).sum())
    if is_free_text(used, len(present)):
        notes.append(f"{column.name}: {used} different texts in {len(present)} rows, an identifier or free text, left out")
        return None
    if column.doubt:
        notes.append(f"{column.name}: {column.doubt}")
    rare_below = min(RARE_ROWS, max(1, len(column.values) // 200))
    by_count = np.lexsort((np.arange(len(counts)), -counts))[:CATEGORIES_MAX]
    kept = sorted(int(place) for place in by_count if counts[place] >= rare_below)
    pooled = int(counts.sum() - counts[kept].sum())
    levels = tuple(column.levels[place] for place in kept) + ((RARE,) if pooled else ())
    if pooled:
        notes.append(f"{column.name}: {used - len(kept)} rare values ({pooled} rows) count as one")
    marks = tuple(mark_of(column.name, column.levels[place]) for place in kept)
    derivation = Derivation(column.name, column.name, LEVEL, marks=marks, rare=pooled > 0)
    codes = np.fromiter(map(derivation.reader(), column.levels), dtype=np.float64)
    values = np.full(len(column.values), np.nan)
    said = ~np.isnan(column.values)
    values[said] = codes[present.astype(np.int64)]
    return Feature(column.name, CATEGORY, column.name, levels), values, derivation


def _calendar(name: str, at: Floats, *, taken: Collection[str]) -> Iterator[Made]:
    """Make weekday, and hour where the time has one; year and month are left out, for they never come again."""
    if len(np.unique(at % DAY)) > 1:
        derivation = Derivation(_free(f"{name} (hour)", taken), name, HOUR)
        yield Feature(derivation.feature, NUMBER, f"hour of {name}"), derivation.of(at, at), derivation
    days = np.floor(at / DAY).astype("datetime64[D]")
    first_of_month = bool((days == days.astype("datetime64[M]")).all())  # then months were meant, and weekdays say nothing
    if len(np.unique(days)) > 7 and not first_of_month:
        derivation = Derivation(_free(f"{name} (weekday)", taken), name, WEEKDAY)
        yield Feature(derivation.feature, NUMBER, f"weekday of {name}, Monday is 0"), derivation.of(at, at), derivation


def _free(name: str, taken: Collection[str]) -> str:
    """Give a name that no column of the file has."""
    while name in taken:
        name += "*"
    return name
