"""Reads the environment, then var/env, where `make run` keeps the secrets and addresses it made."""

from __future__ import annotations

from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()
#: Folder of data, secrets and logs; two homes are two exchanges. `var` in the clone when left out.
HOME = Path(env.str("LEADWRIGHT_HOME", default="") or ROOT / "var")
if (HOME / "env").is_file():
    # What the caller set wins: read_env never overwrites.
    environ.Env.read_env(HOME / "env")
