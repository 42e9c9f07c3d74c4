"""Lanes: one run of the tests on several processes (`-p tests.lanes -n 2 --dist loadfile`), each with servers of its own.

The first lane uses the servers that stand around the run. Tests empty, kill and listen to them, so every further lane holds
its own; the servers' keeper stops them when the lane ends, however it ends.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from supervise.home import Home
from supervise.services import hold_services

FIRST = "gw0"
_held = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Lead this lane to its servers before Django reads its settings."""
    lane = os.environ.get("PYTEST_XDIST_WORKER", FIRST)
    if lane != FIRST:
        os.environ |= _held.enter_context(hold_services(Home(Path(os.environ["LEADWRIGHT_HOME"]) / lane)))


def pytest_unconfigure() -> None:
    """Let go of the servers of this lane."""
    _held.close()
