"""From raw columns to a table that can be learned from: labels, order of time, features, and a note for all that was left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.core.learning.columns import RawColumn
from scoring.core.learning.making import Making
from scoring.core.learning.roles import Labels, Times, judges_of, labels_of, times_of
from scoring.core.learning.table import Plan, Refused, Table, check_labels

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def table_of(columns: list[RawColumn], plan: Plan, *, test_rows: Bools | None = None) -> Table:
    """Build the table; raises Refused. `test_rows` marks rows that came from a test file.

    The list is emptied on the way, so that a large file does not stand in memory twice.
    """
    roles = {column.name: column for column in columns if column.name in plan.special}
    labels = labels_of(roles[plan.label], plan)
    judge = test_rows if plan.split is None else judges_of(roles[plan.split[0]], plan.split[1])
    times = None if plan.time is None else times_of(roles[plan.time], labels.known, plan)
    order = _order_of(labels, times)
    check_labels(labels.outcomes[order], plan.label, labels.positive)
    making = Making(order, None if times is None or times.arrival is None else times.at[order], plan.quotes)
    columns.reverse()
    while columns:
        if (column := columns.pop()).name not in plan.special:
            making.take(column)
    if plan.time is not None:
        making.take_calendar(plan.time)
    notes = (*labels.notes, *(() if times is None else times.notes), *making.notes)
    if not making.made:
        raise Refused(f"No column is left to learn from{': ' if notes else ''}{'; '.join(notes)}.")
    return _assembled(making, labels, times, None if judge is None else judge[order], notes)


def _order_of(labels: Labels, times: Times | None) -> Ints:
    """Give the places of the labelled rows, in order of time where there is one; rows without a readable time are left out."""
    if times is None:
        return np.flatnonzero(labels.known)
    order = np.argsort(times.at, kind="stable")
    return order[(labels.known & ~np.isnan(times.at))[order]]


def _assembled(making: Making, labels: Labels, times: Times | None, judge: Bools | None, notes: tuple[str, ...]) -> Table:
    derivations = tuple(derivation for _, _, derivation in making.made)
    needs_arrival = any(derivation.needs_arrival for derivation in derivations)
    return Table(
        features=tuple(feature for feature, _, _ in making.made),
        values=np.array([values for _, values, _ in making.made]).T,  # column by column in memory, without a second copy
        outcomes=labels.outcomes[making.order],
        at=None if times is None else times.at[making.order],
        clock=making.at is not None,
        moments=making.moments,
        filled=making.filled,
        persons=making.persons,
        judge=judge,
        positive=labels.positive,
        notes=notes,
        derivations=derivations,
        arrival=times.arrival if times is not None and needs_arrival else None,
    )
