"""Reads the environment, then var/env, where `make run` keeps the secrets and addresses it made."""

from __future__ import annotations

import os
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("LEADWRIGHT_HOME") or ROOT / "var")

env = environ.Env()
if (HOME / "env").is_file():
    # What the caller set wins: read_env never overwrites.
    environ.Env.read_env(HOME / "env")
