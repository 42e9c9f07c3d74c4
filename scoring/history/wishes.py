"""What somebody asks of a file of past leads on its page, read against the file: every fault stands at its field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from accounts.core.errors import FieldError, invalid
from scoring.core.learning.allowed import check_allowed
from scoring.core.learning.preview import DATE, NUMBER
from scoring.core.learning.spellings import join_spellings
from scoring.core.learning.table import Plan, Refused, check_labels
from scoring.csv_rows import find_layout
from scoring.history import files
from scoring.history.learning import BOTH_JUDGE, FOLDS, SEED, Wish, out_of_range, verticals
from scoring.history.preview import LABEL_VALUES_MAX, Preview, count_values
from scoring.models import HistoryImport


def values_of(row: HistoryImport, seen: Preview, name: str) -> Mapping[str, int] | None:
    """Count the values of a column over the whole file, the most frequent first; None where they are too many for a label."""
    counted = count_values(files.path_of(row.id), seen.layout, name)
    return None if counted is None else dict(counted.most_common())


def label_values_of(row: HistoryImport, seen: Preview, name: str) -> Mapping[str, int] | None:
    """Count like `values_of`, spellings of one value joined, as a label is read."""
    counted = values_of(row, seen, name)
    if counted is None:
        return None
    joined = Counter({value: sum(counted[text] for text in texts) for value, texts in join_spellings(counted).items()})
    return dict(joined.most_common())


def read_wish(row: HistoryImport, asked: Mapping[str, Any], seen: Preview) -> Wish:
    """Read what was asked, as scoring.history.services.start takes it; raises Problem invalid_request with all faults."""
    numbers = {name: int(asked[name]) for name in ("folds", "seed") if str(asked.get(name, "")).isdecimal()}
    faults = [
        *_wrong_label(row, asked, seen),
        *_wrong_time(asked, seen),
        *_wrong_drop(asked, seen),
        *_wrong_vertical(asked),
        *_wrong_split(row, asked, seen),
        *_wrong_test(row, asked, seen),
        *_wrong_numbers(asked, numbers),
        *_wrong_allow(asked, seen),
    ]
    if faults:
        raise invalid(faults)
    time, vertical, split = asked.get("time"), asked.get("vertical"), asked.get("split")
    plan = Plan(asked["label"], asked["positive"], time or None, tuple(asked.get("drop", ())), split and (split[0], split[1]))
    folds, seed = numbers.get("folds", FOLDS), numbers.get("seed", SEED)
    return Wish(plan, tuple(asked.get("allow", ())), vertical or None, folds=folds, seed=seed)


def _wrong_label(row: HistoryImport, asked: Mapping[str, Any], seen: Preview) -> list[FieldError]:
    label, positive = asked.get("label", ""), asked.get("positive", "")
    if label not in seen.layout.columns:
        return [FieldError("/label", "required", "Choose the column that says how the lead ended.")]
    if label in seen.layout.repeated:
        return [FieldError("/label", "repeated", "More than one column has this name: rename one in the file.")]
    values = label_values_of(row, seen, label)
    if values is None:
        return [FieldError("/label", "too_many", f"It holds more than {LABEL_VALUES_MAX} different values; a label has few.")]
    if not values:
        return [FieldError("/label", "empty", "It is empty in every row.")]
    if len(values) == 1:
        return [FieldError("/label", "single", f'It holds one value only, "{next(iter(values))}": nothing to tell apart.')]
    if positive not in values:
        return [FieldError("/positive", "required", "Choose the value that counts as a yes.")]
    counts = values[positive], sum(values.values()) - values[positive]
    try:
        check_labels(np.repeat([True, False], counts), label, positive)
    except Refused as refused:
        return [FieldError("/positive", "too_few", str(refused))]
    return []


def _wrong_time(asked: Mapping[str, Any], seen: Preview) -> Iterator[FieldError]:
    columns, time = {column.name: column for column in seen.columns}, asked.get("time")
    if time and (time not in columns or time in seen.layout.repeated):
        yield FieldError("/time", "unknown", "The file has no such column, or more than one.")
    elif time and time == asked.get("label"):
        yield FieldError("/time", "is_label", "One column cannot be label and time at once.")
    elif time and columns[time].kind not in {DATE, NUMBER}:
        yield FieldError("/time", "no_dates", "It holds no dates that can be read; use 2026-05-31 14:05:00.")


def _wrong_drop(asked: Mapping[str, Any], seen: Preview) -> Iterator[FieldError]:
    columns, drop = set(seen.layout.columns), set(asked.get("drop", ()))
    if {asked.get("label"), asked.get("time")} & drop:
        yield FieldError("/drop", "needed", "Label and time cannot be dropped.")
    if not drop <= columns:
        yield FieldError("/drop", "unknown", "The file has no such column.")
    elif columns <= {asked.get("label"), *drop}:
        yield FieldError("/drop", "everything", "Keep at least one column to learn from.")


def _wrong_vertical(asked: Mapping[str, Any]) -> Iterator[FieldError]:
    if asked.get("vertical") and asked["vertical"] not in verticals():
        yield FieldError("/vertical", "unknown", "There is no such kind of lead.")


def _wrong_split(row: HistoryImport, asked: Mapping[str, Any], seen: Preview) -> Iterator[FieldError]:
    if not asked.get("split"):
        return
    column, value = asked["split"]
    if row.test_name:
        yield FieldError("/split_column", "both", BOTH_JUDGE)
    elif column not in seen.layout.columns or column in seen.layout.repeated:
        yield FieldError("/split_column", "unknown", "The file has no such column, or more than one.")
    elif column in {asked.get("label"), asked.get("time"), *asked.get("drop", ())}:
        yield FieldError("/split_column", "taken", "It is the label, the time or dropped: choose a column of its own.")
    elif (values := values_of(row, seen, column)) is None:
        yield FieldError("/split_column", "too_many", f"It holds more than {LABEL_VALUES_MAX} different values; a split has few.")
    elif value not in values:
        yield FieldError("/split_value", "required", "Choose the value of the rows that only judge.")


def _wrong_test(row: HistoryImport, asked: Mapping[str, Any], seen: Preview) -> Iterator[FieldError]:
    if not row.test_name:
        return
    there = {*find_layout(files.path_of(row.id, files.TEST)).columns, *asked.get("drop", ())}
    absent = [name for name in seen.layout.columns if name not in there]
    if absent:
        words = f"{row.test_name} lacks columns of the training file: {', '.join(absent[:8])}. Drop them, or bring both again."
        yield FieldError("/test", "absent", words)


def _wrong_numbers(asked: Mapping[str, Any], numbers: Mapping[str, int]) -> Iterator[FieldError]:
    for name in ("folds", "seed"):
        if asked.get(name, "") != "" and name not in numbers:
            yield FieldError(f"/{name}", "no_number", "It must be a whole number.")
    for name, words in out_of_range(numbers):
        yield FieldError(f"/{name}", "range", f"It {words}")


def _wrong_allow(asked: Mapping[str, Any], seen: Preview) -> Iterator[FieldError]:
    try:
        check_allowed(asked.get("allow", ()), seen.layout.columns, asked.get("time"))
    except Refused as refused:
        yield FieldError("/allow", "unknown", str(refused).removeprefix("--allow "))
