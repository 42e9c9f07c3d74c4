"""The hand-over ladder of a campaign: how far its own labels carry, and how many are missing to the next step.

A model trained elsewhere ranks as well as some 10,000 labels of one's own, and a campaign's own model on few labels costs more
than it brings. So a campaign takes over from its vertical step by step.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder, and what it takes: labels, and wins among them."""

    key: str
    title: str
    words: str
    labels: int
    wins: int


LADDER: tuple[Step, ...] = (
    Step("prior", "Vertical's model", "Scores as everybody's in this vertical.", 0, 0),
    Step("intercept", "Own level", "The vertical's model, moved to how often your leads are won.", 30, 0),
    Step("platt", "Own level and spread", "Also how strongly a better score pays for you.", 300, 10),
    Step("boosted", "Own corrections", "Trees of your own on top of the vertical's model.", 1_000, 10),
    Step("local", "Own model", "Only if it beats the step before on log loss, on leads neither has seen.", 1_000, 10),
)


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a campaign stands: `number` counts from 0, what is missing to `next`, which is None on the last step."""

    number: int
    step: Step
    next: Step | None
    labels_missing: int
    wins_missing: int


def phase_of(labels: int, wins: int, *, local_champion: bool = False) -> Phase:
    """Give the phase of a campaign with so many labels, `wins` of them positive; the last step is won, not counted."""
    reached = [place for place, step in enumerate(LADDER[:-1]) if labels >= step.labels and wins >= step.wins]
    number = len(LADDER) - 1 if local_champion else reached[-1]
    if number == len(LADDER) - 1:
        return Phase(number, LADDER[number], None, 0, 0)
    following = LADDER[number + 1]
    return Phase(number, LADDER[number], following, max(0, following.labels - labels), max(0, following.wins - wins))
