"""CPU seconds of process trees and of the whole machine, read from /proc (Linux)."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
IDLE, IOWAIT, GUEST = 3, 4, 8


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds spent until an instant: by each named tree of processes, and by everybody on the machine."""

    at: float
    machine: float
    trees: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds between two readings; `others_share` is the part of the machine that none of our own trees used."""

    seconds: float
    trees: Mapping[str, float]
    others_share: float


def read(trees: Mapping[str, Iterable[int]]) -> Reading:
    """Read what the named trees have used, each given by the pids of its roots."""
    parents, used = _processes()
    children: dict[int, list[int]] = defaultdict(list)
    for pid, parent in parents.items():
        children[parent].append(pid)
    found = {name: sum(_tree_seconds(root, children, used) for root in roots) for name, roots in trees.items()}
    return Reading(time.monotonic(), _machine_seconds(), found)


def between(before: Reading, after: Reading, *, own: Iterable[str]) -> Spent:
    """Subtract two readings; `own` names the trees that are ours and do not overlap."""
    seconds = after.at - before.at
    trees = {name: after.trees[name] - before.trees[name] for name in after.trees}
    others = after.machine - before.machine - sum(trees[name] for name in own)
    return Spent(seconds, trees, max(0.0, others / (seconds * (os.cpu_count() or 1))))


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            parents[int(entry.name)] = int(fields[1])
            # Own time and that of children that have ended, so nothing is lost when a child dies between two readings.
            used[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS
    return parents, used


def _tree_seconds(root: int, children: Mapping[int, list[int]], used: Mapping[int, float]) -> float:
    return used.get(root, 0.0) + sum(_tree_seconds(child, children, used) for child in children.get(root, ()))


def _machine_seconds() -> float:
    fields = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    # Guests are counted as user time already.
    return sum(ticks for place, ticks in enumerate(fields[:GUEST]) if place not in {IDLE, IOWAIT}) / TICKS
