"""How far something is: a percent that never falls, and the stage it is in."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, str], None]


def silent(percent: int, stage: str) -> None:
    """Tell nobody."""


def within(progress: Progress, start: int, stop: int) -> Progress:
    """Give a part of the way its place in the whole: its 0 to 100 percent are `start` to `stop` of `progress`."""
    return lambda percent, stage: progress(start + (stop - start) * percent // 100, stage)
