"""The worked cases hold, and the document shows exactly them."""

from __future__ import annotations

import pytest

from accounts.core.money import micros_from_text
from accounts.ledger.core.balances import Credit
from tests.core.ledger.worked import DOCUMENT, load, names, play, rendered


@pytest.mark.parametrize("name", names())
def test_case(name: str) -> None:
    case = load(name)
    assert play(case) == case["expected"]


@pytest.mark.parametrize("name", names())
def test_document_shows_the_case(name: str) -> None:
    assert rendered(name) in DOCUMENT.read_text()


def test_document_shows_no_other_case() -> None:
    headings = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("### ")]
    assert len(headings) == len(names()) == 10


def test_every_step_of_the_holds_adds_up() -> None:
    text = DOCUMENT.read_text().split("## Holds")[1]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(rows) == 5
    for step, *numbers in rows:
        credit, spent, held, available, entries = map(micros_from_text, numbers)
        assert Credit(credit, spent).available(held) == available, step
        assert Credit(credit, spent).unspent == entries, step
