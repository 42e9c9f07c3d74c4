"""What a column looks like at a glance, and which one tells how a lead ended."""

from __future__ import annotations

import pytest

from scoring.core.learning.preview import ColumnFacts, describe, guess_label, guess_positive


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("budget", ["1.5", "2", "", "n/a"], ColumnFacts("budget", "number", 0.5, ("1.5", "2"), 2, False)),
        ("created", ["2026-01-01", "2026-01-02"], ColumnFacts("created", "date", 1.0, ("2026-01-01", "2026-01-02"), 2, False)),
        ("channel", ["a", "b", "a", " b "], ColumnFacts("channel", "category", 1.0, ("a", "b"), 2, False)),
        ("lost_reason", ["price", ""], ColumnFacts("lost_reason", "category", 0.5, ("price",), 1, True)),
        ("empty", ["", "-"], ColumnFacts("empty", "empty", 0.0, (), 0, False)),
    ],
)
def test_a_column_is_described(name: str, cells: list[str], expected: ColumnFacts) -> None:
    assert describe(name, cells) == expected


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("lead_id", [str(1_000 + place) for place in range(60)], "identifier"),
        ("ref", [str(10**17 + place * 7919 % 60) for place in range(60)], "identifier"),
        ("mail", [f"p{place}@example.com" for place in range(60)], "identifier"),
        ("remark", [f"please call me at {place}" for place in range(60)], "text"),
    ],
)
def test_what_only_names_rows_is_no_category(name: str, cells: list[str], kind: str) -> None:
    assert describe(name, cells).kind == kind


def test_the_label_is_guessed_where_one_value_is_a_yes() -> None:
    columns = [describe("device", ["phone", "desk"]), describe("sold", ["yes", "no"]), describe("note", ["yes", "no", "maybe"])]
    assert guess_label(columns) == "sold"
    assert guess_label(columns[:1]) is None
    later = [*columns, describe("Wants a free copy", ["yes", "no"])]
    assert guess_label(later) == "sold"
    assert (guess_positive(["lost", "Won"]), guess_positive(["good", "bad"]), guess_positive(["yes", "1"])) == ("Won", None, None)
