"""`manage.py` where no exchange answers: a sentence and what to do, not a stack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError
from redis.exceptions import ConnectionError as NoValkey

from manage import is_silence
from supervise.ports import choose_port
from tests.supervise.conftest import ROOT


def silent(*arguments: str) -> subprocess.CompletedProcess[str]:
    nobody = f"postgres://nobody:secret@127.0.0.1:{choose_port()}/none"
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=os.environ | {"DATABASE_URL": nobody}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_command_without_an_exchange_says_what_is_missing_and_what_to_do() -> None:
    done = silent("train", "home.roofing")
    said, advice = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert said.startswith("No exchange answers: connection failed: connection to server at ")
    assert advice == "Start one, or name its folder in LEADWRIGHT_HOME. Try: make run"
    assert "secret" not in done.stderr


def test_who_asks_for_the_stack_gets_it() -> None:
    done = silent("train", "home.roofing", "--traceback")
    assert done.returncode == 1
    assert "Traceback (most recent call last):" in done.stderr


@pytest.mark.parametrize("interrupted", ["django.core.management", "django.conf", "scoring.management.commands.import_history"])
def test_ctrl_c_ends_a_command_in_a_sentence_however_early_it_comes(tmp_path: Path, interrupted: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        # A shell that starts the tests in the background has Ctrl-C ignored in all that follows.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {interrupted!r}:\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "import_history", "none.csv", "--label", "y"], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)}, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\nStopped by Ctrl-C.\n")


@pytest.mark.parametrize(
    ("error", "silence"),
    [
        (NoValkey("Error 111 connecting to 127.0.0.1:1."), True),
        (OperationalError("connection refused"), False),
        (ValueError("something else"), False),
    ],
)
def test_only_silence_is_told_in_a_sentence(error: Exception, silence: bool) -> None:
    assert is_silence(error) is silence


@pytest.mark.parametrize(("cause", "silence"), [(psycopg.OperationalError(), True), (psycopg.errors.DiskFull(), False)])
def test_an_error_that_the_server_sent_is_no_silence(cause: Exception, silence: bool) -> None:
    error = OperationalError("could not")
    error.__cause__ = cause
    assert is_silence(error) is silence
