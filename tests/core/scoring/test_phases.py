"""The hand-over ladder: where a campaign stands, and what it lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.core.phases import LADDER, phase_of


@pytest.mark.parametrize(
    ("labels", "wins", "key", "missing"),
    [
        (0, 0, "prior", (30, 0)),
        (29, 29, "prior", (1, 0)),
        (30, 0, "intercept", (270, 10)),
        (299, 40, "intercept", (1, 0)),
        (5_000, 9, "intercept", (0, 1)),
        (300, 10, "platt", (700, 0)),
        (1_000, 10, "boosted", (0, 0)),
    ],
)
def test_a_campaign_stands_where_its_labels_carry_it(labels, wins, key, missing):
    phase = phase_of(labels, wins)
    assert (phase.step.key, (phase.labels_missing, phase.wins_missing)) == (key, missing)
    assert phase.next is LADDER[phase.number + 1]


def test_the_last_step_is_won_and_not_counted():
    assert phase_of(10**6, 10**5).step.key == "boosted"
    phase = phase_of(10**6, 10**5, local_champion=True)
    assert (phase.number, phase.step.key, phase.next) == (4, "local", None)


@given(st.integers(0, 3_000), st.integers(0, 300), st.integers(0, 300))
def test_more_labels_never_lead_down_and_what_is_missing_leads_up(labels, wins, more):
    wins = min(wins, labels)
    phase = phase_of(labels, wins)
    assert phase_of(labels + more, wins + min(more, 5)).number >= phase.number
    if phase.labels_missing or phase.wins_missing:
        assert phase_of(labels + phase.labels_missing, wins + phase.wins_missing).number > phase.number
