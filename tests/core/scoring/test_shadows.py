"""Two versions beside each other: by hand, and that a version beside itself is the same."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.shadows import beside, percentiles


def test_percentiles_by_hand() -> None:
    assert percentiles(np.array([0.3, 0.1, 0.2, 0.2])).tolist() == [87.5, 12.5, 50.0, 50.0]


def test_two_versions_by_hand() -> None:
    served = np.arange(1, 21) / 100
    shadow = served.copy()
    shadow[[0, 19]] = shadow[[19, 0]]  # the lowest and the highest of 20 change places
    known, outcomes = np.arange(20) >= 18, np.arange(20) % 2 == 1
    found = beside(served, shadow, known, outcomes)
    assert (found.leads, found.moved, len(found.tenths)) == (20, 0.1, 10)
    assert (found.served, found.shadow) == (pytest.approx(0.105), pytest.approx(0.105))
    first, last = found.tenths[0], found.tenths[-1]
    assert (first.leads, first.moved, first.known, first.served, first.shadow) == (
        2, 0.5, 0, pytest.approx(0.015), pytest.approx(0.11),
    )  # fmt: skip
    assert (last.known, last.positives) == (2, 1)
    assert found.paired is not None
    assert (found.paired.rows, found.paired.positives) == (2, 1)
    assert found.paired.first_loss == pytest.approx(-(log(0.81) + log(0.2)) / 2)
    assert found.paired.second_loss == pytest.approx(-(log(0.81) + log(0.01)) / 2)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=40))
def test_a_version_beside_itself_moves_nothing(chances: list[float]) -> None:
    both = np.array(chances)
    nothing = np.zeros(len(both), dtype=np.bool_)
    found = beside(both, both, nothing, nothing)
    assert (found.moved, found.paired, sum(one.leads for one in found.tenths)) == (0.0, None, len(both))
    assert all(one.served == one.shadow for one in found.tenths)
